"""The tables of the chats' database: opening it, and bringing an older one up to date.

Knows the file's format and SQLite's faults; what is stored in it is the store's business.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import AppError
from inference.errors import sentence

BUSY_TIMEOUT_SECONDS = 5.0

# Each migration is the statements that lead from user_version n to n + 1, run in one transaction.
# AUTOINCREMENT: the number of a removed chat never comes back as another one.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE chats (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            title TEXT NOT NULL DEFAULT '',
            system_prompt TEXT NOT NULL DEFAULT '',
            created_at TEXT NOT NULL,  -- ISO 8601, UTC, microseconds: sorts as text
            updated_at TEXT NOT NULL,
            leaf_id INTEGER REFERENCES messages (id),
            deleted_at TEXT
        )""",
        """CREATE TABLE messages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            chat_id INTEGER NOT NULL REFERENCES chats (id),
            parent_id INTEGER,
            role TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant')),
            content TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('partial', 'complete', 'stopped', 'failed')),
            error TEXT NOT NULL DEFAULT '',
            model TEXT NOT NULL DEFAULT '',
            created_at TEXT NOT NULL,
            finish_reason TEXT,
            prompt_tokens INTEGER,
            reused_tokens INTEGER,
            completion_tokens INTEGER,
            prefill_seconds REAL,
            decode_seconds REAL,
            UNIQUE (chat_id, id),
            FOREIGN KEY (chat_id, parent_id) REFERENCES messages (chat_id, id)
        )""",
        "CREATE INDEX messages_by_parent ON messages (chat_id, parent_id)",
        "CREATE INDEX chats_by_leaf ON chats (leaf_id)",
        "CREATE INDEX chats_by_update ON chats (updated_at, id) WHERE deleted_at IS NULL",
        """CREATE VIRTUAL TABLE chats_fts USING fts5 (
            title, content='chats', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
        )""",
        """CREATE VIRTUAL TABLE messages_fts USING fts5 (
            content, content='messages', content_rowid='id',
            tokenize='unicode61 remove_diacritics 2'
        )""",
        """CREATE TRIGGER chats_inserted AFTER INSERT ON chats BEGIN
            INSERT INTO chats_fts (rowid, title) VALUES (new.id, new.title);
        END""",
        """CREATE TRIGGER chats_deleted AFTER DELETE ON chats BEGIN
            INSERT INTO chats_fts (chats_fts, rowid, title) VALUES ('delete', old.id, old.title);
        END""",
        """CREATE TRIGGER chats_renamed AFTER UPDATE OF title ON chats
            WHEN old.title <> new.title BEGIN
            INSERT INTO chats_fts (chats_fts, rowid, title) VALUES ('delete', old.id, old.title);
            INSERT INTO chats_fts (rowid, title) VALUES (new.id, new.title);
        END""",
        """CREATE TRIGGER messages_inserted AFTER INSERT ON messages BEGIN
            INSERT INTO messages_fts (rowid, content) VALUES (new.id, new.content);
        END""",
        """CREATE TRIGGER messages_deleted AFTER DELETE ON messages BEGIN
            INSERT INTO messages_fts (messages_fts, rowid, content)
                VALUES ('delete', old.id, old.content);
        END""",
        """CREATE TRIGGER messages_rewritten AFTER UPDATE OF content ON messages
            WHEN old.content <> new.content BEGIN
            INSERT INTO messages_fts (messages_fts, rowid, content)
                VALUES ('delete', old.id, old.content);
            INSERT INTO messages_fts (rowid, content) VALUES (new.id, new.content);
        END""",
    ),
    (
        "ALTER TABLE messages ADD COLUMN reasoning TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE messages ADD COLUMN reasoning_tokens INTEGER NOT NULL DEFAULT 0",
    ),
    (
        """CREATE TABLE folders (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            position INTEGER NOT NULL
        )""",
        """CREATE TABLE prompts (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            text TEXT NOT NULL
        )""",
        "ALTER TABLE chats ADD COLUMN folder_id INTEGER REFERENCES folders (id) ON DELETE SET NULL",
        "ALTER TABLE chats ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE chats ADD COLUMN draft TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE chats ADD COLUMN model TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE chats ADD COLUMN sampling TEXT NOT NULL DEFAULT '{}'",  # JSON
        "ALTER TABLE chats ADD COLUMN title_is_typed INTEGER NOT NULL DEFAULT 0",
        "UPDATE chats SET title_is_typed = 1 WHERE title <> ''",  # nobody knows any more
        "ALTER TABLE messages ADD COLUMN deleted_at TEXT",
        "ALTER TABLE messages ADD COLUMN shown_at TEXT",  # when it was made the leaf again
        "CREATE INDEX chats_by_folder ON chats (folder_id)",
        "CREATE INDEX messages_by_deletion ON messages (deleted_at) WHERE deleted_at IS NOT NULL",
        "DROP INDEX chats_by_update",
        """CREATE INDEX chats_by_update ON chats (pinned, updated_at, id)
            WHERE deleted_at IS NULL""",
    ),
    (
        """CREATE TABLE documents (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            content_hash TEXT NOT NULL UNIQUE,
            text TEXT NOT NULL
        )""",
        """CREATE TABLE chat_documents (
            id INTEGER PRIMARY KEY AUTOINCREMENT,  -- in the order in which they were attached
            chat_id INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
            document_id INTEGER NOT NULL REFERENCES documents (id),
            name TEXT NOT NULL,
            size_bytes INTEGER NOT NULL,
            num_pages INTEGER,
            UNIQUE (chat_id, document_id)
        )""",
        "CREATE INDEX chats_by_document ON chat_documents (document_id)",
    ),
)


def open_database(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode, usable from any thread that holds the store's lock.

    Raises:
        AppError: not a database, damaged, of a newer Eremo, or not writable; it is left as it was.
    """
    with database_errors(path):
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            _refuse_what_is_not_ours(connection, path)
            _configure(connection)
            _migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _user_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _refuse_what_is_not_ours(connection: sqlite3.Connection, path: Path) -> None:
    # One statement: another process may be making the tables right now.
    version, has_tables = connection.execute(
        "SELECT user_version, EXISTS (SELECT 1 FROM sqlite_master) FROM pragma_user_version"
    ).fetchone()
    if version > len(MIGRATIONS):
        raise AppError(
            "This data folder was written by a newer Eremo: update Eremo, "
            f"or choose another folder with --data-dir ({path.parent})."
        )
    if version == 0 and has_tables:
        raise AppError(f"{path} is a database of another program: move it away to start afresh.")


def _configure(connection: sqlite3.Connection) -> None:
    # A damaged letter must not make the whole chat unreadable.
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what the user removes is overwritten
    connection.execute("PRAGMA temp_store = MEMORY")
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        # Another process opens the new file at this very moment; one of the two makes it WAL.
        if _primary_code(error) != sqlite3.SQLITE_BUSY:
            raise
    connection.execute("PRAGMA synchronous = NORMAL")


def _migrate(connection: sqlite3.Connection) -> None:
    if _user_version(connection) == len(MIGRATIONS):
        return
    with transaction(connection):
        # Asked again inside the transaction: another process may just have done the work.
        for statements in MIGRATIONS[_user_version(connection) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of the statements inside, or none of them."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite rolls some faults back by itself
            connection.execute("ROLLBACK")
        raise


@contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """Translate what SQLite reports about the file into a sentence; programming errors pass.

    Raises:
        AppError: the disk is full, the file is read-only, in use, or damaged.
    """
    try:
        yield
    except sqlite3.Error as error:
        words = _SENTENCES.get(_primary_code(error))
        if words is None:
            raise
        raise AppError(words.format(path=path)) from error


def _primary_code(error: sqlite3.Error) -> int:
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF  # the upper bytes refine it


_NOT_WRITABLE = sentence(
    "Eremo can't open or write {path}: check the permissions of its folder, "
    "or choose another folder with --data-dir."
)
_DAMAGED = sentence(
    "{path} is damaged or not a database of Eremo: move it away to start afresh; "
    "nothing in it was changed."
)
_SENTENCES = {
    sqlite3.SQLITE_FULL: sentence(
        "The disk is full, so nothing more is saved to {path}: free some space."
    ),
    sqlite3.SQLITE_READONLY: _NOT_WRITABLE,
    sqlite3.SQLITE_CANTOPEN: _NOT_WRITABLE,
    sqlite3.SQLITE_PERM: _NOT_WRITABLE,
    sqlite3.SQLITE_BUSY: sentence("{path} is in use by another program at the moment: try again."),
    sqlite3.SQLITE_LOCKED: sentence(
        "{path} is in use by another program at the moment: try again."
    ),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_IOERR: sentence(
        "{path} couldn't be read or written: check the disk that it is on."
    ),
    sqlite3.SQLITE_TOOBIG: sentence("The text is too long to be kept in {path}: shorten it."),
}
