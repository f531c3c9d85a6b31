"""Titles that the model makes of a chat's beginning.

The request is one of its own, so that it neither changes nor owns the chat's kept state. Whether
the title is wanted is the store's business: `ChatStore.rename(..., typed=False)`.
"""

from collections.abc import Sequence

from app.chats.database import one_line
from app.chats.model import StoredMessage
from app.chats.store import MAX_TITLE_LENGTH, title_from
from inference.events import Message, Request, SamplingParams

_MAX_TOKENS = 32
_MAX_QUOTED = 1_000  # characters of the question and of the answer: a title needs no more
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
        owner=None,
    )


def clean_title(text: str, old_title: str) -> str:
    """What the model wrote, as a title of one short line; the old one where it is none."""
    lines = [line for line in text.splitlines() if line.strip(_QUOTES)]
    title = one_line(lines[0]).strip(_QUOTES) if lines else ""
    for label in _LABELS:
        if title.lower().startswith(label):
            title = title[len(label) :].strip(_QUOTES)
    title = title.removesuffix(".")
    if not any(character.isalnum() for character in title) or len(title) > 2 * MAX_TITLE_LENGTH:
        return old_title
    return title_from(title)
