"""The rows of the chat list: temporary chats, pinned ones, folders, and the others by their age.

Knows no widget, and changes nothing: what the user wants is only asked for.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from app.chats.model import Chat, Folder
from ui.amounts import number_text
from ui.languages import tr

Index = QModelIndex | QPersistentModelIndex

CHAT_ROLE = Qt.ItemDataRole.UserRole
"""The Chat of a row; None for a heading and a folder."""
FOLDER_ROLE = Qt.ItemDataRole.UserRole + 1
"""The FolderRow; None for any other row."""
IS_INSIDE_ROLE = Qt.ItemDataRole.UserRole + 2
"""Whether the chat stands below its folder."""
HINT_ROLE = Qt.ItemDataRole.UserRole + 3
"""A few quiet words beside what the row says; "" for none."""


@dataclass(frozen=True, slots=True)
class FolderRow:
    folder: Folder
    num_chats: int
    is_folded: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where chats can be put; neither pinned nor in a folder, they stand by their age."""

    is_pinned: bool = False
    folder_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    """shown: the text of a heading, or what the row is about.
    place: None where nothing can be put.
    """

    shown: str | FolderRow | Chat
    place: Place | None


class ChatListModel(QAbstractListModel):
    """Signals:
    rename_requested: the id of a chat and its new title
    folder_rename_requested: the id of a folder and its new name
    """

    rename_requested = Signal(int, str)
    folder_rename_requested = Signal(int, str)

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[_Row] = []
        self._row_by_id: dict[int, int] = {}
        self._row_by_folder: dict[int, int] = {}
        self._folder_names: dict[int, str] = {}

    def set_chats(
        self,
        chats: Sequence[Chat],
        today: date,
        folders: Sequence[Folder] = (),
        folded: Collection[int] = (),
    ) -> None:
        """Show these chats, which come newest first; `today` is the user's.

        folded: the ids of folders whose chats are hidden.
        """
        self.beginResetModel()
        self._folder_names = {folder.id: folder.name for folder in folders}
        self._rows = list(_rows(chats, today, folders, folded))
        self._row_by_id, self._row_by_folder = {}, {}
        for number, row in enumerate(self._rows):
            if isinstance(row.shown, Chat):
                self._row_by_id[row.shown.id] = number
            elif isinstance(row.shown, FolderRow):
                self._row_by_folder[row.shown.folder.id] = number
        self.endResetModel()

    def index_of(self, chat_id: int | None) -> QModelIndex:
        """The chat's index; an invalid one if it isn't in the list, or hidden in its folder."""
        row = None if chat_id is None else self._row_by_id.get(chat_id)
        return QModelIndex() if row is None else self.index(row)

    def index_of_folder(self, folder_id: int | None) -> QModelIndex:
        row = None if folder_id is None else self._row_by_folder.get(folder_id)
        return QModelIndex() if row is None else self.index(row)

    def place_at(self, index: Index) -> Place | None:
        """Where what is dropped on a row goes; below all rows, where chats stand by their age."""
        return self._rows[index.row()].place if index.isValid() else Place()

    def head_of(self, place: Place) -> QModelIndex:
        """The heading or the folder that chats of this place stand below."""
        number = next((n for n, row in enumerate(self._rows) if row.place == place), None)
        return QModelIndex() if number is None else self.index(number)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        shown = self._rows[index.row()].shown
        if role == CHAT_ROLE:
            return shown if isinstance(shown, Chat) else None
        if role == FOLDER_ROLE:
            return shown if isinstance(shown, FolderRow) else None
        if isinstance(shown, str):
            return shown if role == Qt.ItemDataRole.DisplayRole else None
        if isinstance(shown, FolderRow):
            return _folder_data(shown, role)
        return self._chat_data(shown, self._rows[index.row()].place, role)

    def _chat_data(self, chat: Chat, place: Place | None, role: int) -> Any:
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.ToolTipRole:
                return title_of(chat)
            case Qt.ItemDataRole.EditRole:
                return chat.title
            case Qt.ItemDataRole.AccessibleTextRole:
                return _spoken(chat, self._hint(chat))
            case _ if role == IS_INSIDE_ROLE:
                return place is not None and place.folder_id is not None
            case _ if role == HINT_ROLE:
                return self._hint(chat)
        return None

    def _hint(self, chat: Chat) -> str:
        """The folder of a chat that stands among the pinned ones instead."""
        return self._folder_names.get(chat.folder_id or 0, "") if chat.pinned else ""

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        text = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or text in ("", self.data(index, role)):
            return False
        if (chat := self.data(index, CHAT_ROLE)) is not None:
            self.rename_requested.emit(chat.id, text)
        elif (row := self.data(index, FOLDER_ROLE)) is not None:
            self.folder_rename_requested.emit(row.folder.id, text)
        else:
            return False
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid() or isinstance(self._rows[index.row()].shown, str):
            return Qt.ItemFlag.NoItemFlags
        return (
            Qt.ItemFlag.ItemIsEnabled
            | Qt.ItemFlag.ItemIsSelectable
            | Qt.ItemFlag.ItemIsEditable
            | Qt.ItemFlag.ItemIsDragEnabled
            | Qt.ItemFlag.ItemNeverHasChildren
        )


def _rows(
    chats: Sequence[Chat], today: date, folders: Sequence[Folder], folded: Collection[int]
) -> Iterator[_Row]:
    by_folder: dict[int, list[Chat]] = {folder.id: [] for folder in folders}
    temporary: list[Chat] = []
    pinned: list[Chat] = []
    others: list[Chat] = []
    for chat in chats:
        if chat.is_temporary:
            temporary.append(chat)
        elif chat.pinned:
            pinned.append(chat)
        else:
            by_folder.get(chat.folder_id or 0, others).append(chat)
    yield from _section(tr("Temporary"), temporary, None)
    yield from _section(tr("Pinned"), pinned, Place(is_pinned=True))
    if folders:
        yield _Row(tr("Folders"), None)
    for folder in folders:
        place, inside = Place(folder_id=folder.id), by_folder[folder.id]
        yield _Row(FolderRow(folder, len(inside), folder.id in folded), place)
        if folder.id not in folded:
            yield from (_Row(chat, place) for chat in inside)
    for heading, group in groupby(others, lambda chat: heading_for(_day_of(chat), today)):
        yield from _section(heading, list(group), Place())


def _section(heading: str, chats: Sequence[Chat], place: Place | None) -> Iterator[_Row]:
    if chats:
        yield _Row(heading, place)
        yield from (_Row(chat, place) for chat in chats)


def _folder_data(row: FolderRow, role: int) -> Any:
    match role:
        case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.EditRole:
            return row.folder.name
        case Qt.ItemDataRole.AccessibleTextRole:
            state = tr("folded") if row.is_folded else tr("unfolded")
            words = tr("Folder {name}, %Ln chats, {state}", "", row.num_chats)
            return words.format(name=row.folder.name, state=state)
        case _ if role == HINT_ROLE:
            return number_text(row.num_chats) if row.is_folded and row.num_chats else ""
    return None


def _spoken(chat: Chat, folder: str) -> str:
    parts = [title_of(chat)]
    parts += [tr("temporary")] if chat.is_temporary else []
    parts += [tr("pinned")] if chat.pinned else []
    parts += [tr("in the folder {name}").format(name=folder)] if folder else []
    return ", ".join(parts)


def _day_of(chat: Chat) -> date:
    return chat.updated_at.astimezone().date()


def heading_for(day: date, today: date) -> str:
    if day >= today:  # a clock that was set back must not hide a chat
        return tr("Today")
    if day == today - timedelta(days=1):
        return tr("Yesterday")
    if day > today - timedelta(days=7):
        return tr("Last 7 days")
    if day > today - timedelta(days=30):
        return tr("Last 30 days")
    return tr("Earlier")


def title_of(chat: Chat) -> str:
    if not chat.title and chat.is_temporary:
        return tr("New temporary chat")
    return chat.title or tr("New chat")
