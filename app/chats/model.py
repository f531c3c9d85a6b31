"""Chats and messages as the rest of the app sees them: immutable values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.documents.model import Document
from inference.events import FinishReason, Role

SamplingOverrides = Mapping[str, float | int | None]
"""Values of those fields of SamplingParams in which a chat differs from the settings."""

MessageStatus = Literal["partial", "complete", "stopped", "failed"]
"""Of an answer. `partial` is still being written, or its writer ended in mid-answer: which of the
two only the writer knows, so nothing has to be repaired at the next start."""

FIRST_TEMPORARY_ID = 1 << 30
"""Chats and messages that are never on disk are numbered from here on; fits Qt's int."""


def is_temporary(number: int | None) -> bool:
    """Whether it is the number of a temporary chat, or of one of its messages."""
    return number is not None and number >= FIRST_TEMPORARY_ID


@dataclass(frozen=True, slots=True)
class TurnStats:
    """What one answer cost."""

    finish_reason: FinishReason
    prompt_tokens: int
    reused_tokens: int
    completion_tokens: int
    prefill_seconds: float
    decode_seconds: float
    reasoning_tokens: int = 0  # of the completion: those of the thinking


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A node of a chat's tree. Messages with one parent are versions of each other."""

    id: int
    chat_id: int
    parent_id: int | None  # None: a first message
    role: Role
    content: str
    reasoning: str  # what the model thought before an answer, else ""
    status: MessageStatus
    error: str  # the sentence of a failed answer, else ""
    model: str  # who wrote an answer, else ""
    created_at: datetime  # UTC
    stats: TurnStats | None


@dataclass(frozen=True, slots=True)
class Chat:
    id: int
    title: str
    system_prompt: str
    created_at: datetime  # UTC
    updated_at: datetime  # UTC
    leaf_id: int | None  # the last message of the branch on show
    folder_id: int | None = None
    pinned: bool = False
    model: str = ""  # that answers here; "" is the one of the settings
    sampling: SamplingOverrides = field(default_factory=dict, hash=False)
    title_is_typed: bool = False  # by the user: then it is never replaced by a made one

    @property
    def is_temporary(self) -> bool:
        """Nothing of it is on disk, and it is gone with the window."""
        return is_temporary(self.id)


@dataclass(frozen=True, slots=True)
class Folder:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class SavedPrompt:
    id: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class MessageCopy:
    """A message apart from its chat."""

    parent: int | None  # the place of an earlier message in ChatCopy.messages
    role: Role
    content: str
    created_at: datetime  # UTC
    reasoning: str = ""
    status: MessageStatus = "complete"
    error: str = ""
    model: str = ""
    stats: TurnStats | None = None


@dataclass(frozen=True, slots=True)
class ChatCopy:
    """A chat with all its versions, apart from any store: what is exported and imported.

    A message comes after its parent, so that this is a tree; versions come oldest first.
    """

    title: str
    created_at: datetime  # UTC
    updated_at: datetime  # UTC
    messages: tuple[MessageCopy, ...]
    leaf: int | None  # the place of the last message of the branch on show
    system_prompt: str = ""
    folder: str = ""  # its name; "" is none
    pinned: bool = False
    draft: str = ""
    model: str = ""
    sampling: SamplingOverrides = field(default_factory=dict, hash=False)
    title_is_typed: bool = False
    documents: tuple[Document, ...] = ()  # in the order in which they were attached
