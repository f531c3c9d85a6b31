"""The menus of chats and folders, made of the table of actions: the same words, the same keys."""

from PySide6.QtCore import QObject, QPoint, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from app.chats.model import is_temporary
from app.chats.temporary import Chats
from ui.chat_commands import ChatCommands
from ui.folder_commands import FolderCommands
from ui.shortcuts import Shortcuts
from ui.sidebar.chat_list import Chosen


class ChatMenus(QObject):
    def __init__(
        self,
        store: Chats,
        chats: ChatCommands,
        folders: FolderCommands,
        shortcuts: Shortcuts,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._chats = chats
        self._folders = folders
        self._shortcuts = shortcuts
        self._parent = parent

    @Slot(object, QPoint)
    def open(self, chosen: Chosen, place: QPoint) -> None:
        with self._chats.errors_told():
            self._popup(self.menu_for(chosen), place)

    @Slot(QPoint)
    def open_new(self, place: QPoint) -> None:
        menu = QMenu(self._parent)
        for name in ("new_temporary_chat", "new_folder"):
            self._add(menu, name)
        self._popup(menu, place)

    def menu_for(self, chosen: Chosen) -> QMenu:
        """What can be done with these; with nothing chosen, what can be begun."""
        menu = QMenu(self._parent)
        if chosen.chat_ids:
            self._fill_for_chats(menu, chosen)
        elif chosen.folder_id is not None:
            self._fill_for_folder(menu, chosen)
        else:
            for name in ("new_chat", "new_temporary_chat", "new_folder"):
                self._add(menu, name)
        return menu

    def _fill_for_chats(self, menu: QMenu, chosen: Chosen) -> None:
        count = len(chosen.chat_ids)
        stored = [chat_id for chat_id in chosen.chat_ids if not is_temporary(chat_id)]
        if count == 1:
            self._add(menu, "rename", chosen)
        if stored:
            is_pinned = all(self._store.chat(chat_id).pinned for chat_id in stored)
            self._add(menu, "pin", chosen, self._pin_words(is_pinned, count))
            self._add_folders(menu, chosen, count)
        several = self.tr("Export %n chats", "", count)
        self._add(menu, "export", chosen, several if count > 1 else "")
        if len(stored) < count:
            self._add(menu, "keep", chosen, "" if count == 1 else self.tr("Keep temporary chats"))
        menu.addSeparator()
        several = self.tr("Delete %n chats", "", count)
        self._add(menu, "delete", chosen, several if count > 1 else "")

    def _pin_words(self, is_pinned: bool, count: int) -> str:
        if count == 1:
            return self.tr("Unpin this chat") if is_pinned else self.tr("Pin this chat")
        if is_pinned:
            return self.tr("Unpin %n chats", "", count)
        return self.tr("Pin %n chats", "", count)

    def _add_folders(self, menu: QMenu, chosen: Chosen, count: int) -> None:
        words = self._shortcuts.actions_by_id["move"].words
        below = menu.addMenu(words if count == 1 else self.tr("Move %n chats", "", count))
        for entry in self._folders.choices(chosen):
            action = below.addAction(entry.words.replace("&", "&&"))
            action.triggered.connect(lambda _, run=entry.run: run())

    def _fill_for_folder(self, menu: QMenu, chosen: Chosen) -> None:
        assert chosen.folder_id is not None
        ids = [folder.id for folder in self._store.folders()]
        self._add(menu, "rename", chosen, self.tr("Rename this folder"))
        for words, step, keys in (
            (self.tr("Move up"), -1, Qt.Key.Key_Up),
            (self.tr("Move down"), 1, Qt.Key.Key_Down),
        ):
            action = menu.addAction(words)
            action.triggered.connect(
                lambda _, step=step: self._folders.move_folder(chosen.folder_id, step)
            )
            action.setShortcut(Qt.KeyboardModifier.AltModifier | keys)
            action.setShortcutVisibleInContextMenu(True)
            action.setEnabled(0 <= ids.index(chosen.folder_id) + step < len(ids))
        menu.addSeparator()
        self._add(menu, "delete", chosen, self.tr("Delete this folder"))

    def _add(
        self, menu: QMenu, name: str, chosen: Chosen | None = None, words: str = ""
    ) -> QAction:
        """words: instead of those of the table, where they are about something else."""
        action = self._shortcuts.actions_by_id[name]
        entry = menu.addAction(words or action.words)
        # No partial: it would be handed whether the entry is checked.
        entry.triggered.connect(lambda: action.run() if chosen is None else action.run(chosen))
        entry.setShortcuts(self._shortcuts.sequences(name))
        entry.setShortcutVisibleInContextMenu(True)
        return entry

    def _popup(self, menu: QMenu, place: QPoint) -> None:
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)
