"""The native kernels, as Python calls them: NumPy arrays in, NumPy arrays out.

A call gives up the GIL while it computes. Knows matrices and layers, but no model files.
"""

import ctypes
import functools
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference.errors import out_of_memory
from inference.kernels import structures

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

FORMATS = {
    "F32": 0,
    "F16": 1,
    "Q4_0": 2,
    "Q4_1": 3,
    "Q5_0": 6,
    "Q5_1": 7,
    "Q8_0": 8,
    "Q4_K": 12,
    "Q5_K": 13,
    "Q6_K": 14,
    "BF16": 30,
}
"""GGUF's numbers of the types that have kernels."""

LAYOUT_VERSION = 3
"""Goes up with every change of how matrices are laid out, and of where."""

ALIGNMENT = 64
GROUP = 32
MAX_STEP_RANK = 2048  # level.h

LIBRARY_VARIABLE = "EREMO_KERNELS_LIBRARY"
"""For developers: the path of another build of the library."""

LIBRARY_NAME = {"win32": "eremo_kernels.dll", "darwin": "liberemo_kernels.dylib"}.get(
    sys.platform, "liberemo_kernels.so"
)


def padded(size: int) -> int:
    """Rounded up to a whole number of groups of channels."""
    return -(-size // GROUP) * GROUP


def grouped(rows: Floats) -> Floats:
    """(n, channels) -> (groups, n, 32): the channels of a group lie side by side, 0 beyond them."""
    full = np.zeros((len(rows), padded(rows.shape[1])), np.float32)
    full[:, : rows.shape[1]] = rows
    return np.ascontiguousarray(full.reshape(len(rows), -1, GROUP).swapaxes(0, 1))


def ungrouped(groups: Floats) -> Floats:
    """(groups, n, 32) -> (n, 32 groups)"""
    return groups.swapaxes(0, 1).reshape(groups.shape[1], -1)


def pointer(array: npt.NDArray[np.generic]) -> int:
    assert array.flags.c_contiguous
    return array.ctypes.data


def aligned_empty(size_bytes: int) -> Bytes:
    """Uninitialized memory whose beginning no vector straddles."""
    memory = np.empty(size_bytes + ALIGNMENT, np.uint8)
    return memory[-memory.ctypes.data % ALIGNMENT :][:size_bytes]


class PackedMatrix:
    """A matrix of (rows, columns) in the kernels' layout, in memory that belongs to someone.

    step: bytes from one pair of blocks to the next; 0 where they follow each other.
    """

    def __init__(
        self, memory: Bytes, type_name: str, rows: int, columns: int, step: int = 0
    ) -> None:
        self.memory = memory
        self.structure = structures.Matrix(
            *(pointer(memory), step or pair_bytes(type_name, columns)),
            *(FORMATS[type_name], rows, columns),
        )


class Kernels:
    """One CPU level with a team of threads; for one caller at a time."""

    def __init__(self, level: str, num_threads: int) -> None:
        self.level = level
        self._library = _loaded()
        self._engine = self._library.eremo_open(level.encode(), num_threads)
        assert self._engine, f"no level {level}"

    def __del__(self) -> None:
        if getattr(self, "_engine", None):
            self._library.eremo_close(self._engine)

    def pack(
        self, source: Bytes, matrix: PackedMatrix, place: tuple[int, int] | None = None
    ) -> None:
        """Fill the matrix from GGUF's blocks.

        place: the descriptor of a file and the offset where it holds the same bytes; they are read
            from there, and the pages of a mapped source aren't touched.
        """
        shape = matrix.structure
        self._library.eremo_pack(
            *(self._engine, pointer(source), *(place or (-1, 0))),
            *(shape.format, shape.rows, shape.columns, shape.data, shape.step),
        )

    def linear(self, matrix: PackedMatrix, x: Floats) -> Floats:
        """x W': (tokens, columns) -> (tokens, rows)."""
        y = np.empty((len(x), matrix.structure.rows), np.float32)
        self._check(
            self._library.eremo_linear(
                self._engine, matrix.structure, pointer(x), len(x), pointer(y)
            )
        )
        return y

    def forward(
        self,
        model: structures.Model,
        states: "ctypes.Array[structures.State]",
        x: Floats,
        start: int,
        rotation: tuple[Floats, Floats] | None,
    ) -> Floats:
        """All layers over (tokens, hidden), which is changed in place, as the states are.

        start: tokens before these. rotation: cosines and sines, (tokens, rotary_dims / 2).
        Returns the logits after the last token, (vocab,).
        """
        cosines, sines = map(pointer, rotation) if rotation else (None, None)
        logits = np.empty(model.head.rows, np.float32)
        self._check(
            self._library.eremo_forward(
                *(self._engine, model, states, pointer(x), len(x), start),
                *(cosines, sines, pointer(logits)),
            )
        )
        return logits

    def read_seconds(self, memory: Bytes) -> float:
        """How long all threads need to read so much memory once."""
        seconds: float = self._library.eremo_read(self._engine, pointer(memory), memory.size)
        return seconds

    def checksum(self, memory: Bytes) -> int:
        """64 bits that change with any byte, and don't depend on the number of threads."""
        value: int = self._library.eremo_checksum(self._engine, pointer(memory), memory.size)
        return value

    @staticmethod
    def _check(result: int) -> None:
        if result:
            raise out_of_memory()


def packed_bytes(type_name: str, rows: int, columns: int) -> int:
    """The memory that a packed matrix takes."""
    size: int = _loaded().eremo_packed_bytes(FORMATS[type_name], rows, columns)
    return size


def pair_bytes(type_name: str, columns: int) -> int:
    """The memory of 32 packed rows, which lie in one piece."""
    return packed_bytes(type_name, GROUP, columns)


def take_rows(source: Bytes, type_name: str, columns: int, rows: Sequence[int]) -> Floats:
    """Rows of a matrix in GGUF's blocks as float32, (len(rows), columns)."""
    indices = np.array(rows, np.int32)
    values = np.empty((len(indices), columns), np.float32)
    _loaded().eremo_take_rows(
        *(pointer(source), FORMATS[type_name], columns),
        *(pointer(indices), len(indices), pointer(values)),
    )
    return values


def library_path() -> Path:
    return Path(os.environ.get(LIBRARY_VARIABLE) or Path(__file__).parent / LIBRARY_NAME)


@functools.cache
def levels() -> list[str]:
    """The CPU levels that this machine can run, the best first; none where nothing is built."""
    kernels = library()
    return kernels.eremo_levels().decode().split() if kernels else []


@functools.cache
def library() -> ctypes.CDLL | None:
    """The shared library beside this file, if it is there and this system loads it."""
    try:
        found = ctypes.CDLL(str(library_path()))
    except OSError:
        return None
    _declare(found)
    return found


def _loaded() -> ctypes.CDLL:
    kernels = library()
    assert kernels is not None, "the kernels are not built"
    return kernels


def _declare(kernels: ctypes.CDLL) -> None:
    engine, address, text = ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p
    i32, i64 = ctypes.c_int32, ctypes.c_int64
    matrix = ctypes.POINTER(structures.Matrix)
    model = ctypes.POINTER(structures.Model)
    states = ctypes.POINTER(structures.State)
    for name, result, arguments in (
        ("levels", text, ()),
        ("open", engine, (text, i32)),
        ("close", None, (engine,)),
        ("packed_bytes", i64, (i32, i32, i32)),
        ("pack", None, (engine, address, i32, i64, i32, i32, i32, address, i64)),
        ("take_rows", None, (address, i32, i32, address, i32, address)),
        ("linear", i32, (engine, matrix, address, i32, address)),
        ("forward", i32, (engine, model, states, address, i32, i64, *3 * (address,))),
        ("read", ctypes.c_double, (engine, address, i64)),
        ("checksum", ctypes.c_uint64, (engine, address, i64)),
    ):
        function = getattr(kernels, f"eremo_{name}")
        function.restype, function.argtypes = result, arguments
