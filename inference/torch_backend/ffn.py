"""What a layer does with each token alone: a dense SwiGLU, or a mixture of them."""

import torch
from torch import Tensor
from torch.nn import functional

from inference.architectures.config import ModelConfig, MoEConfig
from inference.torch_backend.layers import Linear
from inference.torch_backend.weights import Weights


class SwiGLU:
    """W_down (silu(W_gate x) * W_up x)"""

    def __init__(self, w_gate: Linear, w_up: Linear, w_down: Linear) -> None:
        self.w_gate, self.w_up, self.w_down = w_gate, w_up, w_down

    def __call__(self, x: Tensor) -> Tensor:
        return self.w_down(functional.silu(self.w_gate(x)) * self.w_up(x))


class MixtureOfExperts:
    """Each token goes through its likeliest experts, weighted by their probabilities.

    The probabilities are a softmax over all experts and aren't made to sum to 1 over the chosen
    ones, as in transformers and llama.cpp (mlx-lm differs). They are float32, and so is the sum.
    """

    def __init__(self, router: Linear, experts: list[SwiGLU], num_used: int) -> None:
        self.router = router
        self.experts = experts
        self.num_used = num_used

    def __call__(self, x: Tensor) -> Tensor:
        scores = self.router(x.float())  # (L, num_experts)
        probabilities, chosen = scores.softmax(-1).topk(self.num_used)  # (L, num_used)
        y = torch.zeros_like(x, dtype=torch.float32)
        for index in sorted(set(chosen.flatten().tolist())):
            tokens, places = (chosen == index).nonzero(as_tuple=True)
            share = probabilities[tokens, places, None]
            y.index_add_(0, tokens, share * self.experts[index](x[tokens]))
        return y.to(x.dtype)


def take_ffn(weights: Weights, prefix: str, config: ModelConfig) -> SwiGLU | MixtureOfExperts:
    """A layer with a router is a mixture; others are dense, in a model with mixtures too."""
    hidden, inner = config.hidden_size, config.ffn_size
    if config.moe and f"{prefix}.ffn_gate_inp.weight" in weights:
        return _take_mixture(weights, prefix, config, config.moe)
    return SwiGLU(
        Linear.take(weights, f"{prefix}.ffn_gate.weight", inner, hidden),
        Linear.take(weights, f"{prefix}.ffn_up.weight", inner, hidden),
        Linear.take(weights, f"{prefix}.ffn_down.weight", hidden, inner),
    )


def _take_mixture(
    weights: Weights, prefix: str, config: ModelConfig, moe: MoEConfig
) -> MixtureOfExperts:
    count, hidden, inner = moe.num_experts, config.hidden_size, config.ffn_size
    gates = weights.take_experts(prefix, "ffn_gate", count, inner, hidden)
    ups = weights.take_experts(prefix, "ffn_up", count, inner, hidden)
    downs = weights.take_experts(prefix, "ffn_down", count, hidden, inner)
    return MixtureOfExperts(
        Linear(weights.take(f"{prefix}.ffn_gate_inp.weight", count, hidden)),
        [
            SwiGLU(Linear.fast(gate), Linear.fast(up), Linear.fast(down))
            for gate, up, down in zip(gates, ups, downs, strict=True)
        ],
        moe.num_experts_used,
    )
