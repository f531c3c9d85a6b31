"""4-bit matrices in the form that torch's int4 product on a card reads, sm80 and later.

    w = scale (code - 8) + zero         scale and zero bfloat16, for each group of 32

So Q4_0, Q4_1 and Q4_K fit as they are, but that scale and zero are rounded to 8 significant bits,
each by at most 2^-8 of itself: for the scale at most 1/32 of the step from one code to the next.
5 bits a weight in all.

The codes lie in tiles of 8 rows and 16 columns, in the order of the registers of a tensor core.
The product is faster than any other for a few rows, as in decoding; for a prompt the weights are
dequantized from the same tiles.

Source: aten/src/ATen/native/cuda/int4mm.cu of pytorch/pytorch (torch 2.13). No card has run it:
what the operator does there is tried once, against plain products, before it is relied on.
Its layout, and the CPU's operator on it: tests/inference/torch_backend/test_int4_weights.py
"""

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from inference.torch_backend.grouped_weights import GroupedWeights

logger = logging.getLogger(__name__)

GROUP_SIZE = 32
TILE_ROWS = 8
MAX_PRODUCT_ROWS = 64
"""More rows of x are multiplied faster by dequantized weights. Source: torchao's table of an A6000
(prototype/hqq/README.md), where the two meet at about 128."""

Operator = Callable[[Tensor, Tensor, int, Tensor], Tensor]
"""x (rows, num_in) bfloat16, tiles, group size, scale_and_zero -> (rows, num_out) bfloat16"""


@dataclass(frozen=True, slots=True, eq=False)
class Int4Weights:
    """A (num_out, num_in) matrix.

    tiles: int32, (num_out / 8, num_in / (32 words), 32, words), words 1, 2 or 4: see `tiles_of`.
    scale_and_zero: bfloat16, (num_in / 32, num_out, 2).
    """

    shape: tuple[int, ...]
    tiles: Tensor
    scale_and_zero: Tensor
    operator: Operator

    @property
    def device(self) -> torch.device:
        return self.tiles.device

    def fits(self, x: Tensor) -> bool:
        """Whether `product` takes x, and is the faster way."""
        rows = x.numel() // x.shape[-1]
        return x.dtype == torch.bfloat16 and 0 < rows <= MAX_PRODUCT_ROWS

    def product(self, x: Tensor) -> Tensor:
        """(..., num_in) -> (..., num_out), bfloat16"""
        rows = x.reshape(-1, x.shape[-1]).contiguous()
        y = self.operator(rows, self.tiles, GROUP_SIZE, self.scale_and_zero)
        return y.view(*x.shape[:-1], -1)

    def dequantize(self, rows: slice) -> Tensor:
        """(rows, num_in), float32; the range begins and ends with a tile."""
        codes = codes_of(self.tiles[rows.start // TILE_ROWS : rows.stop // TILE_ROWS])
        scale, zero = self.scale_and_zero[:, rows].float().transpose(0, 1).unbind(-1)
        weights = torch.unflatten(codes.float(), -1, (-1, GROUP_SIZE))  # (rows, groups, 32)
        return weights.sub_(8).mul_(scale[..., None]).add_(zero[..., None]).flatten(-2)


def tiled(matrix: GroupedWeights) -> Int4Weights | None:
    """None where the operator isn't to be had, or the matrix has another form."""
    num_out, num_in = matrix.shape
    if matrix.bits != 4 or num_out % TILE_ROWS or num_in % GROUP_SIZE:
        return None
    operator = int4_operator(matrix.device)
    if operator is None:
        return None
    return Int4Weights(
        matrix.shape, tiles_of(matrix.unpacked_codes()), scale_and_zero_of(matrix), operator
    )


def scale_and_zero_of(matrix: GroupedWeights) -> Tensor:
    """bfloat16, (num_in / 32, num_out, 2)"""
    everything = slice(None)
    scale = matrix.scale.values(everything)  # (num_out, groups)
    zero = torch.zeros_like(scale)
    if matrix.minimum is not None:
        zero = 8 * scale - matrix.minimum.values(everything)
    return torch.stack((scale, zero), dim=-1).transpose(0, 1).to(torch.bfloat16).contiguous()


def tiles_of(codes: Tensor) -> Tensor:
    """(num_out, num_in) codes, uint8, as `Int4Weights.tiles`.

    A word holds 8 codes of one row, out of 32 columns: those at 8 i + 2 c + parity, where c, 0 to
    3, is the word's own, and i + 4 parity counts its nibbles from the lowest. A row has 4 such
    words side by side, a tile 8 rows. `words` of a row, 32 columns apart, lie together, so that a
    thread loads up to 16 bytes at once.
    """
    num_out, num_in = codes.shape
    words = next(words for words in (4, 2, 1) if num_in % (GROUP_SIZE * words) == 0)
    # (tile, row, load, word, i, c, parity) -> (tile, load, row, c, word, parity, i)
    nibbles = codes.reshape(num_out // TILE_ROWS, TILE_ROWS, -1, words, 4, 4, 2)
    nibbles = torch.unflatten(nibbles.permute(0, 2, 1, 5, 3, 6, 4), -1, (2, 2))
    in_bytes = (nibbles[..., 0] | nibbles[..., 1] << 4).flatten(-2).contiguous()
    return in_bytes.view(torch.int32).reshape(num_out // TILE_ROWS, -1, 32, words)


def codes_of(tiles: Tensor) -> Tensor:
    """The (num_out, num_in) codes that `tiles_of` made the tiles of."""
    num_tiles, num_loads, _, words = tiles.shape
    in_bytes = tiles.view(torch.uint8).view(num_tiles, num_loads, TILE_ROWS, 4, words, 4)
    nibbles = torch.stack((in_bytes & 15, in_bytes >> 4), dim=-1)
    nibbles = nibbles.view(num_tiles, num_loads, TILE_ROWS, 4, words, 2, 4)
    return nibbles.permute(0, 2, 1, 4, 6, 3, 5).reshape(num_tiles * TILE_ROWS, -1)


def int4_operator(device: torch.device) -> Operator | None:
    return _tried_operator(device) if device.type == "cuda" else None


@functools.cache
def _tried_operator(device: torch.device) -> Operator | None:
    """torch's operator, if it computes here what it should."""
    if torch.cuda.get_device_capability(device) < (8, 0):
        return None
    operator: Operator = torch.ops.aten._weight_int4pack_mm
    try:
        if all(_agrees(operator, device, num_in) for num_in in (32, 160, 512)):
            return operator
        logger.warning("torch's int4 product is wrong here; weights are dequantized instead")
    except Exception:  # an operator without a stable interface can fail in any way
        logger.warning("torch's int4 product fails here; weights are dequantized", exc_info=True)
    return None


def _agrees(operator: Operator, device: torch.device, num_in: int) -> bool:
    """Whether it multiplies as plain products do; num_in decides the form of the tiles."""
    generator = torch.Generator().manual_seed(num_in)
    num_out, num_rows = 2 * TILE_ROWS, 3
    codes = torch.randint(16, (num_out, num_in), dtype=torch.uint8, generator=generator)
    scale_and_zero = torch.rand(num_in // GROUP_SIZE, num_out, 2, generator=generator) - 0.5
    x = torch.randn(num_rows, num_in, generator=generator).to(device, torch.bfloat16)
    matrix = Int4Weights(
        (num_out, num_in),
        tiles_of(codes.to(device)),
        scale_and_zero.to(device, torch.bfloat16),
        operator,
    )
    expected = functional.linear(x.float(), matrix.dequantize(slice(0, num_out)))
    difference = (matrix.product(x).float() - expected).abs().max()
    return bool(difference <= 0.02 * expected.abs().max())  # of bfloat16
