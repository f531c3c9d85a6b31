"""The chats on disk: every change is one transaction, so that a crash loses nothing before it.

Used from the window's thread and the engine's at once, and beside other processes. Knows nothing
of models or turns; searching is in app/chats/search.py, messages in app/chats/messages.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.chats.database import moment_from, now, one_line, storable, timestamp
from app.chats.documents import ChatDocuments
from app.chats.folders import Folders
from app.chats.messages import MESSAGE_COLUMNS, Messages, message_from, no_chat
from app.chats.model import Chat, ChatCopy, MessageCopy, StoredMessage
from app.chats.prompts import SavedPrompts
from app.chats.sampling import checked_overrides, overrides_as_json, overrides_from_json
from app.chats.schema import database_errors

UNDO_PERIOD = timedelta(days=1)
MAX_TITLE_LENGTH = 60  # of a title that nobody typed

CHAT_COLUMNS = (
    "chats.id, chats.title, chats.system_prompt, chats.created_at, chats.updated_at, "
    "chats.leaf_id, chats.folder_id, chats.pinned, chats.model, chats.sampling, "
    "chats.title_is_typed"
)


class ChatStore(Messages, Folders, SavedPrompts, ChatDocuments):
    """Chats, their messages, folders and documents, and saved prompts. With ":memory:" nothing
    touches the disk.

    Every method may raise AppError: the file can't be read or written, or what is asked for
    isn't there. One transaction makes all of a change, or nothing of it.
    """

    def create_chat(self, system_prompt: str = "") -> Chat:
        moment = now()
        with self._transaction():
            chat_id = self._insert(
                "chats",
                system_prompt=storable(system_prompt),
                created_at=moment,
                updated_at=moment,
            )
            return self.chat(chat_id)

    def chat(self, chat_id: int, *, include_deleted: bool = True) -> Chat:
        """One chat; also a deleted one as long as it can be restored, unless that is refused."""
        condition = "" if include_deleted else "AND deleted_at IS NULL"
        rows = self.rows(f"SELECT {CHAT_COLUMNS} FROM chats WHERE id = ? {condition}", (chat_id,))
        if not rows:
            raise no_chat(chat_id)
        return chat_from(rows[0])

    def chats(self, limit: int | None = None, offset: int = 0) -> list[Chat]:
        """Those that aren't deleted: the pinned ones, then the others, the newest message first."""
        rows = self.rows(
            f"SELECT {CHAT_COLUMNS} FROM chats WHERE deleted_at IS NULL "
            "ORDER BY pinned DESC, updated_at DESC, id DESC LIMIT ? OFFSET ?",
            (-1 if limit is None else limit, offset),
        )
        return [chat_from(row) for row in rows]

    def rename(self, chat_id: int, title: str, *, typed: bool = True) -> Chat:
        """Give a chat its title. One that the user didn't type never replaces one that they did.

        An empty title counts as not typed. Returns the chat as it is then.
        """
        line = one_line(title)
        condition = "" if typed else "AND NOT title_is_typed"
        with self._transaction():
            self._connection.execute(
                f"UPDATE chats SET title = ?, title_is_typed = ? WHERE id = ? {condition}",
                (line, typed and line != "", chat_id),
            )
            return self.chat(chat_id)

    def set_system_prompt(self, chat_id: int, system_prompt: str) -> None:
        self._change_chats([chat_id], "system_prompt", storable(system_prompt))

    def set_model(self, chat_id: int, model: str) -> None:
        """The model that answers in this chat; "" is the one of the settings."""
        self._change_chats([chat_id], "model", storable(model))

    def set_sampling(self, chat_id: int, sampling: Mapping[str, object]) -> None:
        """The values in which this chat differs from the settings, instead of those before.

        Raises:
            InvalidRequestError: a value is unknown or out of its range; nothing is changed.
        """
        self._change_chats([chat_id], "sampling", overrides_as_json(checked_overrides(sampling)))

    def set_pinned(self, chat_ids: Sequence[int], pinned: bool) -> None:
        self._change_chats(chat_ids, "pinned", pinned)

    def draft(self, chat_id: int) -> str:
        """What stands in the composer of this chat and isn't sent yet."""
        rows = self.rows("SELECT draft FROM chats WHERE id = ?", (chat_id,))
        if not rows:
            raise no_chat(chat_id)
        return str(rows[0][0])

    def set_draft(self, chat_id: int, draft: str) -> None:
        self._change_chats([chat_id], "draft", storable(draft))

    def delete_chat(self, chat_id: int) -> None:
        self.delete_chats([chat_id])

    def delete_chats(self, chat_ids: Sequence[int]) -> None:
        """Hide chats; `restore_chats` brings them back until `purge_deleted` removes them."""
        self._change_chats(chat_ids, "deleted_at", now())

    def restore_chat(self, chat_id: int) -> None:
        self.restore_chats([chat_id])

    def restore_chats(self, chat_ids: Sequence[int]) -> None:
        self._change_chats(chat_ids, "deleted_at", None)

    def ids(self) -> list[int]:
        """Of all chats, also of deleted ones that can be restored."""
        return [row[0] for row in self.rows("SELECT id FROM chats")]

    # Removing for good

    def purge_deleted(self, older_than: timedelta = UNDO_PERIOD) -> None:
        """Remove for good the chats and messages that were deleted longer ago than `older_than`."""
        limit = timestamp(datetime.now(UTC) - older_than)
        chat_ids = self.rows("SELECT id FROM chats WHERE deleted_at <= ?", (limit,))
        if chat_ids or self.rows("SELECT 1 FROM messages WHERE deleted_at <= ? LIMIT 1", (limit,)):
            with self._purge():
                self._remove_messages(limit)
                self._remove_chats([row[0] for row in chat_ids])

    def purge_chats(self, chat_ids: Sequence[int]) -> None:
        """Remove chats at once and for good: afterwards their text isn't in the file any more.

        Raises:
            AppError: one of them doesn't exist; then none is removed.
        """
        with self._purge():
            self._remove_chats(chat_ids)

    @contextmanager
    def _purge(self) -> Iterator[None]:
        with self._transaction():
            yield
            # The index only marks words as deleted until its parts are merged.
            for index in ("chats_fts", "messages_fts"):
                self._connection.execute(f"INSERT INTO {index} ({index}) VALUES ('optimize')")
        with self._lock, database_errors(self._path):
            # Pages that stay in use keep bytes of rows that once stood there, and the log keeps
            # earlier pages.
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _remove_chats(self, chat_ids: Sequence[int]) -> None:
        for chat_id in chat_ids:
            self._connection.execute("UPDATE chats SET leaf_id = NULL WHERE id = ?", (chat_id,))
            self._connection.execute("DELETE FROM messages WHERE chat_id = ?", (chat_id,))
            cursor = self._connection.execute("DELETE FROM chats WHERE id = ?", (chat_id,))
            if cursor.rowcount == 0:
                raise no_chat(chat_id)
        self._remove_unused_documents()

    def _remove_messages(self, limit: str) -> None:
        """Those that were deleted before, with what followed them, whatever the clock said then."""
        self._connection.execute(
            """WITH RECURSIVE doomed (in_chat, message_id) AS (
                SELECT chat_id, id FROM messages WHERE deleted_at <= ?
                UNION
                SELECT chat_id, id FROM doomed JOIN messages
                    ON chat_id = in_chat AND parent_id = message_id
            )
            DELETE FROM messages WHERE id IN (SELECT message_id FROM doomed)""",
            (limit,),
        )

    # Copies

    def copy_of(self, chat_id: int) -> ChatCopy:
        """A chat with all its versions; what was deleted is left out."""
        with self._transaction():  # one moment for all of it
            chat = self.chat(chat_id, include_deleted=False)
            rows = self.rows(
                f"SELECT {MESSAGE_COLUMNS} FROM messages "
                "WHERE chat_id = ? AND deleted_at IS NULL ORDER BY id",
                (chat_id,),
            )
            return self._copy(chat, [message_from(row) for row in rows])

    def add_copies(self, copies: Sequence[ChatCopy], *, deleted: bool = False) -> list[int]:
        """New chats, all of them or none; returns their ids.

        deleted: nobody sees them until they are restored.
        """
        with self._transaction():
            folders: dict[str, int] = {folder.name: folder.id for folder in self.folders()[::-1]}
            ids = [self._add_copy(copy, folders) for copy in copies]
            if deleted:
                self.delete_chats(ids)
            return ids

    def branch_chat(self, message_id: int) -> Chat:
        """A new chat with copies of the messages up to this one, in the same folder."""
        with self._transaction():
            chat = self.chat(self.message(message_id).chat_id)
            copy = self._copy(replace(chat, leaf_id=message_id), self.branch(message_id))
            moment = datetime.now(UTC)
            copy = replace(
                copy,
                title=f"{chat.title} (branch)" if chat.title else "",
                created_at=moment,
                updated_at=moment,
                draft="",
                pinned=False,
                folder="",
            )
            [branch_id] = self.add_copies([copy])
            self.move_chats([branch_id], chat.folder_id)
            return self.chat(branch_id)

    def begin_from_summary(
        self, chat_id: int, question: str, summary: str, *, model: str = "", draft: str = ""
    ) -> Chat:
        """A new chat in the manner of this one, which begins with a summary of it as an answer.

        The draft moves to the new chat; nothing else of the old one changes.
        """
        with self._transaction():
            chat = self.chat(chat_id, include_deleted=False)
            moment = datetime.now(UTC)
            copy = replace(
                self._copy(replace(chat, leaf_id=None), ()),
                title=f"{chat.title} (continued)" if chat.title else "",
                created_at=moment,
                updated_at=moment,
                messages=(
                    MessageCopy(None, "user", question, moment),
                    MessageCopy(0, "assistant", summary, moment, model=model),
                ),
                leaf=1,
                draft=draft,
                pinned=False,
                folder="",
            )
            [new_id] = self.add_copies([copy])
            self.move_chats([new_id], chat.folder_id)
            self.set_draft(chat_id, "")
            return self.chat(new_id)

    def _copy(self, chat: Chat, messages: Sequence[StoredMessage]) -> ChatCopy:
        places = {message.id: place for place, message in enumerate(messages)}
        return ChatCopy(
            title=chat.title,
            created_at=chat.created_at,
            updated_at=chat.updated_at,
            messages=tuple(
                MessageCopy(
                    parent=None if message.parent_id is None else places[message.parent_id],
                    role=message.role,
                    content=message.content,
                    created_at=message.created_at,
                    reasoning=message.reasoning,
                    status=message.status,
                    error=message.error,
                    model=message.model,
                    stats=message.stats,
                )
                for message in messages
            ),
            leaf=None if chat.leaf_id is None else places[chat.leaf_id],
            system_prompt=chat.system_prompt,
            folder="" if chat.folder_id is None else self.folder(chat.folder_id).name,
            pinned=chat.pinned,
            draft=self.draft(chat.id),
            model=chat.model,
            sampling=chat.sampling,
            title_is_typed=chat.title_is_typed,
            documents=tuple(self.documents(chat.id)),
        )

    def _add_copy(self, copy: ChatCopy, folders: dict[str, int]) -> int:
        """`folders`: the ids by name; a new folder is added to them."""
        folder = one_line(copy.folder)
        if folder and folder not in folders:
            folders[folder] = self.create_folder(folder).id
        chat_id = self._insert(
            "chats",
            title=one_line(copy.title),
            system_prompt=storable(copy.system_prompt),
            created_at=timestamp(copy.created_at),
            updated_at=timestamp(copy.updated_at),
            folder_id=folders.get(folder),
            pinned=copy.pinned,
            draft=storable(copy.draft),
            model=storable(copy.model),
            sampling=overrides_as_json(copy.sampling),
            title_is_typed=copy.title_is_typed,
        )
        self.attach_documents(chat_id, copy.documents)
        message_ids = self._add_message_copies(chat_id, copy.messages)
        if copy.leaf is not None:
            self.set_leaf(chat_id, message_ids[copy.leaf])
        return chat_id

    def _add_message_copies(self, chat_id: int, messages: Sequence[MessageCopy]) -> list[int]:
        ids: list[int] = []
        for message in messages:
            message_id = self._insert(
                "messages",
                chat_id=chat_id,
                parent_id=None if message.parent is None else ids[message.parent],
                role=message.role,
                content=storable(message.content),
                reasoning=storable(message.reasoning),
                status=message.status,
                error=storable(message.error),
                model=storable(message.model),
                created_at=timestamp(message.created_at),
                **({} if message.stats is None else asdict(message.stats)),
            )
            ids.append(message_id)
        return ids

    def _change_chats(self, chat_ids: Sequence[int], column: str, value: object) -> None:
        with self._transaction():
            for chat_id in chat_ids:
                cursor = self._connection.execute(
                    f"UPDATE chats SET {column} = ? WHERE id = ?", (value, chat_id)
                )
                if cursor.rowcount == 0:
                    raise no_chat(chat_id)


def title_from(text: str) -> str:
    """A title for a chat that begins with `text`: its first words, on one line."""
    title = one_line(text)
    if len(title) <= MAX_TITLE_LENGTH:
        return title
    whole_words, _, _ = title[:MAX_TITLE_LENGTH].rpartition(" ")
    return (whole_words or title[: MAX_TITLE_LENGTH - 1]) + "…"


def chat_from(row: tuple[Any, ...]) -> Chat:
    """A chat out of a row of CHAT_COLUMNS."""
    chat_id, title, system_prompt, created_at, updated_at, leaf_id, folder_id, *rest = row
    pinned, model, sampling, title_is_typed = rest
    return Chat(
        chat_id,
        title,
        system_prompt,
        moment_from(created_at),
        moment_from(updated_at),
        leaf_id,
        folder_id,
        bool(pinned),
        model,
        overrides_from_json(sampling),
        bool(title_is_typed),
    )
