"""Files that a second start hands over to the window that is open on the same data folder.

A request is a file in a folder that is the user's alone, so it needs no socket and passes every
file system and sandbox that the data folder does. Who renames or removes it first has it: the
window takes it, or the second start, tired of waiting, takes it back. Knows no window.
"""

import contextlib
import json
import os
import stat
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.paths import DataPaths

MAX_SIZE_BYTES = 64 * 1024
_MAX_FILES = 32
_MAX_AT_ONCE = 32  # requests; what is left comes with the next look
_MAX_TOKEN = 256  # characters
_WAITED_SECONDS = 10.0  # nobody waits longer for a request to be taken
_POLL_SECONDS = 0.02
_REQUEST, _TAKEN = ".json", ".taken"


@dataclass(frozen=True, slots=True)
class Request:
    files: tuple[Path, ...]  # absolute
    activation_token: str = ""  # of the desktop, to raise a window with; "" where there is none


@dataclass(frozen=True, slots=True)
class LeftRequest:
    """A request that waits for the window."""

    path: Path

    def is_taken(self, timeout_seconds: float) -> bool:
        """Wait for it, so long at most."""
        deadline = time.monotonic() + timeout_seconds
        while self.path.exists():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def withdraw(self) -> bool:
        """Whether it was still there; else the window has it."""
        try:
            self.path.unlink()
        except FileNotFoundError:
            return False
        return True


def leave_request(paths: DataPaths, files: Sequence[Path]) -> LeftRequest:
    """Ask the open window to come to the front and to open `files`.

    Raises:
        OSError: it can't be written.
    """
    _let_others_come_to_the_front()
    token = os.environ.get("XDG_ACTIVATION_TOKEN") or os.environ.get("DESKTOP_STARTUP_ID", "")
    content = {"files": [str(path) for path in files], "activation_token": token}
    make_requests_dir(paths)
    path = paths.requests_dir / f"{uuid.uuid4().hex}{_REQUEST}"
    written = path.with_suffix(".new")
    try:
        written.write_text(json.dumps(content), "ascii")
        written.rename(path)
    except OSError:
        with contextlib.suppress(OSError):
            written.unlink()
        raise
    return LeftRequest(path)


def make_requests_dir(paths: DataPaths) -> None:
    """Raises: OSError."""
    paths.requests_dir.mkdir(mode=0o700, parents=True, exist_ok=True)


def take_requests(paths: DataPaths) -> list[Request]:
    """What waits for the window, oldest first. What nobody waits for any more is removed.

    Whatever lies there that isn't a request counts for nothing.
    """
    waiting: list[tuple[float, Path]] = []
    with contextlib.suppress(OSError), os.scandir(paths.requests_dir) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                if not stat.S_ISREG(status.st_mode):
                    continue  # reading a pipe would wait for ever
                if abs(time.time() - status.st_mtime) > _WAITED_SECONDS:
                    os.unlink(entry.path)  # noqa: PTH108 - of scandir
                elif entry.name.endswith(_REQUEST):
                    waiting.append((status.st_mtime, Path(entry.path)))
    taken = [_taken(path) for _, path in sorted(waiting)[:_MAX_AT_ONCE]]
    return [request for request in taken if request is not None]


def _taken(path: Path) -> Request | None:
    own = path.with_suffix(_TAKEN)
    try:
        path.rename(own)
        with own.open("rb") as file:
            content = file.read(MAX_SIZE_BYTES + 1)
        own.unlink()
    except OSError:
        return None  # taken back
    return read_request(content)


def read_request(content: bytes) -> Request | None:
    """None for what isn't a request."""
    if len(content) > MAX_SIZE_BYTES:
        return None
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, dict):
        return None
    files, token = values.get("files"), values.get("activation_token", "")
    if not isinstance(files, list) or len(files) > _MAX_FILES or not all(map(_is_path, files)):
        return None
    if not isinstance(token, str) or len(token) > _MAX_TOKEN or not _is_plain(token):
        token = ""
    return Request(tuple(Path(file) for file in files), token)


def _is_path(value: Any) -> bool:
    """Whether the system could have a file of that name."""
    if not isinstance(value, str) or "\0" in value or not Path(value).is_absolute():
        return False
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return True


def _is_plain(text: str) -> bool:
    return text.isascii() and (text.isprintable() or not text)


def _let_others_come_to_the_front() -> None:
    """Windows lets a program raise its window only if the one that the user has started says so."""
    if sys.platform == "win32":
        import ctypes

        any_process = 0xFFFFFFFF
        with contextlib.suppress(OSError, AttributeError):
            ctypes.windll.user32.AllowSetForegroundWindow(any_process)
