"""“Check for updates” in the window."""

import threading

import pytest
from PySide6.QtGui import QDesktopServices

from app.updates import CHECKSUMS, SIGNATURE, ReleaseSource
from tests.app import signed_release
from tests.app.release_server import serving

PAGE = "https://example.org/download"


@pytest.fixture
def asked(monkeypatch):
    """What a server that publishes Eremo 9.8.7 was asked for."""
    files = {
        CHECKSUMS: signed_release.CHECKSUMS,
        SIGNATURE: signed_release.SIGNATURE.encode(),
    }
    with serving(files) as (feed, asked):
        source = ReleaseSource(feed, PAGE, signed_release.PUBLIC_KEY)
        monkeypatch.setattr("app.updates.release_source", lambda: source)
        yield asked


def check(window, qtbot):
    window.shortcuts.actions_by_id["updates"].run()
    qtbot.waitUntil(lambda: window.notices.sentences() != [], timeout=20_000)
    return window.notices.sentences()[-1]


def test_nothing_is_asked_without_a_click(open_window, asked, qtbot):
    window = open_window()
    window.open_palette()
    qtbot.wait(100)
    assert asked == []
    assert "updates" not in {thread.name for thread in threading.enumerate()}


def test_a_click_asks_once_and_offers_the_page(open_window, asked, qtbot, monkeypatch):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    window = open_window()
    assert check(window, qtbot) == "Eremo 9.8.7 has been released."
    assert len(asked) == 2
    assert opened == []
    window.notices._notices()[-1].button.click()
    assert opened == [PAGE]


@pytest.mark.usefixtures("asked")
def test_the_newest_version_is_told_so(open_window, qtbot, monkeypatch):
    monkeypatch.setattr("app.version.eremo_version", lambda: "9.8.7")
    assert check(open_window(), qtbot) == "There is no newer Eremo."


def test_a_build_without_releases_says_so_and_asks_nothing(open_window, qtbot):
    assert "doesn't know where newer ones are" in check(open_window(), qtbot)
