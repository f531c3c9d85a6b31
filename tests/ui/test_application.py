"""Opening and closing the whole application."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from app.errors import AppError
from app.models.local import ModelFile
from app.settings import SettingsFile
from inference.state.store import StateStore
from tests.inference.state.sessions import PLENTY, add, new_tree
from ui import fonts
from ui.application import Session
from ui.bugs import bugs_told
from ui.theme import DARK

PROJECT = Path(__file__).resolve().parents[2]

RUN = """
import sys
import ui.application
from app.paths import data_paths

ui.application.QMessageBox.critical = lambda *_: None  # nobody is there to close it
{before}
sys.exit(ui.application.run_window(data_paths()))
"""

SAY_WHEN_IDLE = """
from PySide6.QtCore import QTimer

class Window(ui.application.MainWindow):
    def __init__(self, *args):
        super().__init__(*args)
        self.poll = QTimer(self, interval=20)
        self.poll.timeout.connect(self.look)
        self.poll.start()

    def look(self):
        if self.view.header.model.isVisible():
            self.poll.stop()
            print("idle", flush=True)

ui.application.MainWindow = Window
"""


def start(before=""):
    """The application in a process of its own, since Qt allows one in each."""
    return subprocess.Popen(
        [sys.executable, "-c", RUN.format(before=before)],
        env=os.environ | {"PYTHONPATH": str(PROJECT), "EREMO_FAKE_ENGINE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_application_in_order(paths, number):
    """Python sees a signal only while it runs, and an idle window runs none of it."""
    child = start(SAY_WHEN_IDLE)
    assert child.stdout.readline() == "idle\n"
    child.send_signal(number)
    _, errors = child.communicate(timeout=30)
    assert child.returncode == 0, errors
    assert paths.settings_file.exists()


AS_THE_COMMAND_DOES = """
from app.__main__ import open_window

sys.exit(open_window(data_paths()))
"""


def test_a_second_start_opens_its_file_in_the_window_and_ends(paths, tmp_path, qtbot):
    """In processes of their own. The second one only said that it can't."""
    model = tmp_path / "another.gguf"
    model.touch()
    child = start(f"{SAY_WHEN_IDLE}\n{AS_THE_COMMAND_DOES}")
    assert child.stdout.readline() == "idle\n"
    second = subprocess.run(
        [sys.executable, "-m", "app", "open", str(model)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    qtbot.waitUntil(lambda: str(model) in paths.settings_file.read_text())
    child.send_signal(signal.SIGTERM)
    _, errors = child.communicate(timeout=30)
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert child.returncode == 0, errors


WITH_A_TEMPORARY_CHAT = """\
            self.poll.stop()
            self.chats.new_temporary_chat()
            self.chats._store.append_message(self.conversation.chat.id, None, "user", "hush")
            print("idle", flush=True)
"""


def test_a_signal_ends_the_application_over_a_temporary_chat_too(paths):
    """It asked whether the chat should be kept, and nobody was there to answer."""
    before = SAY_WHEN_IDLE.replace('            print("idle", flush=True)\n', "")
    before = before.replace("            self.poll.stop()\n", WITH_A_TEMPORARY_CHAT)
    child = start(before)
    assert child.stdout.readline() == "idle\n"
    child.send_signal(signal.SIGTERM)
    _, errors = child.communicate(timeout=30)
    assert child.returncode == 0, errors
    assert SettingsFile(paths.settings_file).load().window.last_chat_id is None


def test_data_of_a_newer_eremo_is_refused_in_one_sentence(paths):
    connection = sqlite3.connect(paths.database_file)
    connection.execute("PRAGMA user_version = 1000")
    connection.close()
    _, errors = (child := start()).communicate(timeout=30)
    assert child.returncode == 1
    assert errors.startswith("eremo: This data folder was written by a newer Eremo")
    assert "Traceback" not in errors


@pytest.fixture
def session(qapp, store, paths, monkeypatch):
    monkeypatch.setenv("EREMO_FAKE_ENGINE", "1")
    monkeypatch.setattr("app.models.local.find_model", find_a_model)
    style, palette = qapp.styleSheet(), qapp.palette()
    session = Session(qapp, store, paths)
    yield session
    session.close()
    session.window.close()
    session.window.deleteLater()
    qapp.setStyleSheet(style)
    qapp.setPalette(palette)


def find_a_model(_name, _paths):
    return ModelFile("fake", Path("fake.gguf"), 1, embedded=True)


def find_none(_name, _paths):
    raise AppError("There is no model yet.")


def test_a_question_is_answered_by_an_engine_in_its_own_process(session, store, qtbot):
    session.window.show()
    session.start_engine()
    session.window.view.composer.submitted.emit("hello there")
    qtbot.waitUntil(
        lambda: session.window.view.header.model.text() == "fake · none", timeout=20_000
    )
    qtbot.waitUntil(lambda: session.window.view.composer.button.text() == "Send", timeout=20_000)
    qtbot.waitUntil(lambda: session.window.conversation.answering_chat_id is None)
    assert store.branch(store.chats()[0].leaf_id)[-1].content == "hello there"


def test_a_model_that_is_added_later_is_found(session, monkeypatch, qtbot):
    session.window.show()
    with monkeypatch.context() as patched:
        patched.setattr("app.models.local.find_model", find_none)
        session.start_engine()
    assert session.window.view.no_model.isVisible()
    session.window.view.no_model.look_again.click()
    assert session.window.view.empty.isVisible()
    qtbot.waitUntil(lambda: session.window.view.header.model.isVisible(), timeout=20_000)


def test_what_was_read_of_chats_that_are_gone_is_removed(session, store, paths, qtbot):
    """Also where another process removed the chat, or this one crashed before it could."""
    tree = new_tree(StateStore(paths.state_dir, PLENTY))
    chats = [store.create_chat().id for _ in range(3)]
    for number, chat_id in enumerate([*chats, 99]):
        add(tree, [1, 2, 3, number], f"chat:{chat_id}")
    tree.close()
    for chat_id in chats[:2]:
        store.delete_chat(chat_id)
    store._change_chats(chats[:1], "deleted_at", "2020-01-01T00:00:00.000000+00:00")
    session._purge()
    left = {f"chat:{chat_id}" for chat_id in chats[1:]}
    qtbot.waitUntil(lambda: set(tree._store.usage().owner_bytes) == left)
    tree._store.close()


def test_how_the_window_was_left_is_saved(session, paths):
    session.window.toggle_sidebar()
    session.close()
    assert not SettingsFile(paths.settings_file).load().window.sidebar_visible


def test_a_crash_does_not_forget_which_chat_was_on_show(session, store, paths, qtbot):
    """Saved at the end alone, it was the chat of the last orderly start."""
    session.window.show()
    session.start_engine()
    session.window.view.composer.submitted.emit("hello there")
    qtbot.waitUntil(
        lambda: (
            bool(store.chats())
            and SettingsFile(paths.settings_file).load().window.last_chat_id == store.chats()[0].id
        ),
        timeout=20_000,
    )


def test_nothing_of_a_temporary_chat_is_left_when_the_window_has_closed(
    session, store, tmp_path, qtbot
):
    session.window.show()
    session.start_engine()
    wait_until_loaded(session, qtbot)
    session.window.chats.new_temporary_chat()
    with qtbot.waitSignal(session._thread.turn_ended):
        session.window.view.composer.submitted.emit("Why pomegranate?")
    session.window.view.composer.set_text("And a draft of pomegranate")
    session.close()
    store.close()
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {"chats.db", "settings.toml"} <= {file.name for file in files}
    assert not [file for file in files if b"pomegranate" in file.read_bytes()]


def test_a_larger_text_keeps_the_temporary_chat_on_show(session, store, qtbot):
    session.window.show()
    session.window.chats.new_temporary_chat()
    chat = session.window.conversation.chat
    store.append_message(chat.id, None, "user", "hush")
    try:
        with qtbot.waitSignal(session.window_made_again):
            session.window.text_size_requested.emit(1)
        assert session.window.conversation.chat.id == chat.id
        assert session.window.view.header.temporary.isVisible()
    finally:
        fonts.set_text_size(100)


def test_settings_that_make_no_sense_are_told_and_do_no_harm(qapp, store, paths):
    paths.settings_file.write_text("theme = 5\n")
    session = Session(qapp, store, paths)
    assert len(session.window.notices.sentences()) == 1
    session.window.deleteLater()


@pytest.mark.usefixtures("session")
def test_the_window_follows_the_systems_colours(qapp, monkeypatch):
    monkeypatch.setattr("ui.application.current", lambda _: DARK)
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert qapp.palette().window().color().name().upper() == DARK.bg
    assert DARK.accent in qapp.styleSheet()


def test_a_bug_in_any_thread_is_logged_and_told_once(session, qtbot, caplog):
    def fail():
        raise ZeroDivisionError("a bug")

    with bugs_told(session.window):
        for _ in range(3):
            thread = threading.Thread(target=fail)
            thread.start()
            thread.join()
        qtbot.waitUntil(lambda: len(session.window.notices.sentences()) == 1)
    assert "ZeroDivisionError" in caplog.text
    assert "went wrong" in session.window.notices.sentences()[0]


def wait_until_loaded(session, qtbot):
    qtbot.waitUntil(lambda: session.window.view.header.model.text() != "", timeout=20_000)
    qtbot.waitUntil(lambda: session.window.inspection._info is not None, timeout=20_000)


def test_another_model_is_loaded_after_the_old_ones_process_has_ended(session, qtbot, monkeypatch):
    session.window.show()
    session.start_engine()
    wait_until_loaded(session, qtbot)
    old = session._thread
    finished = []
    old.finished.connect(lambda: finished.append(session._thread))
    other = ModelFile("other", Path("other.gguf"), 1, embedded=False)
    monkeypatch.setattr("app.models.local.find_model", lambda *_: other)
    session.change(replace(session._settings, model="other"))
    qtbot.waitUntil(lambda: session._model_name == "other", timeout=20_000)
    assert finished == [None]  # there was no other one yet
    wait_until_loaded(session, qtbot)
    assert session.window.view.header.model.text() == "other · none"


def find_by_name(name, _paths):
    if name == "gone":
        raise AppError("There is no model gone here.")
    return ModelFile(name or "fake", Path("fake.gguf"), 1, embedded=True)


def ask(session, qtbot, text):
    conversation = session.window.conversation
    wanted = len(conversation.branch) + 2
    conversation.send(text)
    qtbot.waitUntil(lambda: len(conversation.branch) == wanted, timeout=20_000)
    return conversation.branch[-1]


def test_a_chats_model_is_loaded_when_it_goes_on(session, store, qtbot, monkeypatch):
    monkeypatch.setattr("app.models.local.find_model", find_by_name)
    session.window.show()
    session.start_engine()
    wait_until_loaded(session, qtbot)
    conversation = session.window.conversation
    chat, plain = store.create_chat(), store.create_chat()
    store.set_model(chat.id, "other")
    conversation.show_chat(chat.id)
    assert session._model_name == "fake"  # not before it is used
    old = session._thread
    assert ask(session, qtbot, "one").model == "other"
    assert session._thread is not old
    assert session._settings.model == ""
    conversation.show_chat(plain.id)
    assert ask(session, qtbot, "two").model == "fake"
    kept = session._thread
    store.set_model(plain.id, "fake")  # the one in use by its own name
    conversation.show_chat(plain.id)
    assert ask(session, qtbot, "three").model == "fake"
    assert session._thread is kept


def test_a_chats_model_that_is_gone_is_told_and_the_one_in_use_stays(
    session, store, qtbot, monkeypatch
):
    monkeypatch.setattr("app.models.local.find_model", find_by_name)
    session.window.show()
    session.start_engine()
    wait_until_loaded(session, qtbot)
    chat = store.create_chat()
    store.set_model(chat.id, "gone")
    session.window.conversation.show_chat(chat.id)
    session.window.view.composer.set_text("one")
    old = session._thread
    session.window.conversation.send("one")
    assert session.window.notices.sentences() == ["There is no model gone here."]
    assert session._thread is old
    assert session.window.view.composer.text() == "one"
    assert store.branch(store.chat(chat.id).leaf_id) == []


def test_settings_are_applied_at_once_and_kept(session, paths):
    session.change(replace(session._settings, theme="contrast", temperature=0.0))
    assert session.window.conversation.options.settings.temperature == 0
    assert session.window._theme.name == "contrast"
    assert SettingsFile(paths.settings_file).load().theme == "contrast"


def test_a_larger_text_keeps_the_chat_and_the_draft(session, store, qtbot):
    chat = store.create_chat()
    session.window.show()
    session.start_engine()
    wait_until_loaded(session, qtbot)
    session.window.conversation.show_chat(chat.id)
    session.window.view.composer.set_text("a draft")
    session.open_settings("appearance")
    try:
        with qtbot.waitSignal(session.window_made_again):
            session.window.text_size_requested.emit(1)
        assert session._settings.text_size == 110
        assert session.window.view.composer.text() == "a draft"
        assert session.window.conversation.chat.id == chat.id
        assert session._dialog.page == "appearance"
        wait_until_loaded(session, qtbot)
    finally:
        fonts.set_text_size(100)


def test_another_language_is_applied_at_once_and_keeps_the_chat_and_the_draft(
    session, store, qtbot
):
    chat = store.create_chat()
    session.window.show()
    session.window.conversation.show_chat(chat.id)
    session.window.view.composer.set_text("a draft")
    session.open_settings("appearance")
    choice = session._dialog.fields["language"].control
    with qtbot.waitSignal(session.window_made_again):
        choice.setCurrentIndex(choice.findText("Italiano"))
    assert session.window.sidebar.search.placeholderText() == "Cerca"
    assert session._dialog.windowTitle() == "Impostazioni"
    assert session._dialog.page == "appearance"
    assert session.window.view.composer.text() == "a draft"
    assert session.window.conversation.chat.id == chat.id
    with qtbot.waitSignal(session.window_made_again):
        session.change(replace(session._settings, language="en"))
    assert session.window.sidebar.search.placeholderText() == "Search"
