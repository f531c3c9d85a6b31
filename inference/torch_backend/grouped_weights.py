"""Quantized matrices as a card keeps them: small integers, and factors for groups of them.

    w = scale (code - offset)       types without a minimum: offset is half of the codes' range
    w = scale code - minimum        types with one

Codes lie in rows of the matrix, four bits each and, where a type has more, with the bits above in
a tensor of their own; eight bits lie as they are. In a byte the first of its codes is the highest.
A factor is a float16, or in the K types a float16 for 256 weights times a small integer for each
group. All of that is taken over as stored, so that the float32 weights are those of the `gguf`
package to the bit: the same operations in the same order, and every product is exact.

    bits a weight   Q4_0 4.5   Q4_1 5   Q5_0 5.5   Q5_1 6   Q8_0 8.5   as in the file
                    Q4_K 4.625   Q5_K 5.625   (0.125 more)   Q6_K 6.5625   as in the file

Works on every device by plain tensor operations; knows neither products nor which device it is.
Parity with the `gguf` package: tests/inference/torch_backend/test_grouped_weights.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import gguf
import torch
from torch import Tensor

from inference.formats.tensor import StoredTensor

Rows = slice | Tensor  # of a matrix: a range, or int64 indices


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """One for each group: a unit, or a count of units.

    unit: float16, (..., units); count: uint8 or int8, (..., groups), groups a multiple of units.
    """

    unit: Tensor
    count: Tensor | None = None

    def values(self, rows: Rows) -> Tensor:
        """(rows, groups), float32"""
        unit = self.unit[rows].float()
        if self.count is None:
            return unit
        count = self.count[rows].float()
        return (torch.unflatten(count, -1, (unit.shape[-1], -1)) * unit[..., None]).flatten(-2)

    def part(self, index: int) -> "Factors":
        return Factors(self.unit[index], None if self.count is None else self.count[index])


@dataclass(frozen=True, slots=True, eq=False)
class GroupedWeights:
    """See the module. `shape` is (num_out, num_in), or (count, num_out, num_in) for a stack.

    codes: uint8, (..., num_out, num_in / 2), or of num_in for eight bits.
    high_bits: uint8, (..., num_out, num_in * high bits / 8).
    """

    shape: tuple[int, ...]
    bits: int  # 4, 5, 6 or 8
    codes: Tensor
    high_bits: Tensor | None
    scale: Factors
    minimum: Factors | None
    offset: int = 0

    @classmethod
    def of(cls, stored: StoredTensor, device: torch.device) -> "GroupedWeights":
        """`stored` on the device, its type one of GROUPED_TYPES."""
        _, block_bytes = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[stored.type_name]]
        # A copy, since the mapped file can't be written to and torch warns of such memory.
        raw = torch.from_numpy(stored.raw().copy()).to(device)
        blocks = raw.view(*stored.shape[:-1], -1, block_bytes)
        return _READERS[stored.type_name](blocks, stored.shape)

    @property
    def device(self) -> torch.device:
        return self.codes.device

    @property
    def size_bytes(self) -> int:
        factors = [self.scale, *([self.minimum] if self.minimum else [])]
        tensors = [self.codes, self.high_bits]
        tensors += [tensor for each in factors for tensor in (each.unit, each.count)]
        return sum(tensor.nbytes for tensor in tensors if tensor is not None)

    def part(self, index: int) -> "GroupedWeights":
        """One matrix of a stack: an expert of many."""
        return replace(
            self,
            shape=self.shape[1:],
            codes=self.codes[index],
            high_bits=None if self.high_bits is None else self.high_bits[index],
            scale=self.scale.part(index),
            minimum=self.minimum and self.minimum.part(index),
        )

    def unpacked_codes(self, rows: Rows = slice(None)) -> Tensor:
        """(rows, num_in), uint8"""
        if self.bits == 8:
            return self.codes[rows]
        codes = unpack(self.codes[rows], 4)
        if self.high_bits is not None:
            codes |= unpack(self.high_bits[rows], self.bits - 4) << 4
        return codes

    def dequantize(self, rows: Rows = slice(None)) -> Tensor:
        """(rows, num_in) of a matrix, float32: to the bit as the `gguf` package has them."""
        scale = self.scale.values(rows)[..., None]  # (rows, groups, 1)
        weights = torch.unflatten(self.unpacked_codes(rows).float(), -1, (scale.shape[-2], -1))
        if self.minimum is None:
            weights = weights.sub_(self.offset).mul_(scale)
        else:
            weights = weights.mul_(scale).sub_(self.minimum.values(rows)[..., None])
        return weights.flatten(-2)


def pack(codes: Tensor, bits: int) -> Tensor:
    """(..., n) codes of 1, 2 or 4 bits -> (..., n * bits / 8) bytes, the first code highest."""
    per_byte = 8 // bits
    packed = codes[..., ::per_byte] << (8 - bits)
    for place in range(1, per_byte):
        packed |= codes[..., place::per_byte] << (8 - bits * (place + 1))
    return packed


def unpack(packed: Tensor, bits: int) -> Tensor:
    """The codes that `pack` made the bytes of."""
    shifts = range(8 - bits, -1, -bits)
    codes = [(packed >> shift) & ((1 << bits) - 1) for shift in shifts]
    return torch.stack(codes, dim=-1).flatten(-2)


# The forms of blocks. Source: ggml-common.h and ggml-quants.c of ggml-org/ggml.


def _read_simple(
    blocks: Tensor, shape: tuple[int, ...], bits: int, has_minimum: bool
) -> GroupedWeights:
    """Q4_0, Q4_1, Q5_0, Q5_1: factors, fifth bits, and nibbles of 32 weights.

    The low nibbles of the 16 bytes come before the high ones.
    """
    at = 4 if has_minimum else 2
    high = None
    if bits == 5:
        high = _bits_in_order(blocks[..., at : at + 4])
        at += 4
    quants = blocks[..., at:]
    codes = torch.cat((quants & 15, quants >> 4), dim=-1)
    return GroupedWeights(
        shape,
        bits,
        pack(codes.reshape(shape), 4),
        None if high is None else pack(high.reshape(shape), 1),
        Factors(_float16(blocks[..., :2])),
        Factors(-_float16(blocks[..., 2:4])) if has_minimum else None,  # stored to be added
        offset=0 if has_minimum else 1 << (bits - 1),
    )


def _read_q8_0(blocks: Tensor, shape: tuple[int, ...]) -> GroupedWeights:
    codes = (blocks[..., 2:] ^ 0x80).reshape(shape)  # from -128..127 to 0..255
    return GroupedWeights(shape, 8, codes, None, Factors(_float16(blocks[..., :2])), None, 128)


def _read_q4_k_or_q5_k(blocks: Tensor, shape: tuple[int, ...], bits: int) -> GroupedWeights:
    """Two units, 12 bytes of counts, fifth bits, and nibbles of 8 groups.

    Of each 32 bytes the low nibbles are a group and the high ones the next. Bit g of a byte of
    fifth bits belongs to group g.
    """
    high = None
    if bits == 5:
        fifths = blocks[..., 16:48]
        high = torch.stack([(fifths >> group) & 1 for group in range(8)], dim=-2)
    quants = torch.unflatten(blocks[..., -128:], -1, (4, 1, 32))
    codes = torch.cat((quants & 15, quants >> 4), dim=-2)
    scale_counts, minimum_counts = _counts_of_six_bits(blocks[..., 4:16])
    return GroupedWeights(
        shape,
        bits,
        pack(codes.reshape(shape), 4),
        None if high is None else pack(high.reshape(shape), 1),
        Factors(_float16(blocks[..., :2]), scale_counts),
        Factors(_float16(blocks[..., 2:4]), minimum_counts),
    )


def _counts_of_six_bits(packed: Tensor) -> tuple[Tensor, Tensor]:
    """Of the scales and of the minima, (..., 8 * blocks) each, from (..., blocks, 12).

    The first four of each have six bits of a byte; the others have four bits of the last four
    bytes, and their upper two in the upper bits of those six-bit bytes.
    """
    scales, minima, rest = packed[..., :4], packed[..., 4:8], packed[..., 8:]
    scale_counts = torch.cat((scales & 63, (rest & 15) | ((scales >> 2) & 48)), dim=-1)
    minimum_counts = torch.cat((minima & 63, (rest >> 4) | ((minima >> 2) & 48)), dim=-1)
    return scale_counts.flatten(-2), minimum_counts.flatten(-2)


def _read_q6_k(blocks: Tensor, shape: tuple[int, ...]) -> GroupedWeights:
    """Nibbles, upper two bits, counts of 16 groups as int8, and the unit.

    128 weights have 64 bytes of nibbles, the low ones first, and 32 bytes of upper bits, the
    lowest pair of each first.
    """
    nibbles = torch.unflatten(blocks[..., :128], -1, (2, 1, 64))
    codes = torch.cat((nibbles & 15, nibbles >> 4), dim=-2)
    pairs = torch.unflatten(blocks[..., 128:192], -1, (2, 1, 32))
    high = torch.cat([(pairs >> shift) & 3 for shift in (0, 2, 4, 6)], dim=-2)
    counts = blocks[..., 192:208].contiguous().view(torch.int8).flatten(-2)
    scale = Factors(_float16(blocks[..., 208:]), counts)
    return GroupedWeights(
        shape, 6, pack(codes.reshape(shape), 4), pack(high.reshape(shape), 2), scale, None, 32
    )


def _float16(pairs: Tensor) -> Tensor:
    """(..., 2) bytes -> (...,)"""
    return pairs.contiguous().view(torch.float16).squeeze(-1)


def _bits_in_order(packed: Tensor) -> Tensor:
    """(..., n) bytes -> (..., 8 n) bits, the lowest of each byte first."""
    return torch.stack([(packed >> place) & 1 for place in range(8)], dim=-1).flatten(-2)


_READERS: dict[str, Callable[[Tensor, tuple[int, ...]], GroupedWeights]] = {
    "Q4_0": lambda blocks, shape: _read_simple(blocks, shape, 4, has_minimum=False),
    "Q4_1": lambda blocks, shape: _read_simple(blocks, shape, 4, has_minimum=True),
    "Q5_0": lambda blocks, shape: _read_simple(blocks, shape, 5, has_minimum=False),
    "Q5_1": lambda blocks, shape: _read_simple(blocks, shape, 5, has_minimum=True),
    "Q8_0": _read_q8_0,
    "Q4_K": lambda blocks, shape: _read_q4_k_or_q5_k(blocks, shape, 4),
    "Q5_K": lambda blocks, shape: _read_q4_k_or_q5_k(blocks, shape, 5),
    "Q6_K": _read_q6_k,
}
GROUPED_TYPES = frozenset(_READERS)
