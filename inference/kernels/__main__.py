"""Checks the installed kernels against NumPy, at every CPU level that runs here.

    python -m inference.kernels

Quick, and needs nothing but NumPy; the tests hold every format and every layer to more.
"""

import sys

import numpy as np
import numpy.typing as npt

from inference.kernels.library import (
    FORMATS,
    Bytes,
    Floats,
    Kernels,
    PackedMatrix,
    aligned_empty,
    levels,
    library,
    library_path,
    packed_bytes,
)

Scales = npt.NDArray[np.float16]

ROWS, COLUMNS = 37, 256
NUM_TOKENS = (1, 9)
GROUP = 32
NUM_THREADS = 2
FLOAT_STEPS = 2e-6  # float32's rounding, of the sum of the absolute products


def main() -> int:
    path = library_path()
    try:
        found = library()
    except AttributeError as error:
        print(f"{path} is of another version of Eremo ({error}).")
        return 1
    if found is None:
        print(f"The kernels are not installed: {path} is missing, or is not for this system.")
        return 1
    if not levels():
        print("This processor is too old for the kernels: it runs none of their levels.")
        return 1
    is_right = True
    for level in levels():
        wrong = [name for name in MATRICES if not computes(level, name)]
        is_right = is_right and not wrong
        result = f"WRONG for {', '.join(wrong)}" if wrong else f"right for {', '.join(MATRICES)}"
        print(f"{level}: products are {result}")
    if not is_right:
        print("The kernels compute wrong results here. EREMO_KERNELS=reference does without them.")
    return 0 if is_right else 1


def computes(level: str, type_name: str) -> bool:
    """Whether products of a random matrix are those of float64, within the rounding to 8 bits."""
    random = np.random.default_rng(FORMATS[type_name])
    blocks, weights = MATRICES[type_name](random)
    kernels = Kernels(level, NUM_THREADS)
    matrix = PackedMatrix(
        aligned_empty(packed_bytes(type_name, ROWS, COLUMNS)), type_name, ROWS, COLUMNS
    )
    kernels.pack(blocks, matrix)
    for num_tokens in NUM_TOKENS:
        x = random.standard_normal((num_tokens, COLUMNS)).astype(np.float32)
        exact = x.astype(np.float64) @ weights.T.astype(np.float64)
        absolute = np.abs(weights.astype(np.float64)).T
        allowed = 1e-30 + FLOAT_STEPS * (np.abs(x) @ absolute)
        if type_name.startswith("Q"):  # half a step of the largest of each 32 activations
            largest = np.abs(x).reshape(num_tokens, -1, GROUP).max(-1)
            allowed += 1.0001 * np.repeat(largest / 254, GROUP, axis=1) @ absolute
        if not (np.abs(kernels.linear(matrix, x) - exact) <= allowed).all():
            return False
    return True


# Each returns the matrix as GGUF stores it, and its (rows, columns) values.


def float32(random: np.random.Generator) -> tuple[Bytes, Floats]:
    values = random.standard_normal((ROWS, COLUMNS)).astype("<f4")
    return values.view(np.uint8).reshape(-1), values


def float16(random: np.random.Generator) -> tuple[Bytes, Floats]:
    values = random.standard_normal((ROWS, COLUMNS)).astype("<f2")
    return values.view(np.uint8).reshape(-1), values.astype(np.float32)


def bits4(random: np.random.Generator) -> tuple[Bytes, Floats]:
    scales, halves = scales_and_bytes(random, 16)
    codes = np.concatenate([halves & 15, halves >> 4], axis=-1)
    return blocks_of(scales, halves), values_of(scales, codes.astype(np.float32) - 8)


def bits8(random: np.random.Generator) -> tuple[Bytes, Floats]:
    scales, codes = scales_and_bytes(random, 32)
    return blocks_of(scales, codes), values_of(scales, codes.view(np.int8).astype(np.float32))


def scales_and_bytes(random: np.random.Generator, num_bytes: int) -> tuple[Scales, Bytes]:
    shape = (ROWS, COLUMNS // GROUP)
    scales = random.uniform(-0.02, 0.02, (*shape, 1)).astype("<f2")
    return scales, random.integers(0, 256, (*shape, num_bytes), np.uint8)


def blocks_of(scales: Scales, codes: Bytes) -> Bytes:
    return np.concatenate([scales.view(np.uint8), codes], axis=-1).reshape(-1)


def values_of(scales: Scales, codes: Floats) -> Floats:
    return (scales.astype(np.float32) * codes).reshape(ROWS, COLUMNS)


MATRICES = {"F32": float32, "F16": float16, "Q4_0": bits4, "Q8_0": bits8}

if __name__ == "__main__":
    sys.exit(main())
