"""A tensor as it lies in a weights file: its bytes stay there until it is dequantized.

Dequantization is the `gguf` package's, imported where it is needed. Knows no file format.
"""

from __future__ import annotations

import math
import mmap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from inference.errors import WeightsError
from inference.formats.mapped_file import MappedFile

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class StoredTensor:
    name: str
    shape: tuple[int, ...]  # slowest dimension first: GGUF's own order reversed
    type_name: str  # "Q4_1"
    _bytes: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, name: str, values: npt.NDArray[np.float32]) -> StoredTensor:
        """A float32 tensor that lies in memory."""
        values = np.ascontiguousarray(values, np.float32)
        return cls(name, values.shape, "F32", values.reshape(-1).view(np.uint8))

    @property
    def num_elements(self) -> int:
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        return self._bytes.size

    def raw(self) -> npt.NDArray[np.uint8]:
        """The (size_bytes,) bytes as stored: a read-only view of the mapped file."""
        return self._bytes

    def place(self) -> tuple[int, int] | None:
        """The descriptor of the file where the bytes are, and their offset; None in memory."""
        file = self._file()
        return (file.descriptor, self._offset_in(file)) if file else None

    def forget_pages(self) -> None:
        """Give back the memory of a mapped file's pages; they come again when they are read."""
        file = self._file()
        if file is None or not hasattr(file, "madvise"):  # Windows has none
            return
        offset = self._offset_in(file)
        begin = -(-offset // mmap.PAGESIZE) * mmap.PAGESIZE
        end = (offset + self.size_bytes) // mmap.PAGESIZE * mmap.PAGESIZE
        if begin < end:
            file.madvise(mmap.MADV_DONTNEED, begin, end - begin)

    def dequantize(self) -> npt.NDArray[np.float32]:
        """A new array of `shape`.

        Raises:
            WeightsError: the values of this type can't be computed.
        """
        rows = self._bytes.reshape(math.prod(self.shape[:-1]), -1)
        return self._dequantized(rows).reshape(self.shape)

    def dequantize_rows(self, indices: list[int]) -> npt.NDArray[np.float32]:
        """Those of a matrix, (len(indices), columns): what an embedding needs of its table."""
        return self._dequantized(self._bytes.reshape(self.shape[0], -1)[indices])

    def rows(self, start: int, stop: int) -> StoredTensor:
        """Some of the slowest dimension: still a view of the file."""
        bytes_per_row = self.size_bytes // self.shape[0]
        return replace(
            self,
            shape=(stop - start, *self.shape[1:]),
            _bytes=self._bytes[start * bytes_per_row : stop * bytes_per_row],
        )

    def flat_rows(self) -> StoredTensor:
        """The same as a matrix of all its rows; a vector is one row."""
        return replace(self, shape=(math.prod(self.shape[:-1]), self.shape[-1]))

    def part(self, index: int) -> StoredTensor:
        """One of the slowest dimension, which then is gone: an expert of many."""
        return replace(self.rows(index, index + 1), shape=self.shape[1:])

    def _file(self) -> MappedFile | None:
        owner: object = self._bytes
        while isinstance(owner, np.ndarray):
            owner = owner.base
        if isinstance(owner, memoryview):
            owner = owner.obj
        return owner if isinstance(owner, MappedFile) else None

    def _offset_in(self, file: MappedFile) -> int:
        return self._bytes.ctypes.data - np.frombuffer(file, np.uint8).ctypes.data

    def _dequantized(self, rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        if self.type_name == "F32":
            return np.require(rows.view(np.float32), None, ["C", "W"])  # no view of the file
        import gguf

        try:
            values = gguf.dequantize(rows, gguf.GGMLQuantizationType[self.type_name])
        except NotImplementedError as error:
            raise WeightsError(
                f"The tensor {self.name} is stored as {self.type_name}, which this version of "
                "Eremo cannot read. Choose another quantization of the model."
            ) from error
        return np.require(values, np.float32, ["C", "W"])
