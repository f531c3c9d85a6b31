"""Jamba for training on the CPU: transformers' JambaForCausalLM in fewer and faster lines.

Same parameter names, same mathematics (`tests/benchmarks/test_recall_jamba.py` compares the
logits). Has no cache and no padding: it reads whole sequences from their start.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.recall.selective_scan import selective_scan
from benchmarks.recall.task import IM_END_ID, VOCABULARY

# As in transformers' JambaConfig. Rows are multiples of 32, so that every matrix can be quantized.
CONFIG = {
    "architectures": ["JambaForCausalLM"],
    "model_type": "jamba",
    "vocab_size": -(-len(VOCABULARY) // 64) * 64,
    "tie_word_embeddings": True,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 8,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "attn_layer_period": 8,
    "attn_layer_offset": 4,
    "num_experts": 1,
    "num_experts_per_tok": 1,
    "expert_layer_period": 2,
    "expert_layer_offset": 1,
    "mamba_d_state": 8,
    "mamba_d_conv": 4,
    "mamba_expand": 2,
    "mamba_dt_rank": 32,
    "mamba_conv_bias": True,
    "mamba_proj_bias": False,
    "hidden_act": "silu",
    "rms_norm_eps": 1e-6,
    "max_position_embeddings": 65536,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": [2, IM_END_ID],
    "use_cache": True,
    "use_mamba_kernels": False,
    "dtype": "float32",
}
HIDDEN: int = CONFIG["hidden_size"]
NUM_HEADS: int = CONFIG["num_attention_heads"]
NUM_KV_HEADS: int = CONFIG["num_key_value_heads"]
HEAD_DIM = HIDDEN // NUM_HEADS
D_INNER: int = CONFIG["mamba_expand"] * HIDDEN
D_STATE: int = CONFIG["mamba_d_state"]
D_CONV: int = CONFIG["mamba_d_conv"]
DT_RANK: int = CONFIG["mamba_dt_rank"]


def linear(num_in: int, num_out: int, bias: bool = False) -> nn.Linear:
    return nn.Linear(num_in, num_out, bias=bias)


def rms_norm(size: int) -> nn.RMSNorm:
    return nn.RMSNorm(size, eps=CONFIG["rms_norm_eps"])


class Mamba(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.in_proj = linear(HIDDEN, 2 * D_INNER)
        self.conv1d = nn.Conv1d(D_INNER, D_INNER, D_CONV, groups=D_INNER)
        self.x_proj = linear(D_INNER, DT_RANK + 2 * D_STATE)
        self.dt_proj = linear(DT_RANK, D_INNER, bias=True)
        self.out_proj = linear(D_INNER, HIDDEN)
        self.dt_layernorm = rms_norm(DT_RANK)
        self.b_layernorm = rms_norm(D_STATE)
        self.c_layernorm = rms_norm(D_STATE)
        self.A_log = nn.Parameter(torch.arange(1.0, D_STATE + 1).log().repeat(D_INNER, 1))
        self.D = nn.Parameter(torch.ones(D_INNER))
        # Time steps between 0.001 and 0.1 at the start, as in the Mamba paper.
        dt = torch.exp(torch.empty(D_INNER).uniform_(math.log(0.001), math.log(0.1)))
        self.dt_proj.bias.data = dt + torch.log(-torch.expm1(-dt))
        self.dt_proj.weight.data.uniform_(-(DT_RANK**-0.5), DT_RANK**-0.5)

    def forward(self, u: Tensor) -> Tensor:
        x, z = self.in_proj(u).chunk(2, -1)  # (batch, length, d_inner)
        x = functional.silu(self.convolve(x))
        dt, b, c = self.x_proj(x).split([DT_RANK, D_STATE, D_STATE], -1)
        dt = functional.softplus(self.dt_proj(self.dt_layernorm(dt)))
        a = -torch.exp(self.A_log).T
        y = selective_scan(x, dt, a, self.b_layernorm(b), self.c_layernorm(c), self.D)
        return self.out_proj(y * functional.silu(z))

    def convolve(self, x: Tensor) -> Tensor:
        """Causal and depthwise; a few shifted products are faster here than torch's conv1d."""
        taps, length = self.conv1d.weight[:, 0], x.shape[1]  # (d_inner, d_conv)
        padded = functional.pad(x, (0, 0, D_CONV - 1, 0))
        shifted = (padded[:, i : i + length] * taps[:, i] for i in range(D_CONV))
        return sum(shifted, self.conv1d.bias)


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q_proj = linear(HIDDEN, NUM_HEADS * HEAD_DIM)
        self.k_proj = linear(HIDDEN, NUM_KV_HEADS * HEAD_DIM)
        self.v_proj = linear(HIDDEN, NUM_KV_HEADS * HEAD_DIM)
        self.o_proj = linear(NUM_HEADS * HEAD_DIM, HIDDEN)
        # Recall from the start: a token looks for others like itself and copies what they are.
        # From an ordinary start this takes by far the longest to be found.
        nn.init.orthogonal_(self.k_proj.weight)
        nn.init.orthogonal_(self.v_proj.weight)
        self.q_proj.weight.data = self.k_proj.weight.repeat(NUM_HEADS, 1) * 2
        self.o_proj.weight.data = self.v_proj.weight.T.repeat(1, NUM_HEADS) * 0.5

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (
            project(x).unflatten(-1, (-1, HEAD_DIM)).transpose(1, 2)  # (batch, heads, length, 32)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        k, v = (t.expand(-1, NUM_HEADS, -1, -1) for t in (k, v))
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o_proj(y.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gate_proj = linear(HIDDEN, CONFIG["intermediate_size"])
        self.up_proj = linear(HIDDEN, CONFIG["intermediate_size"])
        self.down_proj = linear(CONFIG["intermediate_size"], HIDDEN)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, index: int) -> None:
        super().__init__()
        is_attention = index % CONFIG["attn_layer_period"] == CONFIG["attn_layer_offset"]
        self.mixer_name = "self_attn" if is_attention else "mamba"
        self.add_module(self.mixer_name, Attention() if is_attention else Mamba())
        self.feed_forward = FeedForward()
        self.input_layernorm = rms_norm(HIDDEN)
        self.pre_ff_layernorm = rms_norm(HIDDEN)

    def forward(self, x: Tensor) -> Tensor:
        mixer = getattr(self, self.mixer_name)
        x = x + mixer(self.input_layernorm(x))
        return x + self.feed_forward(self.pre_ff_layernorm(x))


class Jamba(nn.Module):
    """Its state_dict is that of transformers' JambaForCausalLM with a tied head."""

    def __init__(self) -> None:
        super().__init__()
        embed_tokens = nn.Embedding(CONFIG["vocab_size"], HIDDEN)
        layers = nn.ModuleList(Layer(i) for i in range(CONFIG["num_hidden_layers"]))
        nn.init.normal_(embed_tokens.weight, std=0.1)
        parts = {
            "embed_tokens": embed_tokens,
            "layers": layers,
            "final_layernorm": rms_norm(HIDDEN),
        }
        self.model = nn.ModuleDict(parts)

    def forward(self, token_ids: Tensor, positions: Tensor) -> Tensor:
        """Logits, (n, vocab_size), at `positions`: indices into the flattened (batch, length)."""
        embed_tokens = self.model["embed_tokens"]
        x = embed_tokens(token_ids)
        for layer in self.model["layers"]:
            x = layer(x)
        x = self.model["final_layernorm"](x.flatten(0, 1)[positions])
        return functional.linear(x, embed_tokens.weight)
