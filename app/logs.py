"""The log file: what went wrong inside, for whoever looks into it.

Only the commands configure it. It holds no text of any chat, and nothing leaves this machine.
"""

import logging
import logging.handlers
import os
from io import TextIOWrapper
from pathlib import Path

from app.paths import DataPaths

DEBUG_VARIABLE = "EREMO_DEBUG"
"""For developers: set to anything, the log goes to standard error, too."""

_MAX_BYTES = 1_000_000
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_file(paths: DataPaths) -> Path:
    return paths.logs_dir / "eremo.log"


def start_logging(paths: DataPaths | None) -> None:
    """Log into the data folder from now on; None: nothing may be written there."""
    # A log that can't be written is no reason to speak of the log on the user's terminal.
    logging.raiseExceptions = False
    handlers: list[logging.Handler] = [logging.NullHandler()]
    if paths:
        handlers.append(_LogFile(log_file(paths)))
    if os.environ.get(DEBUG_VARIABLE):
        handlers.append(logging.StreamHandler())
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for handler in handlers:
        handler.setFormatter(logging.Formatter(_FORMAT))
        root.addHandler(handler)


class _LogFile(logging.handlers.RotatingFileHandler):
    """Makes its file, and the folder, when there is something to write."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path,
            maxBytes=_MAX_BYTES,
            backupCount=1,
            encoding="utf-8",
            errors="backslashreplace",
            delay=True,
        )

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        return super()._open()
