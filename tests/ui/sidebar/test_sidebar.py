from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from app.chats.model import Chat
from app.chats.search import MATCH_END, MATCH_START, SearchHit
from ui.sidebar.search_results import marked_up
from ui.sidebar.sidebar import Sidebar
from ui.theme import LIGHT


def chat(chat_id, title):
    now = datetime.now(UTC)
    return Chat(chat_id, title, "", now, now, None)


CHATS = [chat(3, "Lease"), chat(2, "Budget"), chat(1, "Regex")]


@pytest.fixture
def sidebar(qtbot):
    sidebar = Sidebar()
    qtbot.addWidget(sidebar)
    sidebar.resize(260, 600)
    sidebar.apply_theme(LIGHT)
    sidebar.set_chats(CHATS, None)
    sidebar.show()
    qtbot.waitExposed(sidebar)
    return sidebar


def index_of(sidebar, chat_id):
    return sidebar.chat_list.model().index_of(chat_id)


def click(qtbot, sidebar, chat_id, button=Qt.MouseButton.LeftButton):
    view = sidebar.chat_list
    position = view.visualRect(index_of(sidebar, chat_id)).center()
    qtbot.mouseClick(view.viewport(), button, pos=position)


def test_a_click_goes_to_the_chat(sidebar, qtbot):
    with qtbot.waitSignal(sidebar.chat_selected) as selected:
        click(qtbot, sidebar, 2)
    assert selected.args == [2]


def test_a_right_click_stays_in_the_chat_on_show(sidebar, qtbot):
    with qtbot.assertNotEmitted(sidebar.chat_selected):
        click(qtbot, sidebar, 2, Qt.MouseButton.RightButton)


def test_highlighting_a_chat_is_not_going_to_it(sidebar, qtbot):
    """The window would load the chat a second time, or go in circles."""
    with qtbot.assertNotEmitted(sidebar.chat_selected):
        sidebar.set_current(2)
        sidebar.set_chats(CHATS, 2)
    assert sidebar.chat_list.currentIndex() == index_of(sidebar, 2)
    sidebar.set_current(None)
    assert not sidebar.chat_list.selectedIndexes()


def test_delete_asks_for_the_current_chat(sidebar, qtbot):
    sidebar.set_current(2)
    with qtbot.waitSignal(sidebar.delete_requested) as asked:
        qtbot.keyClick(sidebar.chat_list, Qt.Key.Key_Delete)
    assert asked.args == [2]


def test_a_chat_has_a_menu_to_rename_and_delete_it(sidebar, qtbot):
    actions = {action.text(): action for action in sidebar.chat_list.menu_for(CHATS[0]).actions()}
    with qtbot.waitSignal(sidebar.delete_requested) as asked:
        actions["Delete"].trigger()
    assert asked.args == [3]
    actions["Rename"].trigger()
    assert sidebar.chat_list.is_renaming()


def rename(sidebar, qtbot, chat_id, title, key):
    sidebar.rename(chat_id)
    editor = sidebar.chat_list.findChild(QLineEdit, "titleEditor")
    assert editor.text() == next(chat.title for chat in CHATS if chat.id == chat_id)
    editor.setText(title)
    qtbot.keyClick(editor, key)


def test_a_chat_is_renamed_in_the_list(sidebar, qtbot):
    with qtbot.waitSignal(sidebar.rename_requested) as asked:
        rename(sidebar, qtbot, 2, "Monthly budget", Qt.Key.Key_Return)
    assert asked.args == [2, "Monthly budget"]


def test_escape_keeps_the_old_title(sidebar, qtbot):
    with qtbot.assertNotEmitted(sidebar.rename_requested, wait=50):
        rename(sidebar, qtbot, 2, "Monthly budget", Qt.Key.Key_Escape)


def test_a_title_that_is_being_typed_survives_new_chats(sidebar, qtbot):
    """An answer that ended meanwhile renewed the list, and the typed title was gone."""
    sidebar.rename(2)
    more = [chat(4, "Just asked"), *CHATS]
    sidebar.set_chats(more, 4)
    assert sidebar.chat_list.is_renaming()
    editor = sidebar.chat_list.findChild(QLineEdit, "titleEditor")
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: index_of(sidebar, 4).isValid())


def test_the_search_waits_for_a_pause_in_typing(sidebar, qtbot):
    words = []
    sidebar.search_changed.connect(words.append)
    qtbot.keyClicks(sidebar.search, "boiler")
    qtbot.waitUntil(lambda: bool(words))
    assert words == ["boiler"]


def test_what_was_found_takes_the_place_of_the_list_until_escape(sidebar, qtbot):
    qtbot.keyClicks(sidebar.search, "boiler")
    sidebar.show_hits([SearchHit(CHATS[0], 7, f"the {MATCH_START}boiler{MATCH_END} broke")])
    assert sidebar.results.isVisible()
    assert not sidebar.chat_list.isVisible()
    qtbot.keyClick(sidebar.search, Qt.Key.Key_Escape)
    assert sidebar.search.text() == ""
    assert sidebar.chat_list.isVisible()


def test_a_search_that_was_given_up_is_not_made(sidebar, qtbot):
    """Its results would cover the list while the field is empty."""
    with qtbot.assertNotEmitted(sidebar.search_changed, wait=200):
        qtbot.keyClicks(sidebar.search, "boiler")
        sidebar.search.clear()
    assert sidebar.chat_list.isVisible()


def test_what_was_found_is_opened_by_the_keyboard(sidebar, qtbot):
    hits = [SearchHit(CHATS[0], 7, "one"), SearchHit(CHATS[1], None, "two")]
    qtbot.keyClicks(sidebar.search, "x")
    sidebar.show_hits(hits)
    qtbot.keyClick(sidebar.search, Qt.Key.Key_Down)
    qtbot.keyClick(sidebar.results, Qt.Key.Key_Down)
    with qtbot.waitSignal(sidebar.hit_opened) as opened:
        qtbot.keyClick(sidebar.results, Qt.Key.Key_Return)
    assert opened.args == [hits[1]]


def test_nothing_found_is_said(sidebar, qtbot):
    qtbot.keyClicks(sidebar.search, "zebra")
    sidebar.show_hits([])
    assert not sidebar.results.isVisible()
    assert not sidebar.chat_list.isVisible()


def test_a_snippet_is_never_read_as_markup():
    snippet = f"<img src=x> {MATCH_START}a & b{MATCH_END}"
    assert "&lt;img src=x&gt;" in marked_up(snippet, LIGHT)
    assert "a &amp; b</span>" in marked_up(snippet, LIGHT)


def test_the_match_is_in_sight_in_a_narrow_row():
    snippet = f"Use about three parts of water to one part of {MATCH_START}lentils{MATCH_END}."
    text = marked_up(snippet, LIGHT)
    assert ">…to one part of <" in text
    assert text.endswith("lentils</span>.</div>")


def test_every_control_has_a_name_for_screen_readers(sidebar):
    for control in (sidebar.new_chat, sidebar.search, sidebar.chat_list, sidebar.results):
        assert control.accessibleName()
