"""How fast a model runs on this machine, and the memory that it needs, measured in this process.

Reads random tokens without a chat template: speed doesn't depend on what they say. Prints nothing.
"""

from __future__ import annotations

import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from app.errors import AppError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inference.events import ModelInfo
    from inference.language_model import Session, WeightsRead
    from inference.local_engine import LoadedModel
    from inference.quantization import Bits

BANDWIDTH_BYTES = 512 << 20  # far more than the caches of a desktop hold
BANDWIDTH_PASSES = 5
READS_PER_REPEAT = 16  # of the weights


@dataclass(frozen=True, slots=True)
class BenchParams:
    """What to measure. The decode is timed after `context_tokens` have been read.

    quantize: the weights to so many bits at load; None takes them as they are.
    """

    prompt_tokens: int
    completion_tokens: int
    context_tokens: int
    threads: int
    device: str  # "" is automatic
    repeat: int
    quantize: Bits | None = None


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second: the median of the repeats, and between which two they lie."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, repeats: Iterator[float]) -> Speed:
        speeds = list(repeats)
        return cls(statistics.median(speeds), min(speeds), max(speeds))


@dataclass(frozen=True, slots=True)
class DecodeLimit:
    """The decode, if a token's weights were read once for it and nothing else took time."""

    size_bytes: int  # of the weights
    seconds: float

    @property
    def tokens_per_second(self) -> float:
        return 1 / self.seconds

    @property
    def bandwidth(self) -> float:
        """Bytes a second."""
        return self.size_bytes / self.seconds


@dataclass(frozen=True, slots=True)
class BenchReport:
    info: ModelInfo
    params: BenchParams
    device: str  # that it ran on
    kernels: str  # the CPU level of the native kernels; "" for PyTorch's own
    load_seconds: float
    prefill: Speed
    decode: Speed
    peak_memory_bytes: int  # resident, with those pages of the weights file that were read
    limit: DecodeLimit | None  # None on a card, whose memory isn't measured

    @property
    def share_of_limit(self) -> float | None:
        return self.decode.median / self.limit.tokens_per_second if self.limit else None


def measure(path: Path, params: BenchParams, on_progress: Callable[[str], None]) -> BenchReport:
    """Load the model and time it. `on_progress` is told what is being done.

    Raises:
        AppError: the model's context is too short for so many tokens.
        InferenceError: the model can't be loaded or run.
    """
    on_progress("Loading the model")
    started = time.perf_counter()
    model = _load(path, params)
    load_seconds = time.perf_counter() - started
    _check_context(model, params)
    on_progress("Warming up")
    tokens = _Tokens(model.language_model.config.vocab_size)
    model.language_model.new_session().read(tokens.take(1))  # brings the weights into memory
    model.language_model.rest(lambda: False)  # as while somebody writes the first question
    reads: list[WeightsRead] = []
    return BenchReport(
        info=model.info,
        params=params,
        device=model.language_model.device,
        kernels=model.language_model.kernels,
        load_seconds=load_seconds,
        prefill=Speed.of(_time_prefill(model, tokens, params, on_progress)),
        decode=Speed.of(_time_decode(model, tokens, params, reads, on_progress)),
        peak_memory_bytes=_peak_memory_bytes(),  # before the bandwidth's large array
        limit=_decode_limit(model, reads, params.threads, on_progress),
    )


def physical_cores() -> int:
    return psutil.cpu_count(logical=False) or 1


class _Tokens:
    """Random token ids, the same in every run."""

    def __init__(self, vocab_size: int) -> None:
        import numpy as np

        self._random = np.random.default_rng(0)
        self._vocab_size = vocab_size

    def take(self, count: int) -> list[int]:
        token_ids: list[int] = self._random.integers(self._vocab_size, size=count).tolist()
        return token_ids


def _load(path: Path, params: BenchParams) -> LoadedModel:
    from inference.load_options import LoadOptions
    from inference.local_engine import load_model

    options = LoadOptions(params.threads, params.device, params.quantize)

    loading = load_model(path, options)
    while True:
        try:
            next(loading)
        except StopIteration as end:
            model: LoadedModel = end.value
            return model


def _check_context(model: LoadedModel, params: BenchParams) -> None:
    decoded = params.context_tokens + params.repeat * params.completion_tokens
    needed = max(params.prompt_tokens, decoded)
    if needed > model.info.context_length:
        raise AppError(
            f"This takes a context of {needed:,} tokens, but {model.info.name} holds "
            f"{model.info.context_length:,}: ask for fewer."
        )


def _time_prefill(
    model: LoadedModel, tokens: _Tokens, params: BenchParams, on_progress: Callable[[str], None]
) -> Iterator[float]:
    """Tokens a second; every repeat begins with an empty session."""
    for number in range(1, params.repeat + 1):
        on_progress(f"Reading a prompt: {number} of {params.repeat}")
        session = model.language_model.new_session()
        prompt = tokens.take(params.prompt_tokens)
        started = time.perf_counter()
        _read(session, prompt)
        yield params.prompt_tokens / (time.perf_counter() - started)


def _time_decode(
    model: LoadedModel,
    tokens: _Tokens,
    params: BenchParams,
    reads: list[WeightsRead],
    on_progress: Callable[[str], None],
) -> Iterator[float]:
    """Tokens a second, read one by one. Fills `reads` with the mean of some, measured right after
    every repeat: the bandwidth of a machine that others use too is another one a minute later.

    Every repeat goes on where the last one ended: a recurrent state can't be cut back, and to
    read a long context again would take minutes.
    """
    on_progress("Reading the context")
    session = model.language_model.new_session()
    _read(session, tokens.take(params.context_tokens))
    for number in range(1, params.repeat + 1):
        on_progress(f"Decoding: {number} of {params.repeat}")
        completion = tokens.take(params.completion_tokens)
        started = time.perf_counter()
        for token_id in completion:
            session.read([token_id])
        yield params.completion_tokens / (time.perf_counter() - started)
        measured = [model.language_model.read_weights() for _ in range(READS_PER_REPEAT)]
        if found := [read for read in measured if read is not None]:
            seconds = statistics.fmean(read.seconds for read in found)
            reads.append(found[0]._replace(seconds=seconds))


def _decode_limit(
    model: LoadedModel,
    reads: list[WeightsRead],
    threads: int,
    on_progress: Callable[[str], None],
) -> DecodeLimit | None:
    """Of the reads of the weights, or where there are none, the memory's bandwidth for the file."""
    if reads:
        return DecodeLimit(reads[0].size_bytes, statistics.median(read.seconds for read in reads))
    if model.language_model.device != "cpu":
        return None
    bandwidth = _time_memory(threads, on_progress)
    return DecodeLimit(model.info.size_bytes, model.info.size_bytes / bandwidth)


def _read(session: Session, token_ids: list[int]) -> None:
    """In the chunks in which the engine reads a prompt."""
    from inference.local_engine import PREFILL_CHUNK_TOKENS

    for start in range(0, len(token_ids), PREFILL_CHUNK_TOKENS):
        session.read(token_ids[start : start + PREFILL_CHUNK_TOKENS])


def _peak_memory_bytes() -> int:
    """The most that this process has had resident."""
    if sys.platform == "win32":
        peak: int = psutil.Process().memory_info().peak_wset
        return peak
    elif sys.platform == "darwin":  # noqa: RET505 - mypy knows platforms only so
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    else:  # where getrusage counts what the parent had when it started this process
        status = Path("/proc/self/status").read_text("utf-8")
        return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def _time_memory(threads: int, on_progress: Callable[[str], None]) -> float:
    """Bytes a second, of the best of a few passes of all threads over a large array."""
    import numpy as np

    on_progress("Measuring the memory's bandwidth")
    parts = np.array_split(np.ones(BANDWIDTH_BYTES // 8, np.int64), threads)
    passes = []
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(BANDWIDTH_PASSES):
            started = time.perf_counter()
            list(pool.map(np.sum, parts))  # which lets the other threads run
            passes.append(time.perf_counter() - started)
    return BANDWIDTH_BYTES / min(passes)
