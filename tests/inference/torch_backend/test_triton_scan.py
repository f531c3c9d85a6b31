"""The Triton kernels against plain PyTorch, interpreted on the CPU: no card has run them.

Triton decides when it is imported whether it interprets, so they run in a process of their own.
"""

import importlib.util
import logging
import multiprocessing
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional
from torch.testing import assert_close

from inference.torch_backend import mamba_kernels
from inference.torch_backend.selective_scan import selective_scan as reference_scan

needs_triton = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None, reason="Triton isn't made for this system"
)
CLOSE = {"rtol": 1e-5, "atol": 1e-5}
BLOCKS = [
    # length, d_inner, d_state
    (1, 1, 1),
    (1, 70, 16),
    (2, 33, 17),
    (5, 8, 8),
    (17, 9, 1),
    (64, 16, 16),
    (70, 13, 17),
]


@pytest.fixture(scope="module")
def interpreted():
    """Runs a function of this file where Triton interprets its kernels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRITON_INTERPRET", "1")
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
            executor.submit(torch.get_num_threads).result()  # the process has its environment
            patch.undo()
            yield lambda function, *arguments: executor.submit(function, *arguments).result()


def scan_arguments(length, d_inner, d_state):
    generator = torch.Generator().manual_seed(length * 10_000 + d_inner * 100 + d_state)

    def random(*shape):
        return torch.randn(*shape, generator=generator)

    return SimpleNamespace(
        x=random(length, d_inner),
        dt=functional.softplus(random(length, d_inner)),
        A=-torch.exp(random(d_inner, d_state)),
        B=random(length, d_state),
        C=random(length, d_state),
        D=random(d_inner),
        h=random(d_inner, d_state),
        z=3 * random(length, d_inner),
    )


def scan(function, given, h, start=0, stop=None, **gate):
    rows = slice(start, stop)
    x, dt, b, c = (values[rows] for values in (given.x, given.dt, given.B, given.C))
    return function(x, dt, given.A, b, c, given.D, h, **gate)


def conv_arguments(length, d_inner, d_conv, has_bias=True):
    generator = torch.Generator().manual_seed(length * 10_000 + d_inner * 100 + d_conv)
    return SimpleNamespace(
        x=torch.randn(length, d_inner, generator=generator),
        taps=torch.randn(d_inner, d_conv, generator=generator),
        bias=torch.randn(d_inner, generator=generator) if has_bias else None,
        state=torch.randn(d_conv - 1, d_inner, generator=generator),
    )


def compare_scan_with_the_reference(length, d_inner, d_state):
    from inference.torch_backend import triton_scan

    given = scan_arguments(length, d_inner, d_state)
    h, expected_h = given.h.clone(), given.h.clone()
    y = scan(triton_scan.selective_scan, given, h)
    assert_close(y, scan(reference_scan, given, expected_h), **CLOSE)
    assert_close(h, expected_h, **CLOSE)


@needs_triton
@pytest.mark.parametrize(("length", "d_inner", "d_state"), BLOCKS)
def test_the_scan_and_its_state_equal_the_reference(interpreted, length, d_inner, d_state):
    """Sizes that fill no block, and one that fills them all, guard the masks."""
    interpreted(compare_scan_with_the_reference, length, d_inner, d_state)


def compare_pieces_of_the_scan_with_one_run(border):
    from inference.torch_backend import triton_scan

    given = scan_arguments(20, 11, 16)
    h, h_of_pieces = given.h.clone(), given.h.clone()
    y = scan(triton_scan.selective_scan, given, h)
    first = scan(triton_scan.selective_scan, given, h_of_pieces, 0, border)
    second = scan(triton_scan.selective_scan, given, h_of_pieces, border)
    assert torch.equal(torch.cat((first, second)), y)
    assert torch.equal(h_of_pieces, h)


@needs_triton
@pytest.mark.parametrize("border", [0, 1, 7, 19, 20])
def test_a_scan_in_two_pieces_is_the_scan_in_one_to_the_bit(interpreted, border):
    interpreted(compare_pieces_of_the_scan_with_one_run, border)


def compare_the_gate_with_silu():
    from inference.torch_backend import triton_scan

    given = scan_arguments(6, 11, 8)
    y = scan(triton_scan.selective_scan, given, given.h.clone())
    gated = scan(triton_scan.selective_scan, given, given.h.clone(), z=given.z)
    assert_close(gated, y * functional.silu(given.z), **CLOSE)


@needs_triton
def test_a_gate_multiplies_the_output_by_its_silu(interpreted):
    interpreted(compare_the_gate_with_silu)


def compare_parts_of_longer_rows_with_copies():
    from inference.torch_backend import triton_scan

    given = scan_arguments(6, 11, 8)
    y = scan(triton_scan.selective_scan, given, given.h.clone(), z=given.z)
    x, z = torch.cat((given.x, given.z), dim=1).chunk(2, dim=1)
    _, b, c = torch.cat((given.x, given.B, given.C), dim=1).split([11, 8, 8], dim=1)
    dt = given.dt.T.contiguous().T  # columns instead of rows
    parts = SimpleNamespace(**vars(given) | {"x": x, "dt": dt, "B": b, "C": c})
    assert torch.equal(scan(triton_scan.selective_scan, parts, given.h.clone(), z=z), y)

    given = conv_arguments(6, 11, 4)
    y = triton_scan.causal_conv1d_silu(given.x, given.taps, given.bias, given.state.clone())
    x, _ = torch.cat((given.x, given.x), dim=1).chunk(2, dim=1)
    assert torch.equal(triton_scan.causal_conv1d_silu(x, given.taps, given.bias, given.state), y)


@needs_triton
def test_parts_of_longer_rows_need_no_copy(interpreted):
    """x and z come out of one matrix product, side by side, and so do dt, B and C."""
    interpreted(compare_parts_of_longer_rows_with_copies)


def compare_convolution_with_plain_pytorch(length, d_inner, d_conv, has_bias):
    from inference.torch_backend import triton_scan

    given = conv_arguments(length, d_inner, d_conv, has_bias)
    state, expected_state = given.state.clone(), given.state.clone()
    y = triton_scan.causal_conv1d_silu(given.x, given.taps, given.bias, state)
    plain = mamba_kernels.causal_conv1d_silu(given.x, given.taps, given.bias, expected_state)
    assert_close(y, plain, **CLOSE)
    assert torch.equal(state, expected_state)


@needs_triton
@pytest.mark.parametrize("length", [1, 2, 3, 4, 8, 9, 70])
@pytest.mark.parametrize(
    ("d_inner", "d_conv", "has_bias"),
    [(1, 4, True), (70, 4, False), (129, 4, True), (5, 1, True), (5, 2, True), (5, 12, True)],
)
def test_the_convolution_and_its_state_equal_plain_pytorch(
    interpreted, length, d_inner, d_conv, has_bias
):
    """Fewer tokens than taps leave some old inputs in the state, moved to its beginning."""
    interpreted(compare_convolution_with_plain_pytorch, length, d_inner, d_conv, has_bias)


def compare_pieces_of_the_convolution_with_one_run(border):
    from inference.torch_backend import triton_scan

    given = conv_arguments(20, 11, 4)
    state, state_of_pieces = given.state.clone(), given.state.clone()
    y = triton_scan.causal_conv1d_silu(given.x, given.taps, given.bias, state)
    pieces = [
        triton_scan.causal_conv1d_silu(piece, given.taps, given.bias, state_of_pieces)
        for piece in (given.x[:border], given.x[border:])
    ]
    assert torch.equal(torch.cat(pieces), y)
    assert torch.equal(state_of_pieces, state)


@needs_triton
@pytest.mark.parametrize("border", [0, 1, 2, 9, 19, 20])
def test_a_convolution_in_two_pieces_is_the_one_in_one_to_the_bit(interpreted, border):
    interpreted(compare_pieces_of_the_convolution_with_one_run, border)


def test_the_plain_convolution_is_each_channel_by_its_own_taps():
    given = conv_arguments(5, 3, 4)
    seen = torch.cat((given.state, given.x))
    y = mamba_kernels.causal_conv1d_silu(given.x, given.taps, given.bias, given.state)
    for t in range(5):
        expected = (seen[t : t + 4].T * given.taps).sum(dim=1) + given.bias
        assert_close(y[t], functional.silu(expected), **CLOSE)
    assert torch.equal(given.state, seen[-3:])


def test_the_plain_scan_has_the_gate_too():
    given = scan_arguments(6, 11, 8)
    y = scan(reference_scan, given, given.h.clone())
    gated = scan(mamba_kernels.selective_scan, given, given.h.clone(), z=given.z)
    assert torch.equal(gated, y * functional.silu(given.z))


def test_tensors_on_the_cpu_never_import_triton():
    """Its import takes long and memory, and it isn't made for every system."""
    code = """
import sys, torch
from inference.torch_backend.mamba_kernels import causal_conv1d_silu, selective_scan
row = torch.zeros(1, 1)
selective_scan(row, row, row, row, row, row[0], row.clone())
causal_conv1d_silu(row, row, None, torch.zeros(0, 1))
print("triton" in sys.modules)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "False\n", result.stderr


class TestOnACard:
    """The choice for a CUDA device, without one."""

    @pytest.fixture(autouse=True)
    def _forget(self):
        mamba_kernels._tried_triton_scan.cache_clear()
        yield
        mamba_kernels._tried_triton_scan.cache_clear()

    def test_a_system_without_triton_uses_plain_pytorch(self, monkeypatch, caplog):
        monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
        assert mamba_kernels._triton_scan(torch.device("cuda")) is None
        assert not caplog.records

    @needs_triton
    def test_kernels_that_fail_are_tried_once_and_then_plain_pytorch_is_used(
        self, monkeypatch, caplog
    ):
        """Triton builds its launcher with a C compiler, which many desktops don't have."""

        def fail(*_, **__):
            raise RuntimeError("Failed to find C compiler.")

        monkeypatch.setattr(torch, "zeros", fail)
        with caplog.at_level(logging.WARNING):
            assert mamba_kernels._triton_scan(torch.device("cuda")) is None
            assert mamba_kernels._triton_scan(torch.device("cuda")) is None
        assert len(caplog.records) == 1


COMPILE = """
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from inference.torch_backend.triton_scan import _conv_kernel, _scan_kernel

def check(kernel, num_warps, **constants):
    kinds = {name: "*fp32" if name.endswith("_ptr") else "i32" for name in kernel.arg_names}
    source = ASTSource(kernel, kinds | dict.fromkeys(constants, "constexpr"), constants)
    for compute_capability in (75, 90):
        target = GPUTarget("cuda", compute_capability, 32)
        assert triton.compile(source, target, options={"num_warps": num_warps}).asm["cubin"]

for without in ({}, {"z_ptr": None}):
    check(_scan_kernel, 1, CHANNELS=8, STATES=16, **without)
for without in ({}, {"bias_ptr": None}):
    check(_conv_kernel, 4, D_CONV=4, KEPT=4, TOKENS=8, CHANNELS=128, **without)
"""


@needs_triton
def test_the_kernels_compile_for_cards(tmp_path, monkeypatch):
    """The interpreter runs Python that the compiler refuses."""
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    result = subprocess.run([sys.executable, "-c", COMPILE], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
