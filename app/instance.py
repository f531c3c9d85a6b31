"""One window on one data folder. The command line may run beside it."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from app.errors import AppError, writing_failed
from app.paths import DataPaths


class AlreadyOpenError(AppError):
    """Another window holds the data folder."""


@contextmanager
def single_window(paths: DataPaths) -> Iterator[None]:
    """Hold the data folder's window lock. The system frees it with the process, however it ends.

    Raises:
        AlreadyOpenError: another window holds it.
        AppError: the folder can't be written.
    """
    lock = FileLock(paths.lock_file)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise AlreadyOpenError(
            "Eremo is already open with this data folder: use its window, "
            "or choose another folder with --data-dir."
        ) from error
    except NotImplementedError:
        pass  # a file system without locks; the database keeps two windows apart well enough
    except OSError as error:
        raise writing_failed(paths.lock_file, error) from error
    try:
        yield
    finally:
        lock.release()
