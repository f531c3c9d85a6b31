"""Random weights in GGUF's blocks, with what the gguf package makes of them as the oracle."""

import functools

import gguf
import numpy as np

from inference.kernels.library import Kernels, PackedMatrix, aligned_empty, packed_bytes

QUANTIZED = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"]
DENSE = ["F32", "F16", "BF16"]

# Where a block keeps its fp16 factors; every other byte may be anything.
FACTORS = {
    "Q4_0": [0],
    "Q4_1": [0, 2],
    "Q5_0": [0],
    "Q5_1": [0, 2],
    "Q8_0": [0],
    "Q4_K": [0, 2],
    "Q5_K": [0, 2],
    "Q6_K": [208],
}


@functools.cache
def kernels(level: str, num_threads: int = 2) -> Kernels:
    return Kernels(level, num_threads)


def random_matrix(type_name: str, rows: int, columns: int, random: np.random.Generator):
    """The bytes of the matrix as GGUF stores it, and its (rows, columns) values in float32."""
    kind = gguf.GGMLQuantizationType[type_name]
    if type_name in DENSE:
        values = random.normal(0, 0.1, (rows, columns)).astype(np.float32)
        blocks = np.ascontiguousarray(gguf.quantize(values, kind)).view(np.uint8)
    else:
        size, num_bytes = gguf.GGML_QUANT_SIZES[kind]
        blocks = random.integers(0, 256, (rows, columns // size, num_bytes), np.uint8)
        for at in FACTORS[type_name]:
            factors = random.uniform(-0.02, 0.02, blocks.shape[:2]).astype("<f2")
            blocks[:, :, at : at + 2] = factors[..., None].view(np.uint8)
    blocks = blocks.reshape(rows, -1)
    return blocks.reshape(-1), gguf.dequantize(blocks, kind).reshape(rows, columns)


def packed(
    kernels: Kernels, type_name: str, rows: int, columns: int, blocks, place=None
) -> PackedMatrix:
    memory = aligned_empty(packed_bytes(type_name, rows, columns))
    memory[:] = 0xA5  # what is forgotten shows
    matrix = PackedMatrix(memory, type_name, rows, columns)
    kernels.pack(np.ascontiguousarray(blocks), matrix, place)
    return matrix
