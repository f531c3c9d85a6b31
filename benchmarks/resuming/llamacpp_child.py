"""llama.cpp with the saved state of a sequence in a process of its own, as its server's slots.

Needs llama-cpp-python and NumPy, nothing of Eremo.
"""

import ctypes
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.engines.llamacpp_child import LlamaCpp
from benchmarks.engines.serving import serve, timed

SEQUENCE = 0
TO_THE_END = -1


class LlamaCppStates(LlamaCpp):
    def read(self, token_ids: list[int]) -> float:
        """Seconds, into an empty sequence."""
        self.clear()
        return timed(lambda: self._read(token_ids))

    def read_on(self, token_ids: list[int]) -> float:
        """Seconds, after what is there."""
        return timed(lambda: self._read(token_ids))

    def save(self, file: str, token_ids: list[int]) -> dict[str, float]:
        """What was read, which are these tokens."""
        array = (ctypes.c_int32 * len(token_ids))(*token_ids)
        started = time.perf_counter()
        size = self._api.llama_state_seq_save_file(
            self._context, file.encode(), SEQUENCE, array, len(token_ids)
        )
        if not size:
            raise RuntimeError(f"llama.cpp can't save its state to {file}")
        return {"seconds": time.perf_counter() - started, "size_bytes": Path(file).stat().st_size}

    def resume(self, file: str, token_ids: list[int], read: bool) -> dict[str, object]:
        """Load what was saved, keep of it what the prompt begins with, read the rest.

        read: else the rest is only counted.
        is_cut: whether llama.cpp could forget what the prompt doesn't begin with; None where all
            of it is the prompt's.
        """
        started = time.perf_counter()
        saved = self._load_state(file)
        loaded = time.perf_counter()
        shared = min(_num_equal(saved, token_ids), len(token_ids) - 1)
        is_cut = None
        if shared < len(saved):
            is_cut = bool(self._api.llama_memory_seq_rm(self._memory, SEQUENCE, shared, TO_THE_END))
        if is_cut is False:
            self.clear()
        reused = 0 if is_cut is False else shared
        if read:
            self._read(token_ids[reused:])
        return {
            "saved_tokens": len(saved),
            "is_cut": is_cut,
            "prompt_tokens": len(token_ids),
            "reused_tokens": reused,
            "restore_seconds": loaded - started,
            "first_token": self.likeliest() if read else None,
            "first_token_seconds": time.perf_counter() - started if read else None,
        }

    def likeliest(self) -> int:
        """The token after what was read."""
        import numpy as np

        pointer = self._api.llama_get_logits_ith(self._context, -1)
        return int(np.ctypeslib.as_array(pointer, (self.vocab_size,)).argmax())

    def _load_state(self, file: str) -> list[int]:
        """The tokens that it stands for."""
        most = self.context_length
        array = (ctypes.c_int32 * most)()
        count = ctypes.c_size_t(0)
        size = self._api.llama_state_seq_load_file(
            self._context, file.encode(), SEQUENCE, array, most, ctypes.byref(count)
        )
        if not size:
            raise RuntimeError(f"llama.cpp can't load its state from {file}")
        return array[: count.value]


def _num_equal(one: Sequence[int], other: Sequence[int]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


if __name__ == "__main__":
    serve(LlamaCppStates())
