"""Quantized matrices on a device, against the `gguf` package, by the CPU."""

import gguf
import numpy as np
import pytest
import torch

from inference.formats.tensor import StoredTensor
from inference.torch_backend.grouped_weights import GROUPED_TYPES, GroupedWeights, pack, unpack

CPU = torch.device("cpu")
SCALES_AT = {  # the float16 numbers of a block
    "Q8_0": (0,),
    "Q6_K": (208,),
    "Q5_K": (0, 2),
    "Q5_0": (0,),
    "Q5_1": (0, 2),
    "Q4_K": (0, 2),
    "Q4_0": (0,),
    "Q4_1": (0, 2),
}
BITS = {  # a weight
    "Q8_0": 8.5,
    "Q6_K": 6.5625,
    "Q5_K": 5.625,
    "Q5_0": 5.5,
    "Q5_1": 6,
    "Q4_K": 4.625,
    "Q4_0": 4.5,
    "Q4_1": 5,
}
EDGES = [0.0, -0.0, 6e-8, -6e-8, 6.1e-5, 1.0, -1.0, 65504.0, -65504.0, np.inf, -np.inf, np.nan]


def stored(type_name, shape=(6, 512), scales=None, fill=None) -> StoredTensor:
    """Blocks of random bytes, or all of one byte; the float16 numbers are drawn from `scales`."""
    random = np.random.default_rng(5)
    block_size, block_bytes = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[type_name]]
    count = int(np.prod(shape)) // block_size
    blocks = random.integers(0, 256, (count, block_bytes), np.uint8)
    if fill is not None:
        blocks[:] = fill
    for at in SCALES_AT[type_name]:
        values = random.normal(0, 0.01, count) if scales is None else random.choice(scales, count)
        blocks[:, at : at + 2] = values.astype("<f2").reshape(-1, 1).view(np.uint8)
    return StoredTensor("w", shape, type_name, blocks.reshape(-1))


def equal_bits(ours: torch.Tensor, theirs: np.ndarray) -> bool:
    """Numbers to the bit, zeros with their signs; any NaN is as good as another."""
    assert ours.dtype == torch.float32
    ours = ours.numpy()
    same = ours.view(np.uint32) == theirs.view(np.uint32)
    return bool((same | (np.isnan(ours) & np.isnan(theirs))).all())


def test_every_type_is_tested():
    assert set(SCALES_AT) == set(BITS) == GROUPED_TYPES


@pytest.mark.parametrize("type_name", SCALES_AT)
def test_weights_are_those_of_the_gguf_package_to_the_bit(type_name):
    tensor = stored(type_name)
    assert equal_bits(GroupedWeights.of(tensor, CPU).dequantize(), tensor.dequantize())


@pytest.mark.parametrize("fill", [None, 0, 255, 0x0F, 0xF0, 0x88])
@pytest.mark.parametrize("type_name", SCALES_AT)
@pytest.mark.filterwarnings("ignore:invalid value")  # infinity times nothing, in NumPy
def test_extreme_codes_and_factors_too(type_name, fill):
    """Zeros, subnormal and infinite factors; counts and codes at both ends of their ranges."""
    tensor = stored(type_name, (24, 512), EDGES, fill)
    assert equal_bits(GroupedWeights.of(tensor, CPU).dequantize(), tensor.dequantize())


@pytest.mark.parametrize("type_name", SCALES_AT)
def test_rows_and_parts_are_those_of_the_whole(type_name):
    tensor = stored(type_name, (3, 5, 512))
    whole = tensor.dequantize()
    matrix = GroupedWeights.of(tensor, CPU).part(2)
    assert matrix.shape == (5, 512)
    assert equal_bits(matrix.dequantize(), whole[2])
    assert equal_bits(matrix.dequantize(slice(1, 3)), whole[2, 1:3])
    assert equal_bits(matrix.dequantize(torch.tensor([4, 0, 4])), whole[2][[4, 0, 4]])


@pytest.mark.parametrize("type_name", SCALES_AT)
def test_memory_is_what_the_docstring_says(type_name):
    weights = GroupedWeights.of(stored(type_name, (6, 512)), CPU)
    assert weights.size_bytes * 8 / (6 * 512) == BITS[type_name]


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_packed_codes_come_back(bits):
    codes = torch.randint(0, 1 << bits, (3, 32), dtype=torch.uint8)
    assert torch.equal(unpack(pack(codes, bits), bits), codes)


def test_the_first_code_of_a_byte_is_its_highest():
    """As torch's int4 operators have it."""
    assert pack(torch.tensor([1, 2, 3, 4], dtype=torch.uint8), 4).tolist() == [0x12, 0x34]
