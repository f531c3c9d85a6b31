"""Draws the rows of the chat list, each of the same height, and makes the field to rename one."""

from PySide6.QtCore import QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ui import fonts
from ui.chosen_row import paint_chosen
from ui.icons import pixmap
from ui.mirroring import draw_line
from ui.sidebar.chat_list_model import CHAT_ROLE, FOLDER_ROLE, HINT_ROLE, IS_INSIDE_ROLE, Index
from ui.theme import LIGHT, Theme

ROW_HEIGHT = 37
_ROW_GAP = 1  # above and below the highlighted part of a row
_TEXT_INDENT = 8
_FOLDER_INDENT = 26  # of a folder's name and its chats: room for the arrow before it
_EDITOR_PADDING = 4  # of a field before its text, as far as there is room for it
_ICON_PX = 16
_RADIUS = 8


class ChatDelegate(QStyledItemDelegate):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = LIGHT
        self.on_show: int | None = None  # the id of the chat that is
        self.drop_head = QPersistentModelIndex()  # below which what is dragged would go
        self._title_font = fonts.interface()
        self._shown_font = fonts.interface(weight=QFont.Weight.Medium)
        self._hint_font = fonts.interface(fonts.HINT_PX)
        self._icons: dict[tuple[str, str, float], QPixmap] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(0, fonts.scaled(ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setLayoutDirection(option.direction)
        row = option.rect.adjusted(0, _ROW_GAP, 0, -_ROW_GAP)
        if index.data(CHAT_ROLE) is not None:
            self._paint_chat(painter, row, option, index)
        elif index.data(FOLDER_ROLE) is not None:
            self._paint_folder(painter, row, option, index)
        else:
            self._paint_heading(painter, row, index)
        if self.drop_head.isValid() and self.drop_head == index:
            _paint_outline(painter, row, self.theme)
        painter.restore()

    def _paint_heading(self, painter: QPainter, row: QRect, index: Index) -> None:
        painter.setFont(self._hint_font)
        painter.setPen(QColor(self.theme.ink3))
        row = row.adjusted(_TEXT_INDENT, 0, -_TEXT_INDENT, -5)
        align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
        painter.drawText(row, align, index.data())

    def _paint_folder(
        self, painter: QPainter, row: QRect, option: QStyleOptionViewItem, index: Index
    ) -> None:
        paint_row_background(painter, row, option, self.theme)
        is_folded = index.data(FOLDER_ROLE).is_folded
        is_rtl = option.direction == Qt.LayoutDirection.RightToLeft
        name = ("folded-rtl" if is_rtl else "folded") if is_folded else "unfolded"
        self._paint_icon(painter, name, row, row.left() + _TEXT_INDENT - 2)
        text = row.adjusted(fonts.scaled(_FOLDER_INDENT), 0, -_TEXT_INDENT, 0)
        text = self._paint_hint(painter, row, text, index.data(HINT_ROLE))
        self._paint_text(painter, row, text, index.data(), self._title_font)

    def _paint_chat(
        self, painter: QPainter, row: QRect, option: QStyleOptionViewItem, index: Index
    ) -> None:
        paint_row_background(painter, row, option, self.theme)
        chat = index.data(CHAT_ROLE)
        indent = fonts.scaled(_FOLDER_INDENT) if index.data(IS_INSIDE_ROLE) else _TEXT_INDENT
        text = row.adjusted(indent, 0, -_TEXT_INDENT, 0)
        if chat.is_temporary:
            size = fonts.scaled(_ICON_PX)
            self._paint_icon(painter, "temporary", row, text.right() - size + 1)
            text.adjust(0, 0, -size - 8, 0)
        text = self._paint_hint(painter, row, text, index.data(HINT_ROLE))
        font = self._shown_font if chat.id == self.on_show else self._title_font
        self._paint_text(painter, row, text, index.data(), font)

    # Places are those of a language that is written from left to right, and mirrored for others.

    def _paint_text(
        self, painter: QPainter, row: QRect, text: QRect, words: str, font: QFont
    ) -> None:
        painter.setFont(font)
        painter.setPen(QColor(self.theme.ink))
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, text.width())
        draw_line(painter, QStyle.visualRect(painter.layoutDirection(), row, text), shown)

    def _paint_hint(self, painter: QPainter, row: QRect, text: QRect, hint: str) -> QRect:
        """At the end, in a third of the room at most; returns what is left of it."""
        if not hint:
            return text
        painter.setFont(self._hint_font)
        painter.setPen(QColor(self.theme.ink3_on_soft))
        metrics = painter.fontMetrics()
        hint = metrics.elidedText(hint, Qt.TextElideMode.ElideRight, text.width() // 3)
        align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QStyle.visualRect(painter.layoutDirection(), row, text), align, hint)
        return text.adjusted(0, 0, -metrics.horizontalAdvance(hint) - 8, 0)

    def _paint_icon(self, painter: QPainter, name: str, row: QRect, left: int) -> None:
        size = fonts.scaled(_ICON_PX)
        key = (name, self.theme.ink3, painter.device().devicePixelRatioF())
        if key not in self._icons:
            name, colour, ratio = key
            self._icons[key] = pixmap(name, colour, size, ratio)
        place = QRect(left, row.center().y() - size // 2 + 1, size, size)
        place = QStyle.visualRect(painter.layoutDirection(), row, place)
        painter.drawPixmap(place.topLeft(), self._icons[key])

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> QWidget | None:
        del option
        editor = QLineEdit(parent)
        editor.setObjectName("titleEditor")
        is_chat = index.data(CHAT_ROLE) is not None
        editor.setAccessibleName(
            self.tr("Title of the chat") if is_chat else self.tr("Name of the folder")
        )
        return editor

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        is_inside = index.data(FOLDER_ROLE) is not None or index.data(IS_INSIDE_ROLE)
        indent = fonts.scaled(_FOLDER_INDENT) - _EDITOR_PADDING if is_inside else 0
        place = option.rect.adjusted(indent, _ROW_GAP, 0, -_ROW_GAP)
        editor.setGeometry(QStyle.visualRect(option.direction, option.rect, place))


def paint_row_background(
    painter: QPainter, row: QRect, option: QStyleOptionViewItem, theme: Theme
) -> None:
    """What a row shows of being selected, under the pointer, or the keyboard's."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    state = option.state
    selected = bool(state & QStyle.StateFlag.State_Selected)
    if selected:
        paint_chosen(painter, row, theme)
    elif state & QStyle.StateFlag.State_MouseOver:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.track))
        painter.drawRoundedRect(row, _RADIUS, _RADIUS)
    if (
        state & QStyle.StateFlag.State_HasFocus
        and state & QStyle.StateFlag.State_KeyboardFocusChange
    ):
        _paint_outline(painter, row, theme)


def _paint_outline(painter: QPainter, row: QRect, theme: Theme) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.accent), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(row.adjusted(1, 1, -1, -1), _RADIUS, _RADIUS)
