"""Files that the desktop hands over."""

import pytest
from PySide6.QtCore import QFileSystemWatcher, QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QWidget

from app.chats.export import export_chats
from app.handover import leave_request
from ui.application import Session

# Only a true display has windows one above the other.
pytestmark = pytest.mark.qt_log_ignore("does not support raise", extend=True)


@pytest.fixture
def session(qapp, store, paths):
    session = Session(qapp, store, paths)
    yield session
    session.close()
    session.window.close()
    session.window.deleteLater()


@pytest.fixture
def listening(session):
    session.window.show()
    session._start_requests.open()
    return session


def test_a_second_start_opens_its_files_in_this_window(listening, paths, tmp_path, qtbot):
    model = tmp_path / "m.gguf"
    model.touch()
    left = leave_request(paths, [model, tmp_path / "missing.gguf"])
    qtbot.waitUntil(lambda: not left.path.exists())
    assert listening._settings.model == str(model)
    assert len(listening.window.notices.sentences()) == 1


def test_a_request_that_came_too_early_is_done_when_the_window_is_there(session, paths, tmp_path):
    model = tmp_path / "m.gguf"
    model.touch()
    leave_request(paths, [model])
    session._start_requests.open()
    assert session._settings.model == str(model)


def test_a_system_that_tells_of_no_new_files_is_asked(session, paths, monkeypatch, qtbot):
    monkeypatch.setattr(QFileSystemWatcher, "addPath", lambda *_: False)
    session._start_requests.open()
    left = leave_request(paths, [])
    qtbot.waitUntil(lambda: not left.path.exists())


def test_the_window_comes_to_the_front(listening, paths, qtbot, monkeypatch):
    monkeypatch.delenv("XDG_ACTIVATION_TOKEN", raising=False)
    other = QWidget()
    qtbot.addWidget(other)
    listening.window.showMinimized()
    other.show()
    other.activateWindow()
    qtbot.waitUntil(other.isActiveWindow)
    leave_request(paths, [])
    qtbot.waitUntil(listening.window.isActiveWindow)
    assert not listening.window.isMinimized()


def test_a_window_that_closes_takes_nothing_any_more(listening, paths, qtbot):
    """The second start waits for its end, and opens another."""
    listening.close()
    left = leave_request(paths, [])
    qtbot.wait(100)
    assert left.withdraw()


@pytest.mark.parametrize("content", [b"", b"[" * 60_000, b'{"files": [1]}'])
def test_garbage_leaves_the_window_as_it_is(listening, paths, content, qtbot):
    path = paths.requests_dir / "a.json"
    path.write_bytes(content)
    qtbot.waitUntil(lambda: not path.exists())
    left = leave_request(paths, [])
    qtbot.waitUntil(lambda: not left.path.exists())
    assert listening.window.notices.sentences() == []


def test_files_of_chats_are_added_one_after_the_other(session, store, tmp_path, qtbot):
    """The second one was dropped in silence while the first was read."""
    chat = store.create_chat()
    store.append_message(chat.id, None, "user", "Hello")
    for name in ("a.json", "b.json", "c.json"):
        export_chats(store, [chat.id], tmp_path / name, "json")
        session.open_file(tmp_path / name)
    qtbot.waitUntil(lambda: len(store.chats()) == 4, timeout=20_000)


def test_a_model_is_added_and_chosen(session, tmp_path):
    model = tmp_path / "Some model.gguf"
    model.touch()
    session.open_file(model)
    session.open_file(model)
    assert session._settings.model == str(model)
    assert session._settings.model_paths == (str(model),)
    assert session.window.notices.sentences() == []


def test_chats_are_added_and_shown(session, store, tmp_path, qtbot):
    chat = store.create_chat()
    store.append_message(chat.id, None, "user", "Hello")
    export_chats(store, [chat.id], tmp_path / "chats.eremo.json", "json")
    with qtbot.waitSignal(session.window.transfer.imported, timeout=20_000):
        session.open_file(tmp_path / "chats.eremo.json")
    assert len(store.chats()) == 2
    assert session.window.conversation.chat.id != chat.id
    assert [message.content for message in session.window.conversation.branch] == ["Hello"]


@pytest.mark.parametrize("name", ["missing.gguf", "notes.txt", "broken.json", "missing.json"])
def test_what_cannot_be_opened_is_told(session, tmp_path, name, qtbot):
    if not name.startswith("missing"):
        (tmp_path / name).write_text("{")
    session.open_file(tmp_path / name)
    qtbot.waitUntil(lambda: len(session.window.notices.sentences()) == 1, timeout=20_000)
    assert session._settings.model == ""


def test_what_macos_hands_over_is_opened(session, qapp, tmp_path):
    model = tmp_path / "m.gguf"
    model.touch()
    qapp.sendEvent(qapp, QFileOpenEvent(QUrl.fromLocalFile(str(model))))
    assert session._settings.model == str(model)
