"""One window on one data folder."""

import errno
import signal
import subprocess
import sys

import pytest
from filelock import FileLock

from app.errors import AppError
from app.instance import single_window
from app.paths import data_paths

HOLD = """
import sys
from app.instance import single_window
from app.paths import data_paths
with single_window(data_paths()):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def paths():
    paths = data_paths()
    paths.create()
    return paths


@pytest.fixture
def other_window():
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_window_is_refused_until_the_first_is_closed(paths, other_window):
    with pytest.raises(AppError, match="already open"), single_window(paths):
        pass
    other_window.communicate()
    with single_window(paths):
        pass


def test_a_killed_window_leaves_no_lock(paths, other_window):
    other_window.send_signal(signal.SIGKILL)
    other_window.wait()
    with single_window(paths):
        pass


@pytest.mark.usefixtures("other_window")
def test_another_data_folder_is_another_matter(tmp_path):
    paths = data_paths(tmp_path / "other")
    paths.create()
    with single_window(paths):
        pass


def test_a_folder_that_cannot_be_written_is_one_sentence(paths, monkeypatch):
    def refuse(*_args, **_options):
        raise OSError(errno.EROFS, "technical")

    monkeypatch.setattr(FileLock, "acquire", refuse)
    with pytest.raises(AppError, match="check the permissions"), single_window(paths):
        pass


def test_a_file_system_without_locks_still_gets_its_window(paths, monkeypatch):
    def refuse(*_args, **_options):
        raise NotImplementedError

    monkeypatch.setattr(FileLock, "acquire", refuse)
    with single_window(paths):
        pass
