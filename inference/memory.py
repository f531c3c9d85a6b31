"""What one conversation has left in the model: a session, and which tokens it has read.

Goes on from what it has in common with the next prompt, or from a snapshot, whichever is longer.
Never computes more than it is asked for, and knows no text.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from inference.events import MemoryUsed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from inference.language_model import Session
    from inference.state.tree import Restored, SnapshotTree
    from inference.state.writer import Claim

RESTORE_ATTEMPTS = 8  # each on another snapshot, unless the disk is out of order


class Resumed(NamedTuple):
    """
    num_tokens: of the prompt, that needn't be read.
    seconds, disk_bytes: what it took to restore a snapshot; 0 where none was needed.
    """

    num_tokens: int
    seconds: float = 0.0
    disk_bytes: int = 0


class Memory:
    def __init__(self, session: Session, tree: SnapshotTree | None = None) -> None:
        self.token_ids: list[int] = []
        self._session = session
        self._tree = tree

    @property
    def is_whole(self) -> bool:
        """False after an interrupted computation."""
        return self._session.num_tokens == len(self.token_ids)

    def used(self) -> MemoryUsed:
        recurrent = self._session.recurrent_bytes
        snapshots = self._tree.ram_bytes if self._tree else 0
        return MemoryUsed(recurrent, self._session.size_bytes - recurrent, snapshots)

    def num_known(self, prompt: Sequence[int]) -> int:
        """Tokens of the prompt that needn't be read."""
        match = self._tree.find(prompt, len(prompt) - 1) if self._tree else None
        return max(self._num_kept(prompt), match.num_tokens if match else 0)

    def resume(self, prompt: Sequence[int], claim: Claim | None = None) -> Resumed:
        """Go to the longest prefix of the prompt that is known.

        The last token of the prompt always has to be read, for its logits.
        claim: for whom a snapshot that is used is kept from now on.
        """
        kept = self._num_kept(prompt)
        started = time.perf_counter()
        restored = self._restored(prompt, kept, claim)
        if restored is None:
            del self.token_ids[self._session.keep(kept) :]
            return Resumed(kept)
        self.token_ids = []  # until it is done: half a state is none
        self._session.restore(restored.kv, restored.recurrent, restored.num_tokens)
        self.token_ids = list(prompt[: restored.num_tokens])
        return Resumed(restored.num_tokens, time.perf_counter() - started, restored.disk_bytes)

    def read(self, token_ids: Sequence[int]) -> npt.NDArray[np.float32]:
        """The (vocab,) logits after the last of the tokens."""
        logits = self._session.read(token_ids)
        self.token_ids.extend(token_ids)
        return logits

    def take_snapshot(self, claim: Claim | None) -> None:
        """Keep the state after the tokens so far; without a claim only in memory."""
        if self._tree and self.token_ids:
            self._tree.add(
                self.token_ids,
                self._session.keys_and_values,
                self._session.recurrent_state(),
                claim,
            )

    def _restored(self, prompt: Sequence[int], kept: int, claim: Claim | None) -> Restored | None:
        """The longest snapshot of the prompt, if it is longer than `kept`."""
        for _ in range(RESTORE_ATTEMPTS if self._tree else 0):
            assert self._tree
            match = self._tree.find(prompt, len(prompt) - 1)
            if match is None:
                break
            if claim:
                self._tree.own(match, claim)
            if match.num_tokens <= kept:
                break
            if restored := self._tree.restore(match):
                return restored
            # It was lost meanwhile, and the tree knows that now.
        return None

    def _num_kept(self, prompt: Sequence[int]) -> int:
        """Of the prompt's tokens those that the session has read, or can be cut back to."""
        shared = num_equal(self.token_ids, prompt[:-1])
        return shared if self._session.can_keep(shared) else 0


def num_equal(one: Sequence[int], other: Sequence[int]) -> int:
    """Tokens that both begin with."""
    import numpy as np  # not before a model is loaded

    length = min(len(one), len(other))
    different = np.asarray(one[:length]) != np.asarray(other[:length])
    return int(different.argmax()) if different.any() else length
