"""The keys and values of one attention layer, grown in blocks and cut back at will."""

import torch
from torch import Tensor

BLOCK_TOKENS = 256


class KVCache:
    """Keys and values of the tokens read so far, each (num_kv_heads, length, head_dim)."""

    def __init__(self, num_kv_heads: int, head_dim: int, dtype: torch.dtype) -> None:
        self.length = 0  # tokens
        self._keys = torch.empty(num_kv_heads, 0, head_dim, dtype=dtype)
        self._values = torch.empty(num_kv_heads, 0, head_dim, dtype=dtype)

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

    def trim(self, length: int) -> None:
        """Forget everything after the first `length` tokens."""
        self.length = min(self.length, length)

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
