"""The layers hold, and what has to start quickly loads nothing heavy."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
TENSOR_LIBRARIES = {"torch", "mlx", "transformers", "numpy"}
QT = {"PySide6", "qtawesome"}


def run(*command):
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_imports_go_down():
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    result = run(sys.executable, "-c", code)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("inference.process", TENSOR_LIBRARIES | QT),
        ("inference.fake", TENSOR_LIBRARIES | QT),
        ("inference.local_engine", TENSOR_LIBRARIES | QT),
        ("app.assistant", TENSOR_LIBRARIES | QT),
        ("app.cli", TENSOR_LIBRARIES | QT),
        ("app.__main__", TENSOR_LIBRARIES | QT),
        ("ui.main_window", TENSOR_LIBRARIES),
        ("ui.application", TENSOR_LIBRARIES),
    ],
)
def test_importing_a_module_loads_nothing_heavy(module, unwanted):
    """The window has to be visible within a second; torch alone takes longer to import."""
    code = f"import {module}, sys; print(*sys.modules)"
    result = run(sys.executable, "-W", "error", "-c", code)
    assert result.returncode == 0, result.stderr
    loaded = {name.partition(".")[0] for name in result.stdout.split()}
    assert not loaded & unwanted
