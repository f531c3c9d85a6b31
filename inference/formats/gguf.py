"""Weights files in GGUF: metadata, and tensors that stay in the file until they are asked for.

Parses the header itself, because the `gguf` package's reader (0.19) makes NumPy arrays of every
string and takes 2.2 s for a vocabulary of 49,152 tokens; this takes 0.03 s. Does not know what
the metadata or the tensors mean.

Source: docs/gguf.md of ggml-org/ggml.
Parity with the package's reader: tests/inference/test_gguf.py.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from inference.errors import WeightsError, sentence
from inference.formats.mapped_file import damaged, map_file
from inference.formats.tensor import StoredTensor
from inference.formats.tensor_types import TENSOR_TYPES

if TYPE_CHECKING:
    import mmap
    from collections.abc import Mapping
    from pathlib import Path


Scalar = str | int | float | bool
Value = Scalar | list[Any]  # the items of an array are scalars of one type
T = TypeVar("T", str, int, float, bool)

VERSIONS = (2, 3)  # version 1 had 32-bit lengths and is no longer written
MAX_HEADER_BYTES = 128 << 20  # the largest seen, with 262,144 tokens, has 16 MB
MAX_DIMENSIONS = 4  # of ggml

STRING, ARRAY = 8, 9
NUMBER_FORMATS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, slots=True, eq=False)
class GGUFFile:
    path: Path
    size_bytes: int
    metadata: Mapping[str, Value]
    tensors: Mapping[str, StoredTensor]

    @property
    def architecture(self) -> str:
        return self.string("general.architecture")

    def tensor(self, name: str) -> StoredTensor:
        """Raises: WeightsError when there is none of that name."""
        if name not in self.tensors:
            raise damaged(self.path, f"the tensor {name} is missing")
        return self.tensors[name]

    # The lookups raise WeightsError when the key is of another type, or missing without a default.

    def string(self, key: str, default: str | None = None) -> str:
        return self._scalar(key, str, sentence("a text"), default)

    def integer(self, key: str, default: int | None = None) -> int:
        return self._scalar(key, int, sentence("a whole number"), default)

    def boolean(self, key: str, default: bool | None = None) -> bool:
        return self._scalar(key, bool, "true or false", default)

    def number(self, key: str, default: float | None = None) -> float:
        value = self.metadata.get(key, default)
        if type(value) is int:
            return float(value)
        return self._scalar(key, float, sentence("a number"), default)

    def strings(self, key: str, default: list[str] | None = None) -> list[str]:
        return self._list(key, str, "a list of texts", default)

    def integers(self, key: str, default: list[int] | None = None) -> list[int]:
        return self._list(key, int, sentence("a list of whole numbers"), default)

    def numbers(self, key: str, default: list[float] | None = None) -> list[float]:
        return self._list(key, float, sentence("a list of numbers"), default)

    def _scalar(self, key: str, kind: type[T], kind_name: str, default: T | None) -> T:
        value = self.metadata.get(key, default)
        if type(value) is not kind:  # not isinstance: True is no whole number
            raise self._unusable(key, kind_name)
        return value

    def _list(self, key: str, kind: type[T], kind_name: str, default: list[T] | None) -> list[T]:
        value = self.metadata.get(key, default)
        if not isinstance(value, list) or (value and type(value[0]) is not kind):
            raise self._unusable(key, kind_name)
        return value

    def _unusable(self, key: str, kind_name: str) -> WeightsError:
        if key in self.metadata:
            return damaged(self.path, f"its entry {key} is not {kind_name}")
        return damaged(self.path, f"its entry {key} is missing")


def open_gguf(path: Path) -> GGUFFile:
    """Map the file and read its header; every tensor is known to lie within the file.

    Raises:
        WeightsError: the file can't be opened, isn't a GGUF, is incomplete or damaged, or has a
            version or tensor type that isn't known.
    """
    data = map_file(path)
    if data[:4] != b"GGUF":
        raise WeightsError(f"{path.name} is not a GGUF file. Choose a file of a model in GGUF.")
    header = _Header(path, data)
    version = header.number("<I")
    if version not in VERSIONS:
        raise WeightsError(_unknown_version(path, version))
    num_tensors, num_entries = header.number("<Q"), header.number("<Q")
    metadata = _read_metadata(header, num_entries)
    if metadata.get("split.count", 1) != 1:
        raise WeightsError(
            f"{path.name} is one part of a model that was split over several files. "
            "Choose a model in one file."
        )
    places = [_read_place(header) for _ in range(num_tensors)]
    tensors = _locate(path, data, places, header.offset, metadata.get("general.alignment", 32))
    return GGUFFile(path, len(data), metadata, tensors)


def _unknown_version(path: Path, version: int) -> str:
    if version & 0xFFFF == 0:  # the byte order of the other machines
        return sentence(
            f"{path.name} was made for big-endian machines. Choose an ordinary GGUF file."
        )
    return sentence(
        f"{path.name} is a GGUF file of version {version}; Eremo reads the versions "
        f"{' and '.join(map(str, VERSIONS))}. Choose another file of the model."
    )


class _Header:
    """Reads forwards from after the magic; raises WeightsError at the end of the file."""

    def __init__(self, path: Path, data: mmap.mmap) -> None:
        self.path = path
        self.offset = 4
        self._data = data
        self._end = min(len(data), MAX_HEADER_BYTES)

    def number(self, number_format: str) -> int:
        """Also floats and booleans: what the struct format says."""
        start = self._skip(struct.calcsize(number_format))
        value: int = struct.unpack_from(number_format, self._data, start)[0]
        return value

    def string(self) -> str:
        return self.strings(1)[0]

    def strings(self, count: int) -> list[str]:
        """In a loop of its own: a vocabulary and its merges are a hundred thousand."""
        data, end, at, read_length = self._data, self._end, self.offset, LENGTH.unpack_from
        texts: list[str] = []
        try:
            for _ in range(count):
                start = at + LENGTH.size
                at = start + read_length(data, at)[0]
                if at > end:
                    raise self._beyond_end()
                texts.append(data[start:at].decode())
        except UnicodeDecodeError as error:
            raise damaged(self.path, "a text in its header is not UTF-8") from error
        except struct.error as error:
            raise self._beyond_end() from error
        self.offset = at
        return texts

    def numbers(self, number_format: str, count: int) -> list[int]:
        dtype = np.dtype(number_format)
        start = self._skip(count * dtype.itemsize)
        values: list[int] = np.frombuffer(self._data, dtype, count, start).tolist()
        return values

    def _skip(self, size: int) -> int:
        """The offset of the next `size` bytes, which are then behind."""
        if size > self._end - self.offset:
            raise self._beyond_end()
        self.offset += size
        return self.offset - size

    def _beyond_end(self) -> WeightsError:
        if self._end < len(self._data):
            return damaged(self.path, "a length in its header is impossible")
        return damaged(self.path, "it ends inside its header")


def _read_metadata(header: _Header, num_entries: int) -> dict[str, Value]:
    metadata: dict[str, Value] = {}
    for _ in range(num_entries):
        key = header.string()
        if key in metadata:
            raise damaged(header.path, f"its entry {key} appears twice")
        metadata[key] = _read_value(header, key)
    return metadata


def _read_value(header: _Header, key: str) -> Value:
    kind = header.number("<I")
    if kind == STRING:
        return header.string()
    if kind in NUMBER_FORMATS:
        return header.number(NUMBER_FORMATS[kind])
    if kind == ARRAY:
        item_kind, count = header.number("<I"), header.number("<Q")
        if item_kind == STRING:
            return header.strings(count)
        if item_kind in NUMBER_FORMATS:
            return header.numbers(NUMBER_FORMATS[item_kind], count)
    raise damaged(header.path, f"its entry {key} has a type that does not exist")


@dataclass(frozen=True, slots=True)
class _Place:
    """A row of the tensor table."""

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int  # bytes from the start of the tensor data


def _read_place(header: _Header) -> _Place:
    name = header.string()
    num_dimensions = header.number("<I")
    if not 1 <= num_dimensions <= MAX_DIMENSIONS:
        raise damaged(header.path, f"the tensor {name} has {num_dimensions} dimensions")
    shape = tuple(reversed(header.numbers("<Q", num_dimensions)))
    return _Place(name, shape, header.number("<I"), header.number("<Q"))


def _locate(
    path: Path, data: mmap.mmap, places: list[_Place], header_end: int, alignment: Value
) -> dict[str, StoredTensor]:
    if type(alignment) is not int or alignment < 1 or alignment & (alignment - 1):
        raise damaged(path, "the alignment of its tensors is not a power of two")
    start = -(-header_end // alignment) * alignment
    tensors: dict[str, StoredTensor] = {}
    for place in places:
        name = place.name
        if name in tensors:
            raise damaged(path, f"the tensor {name} appears twice")
        type_name, size = _type_and_size(path, place)
        if place.offset % alignment:
            raise damaged(path, f"the tensor {name} is at an impossible place")
        offset = start + place.offset
        if offset + size > len(data):
            raise damaged(path, f"it is incomplete: the tensor {name} lies beyond its end")
        view = np.frombuffer(data, np.uint8, size, offset)
        tensors[name] = StoredTensor(name, place.shape, type_name, view)
    return tensors


def _type_and_size(path: Path, place: _Place) -> tuple[str, int]:
    """The tensor's type and its size in bytes."""
    kind = TENSOR_TYPES.get(place.kind)
    if kind is None:
        raise WeightsError(
            f"{path.name} stores the tensor {place.name} in the type {place.kind}, which this "
            "version of Eremo does not know. Choose another quantization of the model."
        )
    if min(place.shape) < 1 or place.shape[-1] % kind.block_size:
        raise damaged(path, f"the tensor {place.name} has an impossible shape")
    return kind.name, math.prod(place.shape) // kind.block_size * kind.block_bytes
