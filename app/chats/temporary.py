"""Chats on disk and, beside them, temporary ones in memory: the numbers tell which is which.

Who has a chat's or a message's number needn't know where it is kept.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

from app.chats.model import FIRST_TEMPORARY_ID, Chat, is_temporary
from app.chats.store import ChatStore

_Method = TypeVar("_Method", bound=Callable[..., Any])


def _of_one(method: _Method) -> _Method:
    """The method of the store to which its first argument belongs."""

    @wraps(method)
    def routed(self: "Chats", number: int | None, *args: Any, **options: Any) -> Any:
        return method(self._store_of(number), number, *args, **options)

    return cast("_Method", routed)


def _of_many(method: _Method) -> _Method:
    """The same for a list of numbers, each part of it in the store that it belongs to."""

    @wraps(method)
    def routed(self: "Chats", numbers: Sequence[int], *args: Any, **options: Any) -> None:
        stored = [number for number in numbers if not is_temporary(number)]
        others = [number for number in numbers if is_temporary(number)]
        for store, part in ((self, stored), (self._memory, others)):
            if part:
                method(store, part, *args, **options)

    return cast("_Method", routed)


class Chats(ChatStore):
    """A ChatStore whose methods take the numbers of temporary chats and their messages too.

    What lists or searches, and everything without such a number, is about the chats on disk.
    Folders are on disk alone: no temporary chat is in one.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._memory = _MemoryStore()

    def close(self) -> None:
        super().close()
        self._memory.close()

    def create_temporary_chat(self, system_prompt: str = "") -> Chat:
        return self._memory.create_chat(system_prompt)

    def temporary_chats(self) -> list[Chat]:
        """As `chats`; no two runs of Eremo have the same ones."""
        return self._memory.chats()

    def keep(self, chat_id: int) -> Chat:
        """Make a stored chat of a temporary one, which is gone then; returns the stored one."""
        [kept_id] = self.add_copies([self.copy_of(chat_id)])
        self.purge_chats([chat_id])
        return self.chat(kept_id)

    def _store_of(self, number: int | None) -> ChatStore:
        return self._memory if is_temporary(number) else self

    chat = _of_one(ChatStore.chat)
    rename = _of_one(ChatStore.rename)
    set_system_prompt = _of_one(ChatStore.set_system_prompt)
    set_model = _of_one(ChatStore.set_model)
    set_sampling = _of_one(ChatStore.set_sampling)
    draft = _of_one(ChatStore.draft)
    set_draft = _of_one(ChatStore.set_draft)
    copy_of = _of_one(ChatStore.copy_of)
    documents = _of_one(ChatStore.documents)
    attach_documents = _of_one(ChatStore.attach_documents)
    detach_document = _of_one(ChatStore.detach_document)
    branch_chat = _of_one(ChatStore.branch_chat)
    begin_from_summary = _of_one(ChatStore.begin_from_summary)
    append_message = _of_one(ChatStore.append_message)
    update_answer = _of_one(ChatStore.update_answer)
    edit_message = _of_one(ChatStore.edit_message)
    delete_message = _of_one(ChatStore.delete_message)
    restore_message = _of_one(ChatStore.restore_message)
    message = _of_one(ChatStore.message)
    branch = _of_one(ChatStore.branch)
    children = _of_one(ChatStore.children)
    siblings = _of_one(ChatStore.siblings)
    forks = _of_one(ChatStore.forks)
    set_leaf = _of_one(ChatStore.set_leaf)
    show_version = _of_one(ChatStore.show_version)
    set_pinned = _of_many(ChatStore.set_pinned)
    delete_chats = _of_many(ChatStore.delete_chats)
    restore_chats = _of_many(ChatStore.restore_chats)
    purge_chats = _of_many(ChatStore.purge_chats)


class _MemoryStore(ChatStore):
    def __init__(self) -> None:
        super().__init__(":memory:")
        last = FIRST_TEMPORARY_ID - 1
        with self._transaction():
            self._connection.executemany(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)",
                [("chats", last), ("messages", last)],
            )
