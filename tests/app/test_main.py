"""What has to be in order before the window is opened, and is said in a sentence if it isn't."""

import os
import subprocess
import sys
import threading
from types import ModuleType

import pytest
from filelock import FileLock

from app import __main__ as command
from app import display
from app.errors import AppError
from app.handover import take_requests
from app.instance import single_window
from app.paths import data_paths


@pytest.fixture
def opened(monkeypatch):
    """The data folders that a window was opened on, instead of a real one."""
    opened = []
    module = ModuleType("ui.application")
    module.run_window = lambda paths, _files: opened.append(paths) or 0
    monkeypatch.setitem(sys.modules, "ui.application", module)
    return opened


def test_the_window_is_opened_on_a_data_folder_that_is_there(opened):
    paths = data_paths()
    assert command.open_window(paths) == 0
    assert opened == [paths]
    assert paths.models_dir.is_dir()


@pytest.fixture
def busy():
    """A data folder that a window is open on."""
    paths = data_paths()
    paths.create()
    with single_window(paths):
        yield paths


def test_a_second_start_hands_its_files_over(opened, busy, tmp_path):
    """It used to say on standard error only, which nobody reads, that a window is open."""
    taken = []
    window = threading.Timer(0.1, lambda: taken.extend(take_requests(busy)))
    window.start()
    assert command.open_window(busy, [tmp_path / "a.gguf"]) == 0
    window.join()
    assert [request.files for request in taken] == [(tmp_path / "a.gguf",)]
    assert opened == []


def test_a_window_that_does_not_answer_is_told(opened, busy, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "_ANSWER_SECONDS", 0.1)
    with pytest.raises(AppError, match="already open"):
        command.open_window(busy, [tmp_path / "a.gguf"])
    assert opened == []
    assert take_requests(busy) == []  # not minutes later either


def test_where_nothing_can_be_handed_over_the_open_window_is_told(busy):
    busy.requests_dir.write_text("a file in its place")
    with pytest.raises(AppError, match="already open"):
        command.open_window(busy)


def test_a_window_that_closes_meanwhile_is_followed_by_another(opened, tmp_path):
    """Whoever quits and starts again at once must get a window."""
    paths = data_paths()
    paths.create()
    lock = FileLock(paths.lock_file, thread_local=False)
    lock.acquire()
    closing = threading.Timer(0.4, lock.release)
    closing.start()
    assert command.open_window(paths, [tmp_path / "a.gguf"]) == 0
    closing.join()
    assert opened == [paths]
    assert take_requests(paths) == []


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
