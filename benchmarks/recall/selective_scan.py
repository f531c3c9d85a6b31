"""Mamba's selective scan for training on the CPU: a C++ kernel as an autograd function.

The kernel, beside this file, is compiled by g++ at its first use in a process. `reference` is the
same in plain torch; `check` compares the two.
"""

import ctypes
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

SOURCE = Path(__file__).with_name("selective_scan.cpp")
CHUNK_TOKENS, BLOCK_CHANNELS, MAX_STATES = 32, 64, 16  # as in the C++ source


@cache
def _library() -> ctypes.CDLL:
    folder = Path(tempfile.mkdtemp(prefix="selective-scan-"))
    target = folder / "selective_scan.so"
    options = ["-O3", "-march=native", "-ffast-math", "-std=c++17", "-shared", "-fPIC", "-pthread"]
    subprocess.run(["g++", *options, str(SOURCE), "-o", str(target)], check=True)
    return ctypes.CDLL(str(target))


def _call(name: str, tensors: list[Tensor], shape: tuple[int, int, int, int]) -> None:
    assert all(tensor.is_contiguous() and tensor.dtype == torch.float32 for tensor in tensors)
    pointers = [ctypes.c_void_p(tensor.data_ptr()) for tensor in tensors]
    sizes = [ctypes.c_int64(size) for size in shape]
    getattr(_library(), name)(*pointers, *sizes, ctypes.c_int(torch.get_num_threads()))


class _SelectiveScan(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, dt, a, b, c, d):
        inputs = [tensor.contiguous() for tensor in (x, dt, a, b, c, d)]
        batch, length, channels = x.shape
        states = len(a)
        assert channels % BLOCK_CHANNELS == 0
        assert states <= MAX_STATES
        y = torch.empty_like(inputs[0])
        checkpoints = x.new_empty(batch, -(-length // CHUNK_TOKENS), states, channels)
        _call("scan_forward", [*inputs, y, checkpoints], (batch, length, channels, states))
        ctx.save_for_backward(*inputs, checkpoints)
        return y

    @staticmethod
    def backward(ctx, grad_y):
        *inputs, checkpoints = ctx.saved_tensors
        x, dt, a, b, c, d = inputs
        batch, length, channels = x.shape
        blocks = channels // BLOCK_CHANNELS
        grads = [
            torch.empty_like(x),
            torch.empty_like(dt),
            a.new_empty(batch, *a.shape),
            b.new_empty(blocks, *b.shape),
            c.new_empty(blocks, *c.shape),
            d.new_empty(batch, *d.shape),
        ]
        shape = (batch, length, channels, len(a))
        _call("scan_backward", [*inputs, checkpoints, grad_y.contiguous(), *grads], shape)
        return (*grads[:2], *(partial.sum(0) for partial in grads[2:]))


def selective_scan(x: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
    """x, dt and the result: (batch, length, channels); a: (states, channels), negative; b, c:
    (batch, length, states); d: (channels). float32; channels a multiple of 64, at most 16 states.
    """
    return _SelectiveScan.apply(x, dt, a, b, c, d)


def reference(x: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
    """The definition, one token after the other."""
    h = x.new_zeros(len(x), *a.shape)
    outputs = []
    for t in range(x.shape[1]):
        u = dt[:, t] * x[:, t]
        h = torch.exp(dt[:, t, None] * a) * h + u[:, None] * b[:, t, :, None]
        outputs.append((h * c[:, t, :, None]).sum(1) + d * x[:, t])
    return torch.stack(outputs, 1)


def check() -> None:
    """Raises: AssertionError when values or gradients differ from `reference`."""
    torch.manual_seed(0)
    batch, length, channels, states = 2, 77, 128, 8
    inputs = [
        torch.randn(batch, length, channels),
        torch.rand(batch, length, channels) * 0.2,
        -torch.rand(states, channels) * 4,
        torch.randn(batch, length, states),
        torch.randn(batch, length, states),
        torch.randn(channels),
    ]
    weights = torch.randn(batch, length, channels)
    results = []
    for scan, dtype in ((selective_scan, torch.float32), (reference, torch.float64)):
        leaves = [tensor.to(dtype).requires_grad_() for tensor in inputs]
        y = scan(*leaves)
        results.append([y, *torch.autograd.grad((y * weights.to(dtype)).sum(), leaves)])
    for fast, exact in zip(*results, strict=True):
        error = (fast - exact).abs().max() / exact.abs().max()
        assert error < 1e-5, f"relative error {error:.1e}"
