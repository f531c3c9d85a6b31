"""One file of a node: tensors in safetensors, with a checksum of everything in it."""

import hashlib
import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from inference.state.header import (
    TOKEN_IDS,
    TYPES,
    DamagedFileError,
    Entry,
    describe,
    header_bytes,
    packed_header,
    parse_header,
)
from inference.state.node import TOKEN_TYPE, Kind, Node

Tensors = Mapping[str, npt.NDArray[Any]]
Bytes = npt.NDArray[np.uint8]

CHECKSUM = "sha256"
CHUNK_BYTES = 4 << 20
NUM_THREADS = min(4, os.cpu_count() or 1)
_TYPE_NAMES = {np.dtype(type_): name for name, type_ in TYPES.items()}


class PackedSnapshot(NamedTuple):
    """What a file of a node holds."""

    header: bytes
    data: Bytes

    @property
    def size_bytes(self) -> int:
        return len(self.header) + len(self.data)

    def write(self, path: Path) -> None:
        """Write a new file and see it onto the disk.

        Raises:
            OSError: it can't be written; what there is of it stays.
        """
        with path.open("xb") as file:
            file.write(self.header)
            file.write(self.data.data)
            file.flush()
            os.fsync(file.fileno())


def pack_snapshot(
    node: Node, fingerprint: str, kind: Kind, tensors: Tensors, more: Mapping[str, str]
) -> PackedSnapshot:
    """Put tensors together with what names them.

    more: further metadata, covered by the checksum.
    """
    if kind == "kv":
        tensors = {TOKEN_IDS: np.frombuffer(node.tokens, TOKEN_TYPE), **tensors}
    # The widest types first, so that each tensor is aligned.
    ordered = sorted(tensors.items(), key=lambda item: -item[1].itemsize)
    entries: dict[str, Entry] = {}
    end = 0
    for name, tensor in ordered:
        entries[name] = {
            "dtype": _TYPE_NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [end, end + tensor.nbytes],
        }
        end += tensor.nbytes
    data = np.concatenate([_bytes(tensor) for _, tensor in ordered])
    metadata = {**describe(node, fingerprint, kind), **more}
    metadata[CHECKSUM] = _checksum(metadata, entries, data)
    return PackedSnapshot(packed_header(metadata, entries), data)


def read_snapshot(path: Path, node: Node, fingerprint: str, kind: Kind) -> Tensors:
    """The tensors, read-only, of the file of this very node.

    Raises:
        OSError: there is none, or it can't be read.
        DamagedFileError: it is another node's, of another version, or damaged anywhere.
    """
    # Read, not mapped: a disk's fault is then an error, where a map would end the process.
    raw = np.fromfile(path, np.uint8)
    raw.flags.writeable = False
    header = parse_header(raw[: header_bytes(raw[:8].tobytes())].tobytes(), len(raw))
    metadata = header.metadata
    if not describe(node, fingerprint, kind).items() <= metadata.items():
        raise DamagedFileError("it belongs to something else")
    data = raw[header.data_start :]
    if metadata.get(CHECKSUM) != _checksum(metadata, header.entries, data):
        raise DamagedFileError("its checksum differs")
    tensors = {name: _tensor(data, entry) for name, entry in header.entries.items()}
    if kind == "kv":
        _check_run(tensors, node)
    return tensors


def _bytes(tensor: npt.NDArray[Any]) -> Bytes:
    return np.ascontiguousarray(tensor).reshape(-1).view(np.uint8)


def _tensor(data: Bytes, entry: Entry) -> npt.NDArray[Any]:
    begin, end = entry["data_offsets"]
    dtype, shape = np.dtype(TYPES[entry["dtype"]]), entry["shape"]
    if prod(shape) * dtype.itemsize != end - begin:
        raise DamagedFileError("a tensor has an impossible shape")
    return data[begin:end].view(dtype).reshape(shape)


def _check_run(tensors: dict[str, npt.NDArray[Any]], node: Node) -> None:
    token_ids = tensors.pop(TOKEN_IDS, None)
    if token_ids is None or token_ids.tobytes() != node.tokens:
        raise DamagedFileError("its token ids differ")
    if any(tensor.ndim != 3 or tensor.shape[1] != node.length for tensor in tensors.values()):
        raise DamagedFileError("its tensors are not those of its tokens")


def _checksum(metadata: dict[str, str], entries: dict[str, Entry], data: Bytes) -> str:
    """SHA-256 of the header, and of the SHA-256 of every 4 MiB of the tensors, in threads."""
    described = {name: value for name, value in metadata.items() if name != CHECKSUM}
    digest = hashlib.sha256(json.dumps([described, entries], sort_keys=True).encode())
    chunks = [data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES)]
    with ThreadPoolExecutor(NUM_THREADS) as pool:
        digest.update(b"".join(pool.map(_sha256, chunks)))
    return digest.hexdigest()


def _sha256(chunk: Bytes) -> bytes:
    return hashlib.sha256(chunk.data).digest()
