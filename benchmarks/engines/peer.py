"""The interpreter that has llama-cpp-python: this one, one that is named, or one made for it.

Eremo itself never needs it.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

from app.paths import data_paths

BUILD_ENVIRONMENT = {"CMAKE_ARGS": "-DGGML_NATIVE=ON"}  # for this CPU, as llama.cpp itself does
INSTALL = ("-m", "pip", "install", "--no-cache-dir", "--no-binary", "llama-cpp-python")


class NoPeerError(Exception):
    """Says what to do."""


def find_peer(named: str | None, build: bool) -> str:
    """Raises: NoPeerError"""
    for python in (named,) if named else (sys.executable, str(built_python())):
        if has_llamacpp(python):
            return python
    if build and not named:
        return build_peer(built_python())
    raise NoPeerError(
        f"{named or 'This interpreter'} has no llama-cpp-python: "
        "name one that has it with --peer PYTHON, or let --build compile it."
    )


def has_llamacpp(python: str) -> bool:
    question = "import importlib.util as u, sys; sys.exit(u.find_spec('llama_cpp') is None)"
    try:
        return subprocess.run([python, "-c", question], check=False).returncode == 0
    except OSError:
        return False


def built_python() -> Path:
    """Where --build puts it: in what `eremo` may make again at any time."""
    folder = data_paths().cache_dir / "llama-cpp-python"
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def build_peer(python: Path) -> str:
    """Compile it into a virtual environment; takes a C++ compiler, the network and minutes.

    Raises:
        NoPeerError: that failed; pip has said why.
    """
    venv.create(python.parent.parent, with_pip=True)
    command = [str(python), *INSTALL, "llama-cpp-python"]
    done = subprocess.run(
        command, env=os.environ | BUILD_ENVIRONMENT, stdout=sys.stderr, check=False
    )
    if done.returncode:
        raise NoPeerError("llama-cpp-python couldn't be compiled: pip says why above.")
    return str(python)
