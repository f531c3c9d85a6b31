"""The rows of the chat list: chats, newest first, under headings by age. Knows no widget."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from app.chats.model import Chat

Index = QModelIndex | QPersistentModelIndex

CHAT_ROLE = Qt.ItemDataRole.UserRole
"""The Chat of a row; None for a heading."""


class ChatListModel(QAbstractListModel):
    """A heading row can't be selected. Renaming is only asked for: the chats come from outside."""

    rename_requested = Signal(int, str)

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Chat | str] = []
        self._row_by_id: dict[int, int] = {}

    def set_chats(self, chats: Sequence[Chat], today: date) -> None:
        """Show these chats, which come newest first; `today` is the user's."""
        self.beginResetModel()
        self._rows = []
        heading = ""
        for chat in chats:
            group = heading_for(chat.updated_at.astimezone().date(), today)
            if group != heading:
                heading = group
                self._rows.append(heading)
            self._rows.append(chat)
        self._row_by_id = {
            row.id: number for number, row in enumerate(self._rows) if isinstance(row, Chat)
        }
        self.endResetModel()

    def index_of(self, chat_id: int | None) -> QModelIndex:
        """The chat's index; an invalid one if it isn't in the list."""
        row = None if chat_id is None else self._row_by_id.get(chat_id)
        return QModelIndex() if row is None else self.index(row)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == CHAT_ROLE:
            return row if isinstance(row, Chat) else None
        if isinstance(row, str):
            return row if role == Qt.ItemDataRole.DisplayRole else None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return title_of(row)
        return row.title if role == Qt.ItemDataRole.EditRole else None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        chat = self.data(index, CHAT_ROLE)
        title = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or chat is None or title in ("", chat.title):
            return False
        self.rename_requested.emit(chat.id, title)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.data(index, CHAT_ROLE) is None:
            return Qt.ItemFlag.NoItemFlags
        return (
            Qt.ItemFlag.ItemIsEnabled
            | Qt.ItemFlag.ItemIsSelectable
            | Qt.ItemFlag.ItemIsEditable
            | Qt.ItemFlag.ItemNeverHasChildren
        )


def heading_for(day: date, today: date) -> str:
    if day >= today:  # a clock that was set back must not hide a chat
        return QCoreApplication.translate("ChatListModel", "Today")
    if day == today - timedelta(days=1):
        return QCoreApplication.translate("ChatListModel", "Yesterday")
    if day > today - timedelta(days=7):
        return QCoreApplication.translate("ChatListModel", "Last 7 days")
    return QCoreApplication.translate("ChatListModel", "Earlier")


def title_of(chat: Chat) -> str:
    return chat.title or QCoreApplication.translate("ChatListModel", "New chat")
