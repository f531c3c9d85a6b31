"""The chats on disk: every change is one transaction, so that a crash loses nothing before it.

Used from the window's thread and the engine's at once, and beside other processes. Knows nothing
of models or turns; searching is in app/chats/search.py.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from app.chats.model import Chat, MessageStatus, StoredMessage, TurnStats
from app.chats.schema import database_errors, open_database, transaction
from app.errors import AppError
from inference.events import Role

UNDO_PERIOD = timedelta(days=1)
MAX_TITLE_LENGTH = 60  # of a title that nobody typed

CHAT_COLUMNS = (
    "chats.id, chats.title, chats.system_prompt, chats.created_at, chats.updated_at, chats.leaf_id"
)
_MESSAGE_COLUMNS = (
    "id, chat_id, parent_id, role, content, reasoning, status, error, model, created_at, "
    "finish_reason, prompt_tokens, reused_tokens, completion_tokens, prefill_seconds, "
    "decode_seconds, reasoning_tokens"
)


class ChatStore:
    """Chats and their messages. With ":memory:" nothing touches the disk.

    Every method may raise AppError: the file can't be read or written, or what is asked for
    isn't there.
    """

    def __init__(self, path: Path | Literal[":memory:"]) -> None:
        self._path = Path(path)
        self._lock = threading.RLock()
        self._connection = open_database(self._path)

    def close(self) -> None:
        with self._lock, database_errors(self._path):
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # Chats

    def create_chat(self, system_prompt: str = "") -> Chat:
        now = _now()
        with self._transaction():
            cursor = self._connection.execute(
                "INSERT INTO chats (system_prompt, created_at, updated_at) VALUES (?, ?, ?)",
                (storable(system_prompt), now, now),
            )
            return self.chat(_row_id(cursor))

    def chat(self, chat_id: int, *, include_deleted: bool = True) -> Chat:
        """One chat; also a deleted one as long as it can be restored, unless that is refused."""
        condition = "" if include_deleted else "AND deleted_at IS NULL"
        rows = self.rows(f"SELECT {CHAT_COLUMNS} FROM chats WHERE id = ? {condition}", (chat_id,))
        if not rows:
            raise _no_chat(chat_id)
        return chat_from(rows[0])

    def chats(self, limit: int | None = None, offset: int = 0) -> list[Chat]:
        """Those that aren't deleted, the one with the newest message first."""
        rows = self.rows(
            f"SELECT {CHAT_COLUMNS} FROM chats WHERE deleted_at IS NULL "
            "ORDER BY updated_at DESC, id DESC LIMIT ? OFFSET ?",
            (-1 if limit is None else limit, offset),
        )
        return [chat_from(row) for row in rows]

    def rename(self, chat_id: int, title: str) -> None:
        self._change_chat(chat_id, "title = ?", " ".join(storable(title).split()))

    def set_system_prompt(self, chat_id: int, system_prompt: str) -> None:
        self._change_chat(chat_id, "system_prompt = ?", storable(system_prompt))

    def set_leaf(self, chat_id: int, leaf_id: int | None) -> None:
        """Show the branch that ends with `leaf_id`, which is a message of this chat."""
        if leaf_id is not None and self.message(leaf_id).chat_id != chat_id:
            raise AppError(f"Message {leaf_id} isn't one of chat {chat_id}.")
        self._change_chat(chat_id, "leaf_id = ?", leaf_id)

    def delete_chat(self, chat_id: int) -> None:
        """Hide the chat; `restore_chat` brings it back until `purge_deleted` removes it."""
        self._change_chat(chat_id, "deleted_at = ?", _now())

    def restore_chat(self, chat_id: int) -> None:
        self._change_chat(chat_id, "deleted_at = ?", None)

    def purge_deleted(self, older_than: timedelta = UNDO_PERIOD) -> None:
        """Remove for good what was deleted longer ago than `older_than`."""
        limit = _timestamp(datetime.now(UTC) - older_than)
        rows = self.rows("SELECT id FROM chats WHERE deleted_at <= ?", (limit,))
        if rows:
            self.purge_chats([row[0] for row in rows])

    def ids(self) -> list[int]:
        """Of all chats, also of deleted ones that can be restored."""
        return [row[0] for row in self.rows("SELECT id FROM chats")]

    def purge_chats(self, chat_ids: Sequence[int]) -> None:
        """Remove chats at once and for good: afterwards their text isn't in the file any more.

        Raises:
            AppError: one of them doesn't exist; then none is removed.
        """
        with self._transaction():
            for chat_id in chat_ids:
                self._connection.execute("UPDATE chats SET leaf_id = NULL WHERE id = ?", (chat_id,))
                self._connection.execute("DELETE FROM messages WHERE chat_id = ?", (chat_id,))
                cursor = self._connection.execute("DELETE FROM chats WHERE id = ?", (chat_id,))
                if cursor.rowcount == 0:
                    raise _no_chat(chat_id)
            # The index only marks words as deleted until its parts are merged.
            for index in ("chats_fts", "messages_fts"):
                self._connection.execute(f"INSERT INTO {index} ({index}) VALUES ('optimize')")
        with self._lock, database_errors(self._path):
            # Pages that stay in use keep bytes of rows that once stood there, and the log keeps
            # earlier pages.
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # Messages

    def append_message(
        self,
        chat_id: int,
        parent_id: int | None,
        role: Role,
        content: str,
        status: MessageStatus = "complete",
        model: str = "",
    ) -> StoredMessage:
        """Add a message below `parent_id`, and show the branch that it ends."""
        now = _now()
        with self._transaction():
            self.chat(chat_id, include_deleted=False)
            if parent_id is not None and self.message(parent_id).chat_id != chat_id:
                raise AppError(f"Message {parent_id} isn't one of chat {chat_id}.")
            cursor = self._connection.execute(
                "INSERT INTO messages (chat_id, parent_id, role, content, status, model, "
                "created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (chat_id, parent_id, role, storable(content), status, storable(model), now),
            )
            message_id = _row_id(cursor)
            self._connection.execute(
                "UPDATE chats SET leaf_id = ?, updated_at = ? WHERE id = ?",
                (message_id, now, chat_id),
            )
            return self.message(message_id)

    def update_answer(
        self,
        message_id: int,
        *,
        content: str | None = None,
        reasoning: str | None = None,
        status: MessageStatus | None = None,
        error: str | None = None,
        stats: TurnStats | None = None,
        model: str | None = None,
    ) -> StoredMessage:
        """Change what is given, leave the rest."""
        changes: dict[str, Any] = {
            "content": None if content is None else storable(content),
            "reasoning": None if reasoning is None else storable(reasoning),
            "status": status,
            "error": None if error is None else storable(error),
            "model": None if model is None else storable(model),
        }
        if stats is not None:
            changes |= asdict(stats)
        changes = {name: value for name, value in changes.items() if value is not None}
        with self._transaction():
            if changes:
                assignments = ", ".join(f"{name} = ?" for name in changes)
                self._connection.execute(
                    f"UPDATE messages SET {assignments} WHERE id = ?",
                    (*changes.values(), message_id),
                )
            return self.message(message_id)

    def message(self, message_id: int) -> StoredMessage:
        rows = self.rows(f"SELECT {_MESSAGE_COLUMNS} FROM messages WHERE id = ?", (message_id,))
        if not rows:
            raise AppError(f"There is no message {message_id}: its chat was removed.")
        return _message_from(rows[0])

    def branch(self, leaf_id: int | None) -> list[StoredMessage]:
        """The messages from the first one to `leaf_id`; none for None."""
        rows = self.rows(
            f"""WITH RECURSIVE path (node_id, next_id, depth) AS (
                SELECT id, parent_id, 0 FROM messages WHERE id = ?
                UNION ALL
                SELECT id, parent_id, depth + 1 FROM path JOIN messages ON id = next_id
            )
            SELECT {_MESSAGE_COLUMNS} FROM path JOIN messages ON id = node_id
            ORDER BY depth DESC""",
            (leaf_id,),
        )
        return [_message_from(row) for row in rows]

    def children(self, chat_id: int, parent_id: int | None) -> list[StoredMessage]:
        """The versions of what follows `parent_id`, oldest first; None: of the first message."""
        rows = self.rows(
            f"SELECT {_MESSAGE_COLUMNS} FROM messages WHERE chat_id = ? AND parent_id IS ? "
            "ORDER BY id",
            (chat_id, parent_id),
        )
        return [_message_from(row) for row in rows]

    # SQL

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What a reading statement finds."""
        with self._lock, database_errors(self._path):
            return self._connection.execute(sql, parameters).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, database_errors(self._path), transaction(self._connection):
            yield

    def _change_chat(self, chat_id: int, assignment: str, value: object) -> None:
        with self._transaction():
            cursor = self._connection.execute(
                f"UPDATE chats SET {assignment} WHERE id = ?", (value, chat_id)
            )
            if cursor.rowcount == 0:
                raise _no_chat(chat_id)


def storable(text: str) -> str:
    """`text` as it can be stored and shown anywhere: half surrogate pairs and NULs replaced."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def title_from(text: str) -> str:
    """A title for a chat that begins with `text`: its first words, on one line."""
    title = " ".join(storable(text).split())
    if len(title) <= MAX_TITLE_LENGTH:
        return title
    whole_words, _, _ = title[:MAX_TITLE_LENGTH].rpartition(" ")
    return (whole_words or title[: MAX_TITLE_LENGTH - 1]) + "…"


def chat_from(row: tuple[Any, ...]) -> Chat:
    """A chat out of a row of CHAT_COLUMNS."""
    chat_id, title, system_prompt, created_at, updated_at, leaf_id = row
    return Chat(chat_id, title, system_prompt, _moment(created_at), _moment(updated_at), leaf_id)


def _message_from(row: tuple[Any, ...]) -> StoredMessage:
    """A message out of a row of _MESSAGE_COLUMNS."""
    message_id, chat_id, parent_id, role, content, reasoning, status, error, model, *rest = row
    created_at, *stats = rest
    return StoredMessage(
        message_id,
        chat_id,
        parent_id,
        role,
        content,
        reasoning,
        status,
        error,
        model,
        _moment(created_at),
        None if stats[0] is None else TurnStats(*stats),
    )


def _now() -> str:
    return _timestamp(datetime.now(UTC))


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def _moment(timestamp: str) -> datetime:
    return datetime.fromisoformat(timestamp)


def _row_id(cursor: sqlite3.Cursor) -> int:
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _no_chat(chat_id: int) -> AppError:
    return AppError(f"There is no chat {chat_id}.")
