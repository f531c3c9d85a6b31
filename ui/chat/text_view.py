"""Selectable text that is as high as its container makes it and leaves scrolling to the transcript.

Knows no Markdown. Nothing is ever loaded: no image, no address.
"""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QMimeData, QPoint, Qt, QUrl, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QTextCursor,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QTextBrowser, QToolTip, QWidget

from ui import theme as themes
from ui.chat.formula_text import OBJECT, source_at
from ui.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Callable

_OPENING = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class TextView(QTextBrowser):
    """Signals:
    link_activated: the address that the user clicked
    resized: the height that `fit` gives has changed, and nobody set the text
    pressed: a selection may begin here
    left: a click elsewhere ended the selection
    all_requested: the user wants everything selected
    """

    link_activated = Signal(str)
    resized = Signal()
    pressed = Signal()
    left = Signal()
    all_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.copied_text = self.selected_text  # what a copy gives, formulas as their source
        # Takes a drag to a place on the screen, or leaves it to this text.
        self.drag: Callable[[TextView, QPoint], bool] = lambda _view, _place: False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAcceptDrops(False)
        self.setOpenLinks(False)
        self.document().setUndoRedoEnabled(False)
        self.document().setDocumentMargin(0)
        self.viewport().setAutoFillBackground(False)
        self.highlighted.connect(self._show_address)
        self.anchorClicked.connect(lambda url: self.link_activated.emit(url.toString()))

    def apply_theme(self, theme: Theme) -> None:
        self.setPalette(themes.palette(theme))

    def rest_cursor(self) -> None:
        """Put the cursor at the start: written text took it along, and the view would follow it."""
        self.setTextCursor(QTextCursor(self.document()))

    def selected_text(self) -> str:
        """The selection as plain text, with the source of its formulas."""
        cursor = self.textCursor()
        start = cursor.selectionStart()
        text = cursor.selectedText()
        if OBJECT in text:
            text = "".join(
                source_at(self.document(), start + place) if character == OBJECT else character
                for place, character in enumerate(text)
            )
        return text.replace("\u2029", "\n").replace("\u2028", "\n").replace("\xa0", " ")

    def createMimeDataFromSelection(self) -> QMimeData:
        data = QMimeData()
        data.setText(self.copied_text())
        return data

    def loadResource(self, type: int, name: Any) -> Any:  # noqa: A002, ARG002
        return None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self.selectAll()
            self.all_requested.emit()
        elif event.matches(QKeySequence.StandardKey.Copy) or event.key() in (
            Qt.Key.Key_Return,
            Qt.Key.Key_Enter,
        ):
            super().keyPressEvent(event)
        else:
            event.ignore()  # the transcript scrolls

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        is_dragging = event.buttons() & Qt.MouseButton.LeftButton
        if not (is_dragging and self.drag(self, event.globalPosition().toPoint())):
            super().mouseMoveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta()
        is_sideways = abs(delta.x()) > abs(delta.y())
        bar = self.horizontalScrollBar() if is_sideways else self.verticalScrollBar()
        if bar.maximum() > 0 and bar.isVisible():
            super().wheelEvent(event)
        else:
            event.ignore()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """One selection at a time: a click elsewhere ends this one."""
        super().focusOutEvent(event)
        if event.reason() == Qt.FocusReason.MouseFocusReason:
            cursor = self.textCursor()
            cursor.clearSelection()
            self.setTextCursor(cursor)
            self.left.emit()

    def _show_address(self, url: QUrl) -> None:
        """Where the link goes that the keyboard has come to; the pointer's has its tip."""
        if self.hasFocus() and not self.viewport().underMouse():
            below = self.viewport().mapToGlobal(self.cursorRect().bottomLeft())
            QToolTip.showText(below, url.toString(), self)

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.anchorAt(event.pos()), self)
            return True
        return super().viewportEvent(event)
