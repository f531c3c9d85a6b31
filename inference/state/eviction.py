"""What goes from the disk, and in which order. Every function works inside a transaction.

Files are removed before the transaction ends: after a crash there may be nodes without files,
which are harmless, rather than files of a chat that was deleted.
"""

import sqlite3

from inference.state.budget import Budget
from inference.state.folder import Folder


def next_use(connection: sqlite3.Connection) -> int:
    """A number above that of every earlier use."""
    (last,) = connection.execute("SELECT ifnull(max(last_use), 0) FROM nodes").fetchone()
    return int(last) + 1


def make_room(
    connection: sqlite3.Connection,
    folder: Folder,
    budget: Budget,
    free_bytes: int,
    size_bytes: int,
    parent: str,
) -> bool:
    """Whether there is room for a child of `parent`, after others have gone where they had to.

    Nothing goes where that would not be enough.
    """
    kept = kept_bytes(connection)
    needed = size_bytes + _chain_bytes(connection, parent)
    enough = free_bytes + kept - needed >= budget.leave_free_bytes
    if needed > budget.disk_bytes or (size_bytes and not enough):
        return False
    while kept + size_bytes > budget.disk_bytes or (
        enough and free_bytes - size_bytes < budget.leave_free_bytes
    ):
        freed = _evict_one(connection, folder, parent)
        if not freed:
            return False
        kept -= freed
        free_bytes += freed  # not asked again: some file systems free space later
    return True


def kept_bytes(connection: sqlite3.Connection) -> int:
    (size,) = connection.execute(
        "SELECT total(kv_bytes) + total(recurrent_bytes) FROM nodes"
    ).fetchone()
    return int(size)


def _chain_bytes(connection: sqlite3.Connection, node_id: str) -> int:
    """Of the keys and values that what continues this node can't do without."""
    (size,) = connection.execute(
        """WITH RECURSIVE above (id) AS (
            VALUES (?) UNION SELECT parent FROM above JOIN nodes USING (id)
        )
        SELECT total(kv_bytes) FROM above JOIN nodes USING (id)""",
        (node_id,),
    ).fetchone()
    return int(size)


def _evict_one(connection: sqlite3.Connection, folder: Folder, parent: str) -> int:
    """Remove what was least recently used and isn't needed by others; the bytes, 0 for nothing.

    A node that others continue loses only its recurrent state, and is then a tombstone.
    """
    row = connection.execute(
        """SELECT id, recurrent_bytes, inner FROM (
            SELECT id, ifnull(recurrent_bytes, 0) AS recurrent_bytes, last_use, start,
                id = ? OR EXISTS (SELECT 1 FROM nodes AS child WHERE child.parent = nodes.id)
                AS inner
            FROM nodes
        ) WHERE recurrent_bytes > 0 OR NOT inner ORDER BY last_use, start DESC LIMIT 1""",
        (parent,),
    ).fetchone()
    if row is None:
        return 0
    node_id, recurrent_bytes, inner = row
    if inner:
        _drop_recurrent(connection, folder, node_id)
        return int(recurrent_bytes)
    before = kept_bytes(connection)
    _remove_leaf(connection, folder, node_id, parent)
    return before - kept_bytes(connection)


def lose_recurrent(connection: sqlite3.Connection, folder: Folder, node_id: str) -> None:
    """Make a node a tombstone; if nothing continues it, it goes whole."""
    _drop_recurrent(connection, folder, node_id)
    if _is_useless(connection, node_id):
        _remove_leaf(connection, folder, node_id)


def lose_node(connection: sqlite3.Connection, folder: Folder, node_id: str) -> None:
    """Remove a node and all that continues it."""
    rows = connection.execute(
        """WITH RECURSIVE below (id) AS (
            VALUES (?) UNION SELECT nodes.id FROM below JOIN nodes ON nodes.parent = below.id
        )
        SELECT fingerprint, id FROM below JOIN nodes USING (id)""",
        (node_id,),
    ).fetchall()
    _remove(connection, folder, [row for row in rows if row[1] != node_id])
    _remove_leaf(connection, folder, node_id)


def _drop_recurrent(connection: sqlite3.Connection, folder: Folder, node_id: str) -> None:
    for (fingerprint,) in connection.execute(
        "SELECT fingerprint FROM nodes WHERE id = ?", (node_id,)
    ).fetchall():
        folder.remove(fingerprint, node_id, "recurrent")
        connection.execute("UPDATE nodes SET recurrent_bytes = 0 WHERE id = ?", (node_id,))


def _remove_leaf(
    connection: sqlite3.Connection, folder: Folder, node_id: str, keep: str = ""
) -> None:
    """Remove a leaf, and the tombstones above it that led to nothing else."""
    while True:
        row = connection.execute(
            "SELECT parent, fingerprint FROM nodes WHERE id = ?", (node_id,)
        ).fetchone()
        if row is None:
            return
        _remove(connection, folder, [(row[1], node_id)])
        node_id = row[0]
        if node_id == keep or not _is_useless(connection, node_id):
            return


def _is_useless(connection: sqlite3.Connection, node_id: str) -> bool:
    """Whether it is a tombstone that nothing continues."""
    row = connection.execute(
        "SELECT 1 FROM nodes WHERE id = ? AND recurrent_bytes = 0 "
        "AND NOT EXISTS (SELECT 1 FROM nodes AS child WHERE child.parent = ?)",
        (node_id, node_id),
    ).fetchone()
    return row is not None


def remove_unowned(connection: sqlite3.Connection, folder: Folder) -> None:
    # An owner of a node owns the chain up to it too: nothing that stays loses its parent.
    rows = connection.execute(
        "SELECT fingerprint, id FROM nodes "
        "WHERE NOT EXISTS (SELECT 1 FROM owners WHERE node = nodes.id)"
    ).fetchall()
    _remove(connection, folder, rows)


def sweep(connection: sqlite3.Connection, folder: Folder) -> None:
    """Remove files without a node: a process ended before it could enter or remove them."""
    known: dict[str, set[str]] = {"kv": set(), "recurrent": set()}
    for node_id, recurrent_bytes in connection.execute("SELECT id, recurrent_bytes FROM nodes"):
        known["kv"].add(node_id)
        if recurrent_bytes:
            known["recurrent"].add(node_id)
    for file in folder.files():
        if file.id not in known[file.kind]:
            folder.unlink(file.path)


def _remove(connection: sqlite3.Connection, folder: Folder, rows: list[tuple[str, str]]) -> None:
    for fingerprint, node_id in rows:
        folder.remove(fingerprint, node_id, "kv", "recurrent")
    ids = [(node_id,) for _, node_id in rows]
    connection.executemany("DELETE FROM nodes WHERE id = ?", ids)
    connection.executemany("DELETE FROM owners WHERE node = ?", ids)
