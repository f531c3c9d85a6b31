"""Whether a window can be opened here. Qt ends the process without a word to the user if not.

Only Linux has to be asked: elsewhere there always is a display, and Qt brings what it needs.
"""

import ctypes
import os
import socket
import sys
from pathlib import Path

from app.errors import AppError

# Debian's names of what Qt loads. `check_libraries` names those that are missing.
_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
_WAYLAND_LIBRARIES = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}
_X11_LIBRARIES = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}


def check_display() -> None:
    """Raises AppError: there is no display, or what Qt needs to draw on it is missing."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return
    wayland, x11 = _wayland_answers(), _x11_answers()
    if wayland and not _missing(_WAYLAND_LIBRARIES):
        return
    if not wayland and not x11:
        raise AppError(
            "There is no display to open a window on: start Eremo on a desktop, "
            "or use `eremo chat` here."
        )
    _require(_X11_LIBRARIES if x11 else _WAYLAND_LIBRARIES)


def check_libraries() -> None:
    """Raises AppError: system libraries without which Qt can't be imported are missing."""
    if sys.platform == "linux":
        _require(_LIBRARIES | _X11_LIBRARIES)


def _require(libraries: dict[str, str]) -> None:
    if missing := _missing(libraries):
        raise AppError(
            "The window needs system libraries that are missing here: install them with "
            f"`sudo apt install {' '.join(missing)}`, or use `eremo chat`."
        )


def _missing(libraries: dict[str, str]) -> list[str]:
    return [package for name, package in libraries.items() if not _loads(name)]


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _wayland_answers() -> bool:
    name = os.environ.get("WAYLAND_DISPLAY", "")
    runtime_dir = os.environ.get("XDG_RUNTIME_DIR", "/")
    return bool(name) and _connects(str(Path(runtime_dir, name)))


def _x11_answers() -> bool:
    display = os.environ.get("DISPLAY", "")
    host, _, number = display.rpartition(":")
    if host not in ("", "unix"):
        return True  # another machine, or a path: Qt has to find out
    path = f"/tmp/.X11-unix/X{number.partition('.')[0]}"
    return bool(number) and (_connects(path) or _connects(f"\0{path}"))


def _connects(address: str) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(address)
    except (OSError, ValueError):
        return False
    return True
