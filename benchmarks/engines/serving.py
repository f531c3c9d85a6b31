"""What a benchmarked engine does in its own process: obeys commands that come as lines of JSON.

Needs nothing but the standard library: an interpreter without Eremo runs it too. While it waits
for a command it sleeps.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

CHUNK_TOKENS = 512  # that are read at a time: Eremo's prefill chunk, llama.cpp's default ubatch
FIRST_TOKEN_PROMPT = 10
FIRST_TOKEN_CONTEXT = 512  # llama.cpp sets its KV cache up for the whole context at once


class Engine:
    """The commands. What really differs between engines is what the subclasses do."""

    vocab_size: int
    context_length: int  # of the model

    def __init__(self) -> None:
        self._random = random.Random(0)

    def import_libraries(self) -> None:
        raise NotImplementedError

    def load(self, path: str, threads: int, context_tokens: int) -> None:
        """Sets the sizes above too."""
        raise NotImplementedError

    def rest(self) -> None:
        """What an engine does of its own accord while nobody asks anything."""

    def clear(self) -> None:
        """Begin an empty sequence."""
        raise NotImplementedError

    def evaluate(self, token_ids: Sequence[int]) -> None:
        """Read at most CHUNK_TOKENS at once; their last logits are there afterwards."""
        raise NotImplementedError

    def log_probability(self, token_id: int) -> float:
        """Of this token as the next one."""
        raise NotImplementedError

    def about(self) -> dict[str, object]:
        """Its version, and which kernels compute."""
        raise NotImplementedError

    def limit(self) -> float | None:
        """Seconds to read a token's weights once, as the mean of many times, as a decode's seconds
        are those of many tokens; None where it can't tell."""
        return None

    def open(self, path: str, threads: int, context_tokens: int) -> dict[str, object]:
        self.import_libraries()
        self.load(path, threads, context_tokens)
        self.rest()
        return {"context_length": self.context_length, **self.about()}

    def first_token(self, path: str, threads: int) -> dict[str, float]:
        """Seconds of what comes between this command, Python being up, and the logits after a
        prompt of ten tokens."""
        return {
            "import": timed(self.import_libraries),
            "load": timed(lambda: self.load(path, threads, FIRST_TOKEN_CONTEXT)),
            "read": timed(lambda: self.begin(FIRST_TOKEN_PROMPT)),
        }

    def begin(self, context_tokens: int) -> None:
        """Read so many tokens into an empty sequence."""
        self.clear()
        self._read(self._tokens(context_tokens))

    def prefill(self, num_tokens: int) -> float:
        """Seconds to read them into an empty sequence."""
        token_ids = self._tokens(num_tokens)
        self.clear()
        return timed(lambda: self._read(token_ids))

    def decode(self, num_tokens: int) -> float:
        """Seconds to read them one by one, after what was read before."""
        token_ids = self._tokens(num_tokens)
        return timed(lambda: [self.evaluate([token_id]) for token_id in token_ids])

    def score(self, token_ids: list[int], piece_tokens: int) -> list[float]:
        """The log probability of every token but the first, each right after a piece was read.

        Read as often as a piece has tokens, since only a piece's last logits are there.
        """
        scores = [0.0] * len(token_ids)
        for offset in range(piece_tokens):
            self.clear()
            start = 0
            for end in range(offset or piece_tokens, len(token_ids), piece_tokens):
                self.evaluate(token_ids[start:end])
                scores[end] = self.log_probability(token_ids[end])
                start = end
        return scores[1:]

    def memory(self) -> dict[str, int | None]:
        """Resident in this process: at most so far, and now without mapped files. Linux alone."""
        status = Path("/proc/self/status")
        lines = status.read_text("utf-8").splitlines() if status.exists() else []
        values = dict(line.split(":", 1) for line in lines)
        return {
            name: 1024 * int(values[key].split()[0]) if key in values else None
            for name, key in (("peak_bytes", "VmHWM"), ("anonymous_bytes", "RssAnon"))
        }

    def _read(self, token_ids: list[int]) -> None:
        for start in range(0, len(token_ids), CHUNK_TOKENS):
            self.evaluate(token_ids[start : start + CHUNK_TOKENS])

    def _tokens(self, count: int) -> list[int]:
        """Random ones; every engine gets the same. Speed doesn't depend on what they say."""
        return [self._random.randrange(self.vocab_size) for _ in range(count)]


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def serve(engine: object) -> None:
    """Its methods are the commands, until the pipe ends. Its libraries may print what they like."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        command = json.loads(line)
        reply = getattr(engine, command.pop("command"))(**command)
        print(json.dumps(reply), file=replies, flush=True)
