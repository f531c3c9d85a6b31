"""Matrices in the kernels' layout, all in one piece of memory; and the small float32 arrays.

Types without kernels are quantized to Q8_0 once more: 8 bits a weight, whose error, at most 1/225
of the largest weight of 32, is small against that of a type with fewer bits.
"""

import mmap
import sys
from collections.abc import Callable, Iterable

import numpy as np

from inference.formats.tensor import StoredTensor
from inference.kernels import structures
from inference.kernels.library import (
    ALIGNMENT,
    FORMATS,
    GROUP,
    Bytes,
    Floats,
    Kernels,
    PackedMatrix,
    aligned_empty,
    packed_bytes,
    padded,
    pair_bytes,
)
from inference.native_backend.large_pages import make_pages_large

REQUANTIZED = "Q8_0"
BLOCK_ELEMENTS = 1 << 22  # that are there in float32 at a time


class PackedWeights:
    """Packs one matrix after the other, into one piece of memory.

    matrices: all that may be packed, to know how much that is.
    packed: what `memory` gave of the same matrices before; nothing is packed then.
    """

    def __init__(
        self, kernels: Kernels, matrices: Iterable[StoredTensor], packed: Bytes | None = None
    ) -> None:
        self._kernels = kernels
        self._is_packed = packed is not None
        self._memory = self._new_memory(matrices) if packed is None else packed
        self._used = 0
        self._in_large_pages = 0
        self._arrays: list[Floats] = []

    @property
    def used_bytes(self) -> int:
        return self._used

    def pack(self, tensor: StoredTensor) -> structures.Matrix:
        """(rows, columns); the pages of the file that it came from are given back."""
        return self.pack_by_turns(tensor)[0]

    def pack_by_turns(self, *tensors: StoredTensor) -> list[structures.Matrix]:
        """Matrices of as many rows that are read together: 32 rows of each after the other."""
        rows = tensors[0].shape[0]
        sizes = [pair_bytes(_packed_type(tensor), tensor.shape[1]) for tensor in tensors]
        size = sum(sizes) * (padded(rows) // GROUP)
        memory = self._memory[self._used : self._used + size]
        assert len(memory) == size
        self._used += -(-size // ALIGNMENT) * ALIGNMENT
        packed, start = [], 0
        for tensor, tensor_pair in zip(tensors, sizes, strict=True):
            shape = (_packed_type(tensor), rows, tensor.shape[1])
            matrix = PackedMatrix(memory[start:], *shape, step=sum(sizes))
            if not self._is_packed:
                source = _with_kernels(tensor)
                self._kernels.pack(source.raw(), matrix, source.place())
                tensor.forget_pages()
            packed.append(matrix.structure)
            start += tensor_pair
        return packed

    def keep(self, values: Floats, width: int = 0) -> int:
        """The address of an array that lives as long as this; rows are filled up to `width`."""
        kept = np.zeros((*values.shape[:-1], max(width, values.shape[-1])), np.float32)
        kept[..., : values.shape[-1]] = values
        self._arrays.append(kept)
        return kept.ctypes.data

    def keep_channels(self, values: Floats) -> int:
        """As `keep`, filled up to whole groups of channels."""
        return self.keep(values, padded(values.shape[-1]))

    def make_pages_large(self, cancelled: Callable[[], bool]) -> None:
        """When all is packed, as far as it isn't done."""
        if not self._is_packed and self._in_large_pages < self._used:
            self._in_large_pages = make_pages_large(self.memory(), self._in_large_pages, cancelled)

    def _new_memory(self, matrices: Iterable[StoredTensor]) -> Bytes:
        """Enough for all of them, or more: what is never written to takes no room."""
        size_bytes = sum(map(_most_bytes, matrices))
        if sys.platform != "linux" or size_bytes == 0:
            return aligned_empty(size_bytes)
        # NumPy would ask for large pages at once; see large_pages.py.
        pages = mmap.mmap(-1, size_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        return np.frombuffer(pages, np.uint8)

    def memory(self) -> Bytes:
        """All matrices so far. The embedding isn't among them, but as the copy of a tied head."""
        return self._memory[: self._used]


def _most_bytes(tensor: StoredTensor) -> int:
    """Of the whole, or of its parts where it is cut: each may be filled up by itself."""
    *counts, rows, columns = tensor.shape
    count = int(np.prod(counts, dtype=np.int64))
    return count * (packed_bytes(_packed_type(tensor), rows + 32, columns) + 2 * ALIGNMENT)


def _packed_type(tensor: StoredTensor) -> str:
    return tensor.type_name if tensor.type_name in FORMATS else REQUANTIZED


def _with_kernels(tensor: StoredTensor) -> StoredTensor:
    if tensor.type_name in FORMATS:
        return tensor
    import gguf

    rows, columns = tensor.shape
    step = max(BLOCK_ELEMENTS // columns, 1)
    blocks = [
        gguf.quantize(
            tensor.rows(start, min(start + step, rows)).dequantize(),
            gguf.GGMLQuantizationType[REQUANTIZED],
        )
        for start in range(0, rows, step)
    ]
    return StoredTensor(tensor.name, tensor.shape, REQUANTIZED, np.concatenate(blocks).reshape(-1))
