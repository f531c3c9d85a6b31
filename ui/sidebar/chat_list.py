"""The list of chats and folders as the user handles it: by pointer, by keyboard, by dragging.

A plain click or arrow key goes to a chat; with Ctrl or Shift rows are only chosen.
"""

from dataclasses import dataclass

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QPixmap,
)
from PySide6.QtWidgets import QAbstractItemDelegate, QAbstractItemView, QLabel, QListView, QWidget

from app.chats.model import is_temporary
from ui.sidebar.chat_delegate import ChatDelegate
from ui.sidebar.chat_list_model import CHAT_ROLE, FOLDER_ROLE, ChatListModel, Place
from ui.theme import Theme

_DRAGGED = "application/x-eremo-rows"  # for this list alone
_CHOOSING = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
_SELECT = QItemSelectionModel.SelectionFlag.ClearAndSelect


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the user wants something done with: chats, or else a folder."""

    chat_ids: tuple[int, ...] = ()
    folder_id: int | None = None


class ChatList(QListView):
    """Signals:
    chat_selected: the id of the chat that the user went to
    folder_toggled: the id of a folder to be folded or unfolded
    folder_moved: the id of a folder, and by how many places
    menu_requested: what it is for, as Chosen, and where on the screen
    dropped: Chosen, and the Place that it was put in
    renaming_ended: with or without a new title
    typed: letters that were typed while the list has the focus
    """

    chat_selected = Signal(int)
    folder_toggled = Signal(int)
    folder_moved = Signal(int, int)
    menu_requested = Signal(object, QPoint)
    dropped = Signal(object, object)
    renaming_ended = Signal()
    typed = Signal(str)

    def __init__(self, model: ChatListModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chats = model
        self._pressed = QPersistentModelIndex()  # where a click that goes to it began
        self._dragged = Chosen()
        self.setObjectName("chatList")
        self.setAccessibleName(self.tr("Chats"))
        self.setModel(model)
        self._delegate = ChatDelegate(self)
        self.setItemDelegate(self._delegate)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDropIndicatorShown(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)

    # What is chosen

    def set_on_show(self, chat_id: int | None) -> None:
        """Highlight a chat without going to it; None: none that is in the list."""
        self._delegate.on_show = chat_id
        index = self._chats.index_of(chat_id)
        if index.isValid():
            self.selectionModel().setCurrentIndex(index, _SELECT)
        else:
            self.selectionModel().clear()

    def chosen(self) -> Chosen:
        """The chats that are selected, in the order of the list; else the folder."""
        rows = sorted(self.selectionModel().selectedIndexes(), key=QModelIndex.row)
        chat_ids = [chat.id for row in rows if (chat := row.data(CHAT_ROLE)) is not None]
        if chat_ids:
            return Chosen(tuple(chat_ids))
        return self._chosen_at(self.currentIndex())

    def choose(self, chosen: Chosen) -> None:
        """As far as it is in the list."""
        indexes = [self._chats.index_of(chat_id) for chat_id in chosen.chat_ids]
        indexes.append(self._chats.index_of_folder(chosen.folder_id))
        selection = QItemSelection()
        for index in indexes:
            if index.isValid():
                selection.select(index, index)
        self.selectionModel().select(selection, _SELECT)
        if selection:
            no_update = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(selection.indexes()[0], no_update)

    def _chosen_at(self, index: QModelIndex) -> Chosen:
        if (chat := index.data(CHAT_ROLE)) is not None:
            return Chosen((chat.id,))
        row = index.data(FOLDER_ROLE)
        return Chosen() if row is None else Chosen(folder_id=row.folder.id)

    def _open(self, index: QModelIndex | QPersistentModelIndex) -> None:
        if (chat := index.data(CHAT_ROLE)) is not None:
            self.chat_selected.emit(chat.id)
        elif (row := index.data(FOLDER_ROLE)) is not None:
            self.folder_toggled.emit(row.folder.id)

    # Renaming

    def rename(self, chosen: Chosen) -> None:
        """In its row."""
        index = self._chats.index_of_folder(chosen.folder_id)
        if chosen.chat_ids:
            index = self._chats.index_of(chosen.chat_ids[0])
        if index.isValid() and not self.is_renaming():
            self.scrollTo(index)
            self.edit(index)

    def is_renaming(self) -> bool:
        return self.state() == QAbstractItemView.State.EditingState

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        super().closeEditor(editor, hint)
        self.renaming_ended.emit()

    def apply_theme(self, theme: Theme) -> None:
        self._delegate.theme = theme
        self.viewport().update()

    # Pointer and keyboard

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            return  # its menu opens without going to the chat
        is_plain = event.button() == Qt.MouseButton.LeftButton and not event.modifiers() & _CHOOSING
        self._pressed = QPersistentModelIndex(
            self._index_under(event) if is_plain else QModelIndex()
        )
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        pressed, self._pressed = self._pressed, QPersistentModelIndex()
        if pressed.isValid() and pressed == self._index_under(event):
            self._open(pressed)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self._index_under(event)
        chosen = self._chosen_at(index)
        if event.button() != Qt.MouseButton.LeftButton or event.modifiers() & _CHOOSING:
            super().mouseDoubleClickEvent(event)
        elif chosen != Chosen():
            if chosen.folder_id is not None:
                self._open(index)  # what the first click did is undone
            self.rename(chosen)

    def event(self, event: QEvent) -> bool:
        """While several chats are chosen, Escape gives that up; else it stops the answer."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            is_escape = event.key() == Qt.Key.Key_Escape
            if is_escape and len(self.selectionModel().selectedIndexes()) > 1:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        before = self.currentIndex()
        key, modifiers = event.key(), event.modifiers()
        if key == Qt.Key.Key_Escape:
            self.set_on_show(self._delegate.on_show)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not self.is_renaming():
            self._open(before)
        elif not self._move_folder(event) and not self._fold(event):
            super().keyPressEvent(event)
            now = self.currentIndex()
            if now != before and not modifiers & _CHOOSING and now.data(CHAT_ROLE) is not None:
                self._open(now)

    def keyboardSearch(self, search: str) -> None:
        """Whoever clicked a chat and types means to write in it, not to look for titles."""
        self.typed.emit(search)

    def _fold(self, event: QKeyEvent) -> bool:
        """Left folds a folder, or goes to it from its chats; Right unfolds it."""
        key, index = event.key(), self.currentIndex()
        if key not in (Qt.Key.Key_Left, Qt.Key.Key_Right) or event.modifiers() & _CHOOSING:
            return False
        is_left = key == Qt.Key.Key_Left
        if (row := index.data(FOLDER_ROLE)) is not None:
            if row.is_folded != is_left:
                self._open(index)
        elif is_left and (place := self._chats.place_at(index)) and place.folder_id is not None:
            head = self._chats.index_of_folder(place.folder_id)
            self.selectionModel().setCurrentIndex(head, _SELECT)
        return True

    def _move_folder(self, event: QKeyEvent) -> bool:
        """Alt with an arrow moves a folder among the others."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        row = self.currentIndex().data(FOLDER_ROLE)
        if step is None or row is None or event.modifiers() != Qt.KeyboardModifier.AltModifier:
            return False
        self.folder_moved.emit(row.folder.id, step)
        return True

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """For all that is selected, if it is opened on one of these, else for that row alone."""
        is_by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if is_by_key else self.indexAt(event.pos())
        selected = self.selectionModel().isSelected(index)
        chosen = self.chosen() if selected else self._chosen_at(index)
        place = self.visualRect(index).center() if is_by_key else event.pos()
        self.menu_requested.emit(chosen, self.viewport().mapToGlobal(place))

    def _index_under(self, event: QMouseEvent | QDropEvent) -> QModelIndex:
        return self.indexAt(event.position().toPoint())

    # Dragging

    def startDrag(self, actions: Qt.DropAction) -> None:
        del actions
        chosen = self.chosen()
        self._dragged = Chosen(
            tuple(chat_id for chat_id in chosen.chat_ids if not is_temporary(chat_id)),
            chosen.folder_id,
        )
        self._pressed = QPersistentModelIndex()
        if self._dragged != Chosen():
            data = QMimeData()
            data.setData(_DRAGGED, b"")
            drag = QDrag(self)
            drag.setMimeData(data)
            drag.setPixmap(self._picture(chosen))
            drag.setHotSpot(QPoint(-12, -4))  # beside the pointer, which shows where it goes
            drag.exec(Qt.DropAction.MoveAction)
        self._dragged = Chosen()

    def _picture(self, chosen: Chosen) -> QPixmap:
        """What hangs on the pointer: the title, or how many there are."""
        count = len(chosen.chat_ids)
        words = self.tr("%n chats", "", count) if count > 1 else self.currentIndex().data()
        label = QLabel(self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, 200))
        label.setObjectName("dragged")
        label.setTextFormat(Qt.TextFormat.PlainText)
        return label.grab()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(_DRAGGED) and event.source() is self:
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        super().dragMoveEvent(event)  # scrolls at the edges
        place = self._place_under(event)
        self._show_drop_at(place)
        event.setAccepted(place is not None)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self._show_drop_at(None)

    def dropEvent(self, event: QDropEvent) -> None:
        place = self._place_under(event)
        self._show_drop_at(None)
        self.setState(QAbstractItemView.State.NoState)
        self.stopAutoScroll()
        if place is not None:
            event.acceptProposedAction()
            self.dropped.emit(self._dragged, place)

    def _place_under(self, event: QDropEvent) -> Place | None:
        """None where what is dragged can't be put."""
        place = self._chats.place_at(self._index_under(event))
        goes = self._dragged.chat_ids or (place is not None and place.folder_id is not None)
        return place if goes else None

    def _show_drop_at(self, place: Place | None) -> None:
        head = QModelIndex() if place is None else self._chats.head_of(place)
        self._delegate.drop_head = QPersistentModelIndex(head)
        self.viewport().update()
