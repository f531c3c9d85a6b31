"""Whether there is a display: asked before Qt, which would only abort."""

import socket
import sys

import pytest

from app import display
from app.display import check_display, check_libraries
from app.errors import AppError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has to be asked")


@pytest.fixture(autouse=True)
def _no_display(monkeypatch, tmp_path):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(display, "_loads", lambda _library: True)


@pytest.fixture
def _wayland(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("wayland-7")
        server.listen()
        monkeypatch.setenv("XDG_RUNTIME_DIR", ".")
        monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-7")
        yield


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"DISPLAY": ""},
        {"DISPLAY": ":"},
        {"DISPLAY": ":987654"},
        {"DISPLAY": "unix:987654.0"},
        {"DISPLAY": "nonsense"},
        {"WAYLAND_DISPLAY": "wayland-nowhere"},
        {"WAYLAND_DISPLAY": "/" + "x" * 500},
    ],
)
def test_without_a_display_that_answers_there_is_one_sentence(monkeypatch, environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(AppError, match="no display to open a window on"):
        check_display()


def test_a_platform_that_was_chosen_is_not_questioned(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    check_display()


def test_a_display_of_another_machine_is_not_questioned(monkeypatch):
    monkeypatch.setenv("DISPLAY", "localhost:10.0")
    check_display()


@pytest.mark.usefixtures("_wayland")
def test_a_wayland_display_will_do():
    check_display()


def test_missing_libraries_are_named_with_their_packages(monkeypatch):
    """Qt's own words about a missing libxcb-cursor are an abort and a core dump."""
    monkeypatch.setenv("DISPLAY", "localhost:10.0")
    monkeypatch.setattr(display, "_loads", lambda library: library != "libxcb-cursor.so.0")
    with pytest.raises(AppError, match="`sudo apt install libxcb-cursor0`"):
        check_display()
    monkeypatch.setattr(display, "_loads", lambda library: library != "libEGL.so.1")
    check_display()
    with pytest.raises(AppError, match="`sudo apt install libegl1`"):
        check_libraries()


@pytest.mark.usefixtures("_wayland")
def test_missing_wayland_libraries_matter_only_without_x11(monkeypatch):
    monkeypatch.setattr(display, "_loads", lambda library: "wayland" not in library)
    with pytest.raises(AppError, match="libwayland-client0 libwayland-cursor0"):
        check_display()
    monkeypatch.setenv("DISPLAY", "localhost:10.0")
    check_display()


def test_a_library_is_tried_by_loading_it(monkeypatch):
    monkeypatch.undo()
    assert display._loads("libc.so.6")
    assert not display._loads("libnowhere.so.1")
