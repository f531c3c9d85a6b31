"""Mamba-1 as Jamba has it: RMSNorm on dt, B and C. Its memory is one state of fixed size.

    [x, z]     = W_in u
    x          = silu(causal depthwise convolution of x over d_conv tokens)
    dt, B, C   = split(W_x x), each through its own RMSNorm
    dt         = softplus(W_dt dt + b_dt)
    y          = scan(x, dt, A, B, C, D)
    output     = W_out (y * silu(z))

Everything between the matrix products is float32, whatever u is.

Glossary: see selective_scan.py; u is the layer's input, (L, hidden), and dt_rank the width that
dt is made from. Parity with transformers: tests/inference/torch_backend/test_jamba_parity.py.
"""

import torch
from torch import Tensor
from torch.nn import functional

from inference.architectures.config import ModelConfig
from inference.torch_backend.layers import Linear, RMSNorm
from inference.torch_backend.mamba_kernels import causal_conv1d_silu, selective_scan
from inference.torch_backend.state import LayerState, MambaState
from inference.torch_backend.weights import Weights


class Mamba:
    def __init__(self, weights: Weights, prefix: str, config: ModelConfig) -> None:
        assert config.mamba is not None
        self.sizes = sizes = config.mamba
        hidden, eps = config.hidden_size, config.norm_eps
        d_inner, d_state, dt_rank = sizes.d_inner, sizes.d_state, sizes.dt_rank
        self.w_in = Linear.take(weights, f"{prefix}.ssm_in.weight", 2 * d_inner, hidden)
        # The last of the d_conv taps multiplies the current token.
        self.taps = weights.take(f"{prefix}.ssm_conv1d.weight", d_inner, sizes.d_conv)
        self.conv_bias = weights.take_optional(f"{prefix}.ssm_conv1d.bias", d_inner)
        self.w_x = Linear.take(weights, f"{prefix}.ssm_x.weight", dt_rank + 2 * d_state, d_inner)
        self.dt_norm = RMSNorm(weights.take(f"{prefix}.ssm_dt_norm.weight", dt_rank), eps)
        self.b_norm = RMSNorm(weights.take(f"{prefix}.ssm_b_norm.weight", d_state), eps)
        self.c_norm = RMSNorm(weights.take(f"{prefix}.ssm_c_norm.weight", d_state), eps)
        self.w_dt = Linear.take(weights, f"{prefix}.ssm_dt.weight", d_inner, dt_rank)
        self.b_dt = weights.take(f"{prefix}.ssm_dt.bias", d_inner)
        self.A = weights.take(f"{prefix}.ssm_a", d_inner, d_state)  # negative already
        self.D = weights.take(f"{prefix}.ssm_d", d_inner)
        self.w_out = Linear.take(weights, f"{prefix}.ssm_out.weight", hidden, d_inner)
        self._device = weights.placement.device

    def new_state(self, kv_dtype: torch.dtype) -> MambaState:  # noqa: ARG002  always float32
        return MambaState(self.sizes, self._device)

    def __call__(self, u: Tensor, state: LayerState, rotation: object) -> Tensor:  # noqa: ARG002
        """(L, hidden) -> (L, hidden); the state is advanced by L tokens. Knows no positions."""
        assert isinstance(state, MambaState)
        x, z = self.w_in(u).float().chunk(2, dim=-1)  # (L, d_inner) each
        x = causal_conv1d_silu(x, self.taps, self.conv_bias, state.conv)
        d_state = self.sizes.d_state
        dt_B_C = self.w_x(x.to(u.dtype)).float()
        dt, B, C = torch.split(dt_B_C, [self.sizes.dt_rank, d_state, d_state], dim=-1)
        dt = self.w_dt(self.dt_norm(dt).to(u.dtype)).float()
        dt = functional.softplus(dt + self.b_dt)  # (L, d_inner)
        y = selective_scan(x, dt, self.A, self.b_norm(B), self.c_norm(C), self.D, state.ssm, z)
        state.length += u.shape[0]
        return self.w_out(y.to(u.dtype))
