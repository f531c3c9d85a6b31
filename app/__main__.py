"""The command `eremo`. The one place below the window that opens it.

The engine process imports this module again: it has to stay cheap.
"""

from __future__ import annotations

import multiprocessing
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from app.paths import DataPaths


def main() -> int:
    multiprocessing.freeze_support()
    from app.cli.main import run

    return run(sys.argv[1:], open_window)


def open_window(paths: DataPaths, file: Path | None = None) -> int:
    """With `file`, a model or chats, open in it.

    Raises:
        AppError: there is no display, or a window on this data folder already.
    """
    from app.display import check_display, check_libraries
    from app.instance import single_window

    check_display()
    paths.create()
    with single_window(paths):
        try:
            from ui.application import run_window
        except ImportError:
            check_libraries()
            raise
        return run_window(paths, file)


if __name__ == "__main__":
    sys.exit(main())
