"""The engine in this process: weights file in, text events out.

Loads the model, turns messages into token ids, reads the prompt in chunks and draws tokens until
the answer ends. Computes nothing itself (a backend does) and knows no stored chats or settings.
Cheap to import and to make: libraries and weights come with `load`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from inference.errors import (
    ContextOverflowError,
    InferenceError,
    InvalidRequestError,
    out_of_memory,
)
from inference.events import (
    Event,
    Finished,
    FinishReason,
    LoadEvent,
    LoadProgress,
    ModelInfo,
    ModelLoaded,
    PrefillProgress,
    ReasoningDelta,
    Request,
    TextDelta,
)
from inference.load_options import LoadOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from inference.chat_template import ChatTemplate
    from inference.language_model import LanguageModel, Session
    from inference.tokenizer import Tokenizer

DEFAULT = LoadOptions()

PREFILL_CHUNK_TOKENS = 512
"""Bounds the memory of a prefill, and how long a cancel may have to wait."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    info: ModelInfo
    tokenizer: Tokenizer
    template: ChatTemplate
    language_model: LanguageModel


class LocalEngine:
    """One weights file, one conversation's state: what the next prompt shares with it is kept."""

    def __init__(self, path: Path, options: LoadOptions = DEFAULT) -> None:
        self._path = path
        self._options = options
        self._model: LoadedModel | None = None
        self._memory: Memory | None = None

    def load(self) -> Iterator[LoadEvent]:
        if self._model is None:
            self._model = yield from load_model(self._path, self._options)
        yield ModelLoaded(self._model.info)

    def generate(self, request: Request, cancelled: Callable[[], bool]) -> Iterator[Event]:
        if self._model is None:
            yield from self.load()
        assert self._model is not None
        prompt = prompt_for(self._model, request)
        # Taken away while it is worked on: after a failure nothing half-read is reused.
        memory, self._memory = self._memory, None
        memory = memory or Memory(self._model.language_model.new_session())
        try:
            yield from answer(self._model, memory, prompt, request, cancelled)
        finally:
            if memory.is_whole:
                self._memory = memory

    def close(self) -> None:
        self._model = self._memory = None


class Memory:
    """A session together with the tokens that it has read."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.token_ids: list[int] = []

    @property
    def is_whole(self) -> bool:
        """False after an interrupted computation."""
        return self._session.num_tokens == len(self.token_ids)

    def keep_prefix_of(self, prompt: Sequence[int]) -> int:
        """Forget all but the tokens that `prompt` begins with; returns how many are kept.

        The last token of the prompt always has to be read, for its logits.
        """
        shared = 0
        for ours, theirs in zip(self.token_ids, prompt[:-1], strict=False):
            if ours != theirs:
                break
            shared += 1
        kept = self._session.keep(shared)
        del self.token_ids[kept:]
        return kept

    def read(self, token_ids: Sequence[int]) -> npt.NDArray[np.float32]:
        """The (vocab,) logits after the last of the tokens."""
        logits = self._session.read(token_ids)
        self.token_ids.extend(token_ids)
        return logits


def answer(
    model: LoadedModel,
    memory: Memory,
    prompt: list[int],
    request: Request,
    cancelled: Callable[[], bool],
) -> Iterator[Event]:
    """Read the prompt, then draw the answer."""
    started = time.perf_counter()
    reused = memory.keep_prefix_of(prompt)
    logits = yield from prefill(memory, prompt, reused, cancelled)
    prefilled = time.perf_counter()
    reason: FinishReason = "cancelled"
    reasoning_tokens = 0
    if logits is not None:
        reason, reasoning_tokens = yield from decode(model, memory, logits, request, cancelled)
    yield Finished(
        reason=reason,
        prompt_tokens=len(prompt),
        reused_tokens=reused,
        completion_tokens=max(len(memory.token_ids) - len(prompt), 0),
        reasoning_tokens=reasoning_tokens,
        prefill_seconds=prefilled - started,
        decode_seconds=time.perf_counter() - prefilled,
    )


def prefill(
    memory: Memory, prompt: list[int], reused: int, cancelled: Callable[[], bool]
) -> Generator[PrefillProgress, None, npt.NDArray[np.float32] | None]:
    """Read the rest of the prompt; returns the logits after it, None when cancelled."""
    logits = None
    yield PrefillProgress(reused, len(prompt), reused)
    for start in range(reused, len(prompt), PREFILL_CHUNK_TOKENS):
        if cancelled():
            return None
        chunk = prompt[start : start + PREFILL_CHUNK_TOKENS]
        logits = memory.read(chunk)
        yield PrefillProgress(start + len(chunk), len(prompt), reused)
    return logits


def decode(
    model: LoadedModel,
    memory: Memory,
    logits: npt.NDArray[np.float32],
    request: Request,
    cancelled: Callable[[], bool],
) -> Generator[ReasoningDelta | TextDelta, None, tuple[FinishReason, int]]:
    """Draw tokens and yield their text until the answer ends.

    Returns why it did, and how many of its tokens were thinking.
    """
    from inference.answer_stream import AnswerStream
    from inference.sampler import Sampler

    sampler = Sampler(request.sampling)
    stream = AnswerStream(model.tokenizer, memory.token_ids, request.stop)
    room = model.info.context_length - len(memory.token_ids)
    reason: FinishReason = "length"
    for _ in range(min(request.sampling.max_tokens or room, room)):
        if cancelled():
            reason = "cancelled"
            break
        token_id = sampler.sample(logits, memory.token_ids)
        if token_id in model.tokenizer.eos_ids:
            reason = "stop"
            break
        yield from stream.add(token_id)
        logits = memory.read([token_id])
        if stream.stopped:
            reason = "stop"
            break
    yield from stream.finish()
    return reason, stream.reasoning_tokens


def prompt_for(model: LoadedModel, request: Request) -> list[int]:
    """The request's token ids.

    Raises:
        InvalidRequestError: nothing is asked.
        ContextOverflowError: the prompt leaves no room for an answer.
    """
    from inference.chat_template import prompt_tokens

    if not request.messages or not request.messages[-1].content.strip():
        raise InvalidRequestError("There is no question to answer: write one first.")
    prompt = prompt_tokens(model.tokenizer, model.template, request.messages)
    if not prompt:
        raise InferenceError("The model's chat template leaves nothing of the question.")
    if len(prompt) >= model.info.context_length:
        raise ContextOverflowError(
            f"This conversation is {len(prompt):,} tokens long, but the model holds "
            f"{model.info.context_length:,}. Shorten the message or start a new chat."
        )
    return prompt


def load_model(
    path: Path, options: LoadOptions = DEFAULT
) -> Generator[LoadProgress, None, LoadedModel]:
    """Yields progress and returns the model. Everything small is checked before the weights."""
    from inference.backends import load_language_model
    from inference.model_source import open_model

    source = open_model(path)
    yield LoadProgress(0, source.size_bytes)

    try:
        if options.bits is not None:
            from inference.quantization import quantize

            source = replace(source, tensors=(yield from quantize(source.tensors, options.bits)))
        language_model = yield from load_language_model(source, options)
    except MemoryError as error:
        raise out_of_memory() from error
    return LoadedModel(source.describe(), source.tokenizer, source.template, language_model)


def open_engine(path: Path, options: LoadOptions = DEFAULT) -> LocalEngine:
    """For a child process: a module-level function that can be named across the pipe."""
    return LocalEngine(path, options)
