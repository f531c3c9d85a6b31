"""What the packages are called, on every system."""

import platform
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APP_ID = "org.eremo.Eremo"
"""Of the desktop entry, AppStream, Flatpak and macOS; its domain must be the publisher's own."""

SUMMARY = "A private assistant on your own machine"
MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows"}


def version() -> str:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    match = re.search(r'^version = "([^"]+)"$', text, re.MULTILINE)
    assert match, "pyproject.toml has no version"
    return match[1]


def target() -> str:
    """Of this machine, such as linux-x86_64."""
    return f"{SYSTEMS[sys.platform]}-{MACHINES[platform.machine().lower()]}"


def stem() -> str:
    """That the name of every package of this machine begins with."""
    return f"eremo-{version()}-{target()}"
