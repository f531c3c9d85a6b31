"""Makes the index again from the headers of the files, where it was lost."""

import json
import sqlite3
from pathlib import Path
from typing import NamedTuple

from inference.state.folder import Folder
from inference.state.header import DamagedFileError, read_node
from inference.state.node import ROOT, Node

HYBRID = "hybrid"  # metadata of a kv file: whether the model has recurrent layers
OWNERS = "owners"  # those at the time of writing, a JSON list


class _Found(NamedTuple):
    node: Node
    fingerprint: str
    hybrid: bool
    owners: frozenset[str]
    kv_bytes: int
    recurrent_bytes: int
    modified: float


def adopt_files(connection: sqlite3.Connection, folder: Folder) -> None:
    """Enter every node whose chain is there; all other files of nodes are removed.

    Owners that a node was given after it was written are not known any more.
    """
    found = {}
    for file in folder.files():
        if file.kind == "kv" and (entry := _read(file.path, folder)):
            found[file.id] = entry
    used = _used(found)
    owners: dict[str, set[str]] = {node_id: set() for node_id in used}
    for node_id in used:
        for ancestor in _chain(found, node_id):
            owners[ancestor] |= found[node_id].owners
    # The files' times only give an order, once.
    for use, node_id in enumerate(sorted(used, key=lambda node_id: found[node_id].modified), 1):
        entry = found[node_id]
        node = entry.node
        connection.execute(
            "INSERT INTO nodes VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                node.id,
                entry.fingerprint,
                node.parent,
                node.start,
                use,
                entry.kv_bytes,
                entry.recurrent_bytes if entry.hybrid else None,
                node.tokens,
            ),
        )
        connection.executemany(
            "INSERT INTO owners VALUES (?, ?)", [(node_id, owner) for owner in owners[node_id]]
        )
    recurrent = {node_id for node_id in used if found[node_id].recurrent_bytes}
    for file in folder.files():
        if file.id not in (used if file.kind == "kv" else recurrent):
            folder.unlink(file.path)


def _read(path: Path, folder: Folder) -> _Found | None:
    try:
        node, header = read_node(path)
        status = path.stat()
        fingerprint = header.metadata["fingerprint"]
        owners = frozenset(map(str, json.loads(header.metadata[OWNERS])))
        hybrid = header.metadata[HYBRID] == "yes"
    except (OSError, DamagedFileError, KeyError, ValueError, TypeError):
        return None
    if path != folder.file(fingerprint, node.id, "kv"):
        return None
    try:
        recurrent_bytes = folder.file(fingerprint, node.id, "recurrent").stat().st_size
    except OSError:
        recurrent_bytes = 0
    return _Found(
        node, fingerprint, hybrid, owners, status.st_size, recurrent_bytes, status.st_mtime
    )


def _used(found: dict[str, _Found]) -> set[str]:
    """The nodes that a whole chain leads to, and that can be restored or lead on to one."""
    used: set[str] = set()
    for node_id, entry in found.items():
        restorable = entry.owners and (entry.recurrent_bytes or not entry.hybrid)
        if restorable and (chain := _chain(found, node_id)):
            used.update(chain)
    return used


def _chain(found: dict[str, _Found], node_id: str) -> list[str]:
    """From the node up to the first one; empty where one is missing."""
    chain = []
    while node_id != ROOT:
        # An id is a hash over the parent's: there is no circle.
        if node_id not in found:
            return []
        chain.append(node_id)
        node_id = found[node_id].node.parent
    return chain
