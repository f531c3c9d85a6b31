"""Keys, the palette and the sheet: all made of one table of actions."""

import pytest
from PySide6.QtCore import Qt

from app.settings import Settings
from ui.palette import Entry, Palette, matching
from ui.shortcut_sheet import ShortcutSheet
from ui.shortcuts import KeysRefusedError

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def window(open_window):
    return open_window(Settings(shortcuts={"sidebar": "Ctrl+Shift+B", "nonsense": "Ctrl+X"}))


def test_the_users_keys_replace_the_default(window, qtbot):
    assert window.shortcuts.shown("sidebar") == "Ctrl Shift B"
    is_hidden = window.sidebar.isHidden()
    qtbot.keyClick(window, Qt.Key.Key_B, CTRL)
    assert window.sidebar.isHidden() == is_hidden
    qtbot.keyClick(window, Qt.Key.Key_B, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert window.sidebar.isHidden() != is_hidden


def test_no_two_actions_have_the_same_keys_by_default(window):
    window.shortcuts.apply({})
    for action in window.shortcuts.all():
        assert window.shortcuts.rebound(action.id, action.keys) == {}


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ("Ctrl+K", "Ctrl+K already does “Commands and chats”: choose other keys."),
        ("A", "A writes text: choose keys with Ctrl or Alt."),
        ("Return", "Return writes text: choose keys with Ctrl or Alt."),
    ],
)
def test_keys_that_would_get_in_the_way_are_refused(window, keys, sentence):
    with pytest.raises(KeysRefusedError) as refused:
        window.shortcuts.rebound("search", keys)
    assert str(refused.value) == sentence


def test_an_action_can_do_without_keys_and_have_its_default_again(window):
    assert window.shortcuts.rebound("search", "")["search"] == ""
    assert "sidebar" not in window.shortcuts.rebound("sidebar", "Ctrl+B")


def test_the_palette_does_what_is_chosen_with_the_keyboard(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_K, CTRL)
    palette = window.findChild(Palette)
    qtbot.keyClicks(palette.field, "details")
    is_hidden = window.inspector.isHidden()
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert window.inspector.isHidden() != is_hidden
    assert not palette.isVisible()


@pytest.mark.parametrize(
    ("typed", "page"),
    [
        ("dark", "appearance"),
        ("temperature", "generation"),
        ("disk", "memory"),
        ("keys", "keyboard"),
    ],
)
def test_the_palette_finds_the_page_of_a_setting(window, qtbot, typed, page):
    window.open_palette()
    palette = window.findChild(Palette)
    qtbot.keyClicks(palette.field, typed)
    with qtbot.waitSignal(window.settings_requested) as asked:
        qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert asked.args == [page]


def test_the_palette_goes_to_a_chat(open_window, store, qtbot):
    chat = store.create_chat()
    store.rename(chat.id, "Lentils")
    window = open_window()
    window.new_chat()
    window.open_palette()
    palette = window.findChild(Palette)
    qtbot.keyClicks(palette.field, "lent")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert window.conversation.chat.id == chat.id


def test_the_arrows_go_round_the_palette(window, qtbot):
    window.open_palette()
    palette = window.findChild(Palette)
    assert palette.found.currentRow() == 0
    qtbot.keyClick(palette.field, Qt.Key.Key_Up)
    assert palette.found.currentRow() == palette.found.count() - 1
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.found.currentRow() == 0


def test_beginnings_of_words_are_found_first():
    entries = [Entry(words, "", print) for words in ("Research", "Search in all chats", "Quit")]
    found = [entry.words for entry in matching(entries, "sear")]
    assert found == ["Search in all chats", "Research"]
    assert len(matching([entries[0]] * 10_000, "")) == 50


def test_the_sheet_names_every_action_with_keys(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_F1)
    sheet = window.findChild(ShortcutSheet)
    shown = {label.text() for label in sheet.findChildren(type(sheet.findChild(object, "keys")))}
    for action in window.shortcuts.all():
        if keys := window.shortcuts.shown(action.id):
            assert keys in shown
            assert any(words.startswith(action.words) for words in shown)
