"""Mamba's two recurrent parts, by Triton on a card that runs it and in plain PyTorch elsewhere.

Triton is imported only when the tensors are on a CUDA device. Letters: see selective_scan.py.
"""

import functools
import importlib.util
import logging
from types import ModuleType

import torch
from torch import Tensor
from torch.nn import functional

from inference.torch_backend import selective_scan as reference

logger = logging.getLogger(__name__)


def selective_scan(
    x: Tensor,
    dt: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor,
    h: Tensor,
    z: Tensor | None = None,
) -> Tensor:
    """As in selective_scan.py; y is multiplied by silu(z) where z, (L, d_inner), is given."""
    if triton_scan := _triton_scan(x.device):
        y: Tensor = triton_scan.selective_scan(x, dt, A, B, C, D, h, z)
        return y
    y = reference.selective_scan(x, dt, A, B, C, D, h)
    return y if z is None else y.mul_(functional.silu(z))


def causal_conv1d_silu(x: Tensor, taps: Tensor, bias: Tensor | None, state: Tensor) -> Tensor:
    """silu of each channel by its own taps over the current token and the d_conv - 1 before it.

    x is (L, d_inner), taps (d_inner, d_conv), the last for the current token, bias (d_inner,).
    state holds the last d_conv - 1 inputs, (d_conv - 1, d_inner), the oldest first, and is
    advanced in place. Returns (L, d_inner). Everything is float32.
    """
    if triton_scan := _triton_scan(x.device):
        y: Tensor = triton_scan.causal_conv1d_silu(x, taps, bias, state)
        return y
    seen = torch.cat((state, x))  # (d_conv - 1 + L, d_inner)
    state.copy_(seen[x.shape[0] :])
    y = functional.conv1d(seen.T[None], taps[:, None], bias, groups=x.shape[1])
    return functional.silu(y[0].T.contiguous())


def _triton_scan(device: torch.device) -> ModuleType | None:
    return _tried_triton_scan(device) if device.type == "cuda" else None


@functools.cache
def _tried_triton_scan(device: torch.device) -> ModuleType | None:
    """The kernels, if one runs: Triton needs a C compiler, which many desktops lack."""
    if importlib.util.find_spec("triton") is None:
        return None
    try:
        from inference.torch_backend import triton_scan

        row = torch.zeros(1, 1, device=device)
        triton_scan.selective_scan(row, row, row, row, row, row[0], row.clone())
        torch.cuda.synchronize(device)
    except Exception:  # the compiler, the driver and Triton itself fail in many ways
        logger.warning("Triton doesn't run here; Mamba uses plain PyTorch", exc_info=True)
        return None
    return triton_scan
