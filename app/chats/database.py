"""The chats' database: one connection, its lock and its transactions. Knows no table."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from app.chats.schema import database_errors, open_database, transaction


class Database:
    """What the parts of the store share. With ":memory:" nothing touches the disk."""

    def __init__(self, path: Path | Literal[":memory:"]) -> None:
        self._path = Path(path)
        self._lock = threading.RLock()
        self._connection = open_database(self._path)

    def close(self) -> None:
        with self._lock, database_errors(self._path):
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def rows(
        self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()
    ) -> list[tuple[Any, ...]]:
        """What a reading statement finds."""
        with self._lock, database_errors(self._path):
            return self._connection.execute(sql, parameters).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Inside of another one: a part of that."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            with database_errors(self._path), transaction(self._connection):
                yield

    def _insert(self, table: str, **values: object) -> int:
        """The new row's id."""
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        cursor = self._connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values())
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid


def storable(text: str) -> str:
    """`text` as it can be stored and shown anywhere: half surrogate pairs and NULs replaced."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def one_line(text: str) -> str:
    return " ".join(storable(text).split())


def now() -> str:
    return timestamp(datetime.now(UTC))


def timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def moment_from(text: str) -> datetime:
    return datetime.fromisoformat(text)
