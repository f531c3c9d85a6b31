"""Every tensor type that models come in, as the `gguf` package dequantizes it."""

import gguf
import numpy as np
import pytest

from inference.formats.gguf import open_gguf

# Where the float16 scales of a block are: random bytes there could be infinite.
SCALES_AT = {
    "Q8_0": (0,),
    "Q6_K": (208,),
    "Q5_K": (0, 2),
    "Q5_0": (0,),
    "Q5_1": (0, 2),
    "Q4_K": (0, 2),
    "Q4_0": (0,),
    "Q4_1": (0, 2),
    "Q3_K": (108,),
    "Q2_K": (80, 82),
    "IQ4_NL": (0,),
}
FLOATS = ("F32", "F16", "BF16")
SHAPE = (3, 5, 512)


def random_rows(type_name: str) -> np.ndarray:
    """(rows, bytes of a row) of blocks in which everything but the scales is random bytes."""
    random = np.random.default_rng(7)
    kind = gguf.GGMLQuantizationType[type_name]
    if type_name in FLOATS:
        values = random.standard_normal(SHAPE, np.float32)
        return gguf.quantize(values, kind).reshape(15, -1).view(np.uint8)
    block_size, block_bytes = gguf.GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (15 * 512 // block_size, block_bytes), np.uint8)
    for at in SCALES_AT[type_name]:
        scales = random.normal(0, 0.01, (len(blocks), 1)).astype("<f2")
        blocks[:, at : at + 2] = scales.view(np.uint8)
    return blocks.reshape(15, -1)


def stored(tmp_path, rows: np.ndarray, type_name: str):
    path = tmp_path / "model.gguf"
    writer = gguf.GGUFWriter(path, "test")
    kind = gguf.GGMLQuantizationType[type_name]
    writer.add_tensor("w", rows.reshape(*SHAPE[:2], -1), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return open_gguf(path).tensor("w")


def equal_bits(left: np.ndarray, right: np.ndarray) -> bool:
    assert left.dtype == right.dtype == np.float32
    return np.array_equal(left.view(np.uint32), right.view(np.uint32))


@pytest.mark.parametrize("type_name", [*FLOATS, *SCALES_AT])
def test_random_blocks_are_the_packages_to_the_bit(tmp_path, type_name):
    rows = random_rows(type_name)
    tensor = stored(tmp_path, rows, type_name)
    expected = gguf.dequantize(rows, gguf.GGMLQuantizationType[type_name]).reshape(SHAPE)
    assert np.isfinite(expected).all()
    assert expected.std() > 0
    assert (tensor.type_name, tensor.shape) == (type_name, SHAPE)
    assert np.array_equal(tensor.raw(), rows.reshape(-1))
    assert equal_bits(tensor.dequantize(), expected)


@pytest.mark.parametrize("type_name", [*FLOATS, *SCALES_AT])
def test_parts_and_rows_are_those_of_the_whole(tmp_path, type_name):
    """Weights are dequantized in pieces: a wrong row size would shift what comes after."""
    tensor = stored(tmp_path, random_rows(type_name), type_name)
    whole = tensor.dequantize()
    assert equal_bits(tensor.rows(1, 3).dequantize(), whole[1:3])
    matrix = tensor.part(2)
    assert equal_bits(matrix.dequantize(), whole[2])
    assert equal_bits(matrix.rows(1, 2).dequantize(), whole[2, 1:2])
    assert equal_bits(matrix.dequantize_rows([4, 0, 4]), whole[2][[4, 0, 4]])


def steps(values: np.ndarray, type_name: str) -> np.ndarray:
    """The distance of two neighbouring values that the type can hold, for each value."""
    blocks = values.reshape(-1, 32)
    largest = abs(blocks).max(axis=1, keepdims=True)
    extent = blocks.max(axis=1, keepdims=True) - blocks.min(axis=1, keepdims=True)
    by_type = {
        "F32": 0 * abs(blocks),
        "F16": abs(blocks) / 2**10 + 2**-24,
        "BF16": abs(blocks) / 2**7,
        "Q8_0": largest / 127,
        "Q5_0": largest / 16,
        "Q5_1": extent / 31,
        "Q4_0": largest / 8,
        "Q4_1": extent / 15,
    }
    return np.broadcast_to(by_type[type_name], blocks.shape).reshape(values.shape)


@pytest.mark.parametrize("type_name", [*FLOATS, "Q8_0", "Q5_0", "Q5_1", "Q4_0", "Q4_1"])
def test_values_come_back_within_a_step_of_their_type(tmp_path, type_name):
    values = np.random.default_rng(3).standard_normal(SHAPE, np.float32)
    rows = gguf.quantize(values, gguf.GGMLQuantizationType[type_name]).view(np.uint8)
    difference = abs(stored(tmp_path, rows.reshape(15, -1), type_name).dequantize() - values)
    # Half a step, but that those without an offset don't reach one end.
    allowed = 1.0 if type_name in ("Q5_0", "Q4_0") else 0.5
    rounded_scales = 1.15  # to float16
    assert (difference <= rounded_scales * allowed * steps(values, type_name)).all()
