"""The header of a node's file: which node it belongs to, and where its tensors lie.

The file is safetensors. Parity with that package: tests/inference/state/test_snapshot_file.py.
Needs no NumPy, so that the index can be rebuilt where none is loaded.
"""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.state.node import FORMAT_VERSION, TOKEN_BYTES, Kind, Node, new_node

TOKEN_IDS = "token_ids"  # the tensor of the kv file that holds the run
MAX_HEADER_BYTES = 1 << 20
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "|u1"}

Entry = dict[str, Any]  # dtype, shape, data_offsets


class DamagedFileError(Exception):
    """A file isn't what its name says, or isn't whole."""


@dataclass(frozen=True, slots=True)
class Header:
    metadata: dict[str, str]
    entries: dict[str, Entry]
    data_start: int


def describe(node: Node, fingerprint: str, kind: Kind) -> dict[str, str]:
    """The metadata that every whole file of this node has."""
    return {
        "version": str(FORMAT_VERSION),
        "fingerprint": fingerprint,
        "kind": kind,
        "id": node.id,
        "parent": node.parent,
        "start": str(node.start),
        "length": str(node.length),
    }


def packed_header(metadata: dict[str, str], entries: dict[str, Entry]) -> bytes:
    text = json.dumps({"__metadata__": metadata, **entries}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def parse_header(start: bytes, file_bytes: int) -> Header:
    """The header in the first bytes of a file of `file_bytes`.

    Raises:
        DamagedFileError: it isn't whole, or its tensors don't fill the file exactly.
    """
    size = header_bytes(start)
    try:
        parsed = json.loads(start[8:size])
        metadata = parsed.pop("__metadata__")
        if not all(isinstance(value, str) for value in metadata.values()):
            raise DamagedFileError("its metadata can't be read")
        end = 0
        for entry in parsed.values():
            begin, stop = entry["data_offsets"]
            if type(stop) is not int or not begin == end <= stop or entry["dtype"] not in TYPES:
                raise DamagedFileError("its tensors can't be read")
            end = stop
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DamagedFileError("its header can't be read") from error
    if size + end != file_bytes:
        raise DamagedFileError("it is cut off, or too long")
    return Header(metadata, parsed, size)


def header_bytes(start: bytes) -> int:
    """How many bytes lie before the tensors.

    Raises:
        DamagedFileError: no such file begins so.
    """
    size = struct.unpack_from("<Q", start)[0] if len(start) >= 8 else 0
    if not 2 <= size <= MAX_HEADER_BYTES:
        raise DamagedFileError("it is no snapshot")
    return 8 + int(size)


def read_node(path: Path) -> tuple[Node, Header]:
    """The node of a kv file, as far as that tells without reading the tensors.

    Raises:
        OSError: it can't be read.
        DamagedFileError: it isn't one.
    """
    with path.open("rb") as file:
        start = file.read(8)
        start += file.read(header_bytes(start) - 8)
        header = parse_header(start, path.stat().st_size)
        try:
            offset, end = header.entries[TOKEN_IDS]["data_offsets"]
            file.seek(header.data_start + offset)
            tokens = file.read(end - offset)
            metadata = header.metadata
            fingerprint = metadata["fingerprint"]
            node = new_node(fingerprint, metadata["parent"], int(metadata["start"]), tokens)
        except (KeyError, ValueError) as error:
            raise DamagedFileError("it names no node") from error
    if (
        len(tokens) % TOKEN_BYTES
        or not describe(node, fingerprint, "kv").items() <= metadata.items()
    ):
        raise DamagedFileError("it isn't the node that it names")
    return node, header
