"""What a layer keeps of the tokens that it has read: one object a layer, with the same verbs.

`KVCache` grows with the conversation and can be cut back to any length; `MambaState` has one
size for ever and exists only where it is. Neither knows which tokens they were.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from inference import layered_session
from inference.architectures.config import MambaConfig
from inference.layered_session import ALL

BLOCK_TOKENS = 256


LayerState = layered_session.LayerState[Tensor]


class KVCache:
    """Keys and values of attention, each (num_kv_heads, length, head_dim), grown in blocks."""

    is_recurrent = False

    def __init__(
        self,
        num_kv_heads: int,
        head_dim: int,
        dtype: torch.dtype,
        device: torch.device | None = None,
    ) -> None:
        self.length = 0
        self._keys = torch.empty(num_kv_heads, 0, head_dim, dtype=dtype, device=device)
        self._values = torch.empty_like(self._keys)

    @property
    def size_bytes(self) -> int:
        return self._keys.nbytes + self._values.nbytes

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Add (num_kv_heads, L, head_dim) and return views of everything so far."""
        end = self.length + keys.shape[1]
        self._reserve(end)
        self._keys[:, self.length : end] = keys
        self._values[:, self.length : end] = values
        self.length = end
        return self._keys[:, :end], self._values[:, :end]

    def can_trim(self, length: int) -> bool:
        return length <= self.length

    def trim(self, length: int) -> None:
        self.length = min(self.length, length)

    def tensors(self, tokens: slice = ALL) -> dict[str, Tensor]:
        keys, values = self._keys[:, : self.length], self._values[:, : self.length]
        return {"keys": keys[:, tokens], "values": values[:, tokens]}

    def restore(self, segments: Sequence[Mapping[str, Tensor]], length: int) -> None:
        self.length = 0
        self._reserve(length)
        for tensors in segments:
            self.append(tensors["keys"], tensors["values"])
        assert self.length == length

    def _reserve(self, length: int) -> None:
        capacity = self._keys.shape[1]
        if length <= capacity:
            return
        # An eighth at a time, so that copying stays linear in a long conversation.
        capacity = max(length, capacity + capacity // 8)
        capacity = -(-capacity // BLOCK_TOKENS) * BLOCK_TOKENS
        self._keys = self._grown(self._keys, capacity)
        self._values = self._grown(self._values, capacity)

    def _grown(self, old: Tensor, capacity: int) -> Tensor:
        grown = old.new_empty(old.shape[0], capacity, old.shape[2])
        grown[:, : self.length] = old[:, : self.length]
        return grown


class MambaState:
    """Float32 whatever the model's type: errors of a recurrence would add up.

    conv: the last d_conv - 1 inputs of the convolution, oldest first, (d_conv - 1, d_inner).
    ssm: the scan's h, (d_inner, d_state).
    """

    is_recurrent = True

    def __init__(self, sizes: MambaConfig, device: torch.device | None = None) -> None:
        self.length = 0
        self.conv = torch.zeros(sizes.d_conv - 1, sizes.d_inner, device=device)
        self.ssm = torch.zeros(sizes.d_inner, sizes.d_state, device=device)

    @property
    def size_bytes(self) -> int:
        return self.conv.nbytes + self.ssm.nbytes

    def can_trim(self, length: int) -> bool:
        return length in (0, self.length)

    def trim(self, length: int) -> None:
        if length != self.length:
            assert length == 0, "a recurrent state can't be cut back"
            self.conv.zero_()
            self.ssm.zero_()
            self.length = 0

    def tensors(self, tokens: slice = ALL) -> dict[str, Tensor]:  # noqa: ARG002
        return {"conv": self.conv, "ssm": self.ssm}

    def restore(self, segments: Sequence[Mapping[str, Tensor]], length: int) -> None:
        (tensors,) = segments
        self.conv.copy_(tensors["conv"])
        self.ssm.copy_(tensors["ssm"])
        self.length = length
