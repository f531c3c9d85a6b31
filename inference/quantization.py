"""Weights in 4 or 8 bits, made of those that a model was published in (float32, float16, bfloat16).

A group of 32 values of a row shares one float16 scale: GGUF's Q4_0 and Q8_0, whose arithmetic is
the `gguf` package's. Goes through a matrix in blocks of rows, so that no more than a block is
ever there in float32. Knows no file format.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Literal

import gguf
import numpy as np
import numpy.typing as npt

from inference.errors import WeightsError
from inference.events import LoadProgress
from inference.formats.tensor import StoredTensor

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

Bits = Literal[4, 8]
Bytes = npt.NDArray[np.uint8]

TYPES: dict[Bits, str] = {4: "Q4_0", 8: "Q8_0"}
GROUP_SIZE = 32
FLOATS = ("F32", "F16", "BF16")
BLOCK_ELEMENTS = 1 << 20  # 4 MiB in float32
EXACT = ("norm.weight", "ssm_conv1d.weight", "ffn_gate_inp.weight")
"""Endings of names that are always float32: norms, the convolution's taps, routers."""
LARGEST = 8 * float(np.finfo(np.float16).max)
"""A larger value's scale in 4 bits would be infinite in float16."""


def quantize(
    tensors: Mapping[str, StoredTensor], bits: Bits
) -> Generator[LoadProgress, None, dict[str, StoredTensor]]:
    """Yields progress in bytes of the originals; returns the same tensors, held in memory.

    Matrices are quantized, all else becomes float32 (see `type_for`).

    Raises:
        WeightsError: they are quantized already, or a value is not finite or too large.
    """
    check_unquantized(tensors)
    total = sum(tensor.size_bytes for tensor in tensors.values())
    done = 0
    quantized: dict[str, StoredTensor] = {}
    for name, tensor in tensors.items():
        type_name = type_for(name, tensor, bits)
        data = np.empty(size_in(type_name, tensor.shape), np.uint8)
        end = 0
        for chunk in recoded(tensor, type_name):
            start, end = end, end + chunk.size
            data[start:end] = chunk
            yield LoadProgress(done + tensor.size_bytes * end // data.size, total)
        done += tensor.size_bytes
        quantized[name] = StoredTensor(name, tensor.shape, type_name, data)
    return quantized


def type_for(name: str, tensor: StoredTensor, bits: Bits | None) -> str:
    """The type for a tensor of that name in GGUF; without bits, a matrix keeps its own.

    Quantized is what is multiplied with activations or looked up, where the groups fit its rows:
    the matrices of the layers, the embedding, the head. Source: tensor_allows_quantization in
    llama.cpp's quantization, which gives the same tensors (and the head more bits).
    """
    if len(tensor.shape) < 2 or not name.endswith(".weight") or name.endswith(EXACT):
        return "F32"
    if bits is None or tensor.shape[-1] % GROUP_SIZE:
        return tensor.type_name
    return TYPES[bits]


def size_in(type_name: str, shape: tuple[int, ...]) -> int:
    """Bytes."""
    block_size, block_bytes = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[type_name]]
    return int(math.prod(shape) // block_size * block_bytes)


def recoded(tensor: StoredTensor, type_name: str) -> Iterator[Bytes]:
    """The tensor's bytes in another type, or in its own, some rows at a time.

    Raises:
        WeightsError: a value is not finite, or too large.
    """
    rows = tensor.flat_rows()
    num_rows, num_columns = rows.shape
    step = max(BLOCK_ELEMENTS // num_columns, 1)
    for start in range(0, num_rows, step):
        block = rows.rows(start, min(start + step, num_rows))
        yield block.raw() if type_name == tensor.type_name else _encoded(block, type_name)


def check_unquantized(tensors: Mapping[str, StoredTensor]) -> None:
    """Raises: WeightsError when a tensor is in any other type than a float."""
    if kinds := _bytes_by_type(tensors.values()):
        raise WeightsError(
            f"The model is already quantized ({kinds.most_common(1)[0][0]}). "
            "Use it as it is, or choose its original form."
        )


def _bytes_by_type(tensors: Iterable[StoredTensor]) -> Counter[str]:
    """Of what is quantized."""
    kinds: Counter[str] = Counter()
    for tensor in tensors:
        if tensor.type_name not in FLOATS:
            kinds[tensor.type_name] += tensor.size_bytes
    return kinds


def _encoded(block: StoredTensor, type_name: str) -> Bytes:
    values = block.dequantize()
    if type_name in TYPES.values() and not np.abs(values).max() < LARGEST:  # also for NaN
        raise WeightsError(
            f"The tensor {block.name} has values that cannot be quantized. "
            "Download the model again."
        )
    with np.errstate(over="ignore", invalid="ignore"):  # of values so small that they become 0
        encoded = gguf.quantize(values, gguf.GGMLQuantizationType[type_name])
    return np.ascontiguousarray(encoded).reshape(-1).view(np.uint8)
