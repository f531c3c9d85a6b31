"""What stands in a chat's context, and what the next steps in it would have to read.

Everything is asked of the engine and the stores when it is wanted; nothing is kept.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from app.chats.model import StoredMessage
from app.chats.store import ChatStore
from app.documents.model import Document, as_told
from app.paths import DataPaths
from inference.errors import ContextOverflowError
from inference.events import Estimate, Message

Estimator = Callable[[tuple[Message, ...]], Estimate | None]
Counter = Callable[[str], int | None]

OTHER_QUESTION = "≠"
"""As good as any that nobody has asked: what is kept for it is what stands before a question."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Tokens; None where it can't be told, or there is no such thing."""

    system: int  # without the documents
    new_chat_reads: int | None  # before its question; None: more than the model holds
    edit_reads: int | None  # of the first question
    draft: int | None  # that it would add; None: more than the model holds
    documents: tuple[int, ...] = ()  # of each
    conversation: int | None = None  # of a chat with documents: what isn't in the other parts
    reads: int | None = None  # of a chat with documents: before the next question
    seconds_per_token: float | None = None  # of reading; None while nothing has been read


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a chat on disk."""

    disk_bytes: int
    num_branches: int


def look_ahead(
    estimate: Estimator,
    system_prompt: str,
    branch: Sequence[StoredMessage],
    draft: str,
    documents: Sequence[Document] = (),
    count: Counter = lambda _text: None,
) -> Outlook | None:
    """Cheap however long the branch is: only its beginning is looked at.

    estimate: Assistant.estimate_messages; None while the model isn't loaded, or is at work.
    count: Assistant.count_tokens.

    Raises:
        InferenceError: the conversation can't be answered.
    """
    from app.assistant import conversation  # slow to import, and a window shows before it asks

    plain = _start(conversation(system_prompt, ()))
    alone = estimate((*plain, Message("user", OTHER_QUESTION)))
    counts = [count(as_told(document)) for document in documents]
    if alone is None or None in counts:
        return None
    known = tuple(number for number in counts if number is not None)
    outlook = Outlook(
        *(alone.system_tokens, None, None, _count(estimate, plain, draft), known),
        seconds_per_token=_speed(alone),
    )
    messages = conversation(system_prompt, branch, documents)
    start = _start(messages)
    try:
        other = alone if start == plain else estimate((*start, Message("user", OTHER_QUESTION)))
        if other is None:
            return None
        edit_reads = None
        if len(messages) > len(start) and (first := estimate(messages[: len(start) + 1])):
            edit_reads = first.prompt_tokens - min(other.reused_tokens, first.system_tokens)
        outlook = replace(
            outlook,
            system=max(other.system_tokens - sum(known), 0),
            new_chat_reads=max(other.system_tokens - other.reused_tokens, 0),
            edit_reads=edit_reads,
        )
        return _with_next(outlook, estimate, messages, other) if known else outlook
    except ContextOverflowError:
        return outlook


def _with_next(
    outlook: Outlook, estimate: Estimator, messages: Sequence[Message], other: Estimate
) -> Outlook:
    """With what the next question follows. Documents may have come after all that was counted."""
    question = other.prompt_tokens - other.system_tokens
    if messages and messages[-1].role == "user":  # one without an answer is left out
        messages = messages[:-1]
    following = estimate((*messages, Message("user", OTHER_QUESTION)))
    if following is None:
        return outlook
    return replace(
        outlook,
        conversation=max(following.prompt_tokens - other.system_tokens - question, 0),
        reads=max(following.prompt_tokens - following.reused_tokens - question, 0),
    )


def _start(messages: Sequence[Message]) -> tuple[Message, ...]:
    """What stands before the first question."""
    return tuple(message for message in messages[:1] if message.role == "system")


def _speed(estimate: Estimate) -> float | None:
    to_read = estimate.prompt_tokens - estimate.reused_tokens
    return None if estimate.seconds is None or to_read <= 0 else estimate.seconds / to_read


def next_reads(
    estimate: Estimator,
    system_prompt: str,
    branch: Sequence[StoredMessage],
    documents: Sequence[Document],
) -> Estimate | None:
    """What the next question of a branch would have to read after this system prompt."""
    from app.assistant import conversation

    messages = conversation(system_prompt, branch, documents)
    if messages and messages[-1].role == "user":  # a question without an answer is left out
        messages = messages[:-1]
    return estimate((*messages, Message("user", OTHER_QUESTION)))


def _count(estimate: Estimator, start: tuple[Message, ...], draft: str) -> int | None:
    if not draft.strip():
        return 0
    try:
        written = estimate((*start, Message("user", draft)))
    except ContextOverflowError:
        return None
    return written.prompt_tokens - written.system_tokens if written else 0


def kept_of(chat_id: int, store: ChatStore, paths: DataPaths) -> Kept:
    """
    Raises:
        AppError: the chats can't be read.
    """
    from app.kept_state import chat_owner
    from inference.state.store import StateStore

    ((num_branches,),) = store.rows(
        "SELECT count(*) FROM messages AS message WHERE chat_id = ? AND NOT EXISTS "
        "(SELECT 1 FROM messages WHERE chat_id = message.chat_id AND parent_id = message.id)",
        (chat_id,),
    )
    if not paths.state_dir.is_dir():
        return Kept(0, num_branches)
    with closing(StateStore(paths.state_dir)) as states:
        return Kept(states.usage().owner_bytes.get(chat_owner(chat_id), 0), num_branches)
