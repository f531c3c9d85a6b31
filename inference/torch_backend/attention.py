"""Causal grouped-query attention, with rotary positions where the model has them.

Glossary: see model.py.
"""

import torch
from torch import Tensor
from torch.nn import functional

from inference.architectures.config import ModelConfig, Rope
from inference.torch_backend.layers import Linear
from inference.torch_backend.state import KVCache, LayerState
from inference.torch_backend.weights import Weights

Rotation = tuple[Tensor, Tensor]  # cos, sin: (L, rotated pairs)


class Attention:
    def __init__(self, weights: Weights, prefix: str, config: ModelConfig) -> None:
        hidden, n, m = config.hidden_size, config.num_heads, config.num_kv_heads
        self.num_heads, self.num_kv_heads, self.head_dim = n, m, config.head_dim
        self.w_q = Linear.take(weights, f"{prefix}.attn_q.weight", n * self.head_dim, hidden)
        self.w_k = Linear.take(weights, f"{prefix}.attn_k.weight", m * self.head_dim, hidden)
        self.w_v = Linear.take(weights, f"{prefix}.attn_v.weight", m * self.head_dim, hidden)
        self.w_o = Linear.take(weights, f"{prefix}.attn_output.weight", hidden, n * self.head_dim)
        self._device = weights.placement.device

    def new_state(self, kv_dtype: torch.dtype) -> KVCache:
        return KVCache(self.num_kv_heads, self.head_dim, kv_dtype, self._device)

    def __call__(self, x: Tensor, state: LayerState, rotation: Rotation | None) -> Tensor:
        """(L, hidden) -> (L, hidden); the state is advanced by L tokens."""
        assert isinstance(state, KVCache)
        length = x.shape[0]
        q = self.w_q(x).view(length, self.num_heads, self.head_dim)
        k = self.w_k(x).view(length, self.num_kv_heads, self.head_dim)
        v = self.w_v(x).view(length, self.num_kv_heads, self.head_dim)
        if rotation is not None:
            q, k = rotate(q, rotation), rotate(k, rotation)
        keys, values = state.append(k.transpose(0, 1), v.transpose(0, 1))  # (m, S, head_dim)
        if self._device.type != "cpu":
            keys, values = (
                one_per_query(keys, self.num_heads),
                one_per_query(values, self.num_heads),
            )
        y = functional.scaled_dot_product_attention(
            q.transpose(0, 1)[None].to(keys.dtype),  # (1, n, L, head_dim)
            keys[None],
            values[None],
            attn_mask=causal_mask(length, state.length, self._device),
            enable_gqa=self.num_heads != keys.shape[0],
        )
        return self.w_o(y[0].transpose(0, 1).reshape(length, -1).to(x.dtype))


class Rotations:
    """The angles of each position, shared by all layers; None for a model without positions."""

    def __init__(self, weights: Weights, rope: Rope | None) -> None:
        self._rope = rope
        if rope is None:
            return
        self._device = weights.placement.device
        dims = torch.arange(0, rope.num_dims, 2, dtype=torch.float32, device=self._device)
        exponents = dims / rope.num_dims
        self._frequencies = rope.base**-exponents
        # Llama 3.1 and later store divisors of the frequencies to reach beyond their training.
        factors = weights.take_optional("rope_freqs.weight", rope.num_dims // 2)
        if factors is not None:
            self._frequencies = self._frequencies / factors

    def __call__(self, start: int, end: int) -> Rotation | None:
        if self._rope is None:
            return None
        positions = torch.arange(start, end, dtype=torch.float32, device=self._device)
        angles = torch.outer(positions / self._rope.position_scale, self._frequencies)
        return angles.cos(), angles.sin()


def rotate(x: Tensor, rotation: Rotation) -> Tensor:
    """Turn the interleaved pairs of each head by their position's angles; x: (L, heads, dim).

    The result is float32, as the angles are.
    """
    cos, sin = rotation[0][:, None], rotation[1][:, None]  # (L, 1, pairs)
    num_dims = 2 * cos.shape[-1]
    even, odd = x[..., 0:num_dims:2], x[..., 1:num_dims:2]
    turned = torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)
    return torch.cat((turned, x[..., num_dims:]), dim=-1)


def one_per_query(heads: Tensor, num_heads: int) -> Tensor:
    """(m, S, head_dim) -> (n, S, head_dim), each KV head as often as query heads share it.

    On a card shared heads may leave torch no product but one that holds the scores of all
    positions at once. A single KV head, as Jamba's, isn't copied.
    """
    m, length, head_dim = heads.shape
    shared = heads[:, None].expand(m, num_heads // m, length, head_dim)
    return shared.reshape(num_heads, length, head_dim)


def causal_mask(length: int, total: int, device: torch.device) -> Tensor | None:
    """(L, S), true where a query may look; None for a single token, which may look anywhere."""
    if length == 1:
        return None
    mask = torch.ones(length, total, dtype=torch.bool, device=device)
    return mask.tril(diagonal=total - length)
