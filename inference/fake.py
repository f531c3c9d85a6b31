"""An engine without a model, for tests and for work on the window.

It answers with the user's last message, a word at a time. Words that begin with "!" are commands:

    !markdown    as the first word: the answer is a page of Markdown
    !words N     as the first words: the answer is N words long
    !think N     before everything else: it thinks N words first, a few without N
    !error       the answer fails with an InferenceError when it comes to this word
    !bug         it fails with an exception that nobody planned
    !hang        it falls silent for ever and takes no notice of a cancel
    !abort       its process aborts, as native code does when memory runs out
    !kill        its process is killed

It counts words as tokens and knows nothing of sampling, but for max_tokens. An answer that
was cut short goes on with the words that are missing.
"""

import os
import re
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from inference.errors import ContextOverflowError, InferenceError
from inference.events import (
    Estimate,
    Event,
    Finished,
    FinishReason,
    LoadEvent,
    LoadProgress,
    MemoryUsed,
    Message,
    ModelInfo,
    ModelLoaded,
    PrefillProgress,
    ReasoningDelta,
    Request,
    StateRestored,
    TextDelta,
    check_asked,
)

FAKE_INFO = ModelInfo(
    name="Fake",
    architecture="fake",
    quantization="none",
    num_parameters=0,
    size_bytes=1000,
    context_length=8192,
)
FEW_WORDS = 8  # of thinking
RECURRENT_BYTES = 4096
KV_BYTES = 1024  # a word


@dataclass(frozen=True, slots=True)
class Script:
    """What the fake does, whatever it is asked."""

    answer: str | None = None  # None: the user's last message; commands work in both
    load_steps: int = 1
    seconds_per_load_step: float = 0.0
    prefill_steps: int = 1
    seconds_per_prefill_step: float = 0.0
    seconds_per_word: float = 0.0
    reused_tokens: int = 0  # of every prompt, as far as it goes
    keeps_prompts: bool = False  # and reuses the messages that another one began with, too
    estimated_seconds: float | None = None


class FakeEngine:
    """An Engine that follows a script."""

    def __init__(self, script: Script | None = None) -> None:
        self._script = script or Script()
        self._loaded = False
        self._kept: set[tuple[Message, ...]] = set()  # with keeps_prompts: what has been read

    def load(self) -> Iterator[LoadEvent]:
        if not self._loaded:
            size, steps = FAKE_INFO.size_bytes, self._script.load_steps
            for step in range(1, steps + 1):
                time.sleep(self._script.seconds_per_load_step)
                yield LoadProgress(size * step // steps, size)
            self._loaded = True
        yield ModelLoaded(FAKE_INFO)

    def generate(self, request: Request, cancelled: Callable[[], bool]) -> Iterator[Event]:
        if not self._loaded:
            yield from self.load()
        prompt_tokens = _count_tokens(request)
        started = time.perf_counter()
        reused = self._reused(request, prompt_tokens)
        if self._script.keeps_prompts:
            self._kept |= set(_beginnings(request))
        if reused:
            yield StateRestored(reused, disk_bytes=0, seconds=0.001)
        yield from self._prefill(reused, prompt_tokens, cancelled)
        prefilled = time.perf_counter()
        reason, completion_tokens, reasoning_tokens = yield from self._decode(request, cancelled)
        yield MemoryUsed(RECURRENT_BYTES, KV_BYTES * (prompt_tokens + completion_tokens), 0)
        yield Finished(
            reason=reason,
            prompt_tokens=prompt_tokens,
            reused_tokens=reused,
            completion_tokens=completion_tokens,
            reasoning_tokens=reasoning_tokens,
            prefill_seconds=prefilled - started,
            decode_seconds=time.perf_counter() - prefilled,
        )

    def estimate(self, request: Request) -> Estimate | None:
        if not self._loaded:
            return None
        prompt_tokens = _count_tokens(request)
        reused = self._reused(request, prompt_tokens)
        system = [m.content for m in request.messages if m.role == "system"]
        num_system = len(" ".join(system).split())
        return Estimate(prompt_tokens, reused, self._script.estimated_seconds, num_system)

    def count_tokens(self, text: str) -> int | None:
        return len(text.split()) if self._loaded else None

    def settle(self, cancelled: Callable[[], bool]) -> None:
        """There is no state to settle."""

    def close(self) -> None:
        self._loaded = False

    def _reused(self, request: Request, prompt_tokens: int) -> int:
        known = (part for part in _beginnings(request) if part in self._kept)
        num_kept = max((_num_words(part) for part in known), default=0)
        return min(max(self._script.reused_tokens, num_kept), prompt_tokens - 1)

    def _prefill(
        self, reused: int, total: int, cancelled: Callable[[], bool]
    ) -> Iterator[PrefillProgress]:
        steps = self._script.prefill_steps
        yield PrefillProgress(reused, total, reused)
        for step in range(1, steps + 1):
            if cancelled():
                return
            time.sleep(self._script.seconds_per_prefill_step)
            yield PrefillProgress(reused + (total - reused) * step // steps, total, reused)

    def _decode(
        self, request: Request, cancelled: Callable[[], bool]
    ) -> Generator[ReasoningDelta | TextDelta, None, tuple[FinishReason, int, int]]:
        """Returns why the answer ended, how many words it has, and how many were thinking."""
        *_, question, last = (Message("user", ""), *request.messages)
        begun = last if last.role == "assistant" else Message("assistant", "")
        asked = question if last.role == "assistant" else last
        num_thoughts, answer = _thoughts_and_answer(self._script.answer or asked.content)
        thoughts = _words(_numbered("thought", num_thoughts))[len(begun.reasoning.split()) :]
        num_thoughts = len(thoughts)
        words = thoughts + _words(_expanded(answer, request.stop))[len(begun.content.split()) :]
        for number, word in enumerate(words):
            if cancelled():
                return "cancelled", number, min(number, num_thoughts)
            if number == request.sampling.max_tokens:
                return "length", number, min(number, num_thoughts)
            time.sleep(self._script.seconds_per_word)
            _obey(word.strip())
            yield ReasoningDelta(word) if number < num_thoughts else TextDelta(word)
        return "stop", len(words), num_thoughts


def _thoughts_and_answer(script: str) -> tuple[int, str]:
    """How many words to think, and what to answer then."""
    command = re.match(r"!think\b(?: (\d{1,6})\b)?\s*", script)
    if command is None:
        return 0, script
    return int(command[1] or FEW_WORDS), script[command.end() :]


def _expanded(answer: str, stops: tuple[str, ...]) -> str:
    if answer.startswith("!markdown"):
        answer = MARKDOWN
    elif count := re.match(r"!words (\d{1,6})\b", answer):
        answer = _numbered("word", int(count[1]))
    for stop in stops:
        answer = answer.partition(stop)[0]
    return answer


def _numbered(word: str, count: int) -> str:
    return " ".join(f"{word}{number}" for number in range(1, count + 1))


def _words(text: str) -> list[str]:
    return re.findall(r"\S+\s*", text)


def _beginnings(request: Request) -> list[tuple[Message, ...]]:
    messages = request.messages
    return [messages[: end + 1] for end in range(len(messages))]


def _num_words(messages: tuple[Message, ...]) -> int:
    return sum(len(message.content.split()) for message in messages)


def _count_tokens(request: Request) -> int:
    """Raises InvalidRequestError where a real engine does."""
    check_asked(request)
    total = _num_words(request.messages)
    if total >= FAKE_INFO.context_length:
        raise ContextOverflowError(
            f"This conversation is {total:,} tokens long, but the model holds "
            f"{FAKE_INFO.context_length:,}. Shorten the message or start a new chat."
        )
    return total


def _obey(command: str) -> None:
    match command:
        case "!error":
            raise InferenceError("The fake engine failed as it was told. Try something else.")
        case "!bug":
            raise ZeroDivisionError("the fake engine's own bug")
        case "!hang":
            threading.Event().wait()
        case "!abort":
            os.abort()
        case "!kill":  # Windows has no SIGKILL; its SIGTERM ends a process as abruptly
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


MARKDOWN = """\
# A fake answer

This page shows what an answer may hold: *emphasis*, **strong words**, `code` and a
[link](https://example.org/).

## A list

1. Wash the lentils.
2. Cook them slowly:
   - with a bay leaf,
   - without salt.
3. Season at the end.

> A quotation of one line.

## A table

| Fruit   | Colour | Grams |
|:--------|:------:|------:|
| Apple   | red    |   180 |
| Banana  | yellow |   120 |
| Apricot | orange |    40 |

## Some code

```python
def fibonacci(n: int) -> int:
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a
```

That is all.
"""
