"""Opens a weights file by mapping it into memory, and names what is wrong with it."""

import mmap
import os
import stat
import weakref
from pathlib import Path
from typing import BinaryIO

from inference.errors import WeightsError


def damaged(path: Path, reason: str) -> WeightsError:
    return WeightsError(f"{path.name} is damaged: {reason}. Download the file again.")


class MappedFile(mmap.mmap):
    """A mapping of a whole file, which can be read by its descriptor as well."""

    descriptor: int

    def __new__(cls, file: BinaryIO) -> "MappedFile":
        self = super().__new__(cls, file.fileno(), 0, access=mmap.ACCESS_READ)
        self.descriptor = os.dup(file.fileno())
        weakref.finalize(self, os.close, self.descriptor)
        return self


def map_file(path: Path) -> MappedFile:
    """Raises: WeightsError. The mapping lives as long as the last view of it."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise WeightsError(f"{path.name} is a folder. Choose the weights file in it.")
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
            raise WeightsError(f"{path.name} is not an ordinary file. Choose a weights file.")
        if status.st_size == 0:
            raise WeightsError(f"{path.name} is empty. Download the file again.")
        with path.open("rb") as file:
            return MappedFile(file)
    except FileNotFoundError as error:
        raise WeightsError(
            f"The weights file {path} does not exist. Choose another model or restore the file."
        ) from error
    except PermissionError as error:
        raise WeightsError(
            f"Eremo may not read {path}. Change the permissions of the file."
        ) from error
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path} cannot be opened: {error}.") from error
