"""Who can't see the window hears the name of every control."""

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QDialog

from app.settings import Settings, WindowState
from ui.palette import Palette
from ui.settings.dialog import SettingsDialog
from ui.shortcut_sheet import ShortcutSheet

ROLES = QAccessible.Role
CONTROLS = {
    *(ROLES.Button, ROLES.PushButton, ROLES.CheckBox, ROLES.RadioButton, ROLES.ComboBox),
    *(ROLES.EditableText, ROLES.SpinBox, ROLES.Slider, ROLES.List, ROLES.ListItem, ROLES.Link),
    *(ROLES.ButtonMenu, ROLES.ButtonDropDown, ROLES.MenuItem, ROLES.ProgressBar, ROLES.Tree),
}


def unnamed(widget):
    """Controls in the tree below a widget that can be seen and have no name."""
    found = []

    def walk(interface, path):
        if interface is None or not interface.isValid() or interface.state().invisible:
            return
        name = interface.text(QAccessible.Text.Name)
        here = [*path, f"{interface.role().name} {name!r}"]
        if interface.role() in CONTROLS and not name.strip():
            made_by = interface.object()
            found.append(
                (here, made_by and (made_by.metaObject().className(), made_by.objectName()))
            )
        for number in range(interface.childCount()):
            walk(interface.child(number), here)

    walk(QAccessible.queryAccessibleInterface(widget), [])
    return found


@pytest.fixture
def window(open_window, store):
    chat = store.create_chat()
    store.rename(chat.id, "Lentils")
    question = store.append_message(chat.id, None, "user", "How much water?")
    store.append_message(chat.id, question.id, "assistant", "Three *parts*.", "complete")
    window = open_window(Settings(window=WindowState(width=1280, height=700)))
    window.conversation.show_chat(chat.id)
    window.notices.tell("A notice.", action="Undo")
    return window


def test_the_main_window_has_no_unnamed_control(window):
    assert unnamed(window) == []


def test_the_walk_finds_a_control_without_a_name(window):
    window.view.header.toggle.setAccessibleName("")
    window.view.header.toggle.setToolTip("")
    assert len(unnamed(window)) == 1


def test_the_settings_have_no_unnamed_control(window, paths):
    dialog = SettingsDialog(Settings(), paths, window.shortcuts, window)
    dialog.show()
    for row in range(dialog.names.count()):
        dialog.names.setCurrentRow(row)
        assert unnamed(dialog) == []
    dialog.reject()


def test_the_palette_and_the_sheet_have_no_unnamed_control(window):
    for show, kind in (
        (window.open_palette, Palette),
        (window.open_shortcut_sheet, ShortcutSheet),
    ):
        show()
        dialog = window.findChild(kind)
        assert isinstance(dialog, QDialog)
        assert unnamed(dialog) == []
        dialog.reject()
