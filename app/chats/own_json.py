"""Eremo's own file of chats: JSON with all versions of all messages, and nothing lost.

    {"format": "eremo-chats", "version": 1, "chats": [{"title": ..., "messages": [...]}]}

The fields are those of ChatCopy, MessageCopy and Document; times are ISO 8601. A message comes
after the one that it follows and names its place, from 0, as its parent; so does the chat's leaf.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, get_args

from app.chats.model import ChatCopy, MessageCopy, MessageStatus, TurnStats
from app.chats.sampling import known_overrides
from app.documents.model import Document
from inference.events import FinishReason, Role

FORMAT = "eremo-chats"
VERSION = 1

_MAX_COUNT = 2**63 - 1  # of SQLite


def chats_as_json(copies: Sequence[ChatCopy]) -> str:
    file = {"format": FORMAT, "version": VERSION, "chats": [asdict(copy) for copy in copies]}
    return json.dumps(file, ensure_ascii=False, indent=1, default=datetime.isoformat) + "\n"


def chat_from_json(value: object) -> ChatCopy:
    """One of the file's chats.

    Raises:
        ValueError: it isn't as `chats_as_json` writes it.
    """
    fields = _Fields(value)
    messages = tuple(
        _message(message, place) for place, message in enumerate(fields.items("messages"))
    )
    return ChatCopy(
        title=fields.text("title"),
        created_at=fields.moment("created_at"),
        updated_at=fields.moment("updated_at"),
        messages=messages,
        leaf=fields.place("leaf", len(messages)),
        system_prompt=fields.text("system_prompt", ""),
        folder=fields.text("folder", ""),
        pinned=fields.flag("pinned"),
        draft=fields.text("draft", ""),
        model=fields.text("model", ""),
        sampling=known_overrides(fields.get("sampling")),
        title_is_typed=fields.flag("title_is_typed"),
        documents=tuple(_document(document) for document in fields.items("documents", [])),
    )


def _message(value: object, place: int) -> MessageCopy:
    fields = _Fields(value)
    stats = fields.get("stats")
    return MessageCopy(
        parent=fields.place("parent", place),
        role=fields.choice("role", get_args(Role)),
        content=fields.text("content"),
        created_at=fields.moment("created_at"),
        reasoning=fields.text("reasoning", ""),
        status=fields.choice("status", get_args(MessageStatus)),
        error=fields.text("error", ""),
        model=fields.text("model", ""),
        stats=None if stats is None else _stats(stats),
    )


def _document(value: object) -> Document:
    fields = _Fields(value)
    return Document(
        name=fields.text("name"),
        text=fields.text("text"),
        size_bytes=fields.count("size_bytes"),
        num_pages=None if fields.get("num_pages") is None else fields.count("num_pages"),
    )


def _stats(value: object) -> TurnStats:
    fields = _Fields(value)
    return TurnStats(
        finish_reason=fields.choice("finish_reason", get_args(FinishReason)),
        prompt_tokens=fields.count("prompt_tokens"),
        reused_tokens=fields.count("reused_tokens"),
        completion_tokens=fields.count("completion_tokens"),
        prefill_seconds=fields.seconds("prefill_seconds"),
        decode_seconds=fields.seconds("decode_seconds"),
        reasoning_tokens=fields.count("reasoning_tokens"),
    )


class _Fields:
    """An object of the file. Everything raises ValueError where the field isn't what it has to be.

    Fields that it has beside those are of a later writer, and are passed over.
    """

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise ValueError("not an object")
        self._values = value

    def get(self, name: str) -> Any:
        return self._values.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        value = self._values.get(name, default)
        if not isinstance(value, str):
            raise ValueError(f"{name} is no text")
        return value

    def choice(self, name: str, choices: Sequence[Any]) -> Any:
        if self.get(name) not in choices:
            raise ValueError(f"{name} is unknown")
        return self.get(name)

    def items(self, name: str, default: list[object] | None = None) -> list[object]:
        value = self._values.get(name, default)
        if not isinstance(value, list):
            raise ValueError(f"{name} is no list")
        return value

    def flag(self, name: str) -> bool:
        value = self._values.get(name, False)
        if not isinstance(value, bool):
            raise ValueError(f"{name} is neither true nor false")
        return value

    def place(self, name: str, end: int) -> int | None:
        """Of one of the messages before number `end`."""
        value = self.get(name)
        if value is None:
            return None
        if not (_is_int(value) and 0 <= value < end):
            raise ValueError(f"{name} is no earlier message")
        return int(value)

    def count(self, name: str) -> int:
        value = self.get(name)
        if not (_is_int(value) and 0 <= value <= _MAX_COUNT):
            raise ValueError(f"{name} is no count")
        return int(value)

    def seconds(self, name: str) -> float:
        value = self.get(name)
        if not (_is_int(value) or isinstance(value, float)) or not 0 <= value <= _MAX_COUNT:
            raise ValueError(f"{name} is no time")
        return float(value)

    def moment(self, name: str) -> datetime:
        moment = datetime.fromisoformat(self.text(name))
        if moment.tzinfo is None:
            raise ValueError(f"{name} has no time zone")
        try:
            return moment.astimezone(UTC)
        except OverflowError as error:
            raise ValueError(f"{name} is out of range") from error


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
