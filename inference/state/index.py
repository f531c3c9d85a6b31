"""The index of the nodes on disk: an SQLite file that can be made again from the nodes' files.

Knows how the file is opened, shared and replaced; what is asked of it is the store's business.
"""

import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from inference.state.node import FORMAT_VERSION

BUSY_TIMEOUT_SECONDS = 10.0
LOG_PAGES = 128  # of 4 KiB

_SCHEMA = (
    # tokens last: sums over the other columns need not read it.
    """CREATE TABLE nodes (
        id TEXT PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        parent TEXT NOT NULL,
        start INTEGER NOT NULL,
        last_use INTEGER NOT NULL,  -- counted, since clocks jump
        kv_bytes INTEGER NOT NULL,
        recurrent_bytes INTEGER,  -- 0: was dropped; NULL: the model has no recurrent layer
        tokens BLOB NOT NULL
    )""",
    "CREATE INDEX nodes_by_parent ON nodes (parent, fingerprint)",
    "CREATE INDEX nodes_by_use ON nodes (last_use, start DESC)",
    """CREATE TABLE owners (
        node TEXT NOT NULL, owner TEXT NOT NULL, PRIMARY KEY (owner, node)
    ) WITHOUT ROWID""",
    "CREATE INDEX owners_by_node ON owners (node)",
    # What processes that hold nodes in memory have to let go. NULL: everything.
    "CREATE TABLE releases (seq INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT)",
    "CREATE TABLE identity (generation TEXT NOT NULL)",
)


class DamagedIndexError(sqlite3.DatabaseError):
    """The file isn't an index of this version, or not any more."""


class NewerIndexError(Exception):
    """The index belongs to a newer version, and is left to it."""


class Index:
    """A connection that threads share, to whatever file is the index at the moment."""

    def __init__(self, path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
        """fill: enters what is there already into a new index, in the transaction that makes it."""
        self._path = path
        self._fill = fill
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Raises: OSError, sqlite3.Error, NewerIndexError."""
        with self._lock:
            yield self._current()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it or nothing; other processes wait.

        Raises:
            OSError, sqlite3.Error, NewerIndexError
        """
        with self._lock:
            connection = self._begun()
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # SQLite rolls some faults back by itself
                    connection.execute("ROLLBACK")
                raise

    def discard(self) -> None:
        """Remove a damaged file, so that the next use makes another.

        Raises:
            OSError: it can't be removed.
        """
        with self._lock:
            # As long as the connection is open, no new file gets the number of its file.
            if self._file is not None and self._file == _file_number(self._path):
                for suffix in ("-wal", "-shm", ""):
                    Path(f"{self._path}{suffix}").unlink(missing_ok=True)
            self._disconnect()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._disconnect()

    def _begun(self) -> sqlite3.Connection:
        for _ in range(5):
            connection = self._current()
            connection.execute("BEGIN IMMEDIATE")
            if self._file == _file_number(self._path):
                return connection
            connection.execute("ROLLBACK")
        raise sqlite3.OperationalError("another process is replacing the index")

    def _current(self) -> sqlite3.Connection:
        if self._closed:
            raise sqlite3.ProgrammingError("the store is closed")
        if self._connection is not None and self._file != _file_number(self._path):
            self._disconnect()
        if self._connection is None:
            self._connect()
        assert self._connection is not None
        return self._connection

    def _connect(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(
            self._path,
            timeout=BUSY_TIMEOUT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        self._file = _file_number(self._path)
        try:
            _configure(self._connection)
            self._make()
        except Exception as error:
            if not is_damage(error):  # else: see `discard`
                self._disconnect()
            raise

    def _make(self) -> None:
        connection = self._connection
        assert connection is not None
        if _version(connection) == FORMAT_VERSION:
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Asked again: another process may just have made it.
            if _version(connection) != FORMAT_VERSION:
                for statement in _SCHEMA:
                    connection.execute(statement)
                connection.execute("INSERT INTO identity VALUES (?)", (uuid.uuid4().hex,))
                self._fill(connection)
                connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = self._file = None


def _configure(connection: sqlite3.Connection) -> None:
    # A damaged letter is found where the value is used.
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    connection.execute("PRAGMA secure_delete = ON")  # token ids are what the user wrote
    connection.execute("PRAGMA temp_store = MEMORY")
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        # Another process opens the new file at this very moment; one of the two makes it WAL.
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
    connection.execute("PRAGMA synchronous = NORMAL")
    # The log stays small beside the files, so that removing one makes room for it on a full disk.
    connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")


def _version(connection: sqlite3.Connection) -> int:
    """FORMAT_VERSION, or 0 for a file that is still empty."""
    # One statement: another process may be making the tables right now.
    version, has_tables = connection.execute(
        "SELECT user_version, EXISTS (SELECT 1 FROM sqlite_master) FROM pragma_user_version"
    ).fetchone()
    if version > FORMAT_VERSION:
        raise NewerIndexError
    if version != FORMAT_VERSION and (version or has_tables):
        raise DamagedIndexError("an older index, or another program's database")
    return int(version)


def is_damage(error: Exception) -> bool:
    """Whether a new file would help."""
    if isinstance(error, UnicodeDecodeError):  # of a message that names damaged text
        return True
    code = getattr(error, "sqlite_errorcode", None)
    return (
        isinstance(error, DamagedIndexError)
        or code == sqlite3.SQLITE_IOERR_SHORT_READ
        or (code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))
        or (isinstance(error, sqlite3.Error) and str(error).startswith("no such"))  # table
    )


def _file_number(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
