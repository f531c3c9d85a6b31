"""Opening the chats' file: what it may be, and what is refused without being touched."""

import sqlite3
import subprocess
import sys

import pytest

from app.chats.model import TurnStats
from app.chats.schema import MIGRATIONS, database_errors, open_database
from app.chats.search import search
from app.chats.store import ChatStore
from app.errors import AppError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "chats.db"


def write_database(path, *statements):
    database = sqlite3.connect(path)
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()


def test_a_new_file_gets_the_current_version(path):
    connection = open_database(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    connection.close()


def test_an_empty_file_is_a_new_one(path):
    path.touch()
    open_database(path).close()


def test_a_newer_version_is_refused_and_left_untouched(path):
    write_database(path, "CREATE TABLE future (x)", "PRAGMA user_version = 999")
    before = path.read_bytes()
    with pytest.raises(AppError, match="written by a newer Eremo"):
        open_database(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["chats.db"]


def test_the_database_of_another_program_is_refused_and_left_untouched(path):
    """A --data-dir that is somebody else's folder must not gain our tables."""
    write_database(path, "CREATE TABLE chats (x)")
    before = path.read_bytes()
    with pytest.raises(AppError, match=r"chats\.db is a database of another program"):
        open_database(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database\n" * 500, b"SQLite format 3\0" + b"\xff" * 9])
def test_what_is_not_a_database_is_refused_and_left_untouched(path, content):
    path.write_bytes(content)
    with pytest.raises(AppError, match=r"chats\.db is damaged or not a database"):
        open_database(path)
    assert path.read_bytes() == content


def test_a_truncated_database_is_one_sentence(path):
    with ChatStore(path) as store:
        chat = store.create_chat()
        for _ in range(100):
            store.append_message(chat.id, None, "user", "x" * 1000)
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(AppError, match="damaged"), ChatStore(path) as store:
        store.children(chat.id, None)


def test_a_folder_in_the_way_is_one_sentence(path):
    path.mkdir()
    with pytest.raises(AppError, match="can't open or write"):
        open_database(path)


def test_a_missing_folder_is_one_sentence(path):
    with pytest.raises(AppError, match="can't open or write"):
        open_database(path / "below")


def test_a_database_of_version_1_gains_reasoning_and_keeps_everything(path):
    old_statements = (
        *MIGRATIONS[0],
        """INSERT INTO chats (title, created_at, updated_at, leaf_id)
            VALUES ('Gravity', '2026-01-01T00:00:00+00:00', '2026-01-02T00:00:00+00:00', 2)""",
        """INSERT INTO messages (chat_id, parent_id, role, content, status, created_at)
            VALUES (1, NULL, 'user', 'What is it?', 'complete', '2026-01-01T00:00:00+00:00')""",
        """INSERT INTO messages (chat_id, parent_id, role, content, status, error, model,
                created_at, finish_reason, prompt_tokens, reused_tokens, completion_tokens,
                prefill_seconds, decode_seconds)
            VALUES (1, 1, 'assistant', 'A force.', 'complete', '', 'Tiny',
                '2026-01-02T00:00:00+00:00', 'stop', 10, 4, 20, 0.5, 1.25)""",
        "PRAGMA user_version = 1",
    )
    write_database(path, *old_statements)
    with ChatStore(path) as store:
        question, answer = store.branch(store.chat(1).leaf_id)
        assert (question.content, question.reasoning, question.stats) == ("What is it?", "", None)
        assert (answer.content, answer.reasoning, answer.model) == ("A force.", "", "Tiny")
        assert answer.stats == TurnStats("stop", 10, 4, 20, 0.5, 1.25, reasoning_tokens=0)
        assert [hit.message_id for hit in search(store, "force")] == [2]
        assert store.update_answer(2, reasoning="Hm.").reasoning == "Hm."
        assert store.rows("PRAGMA user_version") == [(len(MIGRATIONS),)]


def test_a_database_of_version_2_gains_folders_and_keeps_everything(path):
    write_database(
        path,
        *MIGRATIONS[0],
        *MIGRATIONS[1],
        """INSERT INTO chats (title, created_at, updated_at, leaf_id)
            VALUES ('Gravity', '2026-01-01T00:00:00+00:00', '2026-01-02T00:00:00+00:00', 2),
                ('', '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00', NULL)""",
        """INSERT INTO messages (chat_id, parent_id, role, content, status, created_at, reasoning)
            VALUES (1, NULL, 'user', 'What is it?', 'complete', '2026-01-01T00:00:00+00:00', ''),
                (1, 1, 'assistant', 'A force.', 'complete', '2026-01-02T00:00:00+00:00', 'Hm')""",
        "PRAGMA user_version = 2",
    )
    with ChatStore(path) as store:
        titled, untitled = store.chats()
        assert (titled.title, titled.folder_id, titled.pinned) == ("Gravity", None, False)
        # Who gave it its title isn't known any more: it might have been the user.
        assert (titled.title_is_typed, untitled.title_is_typed) == (True, False)
        assert [m.content for m in store.branch(titled.leaf_id)] == ["What is it?", "A force."]
        assert store.message(2).reasoning == "Hm"
        assert store.draft(1) == ""
        store.move_chats([1], store.create_folder("Physics").id)
        store.delete_message(1)
        assert [hit.message_id for hit in search(store, "force")] == []
        store.restore_message(1)
        assert [hit.message_id for hit in search(store, "force")] == [2]
        assert store.rows("PRAGMA user_version") == [(len(MIGRATIONS),)]


def test_a_failed_migration_leaves_the_old_version(path, monkeypatch):
    open_database(path).close()
    broken = (*MIGRATIONS, ("CREATE TABLE more (x)", "NO SQL AT ALL"))
    monkeypatch.setattr("app.chats.schema.MIGRATIONS", broken)
    with pytest.raises(sqlite3.OperationalError, match="syntax error"):
        open_database(path)
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'more'").fetchall()
    database.close()


def test_an_older_version_is_brought_up_to_date(path, monkeypatch):
    with ChatStore(path) as store:
        store.create_chat("kept")
    added = (*MIGRATIONS, ("ALTER TABLE chats ADD COLUMN colour TEXT",))
    monkeypatch.setattr("app.chats.schema.MIGRATIONS", added)
    with ChatStore(path) as store:
        assert store.rows("SELECT system_prompt, colour FROM chats") == [("kept", None)]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_FULL, "disk is full"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "check the permissions"),
        (sqlite3.SQLITE_BUSY, "in use by another program"),
        (sqlite3.SQLITE_IOERR_WRITE, "check the disk"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "damaged"),
    ],
)
def test_what_sqlite_reports_becomes_a_sentence_that_names_the_file(path, code, words):
    error = sqlite3.OperationalError("technical")
    error.sqlite_errorcode = code
    with pytest.raises(AppError, match=words) as caught, database_errors(path):
        raise error
    assert str(path) in str(caught.value)
    assert caught.value.__cause__ is error


def test_a_file_that_another_process_is_reading_can_be_opened(path, monkeypatch):
    """Only the change to WAL needs the file for itself, and that can wait."""
    monkeypatch.setattr("app.chats.schema.BUSY_TIMEOUT_SECONDS", 0.01)
    open_database(path).close()
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("PRAGMA journal_mode = DELETE")
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM chats").fetchall()
    open_database(path).close()
    reader.close()


def test_many_processes_may_open_a_new_file_at_once(path):
    """Each has to find either no tables or all of them."""
    code = (
        "import sys; from pathlib import Path; from app.chats.store import ChatStore\n"
        "with ChatStore(Path(sys.argv[1])) as store:\n"
        "    for _ in range(20): store.create_chat()"
    )
    command = [sys.executable, "-W", "error", "-c", code, str(path)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate()[1] for process in processes] == [""] * 4
    with ChatStore(path) as store:
        assert len(store.chats()) == 80
