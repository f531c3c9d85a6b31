"""The engine in this process: weights file in, text events out.

Loads the model, turns messages into token ids, reads the prompt in chunks and draws tokens until
the answer ends. Computes nothing itself (a backend does) and knows no stored chats or settings.
Cheap to import and to make: libraries and weights come with `load`.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from inference.errors import ContextOverflowError, InferenceError, out_of_memory
from inference.events import (
    Estimate,
    Event,
    Finished,
    FinishReason,
    LoadEvent,
    LoadProgress,
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
from inference.load_options import LoadOptions
from inference.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from inference.chat_template import ChatTemplate
    from inference.language_model import LanguageModel
    from inference.model_source import ModelSource
    from inference.prompt import Prompt
    from inference.state.store import StateStore
    from inference.state.tree import SnapshotTree
    from inference.state.writer import Claim
    from inference.tokenizer import Tokenizer

DEFAULT = LoadOptions()

STATE_VERSION = 1
"""Of the form in which a state is kept; another one makes all snapshots unknown."""

CLOSE_SECONDS = 2.0

PREFILL_CHUNK_TOKENS = 512
"""Bounds the memory of a prefill, and how long a cancel may have to wait."""

SETTLE_CHUNK_TOKENS = 32
"""How long a question may have to wait for what is read in its absence."""

CHECKPOINT_TOKENS = 8192
"""While a long prompt is read, snapshots so far apart: a stop or a crash loses no more."""

MIN_TIMED_TOKENS = 64  # fewer say little of how fast a prompt is read


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """fingerprint: of everything that a state depends on but the tokens."""

    info: ModelInfo
    tokenizer: Tokenizer
    template: ChatTemplate
    language_model: LanguageModel
    fingerprint: str


class LocalEngine:
    """One weights file, the state of the conversation at work, and the snapshots of all others."""

    def __init__(self, path: Path, options: LoadOptions = DEFAULT) -> None:
        self._path = path
        self._options = options
        self._model: LoadedModel | None = None
        self._store: StateStore | None = None
        self._tree: SnapshotTree | None = None
        self._memory: Memory | None = None
        self._unsettled: Unsettled | None = None
        self._seconds_per_token: float | None = None  # of reading

    def load(self) -> Iterator[LoadEvent]:
        if self._model is None:
            self._model = yield from load_model(self._path, self._options)
            self._store, self._tree = open_tree(self._model, self._options)
        yield ModelLoaded(self._model.info)

    def generate(self, request: Request, cancelled: Callable[[], bool]) -> Iterator[Event]:
        if self._model is None:
            yield from self.load()
        assert self._model is not None
        assert self._tree is not None
        prompt = prompt_for(self._model, request)
        if request.aside:
            memory = Memory(self._model.language_model.new_session())
            yield from answer(self._model, memory, prompt, request, None, cancelled)
            return
        self._unsettled = None
        claim = self._tree.claim(request.owner) if request.owner else None
        with self._taken_memory() as memory:
            said: list[str] = []
            thought: list[str] = []
            for event in answer(self._model, memory, prompt, request, claim, cancelled):
                match event:
                    case TextDelta(text):
                        said.append(text)
                    case ReasoningDelta(text):
                        thought.append(text)
                    case Finished():
                        self._time_reading(event)
                        last = Message("assistant", "".join(said), "".join(thought))
                        self._unsettled = Unsettled(with_answer(request.messages, last), claim)
                yield event

    def estimate(self, request: Request) -> Estimate | None:
        if self._model is None:
            return None
        prompt = prompt_for(self._model, request)
        total = len(prompt.token_ids)
        self._memory = self._memory or self._new_memory()
        reused = self._memory.num_known(prompt.token_ids)
        seconds = None
        if self._seconds_per_token is not None:
            seconds = (total - reused) * self._seconds_per_token
        return Estimate(total, reused, seconds, prompt.system_tokens)

    def count_tokens(self, text: str) -> int | None:
        if self._model is None:
            return None
        return len(self._model.tokenizer.encode(text, parse_special=False))

    def settle(self, cancelled: Callable[[], bool]) -> None:
        if self._model is None or not self._settle_conversation(self._model, cancelled):
            return
        self._model.language_model.rest(cancelled)

    def _settle_conversation(self, model: LoadedModel, cancelled: Callable[[], bool]) -> bool:
        """False when cancelled: it's done the next time, as an estimate may have come between."""
        if self._unsettled is None:
            return True
        unsettled, self._unsettled = self._unsettled, None
        if not cancelled():
            with self._taken_memory() as memory:
                if settle(model, memory, unsettled, cancelled):
                    return True
        self._unsettled = unsettled
        return False

    def close(self) -> None:
        """What is still to be written gets a moment."""
        if self._tree:
            self._tree.close(CLOSE_SECONDS)
        if self._store:
            self._store.close()
        self._model = self._store = self._tree = self._memory = self._unsettled = None

    @contextmanager
    def _taken_memory(self) -> Iterator[Memory]:
        """Taken away while it is worked on: after a failure nothing half-read is reused."""
        memory, self._memory = self._memory, None
        memory = memory or self._new_memory()
        try:
            yield memory
        finally:
            if memory.is_whole:
                self._memory = memory

    def _new_memory(self) -> Memory:
        assert self._model is not None
        return Memory(self._model.language_model.new_session(), self._tree)

    def _time_reading(self, finished: Finished) -> None:
        count = finished.prompt_tokens - finished.reused_tokens
        if count >= MIN_TIMED_TOKENS and finished.reason != "cancelled":
            self._seconds_per_token = finished.prefill_seconds / count


def with_answer(messages: tuple[Message, ...], said: Message) -> tuple[Message, ...]:
    """The conversation with what was just answered, or added to its last answer."""
    from inference.prompt import answer_begun

    if begun := answer_begun(messages):
        content, reasoning = begun.content + said.content, begun.reasoning + said.reasoning
        return (*messages[:-1], replace(begun, content=content, reasoning=reasoning))
    return (*messages, said)


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A conversation up to an answer, whose state isn't yet what the next question goes on from."""

    messages: tuple[Message, ...]
    claim: Claim | None


def answer(
    model: LoadedModel,
    memory: Memory,
    prompt: Prompt,
    request: Request,
    claim: Claim | None,
    cancelled: Callable[[], bool],
) -> Iterator[Event]:
    """Read the prompt, then draw the answer."""
    started = time.perf_counter()
    resumed = memory.resume(prompt.token_ids, claim)
    if resumed.seconds:
        yield StateRestored(resumed.num_tokens, resumed.disk_bytes, resumed.seconds)
    reused = resumed.num_tokens
    step = SETTLE_CHUNK_TOKENS if request.aside else PREFILL_CHUNK_TOKENS
    logits = yield from prefill(memory, prompt, reused, claim, cancelled, step)
    prefilled = time.perf_counter()
    reason: FinishReason = "cancelled"
    reasoning_tokens = 0
    if logits is not None:
        reason, reasoning_tokens = yield from decode(model, memory, logits, request, cancelled)
    yield memory.used()
    yield Finished(
        reason=reason,
        prompt_tokens=len(prompt.token_ids),
        reused_tokens=reused,
        completion_tokens=max(len(memory.token_ids) - len(prompt.token_ids), 0),
        reasoning_tokens=reasoning_tokens,
        prefill_seconds=prefilled - started,
        decode_seconds=time.perf_counter() - prefilled,
    )


def prefill(
    memory: Memory,
    prompt: Prompt,
    reused: int,
    claim: Claim | None,
    cancelled: Callable[[], bool],
    step: int = PREFILL_CHUNK_TOKENS,
) -> Generator[PrefillProgress, None, npt.NDArray[np.float32] | None]:
    """Read the rest of the prompt, and keep snapshots on the way.

    Returns the logits after it, None when cancelled.
    """
    token_ids = prompt.token_ids
    logits = None
    yield PrefillProgress(reused, len(token_ids), reused)
    marks = snapshot_places(prompt, reused)
    for start, end in chunks(reused, [*marks, len(token_ids)], step):
        if cancelled():
            return None
        logits = memory.read(token_ids[start:end])
        if end in marks:
            memory.take_snapshot(claim)
        yield PrefillProgress(end, len(token_ids), reused)
    return logits


def snapshot_places(prompt: Prompt, reused: int) -> list[int]:
    """Numbers of tokens, ascending. What is reused was restored, and needs no checkpoint near."""
    checkpoints = range(reused + CHECKPOINT_TOKENS, len(prompt.token_ids), CHECKPOINT_TOKENS)
    return sorted({*prompt.marks, *checkpoints})


def chunks(start: int, ends: Iterable[int], step: int) -> Iterator[tuple[int, int]]:
    """Pieces that are read at a time; each of the ends is the end of one."""
    for end in ends:
        while start < end:
            stop = min(start + step, end)
            yield start, stop
            start = stop


def settle(
    model: LoadedModel, memory: Memory, unsettled: Unsettled, cancelled: Callable[[], bool]
) -> bool:
    """Read what the next prompt will begin with, as far as it isn't read, and keep a snapshot.

    False when cancelled.
    """
    from inference.prompt import settled_tokens

    try:
        token_ids = settled_tokens(model.tokenizer, model.template, unsettled.messages)
    except InferenceError:  # the template takes no conversation of this kind
        return True
    if len(token_ids) < 2 or len(token_ids) >= model.info.context_length:
        return True
    start = memory.resume(token_ids, unsettled.claim).num_tokens
    for begin in range(start, len(token_ids), SETTLE_CHUNK_TOKENS):
        if cancelled():
            return False
        memory.read(token_ids[begin : begin + SETTLE_CHUNK_TOKENS])
    memory.take_snapshot(unsettled.claim)
    return True


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
    from inference.prompt import answer_begun
    from inference.sampler import Sampler

    sampler = Sampler(request.sampling)
    begun = answer_begun(request.messages)
    stream = AnswerStream(model.tokenizer, memory.token_ids, request.stop, begun)
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


def prompt_for(model: LoadedModel, request: Request) -> Prompt:
    """
    Raises:
        InvalidRequestError: nothing is asked.
        ContextOverflowError: the prompt leaves no room for an answer.
    """
    from inference.prompt import make_prompt

    check_asked(request)
    prompt = make_prompt(model.tokenizer, model.template, request.messages)
    num_tokens = len(prompt.token_ids)
    if not num_tokens:
        raise InferenceError("The model's chat template leaves nothing of the question.")
    if num_tokens >= model.info.context_length:
        raise ContextOverflowError(
            f"This conversation is {num_tokens:,} tokens long, but the model holds "
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
    info = source.describe()
    if options.context_length:
        length = min(options.context_length, info.context_length)
        info = replace(info, context_length=length)
    return LoadedModel(
        *(info, source.tokenizer, source.template, language_model),
        state_fingerprint(source, language_model),
    )


def state_fingerprint(source: ModelSource, language_model: LanguageModel) -> str:
    """Hexadecimal; the same where the same tokens leave the same state, to the bit."""
    from inference.fingerprint import fingerprint

    parts = (
        *(STATE_VERSION, fingerprint(source.tensors), source.config),
        *(language_model.device, language_model.kernels),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def open_tree(model: LoadedModel, options: LoadOptions) -> tuple[StateStore, SnapshotTree]:
    from inference.state.store import StateStore
    from inference.state.tree import SnapshotTree

    store = StateStore(options.state_dir, options.state_budget)
    has_recurrent = "mamba" in model.language_model.config.layer_kinds
    return store, SnapshotTree(store, model.fingerprint, has_recurrent)


def open_engine(path: Path, options: LoadOptions = DEFAULT) -> LocalEngine:
    """For a child process: a module-level function that can be named across the pipe."""
    return LocalEngine(path, options)
