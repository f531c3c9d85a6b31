"""A summary of a conversation, made by the model: the beginning of a chat that goes on from there.

Whatever the length of the conversation, each request fits the model's context: it is read in parts,
oldest first, and what was written of the earlier ones goes before the next. Stores nothing.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import cast

from inference.engine import Engine
from inference.errors import ContextOverflowError, InferenceError
from inference.events import (
    Event,
    LoadEvent,
    Message,
    ModelInfo,
    ModelLoaded,
    PrefillProgress,
    Request,
    SamplingParams,
    TextDelta,
)

MAX_SUMMARY_TOKENS = 1024
_CHARACTERS_PER_TOKEN = 5  # at most so many are tried; what doesn't fit is cut back
_LABELS = {"user": "Question", "assistant": "Answer", "system": "Note"}
_STOPS = ("\nQuestion:", "\nAnswer:")  # a small model may go on with the conversation instead
_MAX_TEMPERATURE = 0.3  # facts matter more than variety
_INSTRUCTION = (
    "Summarize the conversation above, in its own language, for somebody who will go on with it: "
    "what was asked and answered, all names, numbers and decisions, and what is still open. "
    "Answer with the summary alone."
)
_EARLIER = "A summary of what came before:\n\n{summary}\n\nHow the conversation went on:\n\n"


@dataclass(frozen=True, slots=True)
class SummaryProgress:
    """Characters of the conversation that were read; the text so far is of an earlier part."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class SummaryText:
    """The next piece; `begins` where what came before is out of date."""

    text: str
    begins: bool


@dataclass(frozen=True, slots=True)
class SummaryEnded:
    """text: "" where it was stopped, or failed with a sentence in `error`."""

    text: str = ""
    error: str = ""


SummaryEvent = SummaryProgress | SummaryText | SummaryEnded


def summarize(
    engine: Engine,
    messages: Sequence[Message],
    sampling: SamplingParams,
    cancelled: Callable[[], bool],
) -> Iterator[SummaryEvent | LoadEvent]:
    """Ends with one SummaryEnded.

    Raises:
        InferenceError: the model fails, or its context is too short for any summary.
    """
    text = _written(messages)
    yield SummaryProgress(0, len(text))
    info = yield from _loaded(engine)
    num_tokens = min(MAX_SUMMARY_TOKENS, info.context_length // 4)
    temperature = min(sampling.temperature, _MAX_TEMPERATURE)
    sampling = replace(sampling, max_tokens=num_tokens, temperature=temperature)
    room = info.context_length - num_tokens
    summary, start = "", 0
    while start < len(text) and not cancelled():
        end = _fitting(engine, text, start, summary, room)
        yield SummaryProgress(start, len(text))
        request = Request((_question(text[start:end], summary),), sampling, _STOPS)
        summary = yield from _write(engine, request, (start, end, len(text)), cancelled)
        start = end
    yield SummaryEnded("" if cancelled() else summary)


def _written(messages: Sequence[Message]) -> str:
    return "\n\n".join(f"{_LABELS[message.role]}: {message.content}" for message in messages)


def _question(excerpt: str, summary: str) -> Message:
    earlier = _EARLIER.format(summary=summary) if summary else ""
    return Message("user", f"{earlier}{excerpt}\n\n---\n\n{_INSTRUCTION}")


def _loaded(engine: Engine) -> Generator[LoadEvent, None, ModelInfo]:
    for event in engine.load():
        yield event
        if isinstance(event, ModelLoaded):
            return event.info
    raise InferenceError("The model isn't ready. Try again.")


def _fitting(engine: Engine, text: str, start: int, summary: str, room: int) -> int:
    """The end of the longest part that is found to fit, where there is a good place to cut."""
    size = min(len(text) - start, room * _CHARACTERS_PER_TOKEN)
    while size and not _fits(engine, text[start : start + size], summary, room):
        size = size * 3 // 4
    if not size:
        raise ContextOverflowError(
            "The model's context is too short for a summary: choose a model with a longer one."
        )
    end = start + size
    if end == len(text):
        return end
    for mark in ("\n\n", "\n", " "):
        place = text.rfind(mark, start + size // 2, end)
        if place > start:
            return place + len(mark)
    return end


def _fits(engine: Engine, excerpt: str, summary: str, room: int) -> bool:
    try:
        estimate = engine.estimate(Request((_question(excerpt, summary),)))
    except ContextOverflowError:
        return False
    if estimate is None:
        raise InferenceError("The model is busy with something else. Try again.")
    return estimate.prompt_tokens <= room


def _write(
    engine: Engine,
    request: Request,
    part: tuple[int, int, int],
    cancelled: Callable[[], bool],
) -> Generator[SummaryEvent, None, str]:
    """Returns the summary up to the end of this part: (start, end, total) in characters."""
    start, end, total = part
    pieces: list[str] = []
    events = engine.generate(request, cancelled)
    with closing(cast("Generator[Event, None, None]", events)):
        for event in events:
            match event:
                case PrefillProgress(done, of_tokens, _):
                    yield SummaryProgress(start + (end - start) * done // (of_tokens or 1), total)
                case TextDelta(piece):
                    yield SummaryText(piece, begins=not pieces)
                    pieces.append(piece)
    summary = "".join(pieces).strip()
    if not summary and not cancelled():
        raise InferenceError("The model wrote no summary. Try again, or start a new chat.")
    return summary
