"""Weights files in safetensors: named tensors that stay in the file until they are asked for.

Parses the header itself, since the `safetensors` package hands out no bfloat16 without a tensor
library, and none is to be needed here. Does not know what the tensors mean.

Source: the format's description in huggingface/safetensors. Parity with the package:
tests/inference/test_safetensors.py.
"""

import json
import mmap
import struct
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from inference.errors import WeightsError
from inference.formats.mapped_file import damaged, map_file
from inference.formats.model_folder import read_json
from inference.formats.tensor import StoredTensor

MAX_HEADER_BYTES = 100_000_000  # the format's own limit
MAX_DIMENSIONS = 8  # of models; NumPy has a limit too
TYPES = {"F32": 4, "F16": 2, "BF16": 2}  # bytes a value; the names are GGUF's too
INDEX = "model.safetensors.index.json"


def open_safetensors(path: Path) -> dict[str, StoredTensor]:
    """Every tensor of one file; each is known to lie within it.

    Raises:
        WeightsError: the file can't be opened, is damaged, or has a tensor of an unknown type.
    """
    data = map_file(path)
    header, start = _read_header(path, data)
    header.pop("__metadata__", None)
    tensors = {name: _tensor(path, data, start, name, entry) for name, entry in header.items()}
    end = 0
    for begin, stop in sorted(entry["data_offsets"] for entry in header.values()):
        if begin != end:
            raise damaged(path, "its tensors overlap, or leave a gap")
        end = stop
    if end != len(data) - start:
        raise damaged(path, "its tensors do not fill it")
    return tensors


def open_safetensors_folder(folder: Path) -> dict[str, StoredTensor]:
    """The tensors of model.safetensors, or of all the parts that its index names.

    Raises:
        WeightsError: there is none, a part is missing, or one is damaged.
    """
    single = folder / "model.safetensors"
    if single.is_file():
        return open_safetensors(single)
    places = read_json(folder / INDEX).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise WeightsError(
            f"The folder {folder.name} has no weights in safetensors. "
            "Download the model again, in that format."
        )
    tensors: dict[str, StoredTensor] = {}
    for part in sorted({str(part) for part in places.values()}):
        if Path(part).name != part:
            raise damaged(folder / INDEX, f"its part {part} lies outside the folder")
        tensors |= open_safetensors(folder / part)
    if missing := sorted(places.keys() - tensors.keys()):
        raise damaged(folder / str(places[missing[0]]), f"the tensor {missing[0]} is missing")
    return tensors


def _read_header(path: Path, data: mmap.mmap) -> tuple[dict[str, Any], int]:
    """The header, and where the tensors begin."""
    size = struct.unpack("<Q", data[:8])[0] if len(data) >= 8 else 0
    if not 2 <= size <= min(len(data) - 8, MAX_HEADER_BYTES):
        raise damaged(path, "it is incomplete or not a safetensors file")
    try:
        header = json.loads(data[8 : 8 + size], object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError) as error:
        raise damaged(path, "its header can't be read") from error
    if not isinstance(header, dict):
        raise damaged(path, "its header is no object")
    return header, 8 + size


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name appears twice")
    return found


def _tensor(path: Path, data: mmap.mmap, start: int, name: str, entry: object) -> StoredTensor:
    if not name.isprintable():  # it is shown in errors
        raise damaged(path, "a tensor's name is not readable")
    match entry:
        case {
            "dtype": str(type_name),
            "shape": list(shape),
            "data_offsets": [int(begin), int(end)],
        }:
            pass
        case _:
            raise damaged(path, f"its entry {name} can't be read")
    if type_name not in TYPES:
        raise WeightsError(
            f"{path.name} stores the tensor {name} in the type {type_name}, which this version "
            "of Eremo cannot read. Choose another form of the model."
        )
    if len(shape) > MAX_DIMENSIONS or not all(type(size) is int and size >= 1 for size in shape):
        raise damaged(path, f"the tensor {name} has an impossible shape")
    size_bytes = prod(shape) * TYPES[type_name]
    if not (0 <= begin <= end <= len(data) - start and end - begin == size_bytes):
        raise damaged(path, f"the tensor {name} lies beyond its end")
    values = np.frombuffer(data, np.uint8, size_bytes, start + begin)
    return StoredTensor(name, tuple(shape), type_name, values)
