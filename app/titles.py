"""Titles that the model makes of a chat's beginning.

The request is answered aside, so that it neither changes nor owns the chat's kept state. A title
that the user typed is never replaced: `ChatStore.rename(..., typed=False)`.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import cast

from app.chats.database import one_line
from app.chats.model import Chat, StoredMessage
from app.chats.store import MAX_TITLE_LENGTH, ChatStore
from app.settings import ModelTitles
from inference.engine import Engine
from inference.events import Event, Finished, Message, Request, SamplingParams, TextDelta

MIN_PARAMETERS = 1_000_000_000
"""Of a model that makes titles unasked: smaller ones answer the question, or repeat the task."""

_MAX_TOKENS = 32
_MAX_QUOTED = 600  # characters of the question and of the answer: a title needs no more
_INSTRUCTION = (
    "Write a title of at most six words for this conversation, in its language. "
    "Answer with the title alone."
)
_LABELS = ("title:", "titolo:")
_QUOTES = "\"'`*_#“”„«»‘’ "


def title_request(branch: Sequence[StoredMessage]) -> Request | None:
    """What to ask for a title of this branch; None before there is a question with an answer."""
    question = next((m.content for m in branch if m.role == "user" and m.content.strip()), "")
    answer = next((m.content for m in branch if m.role == "assistant" and m.content.strip()), "")
    if not question or not answer:
        return None
    excerpt = f"Question: {question[:_MAX_QUOTED]}\n\nAnswer: {answer[:_MAX_QUOTED]}"
    return Request(
        (Message("user", f"{excerpt}\n\n{_INSTRUCTION}"),),
        SamplingParams(temperature=0, max_tokens=_MAX_TOKENS),
        aside=True,
    )


def are_wanted(setting: ModelTitles, num_parameters: int) -> bool:
    """Whether a model of that size is to make titles."""
    return setting == "always" or (setting == "" and num_parameters >= MIN_PARAMETERS)


def make_title(
    store: ChatStore, engine: Engine, chat_id: int, cancelled: Callable[[], bool]
) -> Chat | None:
    """The chat with a title by the model, or with its old one where that is no better.

    None when cancelled.

    Raises:
        AppError: the chat isn't there.
        InferenceError: the model failed.
    """
    chat = store.chat(chat_id, include_deleted=False)
    request = title_request(store.branch(chat.leaf_id))
    if chat.title_is_typed or request is None:
        return chat
    text = ""
    events = cast("Generator[Event, None, None]", engine.generate(request, cancelled))
    with closing(events):
        for event in events:
            if isinstance(event, Finished) and event.reason == "cancelled":
                return None
            if isinstance(event, TextDelta):
                text += event.text
                if "\n" in text.lstrip():  # the rest explains the title
                    break
    title = clean_title(text, chat.title)
    return chat if title == chat.title else store.rename(chat_id, title, typed=False)


def clean_title(text: str, old_title: str) -> str:
    """What the model wrote, as a title of one short line; the old one where it is none."""
    lines = [_printable(line) for line in text.splitlines() if line.strip(_QUOTES)]
    title = one_line(lines[0]).strip(_QUOTES) if lines else ""
    for label in _LABELS:
        if title.lower().startswith(label):
            title = title[len(label) :].strip(_QUOTES)
    title = title.rstrip(".,;:" + _QUOTES)
    if not any(character.isalnum() for character in title) or len(title) > MAX_TITLE_LENGTH:
        return old_title  # a sentence that is cut says less than the question's first words
    return title


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
