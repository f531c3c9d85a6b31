"""Files that the desktop hands over."""

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QFileOpenEvent

from app.chats.export import export_chats
from ui.application import Session


@pytest.fixture
def session(qapp, store, paths):
    session = Session(qapp, store, paths)
    yield session
    session.close()
    session.window.close()
    session.window.deleteLater()


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
