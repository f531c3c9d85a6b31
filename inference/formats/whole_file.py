"""A new file that is there whole or not at all."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A name beside `path` to write to; at the end of the block the file takes its true name.

    What was at `path` stays until then, and stays for good if the block fails. Nothing half
    written is left.

    Raises:
        OSError: it can't be written; before the block where `path` is a folder.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    unfinished = Path(f"{path}.part")
    try:
        yield unfinished
        with unfinished.open("r+b") as file:  # Windows syncs no file that is open for reading
            os.fsync(file.fileno())
        unfinished.replace(path)
        sync_folder(path.parent)
    finally:
        with suppress(OSError):
            unfinished.unlink()


def sync_folder(folder: Path) -> None:
    """So that the new name outlives a power cut. Not every system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
