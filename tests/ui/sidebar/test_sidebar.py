from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QDragMoveEvent, QDropEvent, QShortcut
from PySide6.QtWidgets import QLineEdit, QWidget

from app.chats.model import Chat, Folder
from app.chats.search import MATCH_END, MATCH_START, SearchHit
from ui.sidebar.chat_list import Chosen
from ui.sidebar.chat_list_model import Place
from ui.sidebar.search_results import HitDelegate, marked_up, plain
from ui.sidebar.sidebar import Sidebar
from ui.theme import LIGHT


def chat(chat_id, title):
    now = datetime.now(UTC)
    return Chat(chat_id, title, "", now, now, None)


NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
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


def place_of(sidebar, chat_id):
    return sidebar.chat_list.visualRect(index_of(sidebar, chat_id)).center()


def click(qtbot, sidebar, chat_id, button=Qt.MouseButton.LeftButton, modifier=NONE):
    position = place_of(sidebar, chat_id)
    qtbot.mouseClick(sidebar.chat_list.viewport(), button, modifier, pos=position)


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


def test_the_arrows_go_through_the_chats(sidebar, qtbot):
    sidebar.set_current(3)
    with qtbot.waitSignal(sidebar.chat_selected) as selected:
        qtbot.keyClick(sidebar.chat_list, Qt.Key.Key_Down)
    assert selected.args == [2]


def test_several_chats_are_chosen_without_going_to_them(sidebar, qtbot):
    click(qtbot, sidebar, 3)
    with qtbot.assertNotEmitted(sidebar.chat_selected):
        qtbot.keyClick(sidebar.chat_list, Qt.Key.Key_Down, SHIFT)
        assert sidebar.chat_list.chosen() == Chosen((3, 2))
        click(qtbot, sidebar, 1, modifier=CTRL)
        assert sidebar.chat_list.chosen() == Chosen((3, 2, 1))
        click(qtbot, sidebar, 3, modifier=CTRL)
        assert sidebar.chat_list.chosen() == Chosen((2, 1))


def test_what_is_chosen_stays_so_when_the_list_is_renewed(sidebar, qtbot):
    """An answer that ended meanwhile renewed the list, and Delete took another chat."""
    sidebar.set_current(3)
    click(qtbot, sidebar, 1, modifier=CTRL)
    sidebar.set_chats([chat(4, "Just asked"), *CHATS], 3)
    assert sidebar.chat_list.chosen() == Chosen((3, 1))
    sidebar.set_current(3)
    assert sidebar.chat_list.chosen() == Chosen((3, 1))
    sidebar.set_current(1)
    sidebar.set_chats(CHATS, 2)
    assert sidebar.chat_list.chosen() == Chosen((2,))


def test_escape_gives_up_what_was_chosen(sidebar, qtbot):
    """Alone it stops the answer; with several chats chosen it did that too."""
    sidebar.set_current(3)
    stop = QShortcut(Qt.Key.Key_Escape, sidebar)
    click(qtbot, sidebar, 1, modifier=CTRL)
    with qtbot.assertNotEmitted(stop.activated):
        qtbot.keyClick(sidebar.chat_list, Qt.Key.Key_Escape)
    assert sidebar.chat_list.chosen() == Chosen((3,))


def open_menu(sidebar, position):
    on_screen = sidebar.chat_list.viewport().mapToGlobal(position)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, position, on_screen)
    sidebar.chat_list.contextMenuEvent(event)


def test_a_menu_is_for_all_that_is_selected_or_for_the_row_under_it(sidebar, qtbot):
    sidebar.set_current(3)
    click(qtbot, sidebar, 2, modifier=CTRL)
    asked = []
    sidebar.menu_requested.connect(lambda chosen, _: asked.append(chosen))
    open_menu(sidebar, place_of(sidebar, 2))
    open_menu(sidebar, place_of(sidebar, 1))
    open_menu(sidebar, QPoint(10, 500))
    assert asked == [Chosen((3, 2)), Chosen((1,)), Chosen()]


FOLDERS = [Folder(1, "House"), Folder(2, "Work")]


@pytest.fixture
def folders(sidebar):
    """The chat 2 lies in the first one."""
    chats = [replace(chat, folder_id=1) if chat.id == 2 else chat for chat in CHATS]
    sidebar.set_chats(chats, None, FOLDERS)
    return sidebar


def folder_at(sidebar, folder_id):
    view = sidebar.chat_list
    return view.visualRect(view.model().index_of_folder(folder_id)).center()


def test_a_click_folds_a_folder_and_another_one_unfolds_it(folders, qtbot):
    for is_shown in (False, True):
        qtbot.mouseClick(
            folders.chat_list.viewport(), Qt.MouseButton.LeftButton, pos=folder_at(folders, 1)
        )
        assert index_of(folders, 2).isValid() is is_shown
        assert folders.folded == ([] if is_shown else [1])
    assert [chat.id for chat in folders.chats()] == [3, 2, 1]


def test_the_keyboard_folds_and_unfolds_and_moves_folders(folders, qtbot):
    view = folders.chat_list
    folders.set_current(2)
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert view.chosen() == Chosen(folder_id=1)
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert folders.folded == [1]
    assert view.chosen() == Chosen(folder_id=1)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert folders.folded == [1]
    with qtbot.waitSignal(folders.folder_moved) as moved:
        qtbot.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert moved.args == [1, 1]


def test_a_double_click_renames_and_leaves_a_folder_as_it_was(folders, qtbot):
    view = folders.chat_list
    for position in (place_of(folders, 3), folder_at(folders, 1)):
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=position)
        qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=position)
        assert view.is_renaming()
        assert folders.folded == []
        *_, editor = view.findChildren(QLineEdit, "titleEditor")
        qtbot.keyClick(editor, Qt.Key.Key_Escape)
        assert not view.is_renaming()


def test_a_chat_in_a_folded_folder_is_unfolded_to_be_renamed(folders):
    folders.toggle_folder(1)
    folders.rename(Chosen((2,)))
    assert folders.chat_list.is_renaming()


def drop(sidebar, dragged, position):
    view, data = sidebar.chat_list, QMimeData()
    data.setData("application/x-eremo-rows", b"")
    view._dragged = dragged
    told = Qt.DropAction.MoveAction, data, Qt.MouseButton.LeftButton, NONE
    moved = QDragMoveEvent(position, *told)
    view.dragMoveEvent(moved)
    event = QDropEvent(QPointF(position), *told)
    view.dropEvent(event)
    return moved.isAccepted()


def test_chats_are_dropped_into_folders_and_out_of_them(folders):
    places = []
    folders.dropped.connect(lambda chosen, place: places.append((chosen, place)))
    assert drop(folders, Chosen((3, 1)), folder_at(folders, 2))
    assert drop(folders, Chosen((2,)), QPoint(20, 580))
    assert drop(folders, Chosen(folder_id=2), folder_at(folders, 1))
    assert places == [
        (Chosen((3, 1)), Place(folder_id=2)),
        (Chosen((2,)), Place()),
        (Chosen(folder_id=2), Place(folder_id=1)),
    ]


def test_what_is_dragged_hangs_on_the_pointer(sidebar):
    sidebar.set_current(3)
    for chosen in (Chosen((3,)), Chosen((3, 2))):
        assert not sidebar.chat_list._picture(chosen).isNull()


def test_a_folder_can_not_be_dropped_among_chats(folders, qtbot):
    with qtbot.assertNotEmitted(folders.dropped):
        assert not drop(folders, Chosen(folder_id=2), place_of(folders, 3))


def rename(sidebar, qtbot, chat_id, title, key):
    sidebar.rename(Chosen((chat_id,)))
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
    sidebar.rename(Chosen((2,)))
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


def test_a_snippet_that_is_too_long_ends_with_an_ellipsis(qtbot):
    """It ended in the middle of a letter."""
    parent = QWidget()
    qtbot.addWidget(parent)
    delegate = HitDelegate(parent)
    snippet = f"of {MATCH_START}lentils{MATCH_END}. They need no soaking; rinse them"
    written = {}
    for width in (0, 40, 150, 160, 1000):
        delegate._write_fitting(snippet, width)
        written[width] = delegate._snippet.toPlainText()
        assert delegate._snippet.idealWidth() <= max(width, 20)
    assert written[1000] == plain(snippet)
    assert written[0] == "…"
    assert len(written[40]) < len(written[150]) <= len(written[160])
    for text in list(written.values())[:-1]:
        assert text.endswith("…")
        assert plain(snippet).startswith(text[:-1])


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
    for control in (
        sidebar.new_chat,
        sidebar.more,
        sidebar.search,
        sidebar.chat_list,
        sidebar.results,
    ):
        assert control.accessibleName()
