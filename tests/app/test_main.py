"""What has to be in order before the window is opened, and is said in a sentence if it isn't."""

import os
import subprocess
import sys
from types import ModuleType

import pytest

from app import __main__ as command
from app import display
from app.errors import AppError
from app.instance import single_window
from app.paths import data_paths


@pytest.fixture
def opened(monkeypatch):
    """The data folders that a window was opened on, instead of a real one."""
    opened = []
    module = ModuleType("ui.application")
    module.run_window = lambda paths, _file: opened.append(paths) or 0
    monkeypatch.setitem(sys.modules, "ui.application", module)
    return opened


def test_the_window_is_opened_on_a_data_folder_that_is_there(opened):
    paths = data_paths()
    assert command.open_window(paths) == 0
    assert opened == [paths]
    assert paths.models_dir.is_dir()


def test_a_second_window_is_not_opened(opened):
    paths = data_paths()
    paths.create()
    with single_window(paths), pytest.raises(AppError, match="already open"):
        command.open_window(paths)
    assert opened == []


def test_missing_libraries_are_named_when_qt_cannot_be_imported(monkeypatch):
    monkeypatch.setitem(sys.modules, "ui.application", None)
    monkeypatch.setattr(display, "_loads", lambda library: library != "libEGL.so.1")
    with pytest.raises(AppError, match="libegl1"):
        command.open_window(data_paths())


def test_another_import_error_is_a_bug(monkeypatch):
    monkeypatch.setitem(sys.modules, "ui.application", None)
    monkeypatch.setattr(display, "_loads", lambda _library: True)
    with pytest.raises(ImportError):
        command.open_window(data_paths())


def run_eremo(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_without_a_display_eremo_ends_with_a_sentence():
    """Qt would abort, which looks like a crash."""
    result = run_eremo(DISPLAY="", WAYLAND_DISPLAY="", QT_QPA_PLATFORM="")
    assert result.returncode == 1
    assert result.stderr.startswith("eremo: There is no display")
    assert result.stderr.count("\n") == 1


def test_the_version_is_printed():
    result = run_eremo("--version")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("eremo ")
