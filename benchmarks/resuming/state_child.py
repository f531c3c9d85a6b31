"""Kept states of random numbers in a process of its own: long ones without the reading.

They have the shapes and types of the model's own. The model reads on after them, and what it then
computes means nothing.
"""

import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.engines.serving import serve

OWNER = "chat:1"


class RandomStates:
    """Through the same tree and memory as the engine's."""

    def open(self, path: str, threads: int, folder: str) -> None:
        import numpy as np

        from inference.load_options import LoadOptions
        from inference.local_engine import load_model, open_tree

        options = LoadOptions(threads, "cpu", state_dir=Path(folder))
        self._model = _returned(load_model(Path(path), options))
        _, self._tree = open_tree(self._model, options)
        self._random = np.random.default_rng(0)

    def write(self, token_ids: Sequence[int]) -> None:
        """With snapshots on the way, as while a prompt of this length is read."""
        from inference.local_engine import CHECKPOINT_TOKENS

        session = self._model.language_model.new_session()
        claim = self._tree.claim(OWNER)
        kv = self._random_kv(session, len(token_ids))

        def take_kv(start: int, end: int):
            return {name: tensor[:, start:end] for name, tensor in kv.items()}

        for end in [*range(CHECKPOINT_TOKENS, len(token_ids), CHECKPOINT_TOKENS), len(token_ids)]:
            recurrent = self._random_recurrent(session)
            self._tree.add(token_ids[:end], take_kv, recurrent, claim)
        self._tree.flush()

    def resume(self, token_ids: Sequence[int]) -> dict[str, float]:
        """Find and restore what is known of them, read the rest, take the likeliest token."""
        from inference.memory import Memory

        started = time.perf_counter()
        memory = Memory(self._model.language_model.new_session(), self._tree)
        resumed = memory.resume(token_ids, self._tree.claim(OWNER))
        restored = time.perf_counter()
        memory.read(token_ids[resumed.num_tokens :]).argmax()
        return {
            "reused_tokens": resumed.num_tokens,
            "restored_disk_bytes": resumed.disk_bytes,
            "restore_seconds": restored - started,
            "first_token_seconds": time.perf_counter() - started,
        }

    def vocab_size(self) -> int:
        return self._model.language_model.config.vocab_size

    def _random_kv(self, session, num_tokens: int):
        return {
            name: self._numbers((tensor.shape[0], num_tokens, tensor.shape[2]), tensor.dtype)
            for name, tensor in session.keys_and_values(0, 0).items()
        }

    def _random_recurrent(self, session):
        return {
            name: self._numbers(tensor.shape, tensor.dtype)
            for name, tensor in (session.recurrent_state() or {}).items()
        } or None

    def _numbers(self, shape, dtype):
        return self._random.standard_normal(shape, "f4").astype(dtype)


def _returned(generator):
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


if __name__ == "__main__":
    serve(RandomStates())
