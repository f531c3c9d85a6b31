"""The nodes on disk: which there are, who owns them, and which go first when room is needed.

Several processes may use one folder at once. Every change is a transaction of the index in which
the files are put in their places or removed too: a file is never there without its node, save
after a crash, until the next eviction or release. A node whose file is gone is harmless, and is
dropped when that is found. Knows no tensors; needs no NumPy, so that the window can use it.

Whatever the disk does, no method raises: what can't be kept or found is read again.
"""

import logging
import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from inference.state import eviction
from inference.state.adoption import adopt_files
from inference.state.budget import Budget
from inference.state.folder import Folder
from inference.state.index import DamagedIndexError, Index, NewerIndexError, is_damage
from inference.state.node import ROOT, TOKEN_BYTES, Kind, Node

logger = logging.getLogger(__name__)

INDEX_NAME = "index.sqlite"

Result = TypeVar("Result")


class Position(NamedTuple):
    """A moment in the history of releases."""

    generation: str
    seq: int


class StoredNode(NamedTuple):
    node: Node
    has_recurrent: bool


class NewNode(NamedTuple):
    """A node as it is handed over: its files are whole, and not in their places yet."""

    node: Node
    fingerprint: str
    hybrid: bool  # whether the model has recurrent layers
    files: Mapping[Kind, Path]
    sizes: Mapping[Kind, int]  # bytes of these files


class Released(NamedTuple):
    position: Position | None
    owners: frozenset[str]
    everything: bool


@dataclass(frozen=True, slots=True)
class DiskUsage:
    """Bytes of the files, and for each owner those of the nodes that it has a share in."""

    num_nodes: int = 0
    kv_bytes: int = 0
    recurrent_bytes: int = 0
    owner_bytes: Mapping[str, int] = field(default_factory=dict)

    @property
    def total_bytes(self) -> int:
        return self.kv_bytes + self.recurrent_bytes


class StateStore:
    """The stored nodes of all models in one folder; without a folder there are none."""

    def __init__(
        self,
        folder: Path | None,
        budget: Budget | None = None,
        disk_usage: Callable[[Path], Any] = shutil.disk_usage,
    ) -> None:
        """disk_usage: gives an object with the bytes that are `free`."""
        self.budget = budget or Budget.of_this_machine()
        self._disk_usage = disk_usage
        self._folder = Folder(folder) if folder else None
        self._index = Index(folder / INDEX_NAME, self._fill) if folder else None
        self._swept = False
        self._faults: set[str] = set()
        if self._folder:
            self._folder.remove_orphans()

    @property
    def on_disk(self) -> bool:
        return self._folder is not None

    @property
    def folder(self) -> Folder:
        assert self._folder is not None, "nothing is on disk"
        return self._folder

    # Finding

    def children(self, fingerprint: str, parent: str) -> list[StoredNode]:
        """The nodes of a model that continue `parent`."""
        return self._safely(lambda: self._children(fingerprint, parent), [])

    def stored(self, node_ids: Sequence[str]) -> dict[str, bool]:
        """Which of these nodes are on disk, and whether with their recurrent state."""
        return self._safely(lambda: self._stored(node_ids), {})

    def touch(self, node_ids: Sequence[str]) -> None:
        """They are the last ones used."""
        self._safely(lambda: self._touch(node_ids), None)

    # Keeping

    def make_room(self, size_bytes: int, parent: str) -> bool:
        """Whether a child of `parent` may take so much; other nodes may have to go."""
        return self._safely(lambda: self._make_room(size_bytes, parent), False)

    def insert(self, new: NewNode, owner: str, since: Position) -> bool:
        """Put a node's files in their places, unless the owner was released after `since`.

        Either a whole node or only its recurrent state. Its parent must be the owner's already.
        """
        return self._safely(lambda: self._insert(new, owner, since), False)

    def own(self, node_ids: Sequence[str], owner: str, since: Position) -> bool:
        """Give a chain, root first, one more owner, unless that was released after `since`."""
        return self._safely(lambda: self._own(node_ids, owner, since), False)

    # Letting go

    def release(self, owner: str) -> bool:
        """Remove at once what belongs to nobody else; other processes let go of it too.

        Whether it could be done; otherwise `usage` goes on to tell of the owner.
        """
        return self._insist(lambda: self._release(owner))

    def clear(self) -> bool:
        """Remove everything; whether it could be done."""
        return self._insist(self._clear)

    def drop(self, node: Node, kind: Kind) -> None:
        """A file can't be used: without its keys and values all that continues a node goes."""
        self._safely(lambda: self._drop(node, kind), None)

    def position(self) -> Position | None:
        """Now; None where nothing is stored."""
        return self._safely(self._position, None)

    def released_since(self, position: Position | None) -> Released:
        """What any process has released after `position`."""
        nothing = Released(position, frozenset(), everything=False)
        return self._safely(lambda: self._released_since(position), nothing)

    # The whole

    def usage(self) -> DiskUsage:
        return self._safely(self._usage, DiskUsage())

    def set_budget(self, budget: Budget) -> None:
        """What is above the new limits goes at once."""
        self.budget = budget
        self.make_room(0, ROOT)

    def close(self) -> None:
        if self._index:
            self._index.close()

    # The same, on a disk that works

    def _children(self, fingerprint: str, parent: str) -> list[StoredNode]:
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT id, parent, start, tokens, recurrent_bytes FROM nodes "
                "WHERE parent = ? AND fingerprint = ?",
                (parent, fingerprint),
            )
            return [_stored_node(row) for row in rows]

    def _stored(self, node_ids: Sequence[str]) -> dict[str, bool]:
        found = {}
        with self._reading() as connection:
            for node_id in node_ids:
                row = connection.execute(
                    "SELECT recurrent_bytes FROM nodes WHERE id = ?", (node_id,)
                ).fetchone()
                if row:
                    found[node_id] = bool(row[0])
        return found

    def _touch(self, node_ids: Sequence[str]) -> None:
        with self._writing() as connection:
            use = eviction.next_use(connection)
            connection.executemany(
                "UPDATE nodes SET last_use = ? WHERE id = ?",
                [(use, node_id) for node_id in node_ids],
            )

    def _make_room(self, size_bytes: int, parent: str) -> bool:
        with self._writing() as connection:
            if not self._swept:
                eviction.sweep(connection, self.folder)
                self._swept = True
            free = self._disk_usage(self.folder.path).free
            return eviction.make_room(
                connection, self.folder, self.budget, free, size_bytes, parent
            )

    def _insert(self, new: NewNode, owner: str, since: Position) -> bool:
        try:
            with self._writing() as connection:
                if not self._may_insert(connection, new, owner, since):
                    return False
                for kind, path in new.files.items():
                    self.folder.place(path, new.fingerprint, new.node.id, kind)
                _enter(connection, new, owner)
        except (OSError, sqlite3.Error):
            # The index is as before: a file without a node would only take room.
            self.folder.remove(new.fingerprint, new.node.id, *new.sizes)
            raise
        self.folder.sync(new.fingerprint)
        return True

    def _may_insert(
        self, connection: sqlite3.Connection, new: NewNode, owner: str, since: Position
    ) -> bool:
        if _is_released(connection, owner, since):
            return False
        # Either may have been evicted meanwhile.
        needed = {new.node.parent, *(() if "kv" in new.files else (new.node.id,))} - {ROOT}
        if not all(_is_owned(connection, node_id, owner) for node_id in needed):
            return False
        # Another process may have taken the room that was made.
        size = sum(new.sizes.values())
        free = self._disk_usage(self.folder.path).free + size
        return eviction.make_room(connection, self.folder, self.budget, free, size, new.node.parent)

    def _own(self, node_ids: Sequence[str], owner: str, since: Position) -> bool:
        with self._writing() as connection:
            if _is_released(connection, owner, since):
                return False
            connection.executemany(
                "INSERT OR IGNORE INTO owners SELECT id, ? FROM nodes WHERE id = ?",
                [(owner, node_id) for node_id in node_ids],
            )
            return True

    def _release(self, owner: str) -> bool:
        with self._writing() as connection:
            connection.execute("DELETE FROM owners WHERE owner = ?", (owner,))
            connection.execute("INSERT INTO releases (owner) VALUES (?)", (owner,))
            eviction.remove_unowned(connection, self.folder)
            eviction.sweep(connection, self.folder)
        return True

    def _clear(self) -> bool:
        with self._writing() as connection:
            connection.execute("DELETE FROM nodes")
            connection.execute("DELETE FROM owners")
            connection.execute("INSERT INTO releases (owner) VALUES (NULL)")
            eviction.sweep(connection, self.folder)
        return True

    def _drop(self, node: Node, kind: Kind) -> None:
        with self._writing() as connection:
            if kind == "kv":
                eviction.lose_node(connection, self.folder, node.id)
            else:
                eviction.lose_recurrent(connection, self.folder, node.id)

    def _position(self) -> Position | None:
        with self._reading() as connection:
            return _position(connection)

    def _released_since(self, position: Position | None) -> Released:
        with self._reading() as connection:
            now = _position(connection)
            if position is None or position.generation != now.generation:
                # What was released before the index was lost is not known any more.
                return Released(now, frozenset(), everything=position is not None)
            rows = connection.execute(
                "SELECT owner FROM releases WHERE seq > ? AND seq <= ?", (position.seq, now.seq)
            )
            owners = {owner for (owner,) in rows}
            everything = None in owners
            return Released(now, frozenset(owners - {None}), everything)

    def _usage(self) -> DiskUsage:
        with self._reading() as connection:
            count, kv_bytes, recurrent_bytes = connection.execute(
                "SELECT count(*), total(kv_bytes), total(recurrent_bytes) FROM nodes"
            ).fetchone()
            owners = connection.execute(
                "SELECT owner, total(kv_bytes) + total(recurrent_bytes) "
                "FROM owners JOIN nodes ON node = id GROUP BY owner"
            ).fetchall()
        shares = {owner: int(size) for owner, size in owners}
        return DiskUsage(count, int(kv_bytes), int(recurrent_bytes), shares)

    # Faults

    def _safely(self, action: Callable[[], Result], otherwise: Result) -> Result:
        """What the action gives, on a new index if the old one is damaged; else `otherwise`."""
        if self._index is None:
            return otherwise
        try:
            try:
                return action()
            except (sqlite3.Error, UnicodeDecodeError) as error:
                if not is_damage(error):
                    raise
                logger.warning("the index of the snapshots is damaged and made again: %s", error)
                self._index.discard()
                return action()
        except NewerIndexError:
            self._warn("they belong to a newer version")
        except (OSError, sqlite3.Error, UnicodeDecodeError) as error:
            self._warn(str(error))
        return otherwise

    def _insist(self, action: Callable[[], bool]) -> bool:
        """On a full disk the first attempt removes files, which makes room for the second."""
        done = any(self._safely(action, not self.on_disk) for _ in range(2))
        self._safely(self._truncate_log, None)
        return done

    def _warn(self, fault: str) -> None:
        """Of each fault once, since it comes back with every use."""
        if fault not in self._faults:
            self._faults.add(fault)
            logger.warning("the snapshots on disk can't be used: %s", fault)

    def _reading(self) -> AbstractContextManager[sqlite3.Connection]:
        assert self._index is not None
        return self._index.reading()

    def _writing(self) -> AbstractContextManager[sqlite3.Connection]:
        assert self._index is not None
        return self._index.writing()

    def _fill(self, connection: sqlite3.Connection) -> None:
        adopt_files(connection, self.folder)

    def _truncate_log(self) -> None:
        """The log of changes keeps earlier pages, and with them what was removed."""
        with self._reading() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _stored_node(row: tuple[Any, ...]) -> StoredNode:
    match row:
        case (str(node_id), str(parent), int(start), bytes(tokens), int() | None) if (
            start >= 0 and len(tokens) % TOKEN_BYTES == 0
        ):
            return StoredNode(Node(node_id, parent, start, tokens), bool(row[4]))
    raise DamagedIndexError("a row can't be read")


def _position(connection: sqlite3.Connection) -> Position:
    row = connection.execute(
        "SELECT generation, (SELECT ifnull(max(seq), 0) FROM releases) FROM identity"
    ).fetchone()
    if row is None:
        raise DamagedIndexError("its identity is missing")
    return Position(*row)


def _is_released(connection: sqlite3.Connection, owner: str, since: Position) -> bool:
    now = _position(connection)
    if now.generation != since.generation:
        return True
    row = connection.execute(
        "SELECT 1 FROM releases WHERE seq > ? AND (owner = ? OR owner IS NULL)", (since.seq, owner)
    ).fetchone()
    return row is not None


def _is_owned(connection: sqlite3.Connection, node_id: str, owner: str) -> bool:
    row = connection.execute(
        "SELECT 1 FROM owners JOIN nodes ON node = id WHERE owner = ? AND node = ?",
        (owner, node_id),
    ).fetchone()
    return row is not None


def _enter(connection: sqlite3.Connection, new: NewNode, owner: str) -> None:
    node, sizes, use = new.node, new.sizes, eviction.next_use(connection)
    if "kv" in sizes:
        connection.execute(
            # Another process may have been faster, and have had the recurrent state.
            "INSERT INTO nodes VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
            "last_use = excluded.last_use, kv_bytes = excluded.kv_bytes, recurrent_bytes = "
            "iif(excluded.recurrent_bytes > 0, excluded.recurrent_bytes, recurrent_bytes)",
            (
                node.id,
                new.fingerprint,
                node.parent,
                node.start,
                use,
                sizes["kv"],
                sizes.get("recurrent", 0) if new.hybrid else None,
                node.tokens,
            ),
        )
    else:
        connection.execute(
            "UPDATE nodes SET recurrent_bytes = ?, last_use = ? WHERE id = ?",
            (sizes["recurrent"], use, node.id),
        )
    connection.execute("INSERT OR IGNORE INTO owners VALUES (?, ?)", (node.id, owner))
