"""The selective scan of Mamba-1, one token after the other: the reference of every faster one.

Glossary (the paper's letters; a token's values are rows)
    d_inner   channels                     d_state   numbers kept a channel
    x         input, (L, d_inner)          z         gate, (L, d_inner)
    dt        step size, (L, d_inner), after softplus
    A         decay rates, (d_inner, d_state), negative
    B, C      what is written to and read from the state, (L, d_state)
    D         direct path, (d_inner,)
    h         the state, (d_inner, d_state), float32

Source: Gu and Dao, "Mamba: Linear-Time Sequence Modeling with Selective State Spaces", 2023,
algorithm 2; parity with transformers' Jamba in tests/inference/torch_backend/test_jamba_parity.py.
"""

import torch
from torch import Tensor


def selective_scan(
    x: Tensor, dt: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor, h: Tensor
) -> Tensor:
    """y of (L, d_inner), float32; h is advanced by L tokens in place.

    Only (d_inner, d_state) temporaries are made, whatever L is.
    """
    y = torch.empty_like(x)
    dt_x = dt * x
    decay, written = torch.empty_like(h), torch.empty_like(h)
    for t in range(x.shape[0]):
        torch.mul(dt[t, :, None], A, out=decay)
        torch.mul(dt_x[t, :, None], B[t], out=written)
        h.mul_(decay.exp_()).add_(written)  # h = exp(dt A) h + dt x B
        torch.mv(h, C[t], out=y[t])
    return y.addcmul_(D, x)
