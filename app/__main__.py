"""The command `eremo`. The one place below the window that opens it.

The engine process imports this module again: it has to stay cheap.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.paths import DataPaths

_ANSWER_SECONDS = 5.0  # that a window which is open has to take a request
_RETRY_SECONDS = 0.25


def main() -> int:
    multiprocessing.freeze_support()
    from app.cli.main import run

    return run(sys.argv[1:], open_window)


def open_window(paths: DataPaths, files: Sequence[Path] = ()) -> int:
    """With `files`, models or chats, open in it; in the one that is open already, if there is one.

    Raises:
        AppError: there is no display, or a window on this data folder that doesn't answer.
    """
    from app.display import check_display
    from app.handover import LeftRequest, leave_request
    from app.instance import AlreadyOpenError, single_window

    check_display()
    paths.create()
    deadline = time.monotonic() + _ANSWER_SECONDS
    left: LeftRequest | None = None
    while True:
        try:
            with single_window(paths):
                if left is None or left.withdraw():  # the other one has closed meanwhile
                    return _run_window(paths, files)
                return 0
        except AlreadyOpenError as error:
            try:
                left = left or leave_request(paths, files)
            except OSError:
                raise error from None
            if left.is_taken(_RETRY_SECONDS):
                return 0
            if time.monotonic() > deadline and left.withdraw():
                raise


def _run_window(paths: DataPaths, files: Sequence[Path]) -> int:
    try:
        from ui.application import run_window
    except ImportError:
        from app.display import check_libraries

        check_libraries()
        raise
    return run_window(paths, files)


if __name__ == "__main__":
    sys.exit(main())
