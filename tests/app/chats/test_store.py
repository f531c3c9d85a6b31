"""Chats on disk: what is written stays, what is removed is gone."""

import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.chats.model import TurnStats
from app.chats.store import MAX_TITLE_LENGTH, ChatStore, storable, title_from
from app.errors import AppError
from tests.effort import at_most

STATS = TurnStats("length", 10, 4, 20, 0.5, 1.25, 12)


def exchange(store, text="Question", chat_id=None):
    """A chat with a question and its answer; returns the two messages."""
    chat_id = chat_id or store.create_chat().id
    question = store.append_message(chat_id, store.chat(chat_id).leaf_id, "user", text)
    return question, store.append_message(chat_id, question.id, "assistant", "Answer")


def bytes_on_disk(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


# Chats


def test_a_new_chat_is_empty(store):
    chat = store.create_chat("Be brief.")
    assert (chat.title, chat.system_prompt, chat.leaf_id) == ("", "Be brief.", None)
    assert abs(datetime.now(UTC) - chat.created_at) < timedelta(minutes=1)
    assert store.branch(chat.leaf_id) == []


def test_chats_come_with_the_newest_message_first(store):
    first, second, third = (store.create_chat().id for _ in range(3))
    exchange(store, chat_id=second)
    store.rename(first, "A new title is no news")
    assert [chat.id for chat in store.chats()] == [second, third, first]
    assert [chat.id for chat in store.chats(limit=1, offset=1)] == [third]


def test_a_title_is_one_line(store):
    chat = store.create_chat()
    store.rename(chat.id, "  two\nlines ")
    assert store.chat(chat.id).title == "two lines"


def test_the_system_prompt_can_be_changed(store):
    chat = store.create_chat()
    store.set_system_prompt(chat.id, "Rhyme.\nAlways.")
    assert store.chat(chat.id).system_prompt == "Rhyme.\nAlways."


def test_a_deleted_chat_can_be_restored_whole(store):
    question, answer = exchange(store)
    store.delete_chat(question.chat_id)
    assert store.chats() == []
    with pytest.raises(AppError, match="no chat"):
        store.chat(question.chat_id, include_deleted=False)
    store.restore_chat(question.chat_id)
    assert [chat.id for chat in store.chats()] == [question.chat_id]
    assert store.branch(answer.id) == [question, answer]


def test_an_answer_in_progress_survives_that_its_chat_is_deleted_and_restored(store):
    _, answer = exchange(store)
    store.delete_chat(answer.chat_id)
    store.update_answer(answer.id, content="written meanwhile")
    assert store.chat(answer.chat_id).leaf_id == answer.id
    store.restore_chat(answer.chat_id)
    assert store.message(answer.id).content == "written meanwhile"


def test_nothing_is_appended_to_a_deleted_chat(store):
    _, answer = exchange(store)
    store.delete_chat(answer.chat_id)
    with pytest.raises(AppError, match="no chat"):
        store.append_message(answer.chat_id, answer.id, "user", "Hello?")


def test_only_chats_deleted_long_ago_are_purged(store):
    old, recent, kept = (exchange(store)[0].chat_id for _ in range(3))
    store.delete_chat(old)
    store.purge_deleted(timedelta(days=-1))
    store.delete_chat(recent)
    store.purge_deleted()
    store.restore_chat(recent)
    assert {chat.id for chat in store.chats()} == {recent, kept}
    with pytest.raises(AppError, match=f"no chat {old}"):
        store.restore_chat(old)


def test_the_words_of_a_purged_chat_are_nowhere_on_disk(store, tmp_path):
    """SQLite leaves removed rows in the file, and rows that moved in the pages that they left;
    FTS5 leaves removed words in the index.
    """
    kept, _ = exchange(store, "ordinary words")
    secrets = []
    for number in range(40):
        question, answer = exchange(store, f"secretword{number} " * (number * 10 + 1))
        store.update_answer(
            answer.id, content=f"hiddenanswer{number}", reasoning=f"hiddenthought{number}"
        )
        store.rename(question.chat_id, f"secrettitle{number}")
        store.set_system_prompt(question.chat_id, "secretprompt")
        exchange(store, "ordinary words", chat_id=kept.chat_id)
        secrets.append(question.chat_id)
    store.purge_chats(secrets)
    content = bytes_on_disk(tmp_path)
    assert b"ordinary" in content
    assert b"secret" not in content
    assert b"hidden" not in content


def test_either_all_of_the_chats_are_purged_or_none(store):
    question, answer = exchange(store)
    with pytest.raises(AppError, match="no chat 99"):
        store.purge_chats([question.chat_id, 99])
    assert store.branch(answer.id) == [question, answer]


def test_the_number_of_a_purged_chat_does_not_come_back(store):
    """`eremo chats remove 3` twice must not remove another chat."""
    chat = store.create_chat()
    store.purge_chats([chat.id])
    assert store.create_chat().id > chat.id


@pytest.mark.parametrize(
    "act",
    [
        lambda store: store.chat(7),
        lambda store: store.rename(7, "x"),
        lambda store: store.set_system_prompt(7, "x"),
        lambda store: store.set_leaf(7, None),
        lambda store: store.delete_chat(7),
        lambda store: store.restore_chat(7),
        lambda store: store.purge_chats([7]),
        lambda store: store.append_message(7, None, "user", "x"),
        lambda store: store.message(7),
        lambda store: store.update_answer(7, content="x"),
    ],
)
def test_what_is_not_there_is_one_sentence(store, act):
    with pytest.raises(AppError, match=r"^There is no (chat|message) 7"):
        act(store)


# Messages


def test_an_appended_message_ends_the_branch_on_show(store):
    question, answer = exchange(store)
    assert (question.role, question.status, question.parent_id) == ("user", "complete", None)
    assert (answer.parent_id, answer.error, answer.stats) == (question.id, "", None)
    chat = store.chat(question.chat_id)
    assert chat.leaf_id == answer.id
    assert chat.updated_at == answer.created_at


def test_only_what_is_given_of_an_answer_changes(store):
    question, _ = exchange(store)
    answer = store.append_message(question.chat_id, question.id, "assistant", "", "partial", "M")
    assert answer.reasoning == ""
    store.update_answer(answer.id, reasoning="Hm.")
    store.update_answer(answer.id, content="So far")
    ended = store.update_answer(answer.id, status="failed", error="Out of memory.", stats=STATS)
    assert ended == store.message(answer.id)
    assert (ended.content, ended.status, ended.model) == ("So far", "failed", "M")
    assert ended.reasoning == "Hm."
    assert (ended.error, ended.stats) == ("Out of memory.", STATS)
    again = store.update_answer(
        answer.id, content="", reasoning="", error="", status="partial", model="N"
    )
    assert (again.content, again.reasoning, again.error, again.model) == ("", "", "", "N")
    assert store.update_answer(answer.id) == again


def test_versions_share_a_parent_and_branches_share_what_is_before_them(store):
    question, first = exchange(store)
    second = store.append_message(question.chat_id, question.id, "assistant", "Other")
    follow_up = store.append_message(question.chat_id, first.id, "user", "And?")
    assert store.children(question.chat_id, question.id) == [first, second]
    assert store.children(question.chat_id, None) == [question]
    assert store.branch(second.id) == [question, second]
    assert store.branch(follow_up.id) == [question, first, follow_up]
    store.set_leaf(question.chat_id, second.id)
    assert store.chat(question.chat_id).leaf_id == second.id


def test_a_message_of_another_chat_can_be_neither_parent_nor_leaf(store):
    question, _ = exchange(store)
    stranger, _ = exchange(store)
    for act in (
        lambda: store.append_message(question.chat_id, stranger.id, "user", "x"),
        lambda: store.set_leaf(question.chat_id, stranger.id),
    ):
        with pytest.raises(AppError, match="isn't one of chat"):
            act()


def test_ten_thousand_messages_are_one_branch_that_is_read_and_removed_quickly(store):
    """Deleting row by row through foreign keys stops at 1,000 levels; so would recursion."""
    chat = store.create_chat()
    rows = ((n, chat.id, n - 1 or None, f"Message {n}") for n in range(1, 10_001))
    with store._transaction():
        store._connection.executemany(
            "INSERT INTO messages (id, chat_id, parent_id, role, content, status, created_at) "
            "VALUES (?, ?, ?, 'user', ?, 'complete', '2026-01-01T00:00:00.000000+00:00')",
            rows,
        )
    with at_most(units=200):
        branch = store.branch(10_000)
    assert [message.id for message in branch] == list(range(1, 10_001))
    store.set_leaf(chat.id, 10_000)
    store.purge_chats([chat.id])
    assert store.rows("SELECT COUNT(*) FROM messages") == [(0,)]


# Text


@given(st.text(st.characters()))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_is_kept(store, text):
    question, _ = exchange(store, text)
    assert store.message(question.id).content == storable(text)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("a\ud800b", "a\ufffdb"),
        ("a\udfff", "a\ufffd"),
        ("\ud83d\ude00 whole pair", "😀 whole pair"),
        ("before\0after", "before\ufffdafter"),
        ("\x02\x03\x1b\n\t é 😀 日本", "\x02\x03\x1b\n\t é 😀 日本"),
    ],
)
def test_broken_characters_cost_nothing_of_the_rest(store, text, stored):
    chat = store.create_chat(text)
    question = store.append_message(chat.id, None, "user", text)
    answer = store.append_message(chat.id, question.id, "assistant", "")
    assert question.content == chat.system_prompt == stored
    updated = store.update_answer(answer.id, content=text, error=text, model=text)
    assert updated.content == updated.error == updated.model == stored
    store.rename(chat.id, text)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("What is gravity?", "What is gravity?"),
        ("  two\n\n lines\t", "two lines"),
        ("", ""),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 59 + "…"),
        ("word " * 30, "word " * 11 + "word…"),
        ("a\ud800", "a\ufffd"),
    ],
)
def test_a_title_is_the_first_whole_words(text, title):
    assert title_from(text) == title


@given(st.text(st.characters()))
def test_a_title_of_anything_is_short_and_on_one_line(text):
    title = title_from(text)
    assert len(title) <= MAX_TITLE_LENGTH
    assert len(title.splitlines()) <= 1


# Faults


def test_a_full_disk_is_one_sentence_and_loses_nothing(store, tmp_path):
    question, answer = exchange(store)
    store.update_answer(answer.id, content="so far")
    store.rows(f"PRAGMA max_page_count = {store.rows('PRAGMA page_count')[0][0]}")
    with pytest.raises(AppError, match="disk is full"):
        store.update_answer(answer.id, content="x" * 100_000)
    with pytest.raises(AppError, match="disk is full"):
        store.append_message(question.chat_id, answer.id, "user", "x" * 100_000)
    assert store.message(answer.id).content == "so far"
    store.rows("PRAGMA max_page_count = 1000000")
    store.update_answer(answer.id, content="there is room again")
    store.close()
    with ChatStore(tmp_path / "chats.db") as reopened:
        assert reopened.branch(answer.id)[1].content == "there is room again"


def test_a_locked_file_is_one_sentence(store, tmp_path, monkeypatch):
    monkeypatch.setattr("app.chats.schema.BUSY_TIMEOUT_SECONDS", 0.01)
    with ChatStore(tmp_path / "chats.db") as other:
        store.rows("BEGIN IMMEDIATE")
        with pytest.raises(AppError, match="in use by another program"):
            other.create_chat()
        store.rows("COMMIT")
        other.create_chat()


def test_a_text_beyond_all_limits_is_one_sentence(store):
    chat = store.create_chat()
    store._connection.setlimit(0, 1000)  # SQLITE_LIMIT_LENGTH
    with pytest.raises(AppError, match="too long"):
        store.append_message(chat.id, None, "user", "x" * 2000)


def test_a_damaged_letter_does_not_hide_the_message(store):
    question, _ = exchange(store)
    store.rows("UPDATE messages SET content = CAST(x'61ff62' AS TEXT) WHERE id = 1")
    assert store.message(question.id).content == "a\ufffdb"


def test_what_was_committed_survives_a_kill(tmp_path):
    path = tmp_path / "chats.db"
    code = (
        "import sys; from pathlib import Path; from app.chats.store import ChatStore\n"
        "store = ChatStore(Path(sys.argv[1])); chat = store.create_chat()\n"
        "answer = store.append_message(chat.id, None, 'assistant', '', 'partial')\n"
        "for n in range(10**9):\n"
        "    store.update_answer(answer.id, content=str(n)); print(n, flush=True)"
    )
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        seen = [int(process.stdout.readline()) for _ in range(50)]
        process.send_signal(signal.SIGKILL)
        seen += [int(line) for line in process.stdout.read().split("\n")[:-1]]
    with ChatStore(path) as store:
        [answer] = store.children(1, None)
        assert int(answer.content) >= seen[-1]
        assert answer.status == "partial"


def test_two_processes_see_each_other(store, tmp_path):
    question, _ = exchange(store)
    code = (
        "import sys; from pathlib import Path; from app.chats.store import ChatStore\n"
        "with ChatStore(Path(sys.argv[1])) as store:\n"
        "    chat = store.chats()[0]\n"
        "    store.append_message(chat.id, chat.leaf_id, 'user', 'from outside')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "chats.db")], check=True)
    branch = store.branch(store.chat(question.chat_id).leaf_id)
    assert [message.content for message in branch] == ["Question", "Answer", "from outside"]


def test_threads_may_share_a_store(store):
    def write():
        try:
            for _ in range(20):
                exchange(store)
                store.chats()
        except (AppError, sqlite3.Error) as error:
            failures.append(error)

    failures = []
    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(store.chats()) == 80


def test_a_store_in_memory_touches_no_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with ChatStore(":memory:") as store:
        exchange(store, "x" * 1_000_000)
        store.purge_chats([1])
    assert list(Path().iterdir()) == []
