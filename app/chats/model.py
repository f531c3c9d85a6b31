"""Chats and messages as the rest of the app sees them: immutable values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from inference.events import FinishReason, Role

MessageStatus = Literal["partial", "complete", "stopped", "failed"]
"""Of an answer. `partial` is still being written, or its writer ended in mid-answer: which of the
two only the writer knows, so nothing has to be repaired at the next start."""


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
