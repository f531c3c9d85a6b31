"""The window around the conversation: chats, shortcuts, and how it comes back."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton

from app.settings import Settings, WindowState
from tests.effort import at_most
from ui.sidebar.chat_list import Chosen

WIDE = Settings(window=WindowState(width=800, height=600))


@pytest.fixture
def chats(store):
    """Their ids, the newest first."""
    made = []
    for title in ("Regex", "Budget", "Lease"):
        chat = store.create_chat()
        store.rename(chat.id, title)
        question = store.append_message(chat.id, None, "user", f"About the {title}")
        store.append_message(chat.id, question.id, "assistant", f"The boiler in the {title}")
        made.insert(0, chat.id)
    return made


def titles(window):
    model = window.sidebar.chat_list.model()
    return [model.index(row).data() for row in range(1, model.rowCount())]


def test_a_new_chat_is_a_key_press_away(open_window, chats, qtbot):
    window = open_window(WIDE)
    window.conversation.show_chat(chats[0])
    assert window.view.transcript.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert window.conversation.chat is None
    assert window.view.empty.isVisible()
    assert window.view.header.title.text() == "New chat"


def test_choosing_a_chat_shows_it(open_window, chats):
    window = open_window(WIDE)
    window.sidebar.chat_selected.emit(chats[1])
    assert window.conversation.chat.title == "Budget"
    assert window.view.header.title.text() == "Budget"


def test_a_renamed_chat_has_its_new_title_everywhere(open_window, chats, store):
    window = open_window(WIDE)
    window.conversation.show_chat(chats[0])
    window.sidebar.rename_requested.emit(chats[0], "The lease")
    assert store.chat(chats[0]).title == "The lease"
    assert window.view.header.title.text() == "The lease"
    assert titles(window) == ["The lease", "Budget", "Regex"]


def test_f2_renames_the_chat_on_show_also_when_the_list_is_hidden(open_window, chats, qtbot):
    window = open_window(WIDE)
    window.conversation.show_chat(chats[1])
    window.toggle_sidebar()
    qtbot.keyClick(window, Qt.Key.Key_F2)
    assert window.sidebar.chat_list.is_renaming()


def test_a_deleted_chat_can_be_brought_back(open_window, chats):
    window = open_window(WIDE)
    window.conversation.show_chat(chats[0])
    window.chats.delete()
    assert titles(window) == ["Budget", "Regex"]
    assert window.conversation.chat is None
    assert window.notices.sentences() == ["“Lease” was deleted."]
    window.notices._notices()[0].button.click()
    assert titles(window) == ["Lease", "Budget", "Regex"]
    assert window.conversation.chat.id == chats[0]


def test_deleting_another_chat_leaves_the_one_on_show(open_window, chats):
    window = open_window(WIDE)
    window.conversation.show_chat(chats[0])
    window.chats.delete(Chosen((chats[2],)))
    assert window.conversation.chat.id == chats[0]


def test_deleting_a_chat_stops_its_answer(open_window, qtbot):
    window = open_window(WIDE, seconds_per_word=0.005)
    window.view.composer.submitted.emit("!words 100000")
    qtbot.waitUntil(lambda: window.conversation.answering_chat_id is not None)
    window.chats.delete()
    qtbot.waitUntil(lambda: window.conversation.answering_chat_id is None)
    assert titles(window) == []


@pytest.mark.usefixtures("chats")
def test_what_was_said_is_found_and_opened(open_window, qtbot):
    window = open_window(WIDE)
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(window.sidebar.search, "boiler budget")
    qtbot.waitUntil(window.sidebar.results.isVisible)
    assert window.sidebar.results.model().rowCount() == 1
    qtbot.keyClick(window.sidebar.search, Qt.Key.Key_Down)
    qtbot.keyClick(window.sidebar.results, Qt.Key.Key_Return)
    assert window.conversation.chat.title == "Budget"


def test_a_narrow_window_hides_the_chats_until_they_are_asked_for(open_window, chats):
    window = open_window(WIDE)
    assert window.sidebar.isVisible()
    window.resize(600, 600)
    assert not window.sidebar.isVisible()
    window.view.header.toggle.click()
    assert window.sidebar.isVisible()
    window.sidebar.chat_selected.emit(chats[0])
    assert not window.sidebar.isVisible()
    window.resize(800, 600)
    assert window.sidebar.isVisible()


def test_a_window_that_starts_narrow_starts_without_the_list(open_window):
    window = open_window(Settings(window=WindowState(width=600, height=600)))
    assert not window.sidebar.isVisible()


def test_the_window_comes_back_as_it_was_left(open_window, chats):
    window = open_window(WIDE)
    place = QRect(2, 20, 780, 650)
    window.setGeometry(place)
    window.resize(place.size())
    window.toggle_sidebar()
    window.conversation.show_chat(chats[1])
    again = open_window(Settings(window=window.state()))
    assert again.geometry() == place
    assert not again.sidebar.isVisible()
    assert again.conversation.chat.id == chats[1]


def test_a_window_from_a_screen_that_is_gone_comes_back_in_sight(open_window):
    far = WindowState(width=5000, height=4000, x=90_000, y=-90_000)
    window = open_window(Settings(window=far))
    room = QGuiApplication.primaryScreen().availableGeometry()
    assert room.contains(window.geometry().topLeft())
    assert window.size() == room.size()


def test_a_maximized_window_remembers_its_normal_size(open_window):
    window = open_window(Settings(window=WindowState(700, 500, 10, 20, maximized=True)))
    assert window.isMaximized()
    state = window.state()
    assert state.maximized
    assert (state.width, state.height) == (700, 500)


def test_a_last_chat_that_is_gone_starts_a_new_one_without_a_word(open_window, chats, store):
    store.delete_chat(chats[0])
    window = open_window(Settings(window=replace(WIDE.window, last_chat_id=chats[0])))
    assert window.conversation.chat is None
    assert window.notices.sentences() == []


def test_ten_thousand_chats_are_drawn_in_no_time(open_window, store):
    day = "2026-11-20T10:00:00+00:00"
    with store._transaction():
        store._connection.executemany(
            "INSERT INTO chats (title, created_at, updated_at) VALUES (?, ?, ?)",
            [(f"Chat {number}", day, day) for number in range(10_000)],
        )
    with at_most(units=300):
        window = open_window(WIDE)
        window.grab()
        window.sidebar.chat_list.scrollToBottom()
        window.grab()


def test_every_button_has_a_name_for_screen_readers(open_window, chats):
    window = open_window(WIDE)
    window.conversation.show_chat(chats[0])
    nameless = [
        button
        for button in window.findChildren(QAbstractButton)
        if button.isVisible() and not (button.text() or button.accessibleName())
    ]
    assert nameless == []
