"""What a turn of the assistant yields.

TurnStarted, then the engine's own LoadProgress, ModelLoaded, StateRestored, PrefillProgress,
ReasoningDelta, TextDelta and MemoryUsed events as they come, then exactly one TurnEnded. A failure
isn't an exception: it is a TurnEnded whose answer has the status "failed", its partial text and
its sentence.
"""

from dataclasses import dataclass

from app.chats.model import Chat, StoredMessage
from inference.events import (
    LoadProgress,
    MemoryUsed,
    ModelLoaded,
    PrefillProgress,
    ReasoningDelta,
    StateRestored,
    TextDelta,
)


@dataclass(frozen=True, slots=True)
class TurnStarted:
    chat: Chat
    user_message: StoredMessage
    answer: StoredMessage  # empty and partial


@dataclass(frozen=True, slots=True)
class TurnEnded:
    chat: Chat
    answer: StoredMessage


TurnEvent = (
    TurnStarted
    | LoadProgress
    | ModelLoaded
    | StateRestored
    | PrefillProgress
    | ReasoningDelta
    | TextDelta
    | MemoryUsed
    | TurnEnded
)
