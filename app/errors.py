"""The error that the app layer raises on purpose.

Everything else that escapes from here is a bug, but for `inference.errors.InferenceError`.
"""

import errno
from pathlib import Path


class AppError(Exception):
    """`str(error)` is one sentence for the user: what happened and what to do."""


def writing_failed(path: Path, error: OSError) -> AppError:
    """The sentence for a file or folder that can't be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return AppError(f"The disk is full, so {path} couldn't be written: free some space.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return AppError(
            f"Eremo may not write {path}: check the permissions of its folder, "
            "or choose another folder with --data-dir."
        )
    if isinstance(error, FileExistsError | NotADirectoryError):
        return AppError(
            f"Eremo needs the folder {path}, but a file is in its place: move the file away, "
            "or choose another folder with --data-dir."
        )
    if isinstance(error, IsADirectoryError):
        return AppError(f"Eremo needs the file {path}, but a folder is in its place: move it away.")
    return AppError(f"{path} couldn't be written: {error.strerror or error}.")
