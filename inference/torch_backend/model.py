"""The decoder in plain PyTorch: readable first, the reference that faster paths are held to.

Glossary
    L           tokens of this call           S           tokens so far, these included
    x           residual stream, (L, hidden)  q, k, v     queries, keys, values
    n, m        query heads, KV heads (n is a multiple of m: grouped-query attention)

One sequence at a time: there is no batch dimension. Activations are float32 on the CPU, bfloat16 on
a card (placement.py). The layers are Jamba's and llama's: a mixer of tokens (attention.py,
mamba.py), then a feed-forward (ffn.py).
Parity with transformers: tests/inference/torch_backend/test_parity.py and test_jamba_parity.py.
"""

import torch
from torch import Tensor

from inference.architectures.config import ModelConfig
from inference.torch_backend.attention import Attention, Rotation, Rotations
from inference.torch_backend.ffn import take_ffn
from inference.torch_backend.layers import Embedding, Linear, RMSNorm
from inference.torch_backend.mamba import Mamba
from inference.torch_backend.state import LayerState
from inference.torch_backend.weights import Weights

KV_DTYPE = torch.float16
"""Of the stored keys and values: half of float32's memory, at eleven bits of precision. The same on
a card, although it computes in bfloat16, so that a saved state fits every device."""


class Layer:
    """h = x + mixer(norm(x)), then h + ffn(norm(h))."""

    def __init__(self, weights: Weights, index: int, config: ModelConfig) -> None:
        prefix, hidden, eps = f"blk.{index}", config.hidden_size, config.norm_eps
        is_mamba = config.layer_kinds[index] == "mamba"
        self.mixer_norm = RMSNorm(weights.take(f"{prefix}.attn_norm.weight", hidden), eps)
        self.mixer = (Mamba if is_mamba else Attention)(weights, prefix, config)
        self.ffn_norm = RMSNorm(weights.take(f"{prefix}.ffn_norm.weight", hidden), eps)
        self.ffn = take_ffn(weights, prefix, config)

    def __call__(self, x: Tensor, state: LayerState, rotation: Rotation | None) -> Tensor:
        h = x + self.mixer(self.mixer_norm(x), state, rotation)
        return h + self.ffn(self.ffn_norm(h))


class Decoder:
    """Token ids in, hidden states out; `logits` turns the wanted ones into scores."""

    def __init__(self, weights: Weights, config: ModelConfig) -> None:
        vocab, hidden = config.vocab_size, config.hidden_size
        self.config = config
        self.placement = weights.placement
        table = weights.take_matrix("token_embd.weight", vocab, hidden)
        self.embedding = Embedding(table, weights.placement.dtype)
        # A file without an output matrix ties it to the embedding.
        if "output.weight" in weights:
            table = weights.take_matrix("output.weight", vocab, hidden)
        self.head = Linear(table)
        self.norm = RMSNorm(weights.take("output_norm.weight", hidden), config.norm_eps)
        self.layers = [Layer(weights, index, config) for index in range(len(config.layer_kinds))]
        self.rotations = Rotations(weights, config.rope)
        weights.check_all_taken()

    def new_state(self, kv_dtype: torch.dtype = KV_DTYPE) -> list[LayerState]:
        return [layer.mixer.new_state(kv_dtype) for layer in self.layers]

    def __call__(self, token_ids: list[int], state: list[LayerState]) -> Tensor:
        """(L, hidden) after the last norm, float32; every layer's state is advanced by L tokens."""
        start = state[0].length
        rotation = self.rotations(start, start + len(token_ids))
        x = self.embedding(token_ids)
        for layer, layer_state in zip(self.layers, state, strict=True):
            x = layer(x, layer_state, rotation)
        return self.norm(x.float())

    def logits(self, hidden: Tensor) -> Tensor:
        """(..., hidden) -> (..., vocab). For the last position alone, unless a test wants more.

        Float32 on every device: in bfloat16, logits of 20 would be an eighth apart.
        """
        return self.head(hidden)
