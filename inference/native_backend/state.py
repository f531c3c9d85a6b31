"""What a layer keeps of the tokens that it has read, in NumPy arrays that the kernels work on.

The verbs, and the tensors that are stored, are those of inference/torch_backend/state.py.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from inference import layered_session
from inference.architectures.config import MambaConfig
from inference.kernels import structures
from inference.kernels.library import GROUP, grouped, padded, pointer, ungrouped
from inference.layered_session import ALL

BLOCK = 64  # tokens whose keys lie side by side: level.h
GROWTH_TOKENS = 256
Array = npt.NDArray[np.generic]


class LayerState(layered_session.LayerState[Array], Protocol):
    @property
    def capacity(self) -> int:
        """Tokens that there is room for, where it is."""

    def reserve(self, length: int) -> structures.State:
        """Make room for so many tokens, and say where it is."""


class KVCache:
    """Keys and values of attention in fp16.

    keys: (num_kv_heads, blocks, head_dim, 64), the tokens of a block side by side.
    values: (num_kv_heads, capacity, head_dim).
    """

    is_recurrent = False

    def __init__(self, num_kv_heads: int, head_dim: int) -> None:
        self.length = 0
        self._keys = np.empty((num_kv_heads, 0, head_dim, BLOCK), np.float16)
        self._values = np.empty((num_kv_heads, 0, head_dim), np.float16)

    @property
    def size_bytes(self) -> int:
        return self._keys.nbytes + self._values.nbytes

    @property
    def capacity(self) -> int:
        return self._values.shape[1]

    def can_trim(self, length: int) -> bool:
        return length <= self.length

    def trim(self, length: int) -> None:
        self.length = min(self.length, length)

    def reserve(self, length: int) -> structures.State:
        if length > self.capacity:
            # An eighth at a time, so that copying stays linear in a long conversation.
            capacity = max(length, self.capacity + self.capacity // 8)
            capacity = -(-capacity // GROWTH_TOKENS) * GROWTH_TOKENS
            self._keys = _grown(self._keys, -(-self.length // BLOCK), capacity // BLOCK)
            self._values = _grown(self._values, self.length, capacity)
        return structures.State(
            None, None, pointer(self._keys), pointer(self._values), self.capacity
        )

    def tensors(self, tokens: slice = ALL) -> dict[str, Array]:
        start, end, _ = tokens.indices(self.length)
        first = start // BLOCK
        blocks = self._keys[:, first : -(-end // BLOCK)].swapaxes(2, 3)
        heads, count, _, head_dim = blocks.shape
        keys = blocks.reshape(heads, count * BLOCK, head_dim)
        keys = keys[:, start - first * BLOCK : end - first * BLOCK]
        return {"keys": keys, "values": self._values[:, start:end]}

    def restore(self, segments: Sequence[Mapping[str, Array]], length: int) -> None:
        self.length = 0
        self.reserve(length)
        for tensors in segments:
            start, self.length = self.length, self.length + tensors["keys"].shape[1]
            self._place_keys(np.asarray(tensors["keys"]), start)
            self._values[:, start : self.length] = tensors["values"]
        assert self.length == length

    def _place_keys(self, keys: Array, start: int) -> None:
        """keys: (num_kv_heads, tokens, head_dim), from the token `start` on."""
        end = start + keys.shape[1]
        for block in range(start // BLOCK, -(-end // BLOCK)):
            at = block * BLOCK
            first, last = max(start, at), min(end, at + BLOCK)
            turned = keys[:, first - start : last - start].swapaxes(1, 2)
            self._keys[:, block, :, first - at : last - at] = turned


class MambaState:
    """Float32, by groups of 32 channels that lie side by side; the last one is filled up.

    conv: the last d_conv - 1 inputs of the convolution, oldest first, (groups, d_conv - 1, 32).
    ssm: the scan's h, (groups, d_state, 32).
    """

    is_recurrent = True

    def __init__(self, sizes: MambaConfig) -> None:
        self.length = 0
        self._d_inner = sizes.d_inner
        groups = padded(sizes.d_inner) // GROUP
        self.conv = np.zeros((groups, sizes.d_conv - 1, GROUP), np.float32)
        self.ssm = np.zeros((groups, sizes.d_state, GROUP), np.float32)

    @property
    def capacity(self) -> int:
        return sys.maxsize

    @property
    def size_bytes(self) -> int:
        return self.conv.nbytes + self.ssm.nbytes

    def can_trim(self, length: int) -> bool:
        return length in (0, self.length)

    def trim(self, length: int) -> None:
        if length != self.length:
            assert length == 0, "a recurrent state can't be cut back"
            self.conv[:] = 0
            self.ssm[:] = 0
            self.length = 0

    def reserve(self, length: int) -> structures.State:  # noqa: ARG002  of one size for ever
        return structures.State(pointer(self.conv), pointer(self.ssm), None, None, 0)

    def tensors(self, tokens: slice = ALL) -> dict[str, Array]:  # noqa: ARG002
        conv, ssm = ungrouped(self.conv), ungrouped(self.ssm)
        return {"conv": conv[:, : self._d_inner], "ssm": ssm[:, : self._d_inner].T}

    def restore(self, segments: Sequence[Mapping[str, Array]], length: int) -> None:
        (tensors,) = segments
        self.conv[:] = grouped(np.asarray(tensors["conv"], np.float32))
        self.ssm[:] = grouped(np.asarray(tensors["ssm"], np.float32).T)
        self.length = length


def _grown(old: npt.NDArray[np.float16], used: int, capacity: int) -> npt.NDArray[np.float16]:
    """A copy with room for so many on the second axis, of which the first `used` are kept."""
    grown = np.empty((old.shape[0], capacity, *old.shape[2:]), np.float16)
    grown[:, :used] = old[:, :used]
    return grown
