"""The messages of the chats: a tree in which an edit or another answer is a version beside the old.

Messages that are deleted stay until they are purged, each marked with the moment of the deletion
that took it.
"""

from dataclasses import asdict
from typing import Any

from app.chats.database import Database, moment_from, now, storable
from app.chats.model import MessageStatus, StoredMessage, TurnStats
from app.errors import AppError
from inference.events import Role

MESSAGE_COLUMNS = (
    "id, chat_id, parent_id, role, content, reasoning, status, error, model, created_at, "
    "finish_reason, prompt_tokens, reused_tokens, completion_tokens, prefill_seconds, "
    "decode_seconds, reasoning_tokens"
)
_MIN_TIMED_TOKENS = 64  # fewer say little of how fast a prompt is read
# Of a message and all that follows it. Messages that were deleted before are left out.
_BELOW = """WITH RECURSIVE below (node_id) AS (
    SELECT :message
    UNION ALL
    SELECT id FROM below JOIN messages ON chat_id = :chat AND parent_id = node_id
    WHERE deleted_at IS :deleted
)"""


class Messages(Database):
    """Every method may raise AppError: the file can't be read or written, or what is asked for
    isn't there.
    """

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
        created_at = now()
        with self._transaction():
            if not self.rows("SELECT 1 FROM chats WHERE id = ? AND deleted_at IS NULL", (chat_id,)):
                raise no_chat(chat_id)
            if parent_id is not None:
                self._require_message(chat_id, parent_id)
            message_id = self._insert(
                "messages",
                chat_id=chat_id,
                parent_id=parent_id,
                role=role,
                content=storable(content),
                status=status,
                model=storable(model),
                created_at=created_at,
            )
            self._connection.execute(
                "UPDATE chats SET leaf_id = ?, updated_at = ? WHERE id = ?",
                (message_id, created_at, chat_id),
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

    def edit_message(self, message_id: int, text: str) -> StoredMessage:
        """Another version of a message with another text; what followed the old one stays there.

        An answer keeps its model and what was thought before it. Nothing follows the new version
        yet, and its branch is shown.
        """
        if not text.strip():
            raise AppError("A message can't be empty: write something, or delete it.")
        with self._transaction():
            old = self.message(message_id)
            new = self.append_message(
                old.chat_id, old.parent_id, old.role, text, "complete", old.model
            )
            return self.update_answer(new.id, reasoning=old.reasoning)

    def delete_message(self, message_id: int) -> int | None:
        """Hide a message and all that follows it, until `restore_message` or `purge_deleted`.

        If it was on show: afterwards the version before it is, else the one after it, else what
        it followed. Returns the last message on show.
        """
        with self._transaction():
            message = self.message(message_id)
            versions = [version.id for version in self.siblings(message_id)]
            place = versions.index(message_id)
            self._connection.execute(
                f"{_BELOW} UPDATE messages SET deleted_at = :now "
                "WHERE id IN (SELECT node_id FROM below)",
                _names(message.chat_id, message_id) | {"now": now()},
            )
            [(leaf_id, leaf_is_deleted)] = self.rows(
                "SELECT leaf_id, messages.deleted_at IS NOT NULL FROM chats "
                "LEFT JOIN messages ON messages.id = leaf_id WHERE chats.id = ?",
                (message.chat_id,),
            )
            if not leaf_is_deleted:
                return None if leaf_id is None else int(leaf_id)
            others = versions[:place][::-1] + versions[place + 1 :]
            if others:
                return self.show_version(message.chat_id, others[0])
            self._show(message.chat_id, message.parent_id)
            return message.parent_id

    def restore_message(self, message_id: int) -> None:
        """Undo `delete_message`, and show the branch of the message."""
        with self._transaction():
            message = self.message(message_id)
            if message.parent_id is not None:
                self._require_message(message.chat_id, message.parent_id)
            self._connection.execute(
                f"{_BELOW} UPDATE messages SET deleted_at = NULL "
                "WHERE id IN (SELECT node_id FROM below)",
                _names(message.chat_id, message_id) | {"deleted": self._deleted_at(message_id)},
            )
            self.show_version(message.chat_id, message_id)

    def message(self, message_id: int) -> StoredMessage:
        """One message; also a deleted one as long as it can be restored."""
        rows = self.rows(f"SELECT {MESSAGE_COLUMNS} FROM messages WHERE id = ?", (message_id,))
        if not rows:
            raise _no_message(message_id)
        return message_from(rows[0])

    def branch(self, leaf_id: int | None) -> list[StoredMessage]:
        """The messages from the first one to `leaf_id`; none for None."""
        rows = self.rows(
            f"""WITH RECURSIVE path (node_id, next_id, depth) AS (
                SELECT id, parent_id, 0 FROM messages WHERE id = ?
                UNION ALL
                SELECT id, parent_id, depth + 1 FROM path JOIN messages ON id = next_id
            )
            SELECT {MESSAGE_COLUMNS} FROM path JOIN messages ON id = node_id
            ORDER BY depth DESC""",
            (leaf_id,),
        )
        return [message_from(row) for row in rows]

    def children(self, chat_id: int, parent_id: int | None) -> list[StoredMessage]:
        """The versions of what follows `parent_id`, oldest first; None: of the first message."""
        rows = self.rows(
            f"SELECT {MESSAGE_COLUMNS} FROM messages "
            "WHERE chat_id = ? AND parent_id IS ? AND deleted_at IS NULL ORDER BY id",
            (chat_id, parent_id),
        )
        return [message_from(row) for row in rows]

    def siblings(self, message_id: int) -> list[StoredMessage]:
        """All versions of a message, itself among them, oldest first."""
        message = self.message(message_id)
        self._require_message(message.chat_id, message_id)
        return self.children(message.chat_id, message.parent_id)

    def forks(self, chat_id: int) -> set[int | None]:
        """The messages after which there are several versions; None: of the first message."""
        rows = self.rows(
            "SELECT parent_id FROM messages WHERE chat_id = ? AND deleted_at IS NULL "
            "GROUP BY parent_id HAVING COUNT(*) > 1",
            (chat_id,),
        )
        return {parent_id for (parent_id,) in rows}

    def set_leaf(self, chat_id: int, leaf_id: int | None) -> None:
        """Show the branch that ends with `leaf_id`, which is a message of this chat."""
        with self._transaction():
            if leaf_id is not None:
                self._require_message(chat_id, leaf_id)
            self._show(chat_id, leaf_id)

    def show_version(self, chat_id: int, message_id: int) -> int:
        """Show the branch through a message that was on show last; returns its last message."""
        with self._transaction():
            self._require_message(chat_id, message_id)
            [(leaf_id,)] = self.rows(
                f"""{_BELOW} SELECT id FROM below JOIN messages ON id = node_id
                WHERE NOT EXISTS (
                    SELECT 1 FROM messages AS child
                    WHERE child.chat_id = :chat AND child.parent_id = node_id
                        AND child.deleted_at IS NULL
                )
                ORDER BY MAX(created_at, COALESCE(shown_at, '')) DESC, id DESC LIMIT 1""",
                _names(chat_id, message_id),
            )
            self._show(chat_id, leaf_id)
        return int(leaf_id)

    def prompt_history(self, limit: int = 100) -> list[str]:
        """The last questions that the user asked in any chat, each once, the newest first."""
        rows = self.rows(
            "SELECT content FROM messages JOIN chats ON chats.id = chat_id WHERE role = 'user' "
            "AND messages.deleted_at IS NULL AND chats.deleted_at IS NULL "
            "ORDER BY messages.id DESC LIMIT ?",
            (limit * 5,),  # bounded, however often the same was asked
        )
        return list(dict.fromkeys(row[0] for row in rows))[:limit]

    def seconds_per_token(self, model: str) -> float | None:
        """How long a model took to read, in the last answer that tells; None without any."""
        rows = self.rows(
            "SELECT prefill_seconds / (prompt_tokens - reused_tokens) FROM messages "
            "WHERE model = ? AND finish_reason <> 'cancelled' "
            "AND prompt_tokens - reused_tokens >= ? ORDER BY id DESC LIMIT 1",
            (model, _MIN_TIMED_TOKENS),
        )
        return float(rows[0][0]) if rows else None

    def _show(self, chat_id: int, leaf_id: int | None) -> None:
        cursor = self._connection.execute(
            "UPDATE chats SET leaf_id = ? WHERE id = ?", (leaf_id, chat_id)
        )
        if cursor.rowcount == 0:
            raise no_chat(chat_id)
        self._connection.execute("UPDATE messages SET shown_at = ? WHERE id = ?", (now(), leaf_id))

    def _require_message(self, chat_id: int, message_id: int) -> None:
        """Raises AppError: it isn't there, is deleted, or is one of another chat."""
        if self.message(message_id).chat_id != chat_id:
            raise AppError(f"Message {message_id} isn't one of chat {chat_id}.")
        if self._deleted_at(message_id) is not None:
            raise AppError(f"Message {message_id} was deleted.")

    def _deleted_at(self, message_id: int) -> str | None:
        rows = self.rows("SELECT deleted_at FROM messages WHERE id = ?", (message_id,))
        return rows[0][0] if rows else None


def message_from(row: tuple[Any, ...]) -> StoredMessage:
    """A message out of a row of MESSAGE_COLUMNS."""
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
        moment_from(created_at),
        None if stats[0] is None else TurnStats(*stats),
    )


def no_chat(chat_id: int) -> AppError:
    return AppError(f"There is no chat {chat_id}.")


def _no_message(message_id: int) -> AppError:
    return AppError(f"There is no message {message_id}: its chat was removed.")


def _names(chat_id: int, message_id: int) -> dict[str, Any]:
    """The parameters of _BELOW, for messages that aren't deleted."""
    return {"chat": chat_id, "message": message_id, "deleted": None}
