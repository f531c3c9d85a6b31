"""The list of chats as the user sees and handles it."""

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QLineEdit,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.chats.model import Chat
from ui import fonts
from ui.sidebar.chat_list_model import CHAT_ROLE, ChatListModel, Index
from ui.theme import LIGHT, Theme

ROW_HEIGHT = 37
_ROW_GAP = 1  # above and below the highlighted part of a row
_TEXT_INDENT = 8
_RADIUS = 8


class ChatList(QListView):
    """Signals:
    chat_selected: the id of the chat that the user went to
    delete_requested: the id of a chat
    renaming_ended: with or without a new title
    """

    chat_selected = Signal(int)
    delete_requested = Signal(int)
    renaming_ended = Signal()

    def __init__(self, model: ChatListModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chats = model
        self.setObjectName("chatList")
        self.setAccessibleName(self.tr("Chats"))
        self.setModel(model)
        self._delegate = ChatDelegate(self)
        self.setItemDelegate(self._delegate)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)

    def set_current(self, chat_id: int | None) -> None:
        """Highlight a chat without going to it."""
        index = self._chats.index_of(chat_id)
        selection = self.selectionModel()
        blocked = self.blockSignals(True)
        if index.isValid():
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
            selection.setCurrentIndex(index, flags)
        else:
            selection.clear()
        self.blockSignals(blocked)

    def rename(self, chat_id: int) -> None:
        index = self._chats.index_of(chat_id)
        if index.isValid() and not self.is_renaming():
            self.scrollTo(index)
            self.edit(index)

    def is_renaming(self) -> bool:
        return self.state() == QAbstractItemView.State.EditingState

    def apply_theme(self, theme: Theme) -> None:
        self._delegate.theme = theme
        self.viewport().update()

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:
        super().currentChanged(current, previous)
        chat = current.data(CHAT_ROLE)
        if chat is not None:
            self.chat_selected.emit(chat.id)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.RightButton:  # its menu opens without going to the chat
            super().mousePressEvent(event)

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        super().closeEditor(editor, hint)
        self.renaming_ended.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        chat = self.currentIndex().data(CHAT_ROLE)
        if event.key() == Qt.Key.Key_Delete and chat is not None:
            self.delete_requested.emit(chat.id)
            return
        super().keyPressEvent(event)

    def menu_for(self, chat: Chat) -> QMenu:
        menu = QMenu(self)
        menu.addAction(self.tr("Rename"), lambda: self.rename(chat.id)).setShortcut("F2")
        menu.addAction(self.tr("Delete"), lambda: self.delete_requested.emit(chat.id)).setShortcut(
            Qt.Key.Key_Delete
        )
        return menu

    def _open_menu(self, position: QPoint) -> None:
        chat = self.indexAt(position).data(CHAT_ROLE)
        if chat is not None:
            menu = self.menu_for(chat)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.viewport().mapToGlobal(position))


class ChatDelegate(QStyledItemDelegate):
    """Draws a chat's title, or a heading, in one row of fixed height."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = LIGHT
        self._title_font = fonts.interface()
        self._heading_font = fonts.interface(fonts.HINT_PX)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(0, fonts.scaled(ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        row = option.rect.adjusted(0, _ROW_GAP, 0, -_ROW_GAP)
        if index.data(CHAT_ROLE) is None:
            self._paint_heading(painter, row, index)
        else:
            self._paint_chat(painter, row, option, index)
        painter.restore()

    def _paint_heading(self, painter: QPainter, row: QRect, index: Index) -> None:
        painter.setFont(self._heading_font)
        painter.setPen(QColor(self.theme.ink3))
        row = row.adjusted(_TEXT_INDENT, 0, -_TEXT_INDENT, -5)
        align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
        painter.drawText(row, align, index.data())

    def _paint_chat(
        self, painter: QPainter, row: QRect, option: QStyleOptionViewItem, index: Index
    ) -> None:
        paint_row_background(painter, row, option, self.theme)
        painter.setFont(self._title_font)
        painter.setPen(QColor(self.theme.ink))
        text = row.adjusted(_TEXT_INDENT, 0, -_TEXT_INDENT, 0)
        title = painter.fontMetrics().elidedText(
            index.data(), Qt.TextElideMode.ElideRight, text.width()
        )
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, title)

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> QWidget | None:
        del option, index
        editor = QLineEdit(parent)
        editor.setObjectName("titleEditor")
        editor.setAccessibleName(self.tr("Title of the chat"))
        return editor

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        del index
        editor.setGeometry(option.rect.adjusted(0, _ROW_GAP, 0, -_ROW_GAP))


def paint_row_background(
    painter: QPainter, row: QRect, option: QStyleOptionViewItem, theme: Theme
) -> None:
    """What a row shows of being selected, under the pointer, or the keyboard's."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    state = option.state
    selected = bool(state & QStyle.StateFlag.State_Selected)
    if selected or state & QStyle.StateFlag.State_MouseOver:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.soft if selected else theme.line))
        painter.drawRoundedRect(row, _RADIUS, _RADIUS)
    if (
        state & QStyle.StateFlag.State_HasFocus
        and state & QStyle.StateFlag.State_KeyboardFocusChange
    ):
        painter.setPen(QPen(QColor(theme.accent), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(row.adjusted(1, 1, -1, -1), _RADIUS, _RADIUS)
