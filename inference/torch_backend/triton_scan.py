"""Mamba's two recurrent parts as Triton kernels: the convolution and the selective scan.

Both take their state with them, so that tokens may come in any pieces: L tokens at once, or one.
There is one kernel of each for both. What a token costs a step is reading and writing the state,
which the prefill kernel does once anyway; and the same machine code, with every sum in the same
order, makes pieces equal one run to the bit. So nothing is autotuned, and no code is made for one
L or one distance between rows.

No card has run these kernels. They are tested in Triton's interpreter, and compiled for cards
(tests/inference/torch_backend/test_triton_scan.py); the block sizes are estimates.

Knows nothing of machines without Triton: mamba_kernels.py decides when this file is imported.

Letters: see selective_scan.py. A row is a token's values; `..._step` is the distance between rows.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-decorators
# mypy: disable-error-code="import-not-found,import-untyped"

import triton
import triton.language as tl
from torch import Tensor

SCAN_CHANNELS = 8  # a 32-byte sector of a row: many small programs hide the latency of the loop
CONV_CHANNELS = 128
CONV_TOKENS = 8


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
    """As in selective_scan.py; y is multiplied by silu(z) where z, (L, d_inner), is given.

    Everything is float32. The rows of x, dt, B, C and z may be parts of longer ones.
    """
    L, d_inner = x.shape
    d_state = h.shape[1]
    assert dt.shape == x.shape
    assert A.shape == h.shape == (d_inner, d_state)
    assert B.shape == C.shape == (L, d_state)
    assert z is None or z.shape == x.shape
    assert h.is_contiguous()
    x, dt, B, C = _packed_rows(x), _packed_rows(dt), _packed_rows(B), _packed_rows(C)
    z = None if z is None else _packed_rows(z)
    z_step = 0 if z is None else z.stride(0)
    y = x.new_empty(L, d_inner)
    _scan_kernel[(triton.cdiv(d_inner, SCAN_CHANNELS),)](
        *(x, dt, A.contiguous(), B, C, D.contiguous(), h, z, y),
        *(L, d_inner, d_state),
        *(x.stride(0), dt.stride(0), B.stride(0), C.stride(0), z_step),
        CHANNELS=SCAN_CHANNELS,
        STATES=triton.next_power_of_2(d_state),
        num_warps=1,
    )
    return y


def causal_conv1d_silu(x: Tensor, taps: Tensor, bias: Tensor | None, state: Tensor) -> Tensor:
    """As mamba_kernels.causal_conv1d_silu. The rows of x may be parts of longer ones."""
    L, d_inner = x.shape
    d_conv = taps.shape[1]
    assert taps.shape[0] == d_inner
    assert state.shape == (d_conv - 1, d_inner)
    assert state.is_contiguous()
    x = _packed_rows(x)
    y = x.new_empty(L, d_inner)
    kept = triton.next_power_of_2(max(d_conv - 1, 1))
    tokens = max(CONV_TOKENS, kept)  # only the first program of a channel may need the state
    _conv_kernel[(max(triton.cdiv(L, tokens), 1), triton.cdiv(d_inner, CONV_CHANNELS))](
        *(x, taps.contiguous(), bias, state, y),
        *(L, d_inner, x.stride(0)),
        D_CONV=d_conv,
        KEPT=kept,
        TOKENS=tokens,
        CHANNELS=CONV_CHANNELS,
        num_warps=4,
    )
    return y


def _packed_rows(x: Tensor) -> Tensor:
    return x if x.stride(-1) == 1 else x.contiguous()


@triton.jit(do_not_specialize=["L", "x_step", "dt_step", "B_step", "C_step", "z_step"])
def _scan_kernel(
    x_ptr,
    dt_ptr,
    A_ptr,
    B_ptr,
    C_ptr,
    D_ptr,
    h_ptr,
    z_ptr,  # None: no gate
    y_ptr,
    L,
    d_inner,
    d_state,
    x_step,
    dt_step,
    B_step,
    C_step,
    z_step,
    CHANNELS: tl.constexpr,
    STATES: tl.constexpr,  # d_state, rounded up to a power of two
):
    """One program a block of channels; their h stays in registers from the first token to the last.

    Padded states have A = B = C = 0, and so stay 0.
    """
    channel = tl.program_id(0) * CHANNELS + tl.arange(0, CHANNELS)
    state = tl.arange(0, STATES)
    is_channel = channel < d_inner
    is_state = state < d_state
    at_h = channel[:, None] * d_state + state[None, :]  # (CHANNELS, STATES)
    is_h = is_channel[:, None] & is_state[None, :]
    A = tl.load(A_ptr + at_h, is_h, 0.0)
    h = tl.load(h_ptr + at_h, is_h, 0.0)
    D = tl.load(D_ptr + channel, is_channel, 0.0)
    for _ in range(L):
        x = tl.load(x_ptr + channel, is_channel, 0.0)
        dt = tl.load(dt_ptr + channel, is_channel, 0.0)
        B = tl.load(B_ptr + state, is_state, 0.0)
        C = tl.load(C_ptr + state, is_state, 0.0)
        h = tl.exp(dt[:, None] * A) * h + (dt * x)[:, None] * B[None, :]
        y = tl.sum(h * C[None, :], axis=1) + D * x
        if z_ptr is not None:
            z = tl.load(z_ptr + channel, is_channel, 0.0)
            y *= z * tl.sigmoid(z)
            z_ptr += z_step
        tl.store(y_ptr + channel, y, is_channel)
        # Moving the pointers keeps every offset below 2^31, however long x is.
        x_ptr += x_step
        dt_ptr += dt_step
        B_ptr += B_step
        C_ptr += C_step
        y_ptr += d_inner
    tl.store(h_ptr + at_h, h, is_h)


@triton.jit
def _rows_seen(x_ptr, state_ptr, row, channel, is_wanted, d_inner, x_step, D_CONV: tl.constexpr):
    """Rows of the state with x after it: row 0 is the oldest one of the state."""
    is_old = row < D_CONV - 1
    x_row = (row - (D_CONV - 1)).to(tl.int64)
    old = tl.load(state_ptr + row * d_inner + channel, is_wanted & is_old, 0.0)
    new = tl.load(x_ptr + x_row * x_step + channel, is_wanted & ~is_old, 0.0)
    return tl.where(is_old, old, new)


@triton.jit(do_not_specialize=["L", "x_step"])
def _conv_kernel(
    x_ptr,
    taps_ptr,
    bias_ptr,  # None: no bias
    state_ptr,
    y_ptr,
    L,
    d_inner,
    x_step,
    D_CONV: tl.constexpr,
    KEPT: tl.constexpr,  # D_CONV - 1, rounded up to a power of two
    TOKENS: tl.constexpr,  # at least KEPT
    CHANNELS: tl.constexpr,
):
    """One program a block of tokens and channels: a token needs only the D_CONV - 1 before it.

    The programs of the first tokens alone read the state, and advance it when they have read it.
    """
    token = tl.program_id(0) * TOKENS + tl.arange(0, TOKENS)[:, None]
    channel = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)[None, :]
    is_channel = channel < d_inner
    is_y = (token < L) & is_channel  # (TOKENS, CHANNELS)
    y = tl.zeros((TOKENS, CHANNELS), tl.float32)
    if bias_ptr is not None:
        y += tl.load(bias_ptr + channel, is_channel, 0.0)
    for k in tl.static_range(D_CONV):
        seen = _rows_seen(x_ptr, state_ptr, token + k, channel, is_y, d_inner, x_step, D_CONV)
        y += tl.load(taps_ptr + channel * D_CONV + k, is_channel, 0.0) * seen
    tl.store(y_ptr + token.to(tl.int64) * d_inner + channel, y * tl.sigmoid(y), is_y)

    if tl.program_id(0) == 0:
        row = tl.arange(0, KEPT)[:, None]
        is_kept = (row < D_CONV - 1) & is_channel
        last = _rows_seen(x_ptr, state_ptr, L + row, channel, is_kept, d_inner, x_step, D_CONV)
        tl.debug_barrier()  # every thread has read the old rows before one of them is overwritten
        tl.store(state_ptr + row * d_inner + channel, last, is_kept)
