"""Matrix products at every CPU level against float64.

Quantized matrices take activations in 8 bits, a scale for each 32: an activation is off by half a
step, 1/254 of the largest of its 32, at most. So a sum is off by at most the sum of |weight| times
that; beside it float32's own rounding. Dense matrices are computed in float32.
"""

import sys

import gguf
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.kernels.library import (
    PackedMatrix,
    aligned_empty,
    levels,
    packed_bytes,
    padded,
    pair_bytes,
    take_rows,
)
from tests.inference.kernels.blocks import (
    DENSE,
    FACTORS,
    QUANTIZED,
    kernels,
    packed,
    random_matrix,
)

pytestmark = pytest.mark.skipif(not levels(), reason="no CPU level runs here")

FLOAT_STEPS = 2e-6  # float32's rounding, of the sum of the absolute products
LEVELS = levels()


def columns_of(type_name: str) -> st.SearchStrategy[int]:
    if type_name in DENSE:
        return st.integers(1, 300)
    unit = 256 if type_name.endswith("_K") else 32
    return st.integers(1, 5).map(lambda units: units * unit)


@st.composite
def products(draw, types):
    type_name = draw(st.sampled_from(types))
    return (
        type_name,
        draw(st.integers(1, 100)),
        draw(columns_of(type_name)),
        draw(st.integers(1, 33) | st.integers(100, 140)),
        np.random.default_rng(draw(st.integers(0, 2**32))),
    )


def bound(x, weights, type_name):
    """How far a float32 result may be from the float64 one, (tokens, rows)."""
    absolute = np.abs(weights).astype(np.float64)
    floats = FLOAT_STEPS * (np.abs(x).astype(np.float64) @ absolute.T)
    if type_name in DENSE:
        return floats + 1e-30
    groups = np.abs(x).reshape(len(x), -1, 32).max(-1)  # (tokens, groups)
    half_steps = np.repeat(groups / 254, 32, axis=1).astype(np.float64)
    # Minimum and scale are multiplied by sums of codes that may be much larger than their
    # difference: the rounding of both is that of the larger part.
    offset = 40 * FLOAT_STEPS * half_steps @ absolute.T
    return 1.0001 * half_steps @ absolute.T + floats + offset + 1e-30


def check(level, type_name, rows, columns, x, random):
    blocks, weights = random_matrix(type_name, rows, columns, random)
    matrix = packed(kernels(level), type_name, rows, columns, blocks)
    y = kernels(level).linear(matrix, x)
    exact = x.astype(np.float64) @ weights.astype(np.float64).T
    assert (np.abs(y - exact) <= bound(x, weights, type_name)).all()
    return matrix, y


@pytest.mark.parametrize("level", LEVELS)
@settings(max_examples=60, deadline=None)
@given(case=products(QUANTIZED + DENSE))
def test_a_product_is_that_of_float64_within_its_bound(level, case):
    type_name, rows, columns, tokens, random = case
    x = random.standard_normal((tokens, columns)).astype(np.float32)
    check(level, type_name, rows, columns, x, random)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("type_name", QUANTIZED + DENSE)
def test_extreme_activations(level, type_name):
    """Outliers, zeros, denormals and huge values, each alone in its group of 32, and all extremes
    of the codes: 16-bit sums of products would overflow."""
    random = np.random.default_rng(1)
    x = np.zeros((6, 512), np.float32)
    x[0] = random.standard_normal(512)
    x[0, ::37] *= 1000
    x[1] = 127.0
    x[2] = -127.0
    x[3] = random.standard_normal(512) * 1e-40  # denormal
    x[4] = random.standard_normal(512) * 1e20
    x[4, 32:64] = 0
    for token in range(len(x)):
        check(level, type_name, 33, 512, x[token : token + 1], np.random.default_rng(2))
    check(level, type_name, 33, 512, x, np.random.default_rng(2))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("type_name", QUANTIZED)
def test_extreme_codes_do_not_overflow(level, type_name):
    random = np.random.default_rng(3)
    blocks, _ = random_matrix(type_name, 32, 256, random)
    kind = gguf.GGMLQuantizationType[type_name]
    num_bytes = gguf.GGML_QUANT_SIZES[kind][1]
    is_factor = np.zeros(num_bytes, bool)
    for at in FACTORS[type_name]:
        is_factor[at : at + 2] = True
    for fill in (0x00, 0xFF, 0x7F, 0x80):
        extreme = blocks.reshape(32, -1, num_bytes).copy()
        extreme[:, :, ~is_factor] = fill
        extreme = extreme.reshape(32, -1)
        weights = gguf.dequantize(extreme, kind)
        matrix = packed(kernels(level), type_name, 32, 256, extreme.reshape(-1))
        for value in (127.0, -127.0):
            x = np.full((5, 256), value, np.float32)
            y = kernels(level).linear(matrix, x)
            exact = x.astype(np.float64) @ weights.astype(np.float64).T
            assert (np.abs(y - exact) <= bound(x, weights, type_name)).all()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("type_name", QUANTIZED + DENSE)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_stays_none(level, type_name, bad):
    """Rounded to a code it would become an ordinary number, and the fault would be hidden."""
    blocks, _ = random_matrix(type_name, 20, 256, np.random.default_rng(4))
    matrix = packed(kernels(level), type_name, 20, 256, blocks)
    x = np.ones((3, 256), np.float32)
    x[1, 77] = bad
    y = kernels(level).linear(matrix, x)
    assert not np.isfinite(y[1]).any()
    assert np.isfinite(y[[0, 2]]).all()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("type_name", QUANTIZED + DENSE)
def test_neither_threads_nor_neighbours_change_a_bit(level, type_name):
    random = np.random.default_rng(5)
    blocks, _ = random_matrix(type_name, 70, 512, random)
    x = random.standard_normal((37, 512)).astype(np.float32)
    results = []
    for num_threads in (1, 2, 3):
        matrix = packed(kernels(level, num_threads), type_name, 70, 512, blocks)
        results.append(kernels(level, num_threads).linear(matrix, x))
        alone = [kernels(level, num_threads).linear(matrix, row[None]) for row in x]
        results.append(np.concatenate(alone))
    assert all((result == results[0]).all() for result in results)


@pytest.mark.parametrize("type_name", QUANTIZED + DENSE)
def test_rows_are_dequantized_to_the_bit(type_name):
    blocks, weights = random_matrix(type_name, 9, 512, np.random.default_rng(6))
    rows = take_rows(blocks, type_name, 512, [8, 0, 0, 3])
    assert (rows == weights[[8, 0, 0, 3]]).all()


@pytest.mark.skipif(sys.platform == "win32", reason="has no positional read")
@pytest.mark.parametrize("rows", [5, 32, 1000, 1001])
@pytest.mark.parametrize("type_name", ["Q4_K", "F32"])
def test_a_matrix_is_read_from_its_file(tmp_path, type_name, rows):
    """In pieces of rows, which must join; what is mapped is another matrix here."""
    blocks, _ = random_matrix(type_name, rows, 2560, np.random.default_rng(7))
    path = tmp_path / "weights"
    path.write_bytes(bytes(33) + blocks.tobytes())
    expected = packed(kernels(LEVELS[0]), type_name, rows, 2560, blocks).memory
    with path.open("rb") as file:
        place = (file.fileno(), 33)
        read = packed(kernels(LEVELS[0]), type_name, rows, 2560, np.zeros_like(blocks), place)
    assert (read.memory == expected).all()


def test_what_cannot_be_read_is_taken_as_it_is_mapped(tmp_path):
    blocks, _ = random_matrix("Q4_K", 1000, 2560, np.random.default_rng(8))
    path = tmp_path / "weights"
    path.write_bytes(bytes(len(blocks) - 1))
    expected = packed(kernels(LEVELS[0]), "Q4_K", 1000, 2560, blocks).memory
    with path.open("rb") as file:
        place = (file.fileno(), len(blocks) - 1)
        mapped = packed(kernels(LEVELS[0]), "Q4_K", 1000, 2560, blocks, place)
    assert (mapped.memory == expected).all()


@pytest.mark.parametrize("rows", [64, 100])
def test_matrices_that_lie_by_turns_are_what_they_are_alone(rows):
    engine, random = kernels(LEVELS[0]), np.random.default_rng(9)
    types, columns = ("Q4_K", "Q6_K", "F16"), (512, 256, 100)
    sources = [
        random_matrix(*each, random)[0] for each in zip(types, 3 * [rows], columns, strict=True)
    ]
    step = sum(map(pair_bytes, types, columns))
    memory = aligned_empty(step * (padded(rows) // 32))
    matrices, start = [], 0
    for type_name, width, source in zip(types, columns, sources, strict=True):
        matrices.append(PackedMatrix(memory[start:], type_name, rows, width, step))
        engine.pack(source, matrices[-1])
        start += pair_bytes(type_name, width)
    for type_name, width, source, matrix in zip(types, columns, sources, matrices, strict=True):
        alone = packed(engine, type_name, rows, width, source)
        for tokens in (1, 3):
            x = random.normal(0, 1, (tokens, width)).astype(np.float32)
            assert (engine.linear(matrix, x) == engine.linear(alone, x)).all()


@pytest.mark.parametrize(
    ("type_name", "bits"),
    [("Q4_K", 4.5), ("Q5_K", 5.5), ("Q6_K", 6.5625), ("Q4_0", 4.5), ("Q4_1", 5.0), ("Q5_0", 5.5)],
)
def test_the_memory_of_a_packed_weight(type_name, bits):
    assert packed_bytes(type_name, 2560, 8192) * 8 / 2560 / 8192 == bits
