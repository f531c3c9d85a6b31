"""What the user does with folders, and with chats in them."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from app.chats.temporary import Chats
from ui.chat_commands import ChatCommands
from ui.notice import NoticeBar
from ui.palette import Entry
from ui.shortcuts import Action
from ui.sidebar.chat_list import Chosen
from ui.sidebar.chat_list_model import Place
from ui.sidebar.sidebar import Sidebar

_UNDO_SECONDS = 20.0


class FolderCommands(QObject):
    """Signals:
    choice_requested: what to choose among, as a list of Entry, and the words that ask for it
    """

    choice_requested = Signal(object, str)

    def __init__(
        self, store: Chats, sidebar: Sidebar, notices: NoticeBar, chats: ChatCommands
    ) -> None:
        super().__init__(chats)
        self._store = store
        self._sidebar = sidebar
        self._notices = notices
        self._chats = chats
        chats.folder_delete_requested.connect(self.delete)
        sidebar.folder_rename_requested.connect(self.set_name)
        sidebar.folder_moved.connect(self.move_folder)
        sidebar.dropped.connect(self.drop)

    def actions(self) -> list[Action]:
        return [
            Action("new_folder", self.tr("New folder"), "Ctrl+Shift+D", self.new_folder),
            Action(
                "move", self.tr("Move this chat to a folder"), "Ctrl+Shift+M", self.choose_folder
            ),
        ]

    @Slot()
    def new_folder(self, chat_ids: Sequence[int] = ()) -> None:
        """With these chats in it; its name can be typed at once."""
        with self._chats.errors_told():
            folder = self._store.create_folder(self.tr("New folder"))
            self._store.move_chats(chat_ids, folder.id)
            self._chats.show_chats()
            self._sidebar.show()
            self._sidebar.rename(Chosen(folder_id=folder.id))

    @Slot(int, str)
    def set_name(self, folder_id: int, name: str) -> None:
        with self._chats.errors_told():
            self._store.rename_folder(folder_id, name)
        self._chats.show_chats()

    @Slot(int, int)
    def move_folder(self, folder_id: int, step: int) -> None:
        with self._chats.errors_told():
            ids = [folder.id for folder in self._store.folders()]
            self._store.move_folder(folder_id, ids.index(folder_id) + step)
        self._chats.show_chats()

    @Slot(int)
    def delete(self, folder_id: int) -> None:
        """Its chats stay."""
        with self._chats.errors_told():
            folders = self._store.folders()
            place = [folder.id for folder in folders].index(folder_id)
            inside = [chat.id for chat in self._store.chats() if chat.folder_id == folder_id]
            self._store.delete_folder(folder_id)
            self._chats.show_chats()
            name = folders[place].name
            self._notices.tell(
                self.tr("The folder “{name}” was deleted. Its chats are kept.").format(name=name),
                action=self.tr("Undo"),
                run=lambda: self._restore(name, place, inside),
                timeout_seconds=_UNDO_SECONDS,
            )

    def _restore(self, name: str, place: int, chat_ids: Sequence[int]) -> None:
        with self._chats.errors_told():
            folder = self._store.create_folder(name)
            self._store.move_folder(folder.id, place)
            left = {chat.id for chat in self._store.chats()}
            self._store.move_chats([one for one in chat_ids if one in left], folder.id)
        self._chats.show_chats()

    # Chats in folders

    def choices(self, chosen: Chosen) -> list[Entry]:
        """Where these chats can be moved."""
        chat_ids = self._chats.stored(chosen.chat_ids)
        if not chat_ids:
            return []

        def entry(words: str, run: Callable[[], object]) -> Entry:
            return Entry(words, "", run)

        move = partial(self.move, chat_ids)
        entries = [entry(one.name, partial(move, one.id)) for one in self._store.folders()]
        if any(self._store.chat(chat_id).folder_id is not None for chat_id in chat_ids):
            entries.append(entry(self.tr("Out of its folder"), partial(move, None)))
        entries.append(entry(self.tr("New folder"), partial(self.new_folder, chat_ids)))
        return entries

    @Slot()
    def choose_folder(self) -> None:
        with self._chats.errors_told():
            if entries := self.choices(self._chats.about()):
                self.choice_requested.emit(entries, self.tr("Move to a folder"))

    def move(self, chat_ids: Sequence[int], folder_id: int | None) -> None:
        with self._chats.errors_told():
            self._store.move_chats(chat_ids, folder_id)
        self._chats.show_chats()

    @Slot(object, object)
    def drop(self, dragged: Chosen, place: Place) -> None:
        """Chats go to that place; a folder takes the place of another one."""
        with self._chats.errors_told():
            if dragged.folder_id is not None and not dragged.chat_ids:
                ids = [folder.id for folder in self._store.folders()]
                self._store.move_folder(dragged.folder_id, ids.index(place.folder_id))
            else:
                self._store.set_pinned(dragged.chat_ids, place.is_pinned)
                if not place.is_pinned:
                    self._store.move_chats(dragged.chat_ids, place.folder_id)
        self._chats.show_renamed()
