"""The decoder in plain PyTorch: readable first, the reference that faster paths are held to.

Glossary
    L           tokens of this call           S           tokens so far, these included
    x           residual stream, (L, hidden)  q, k, v     queries, keys, values
    n, m        query heads, KV heads (n is a multiple of m: grouped-query attention)

One sequence at a time: there is no batch dimension.
Tested against transformers' Llama in tests/inference/torch_backend/test_parity.py.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from inference.architectures.config import LayerKind, ModelConfig, Rope
from inference.torch_backend.kv_cache import KVCache
from inference.torch_backend.weights import Weights

Rotation = tuple[Tensor, Tensor]  # cos, sin: (L, rotated pairs)


class RMSNorm:
    def __init__(self, weight: Tensor, eps: float) -> None:
        self.weight = weight
        self.eps = eps

    def __call__(self, x: Tensor) -> Tensor:
        return functional.rms_norm(x, self.weight.shape, self.weight, self.eps)


class Attention:
    """Causal grouped-query attention, with rotary positions where the model has them."""

    def __init__(self, weights: Weights, prefix: str, config: ModelConfig) -> None:
        hidden, n, m = config.hidden_size, config.num_heads, config.num_kv_heads
        self.num_heads, self.num_kv_heads, self.head_dim = n, m, config.head_dim
        self.w_q = weights.take(f"{prefix}.attn_q.weight", n * self.head_dim, hidden)
        self.w_k = weights.take(f"{prefix}.attn_k.weight", m * self.head_dim, hidden)
        self.w_v = weights.take(f"{prefix}.attn_v.weight", m * self.head_dim, hidden)
        self.w_o = weights.take(f"{prefix}.attn_output.weight", hidden, n * self.head_dim)

    def new_cache(self) -> KVCache:
        return KVCache(self.num_kv_heads, self.head_dim, self.w_k.dtype)

    def __call__(self, x: Tensor, cache: KVCache, rotation: Rotation | None) -> Tensor:
        """(L, hidden) -> (L, hidden); the cache is advanced by L tokens."""
        length = x.shape[0]
        q = functional.linear(x, self.w_q).view(length, self.num_heads, self.head_dim)
        k = functional.linear(x, self.w_k).view(length, self.num_kv_heads, self.head_dim)
        v = functional.linear(x, self.w_v).view(length, self.num_kv_heads, self.head_dim)
        if rotation is not None:
            q, k = rotate(q, rotation), rotate(k, rotation)
        keys, values = cache.append(k.transpose(0, 1), v.transpose(0, 1))  # (m, S, head_dim)
        y = functional.scaled_dot_product_attention(
            q.transpose(0, 1)[None],  # (1, n, L, head_dim)
            keys[None],
            values[None],
            attn_mask=causal_mask(length, cache.length),
            enable_gqa=self.num_heads != self.num_kv_heads,
        )
        return functional.linear(y[0].transpose(0, 1).reshape(length, -1), self.w_o)


class SwiGLU:
    def __init__(self, weights: Weights, prefix: str, config: ModelConfig) -> None:
        hidden, inner = config.hidden_size, config.ffn_size
        self.w_gate = weights.take(f"{prefix}.ffn_gate.weight", inner, hidden)
        self.w_up = weights.take(f"{prefix}.ffn_up.weight", inner, hidden)
        self.w_down = weights.take(f"{prefix}.ffn_down.weight", hidden, inner)

    def __call__(self, x: Tensor) -> Tensor:
        gate = functional.silu(functional.linear(x, self.w_gate))
        return functional.linear(gate * functional.linear(x, self.w_up), self.w_down)


MIXERS: dict[LayerKind, type[Attention]] = {"attention": Attention}


class Layer:
    """x + mixer(norm(x)), then h + ffn(norm(h))."""

    def __init__(self, weights: Weights, index: int, config: ModelConfig) -> None:
        prefix, hidden, eps = f"blk.{index}", config.hidden_size, config.norm_eps
        self.mixer_norm = RMSNorm(weights.take(f"{prefix}.attn_norm.weight", hidden), eps)
        self.mixer = MIXERS[config.layer_kinds[index]](weights, prefix, config)
        self.ffn_norm = RMSNorm(weights.take(f"{prefix}.ffn_norm.weight", hidden), eps)
        self.ffn = SwiGLU(weights, prefix, config)

    def __call__(self, x: Tensor, cache: KVCache, rotation: Rotation | None) -> Tensor:
        h = x + self.mixer(self.mixer_norm(x), cache, rotation)
        return h + self.ffn(self.ffn_norm(h))


class Decoder:
    """Token ids in, hidden states out; `logits` turns the wanted ones into scores."""

    def __init__(self, weights: Weights, config: ModelConfig) -> None:
        vocab, hidden = config.vocab_size, config.hidden_size
        self.config = config
        self.embedding = weights.take("token_embd.weight", vocab, hidden)
        # A file without an output matrix ties it to the embedding.
        head = weights.take_optional("output.weight", vocab, hidden)
        self.head = self.embedding if head is None else head
        self.norm = RMSNorm(weights.take("output_norm.weight", hidden), config.norm_eps)
        self.layers = [Layer(weights, index, config) for index in range(len(config.layer_kinds))]
        self.rope_factors = take_rope_factors(weights, config.rope)
        weights.check_all_taken()

    def new_cache(self) -> list[KVCache]:
        return [layer.mixer.new_cache() for layer in self.layers]

    def __call__(self, token_ids: Sequence[int], cache: list[KVCache]) -> Tensor:
        """(L, hidden) after the last norm; every layer's cache is advanced by L tokens."""
        start = cache[0].length
        rotation = self._rotation(start, start + len(token_ids))
        x = functional.embedding(torch.tensor(token_ids), self.embedding)
        for layer, layer_cache in zip(self.layers, cache, strict=True):
            x = layer(x, layer_cache, rotation)
        return self.norm(x)

    def logits(self, hidden: Tensor) -> Tensor:
        """(..., hidden) -> (..., vocab). For the last position alone, unless a test wants more."""
        return functional.linear(hidden, self.head)

    def _rotation(self, start: int, end: int) -> Rotation | None:
        rope = self.config.rope
        if rope is None:
            return None
        positions = torch.arange(start, end, dtype=torch.float32) / rope.position_scale
        exponents = torch.arange(0, rope.num_dims, 2, dtype=torch.float32) / rope.num_dims
        frequencies = rope.base**-exponents / self.rope_factors
        angles = torch.outer(positions, frequencies)
        return angles.cos(), angles.sin()


def take_rope_factors(weights: Weights, rope: Rope | None) -> Tensor:
    """What divides each frequency: Llama 3.1 and later store it to reach beyond their training."""
    if rope is None:
        return torch.ones(1)
    factors = weights.take_optional("rope_freqs.weight", rope.num_dims // 2)
    return torch.ones(1) if factors is None else factors


def rotate(x: Tensor, rotation: Rotation) -> Tensor:
    """Turn the interleaved pairs of each head by their position's angles; x: (L, heads, dim)."""
    cos, sin = rotation[0][:, None], rotation[1][:, None]  # (L, 1, pairs)
    num_dims = 2 * cos.shape[-1]
    even, odd = x[..., 0:num_dims:2], x[..., 1:num_dims:2]
    turned = torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)
    return torch.cat((turned, x[..., num_dims:]), dim=-1)


def causal_mask(length: int, total: int) -> Tensor | None:
    """(L, S), true where a query may look; None for a single token, which may look anywhere."""
    if length == 1:
        return None
    return torch.ones(length, total, dtype=torch.bool).tril(diagonal=total - length)
