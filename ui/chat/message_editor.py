"""A message in the hands of the user: its text in an editor, with Save and Cancel.

Knows neither the message's place nor what is done with the new text.
"""

from PySide6.QtCore import QEvent, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from ui import fonts
from ui import theme as themes
from ui.chat.text_button import TextButton
from ui.theme import Theme

MAX_EDITED = 100_000  # characters; longer ones, or longer lines than these, stutter when typed in
MAX_EDITED_LINE = 20_000
_MAX_LINES = 16
_PADDING_PX = 12
_FOOT_PX = 40
_RADIUS = 12


def is_editable(text: str) -> bool:
    return len(text) <= MAX_EDITED and max(map(len, text.split("\n"))) <= MAX_EDITED_LINE


class MessageEditor(QWidget):
    """Signals:
    saved: the new text, which isn't blank
    cancelled
    changed: the text so far
    grown: the height may have changed
    """

    saved = Signal(str)
    cancelled = Signal()
    changed = Signal(str)
    grown = Signal()

    def __init__(self, text: str, save: str, name: str, theme: Theme, parent: QWidget) -> None:
        """`save` is the word for it; `name` is for screen readers."""
        super().__init__(parent)
        self._note = ""
        self.edit = _Edit(self)
        self.edit.setPlainText(text)
        self.edit.setAccessibleName(name)
        self.edit.moveCursor(QTextCursor.MoveOperation.End)
        self.save = TextButton(save, theme, self, outlined=True)
        self.cancel = TextButton(self.tr("Cancel"), theme, self, outlined=True)
        self.edit.saved.connect(self._save)
        self.edit.cancelled.connect(self.cancelled)
        self.edit.textChanged.connect(self._take_change)
        self.save.clicked.connect(self._save)
        self.cancel.clicked.connect(self.cancelled)
        self.setFont(fonts.interface(fonts.HINT_PX))
        self.apply_theme(theme)

    def show_note(self, note: str) -> None:
        """A quiet line beside the buttons."""
        self._note = note
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        palette = themes.palette(theme)
        self.edit.setPalette(palette)
        self.edit.setStyleSheet(f"background: transparent; color: {theme.ink}; border: none")
        for button in (self.save, self.cancel):
            button.apply_theme(theme)
        self.update()

    def fit(self, width: int) -> int:
        """Lay out for that width and return the height."""
        self.edit.resize(width - 2 * _PADDING_PX, self.edit.height())
        text_height = self.edit.wanted_height()
        self.edit.setGeometry(_PADDING_PX, _PADDING_PX, width - 2 * _PADDING_PX, text_height)
        top = _PADDING_PX + text_height + _PADDING_PX
        right = width - _PADDING_PX
        for button in (self.save, self.cancel):
            size = button.sizeHint()
            right -= size.width()
            button.setGeometry(right, top, size.width(), size.height())
            right -= 8
        return top + _FOOT_PX

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._theme.accent), 1))
        painter.setBrush(QColor(self._theme.card))
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, _RADIUS, _RADIUS)
        painter.setPen(QColor(self._theme.ink3))
        room = self.cancel.geometry().adjusted(0, 0, 0, 0)
        room.setLeft(_PADDING_PX)
        room.setRight(self.cancel.x() - _PADDING_PX)
        keys = self.tr("Ctrl Enter saves")
        note = f"{self._note} · {keys}" if self._note else keys
        shown = self.fontMetrics().elidedText(note, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)

    @Slot()
    def _save(self) -> None:
        if self.edit.toPlainText().strip():
            self.saved.emit(self.edit.toPlainText())

    @Slot()
    def _take_change(self) -> None:
        self.save.setEnabled(bool(self.edit.toPlainText().strip()))
        self.changed.emit(self.edit.toPlainText())
        if self.edit.wanted_height() != self.edit.height():
            self.grown.emit()


class _Edit(QPlainTextEdit):
    saved = Signal()
    cancelled = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFont(fonts.interface(fonts.ANSWER_PX))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)

    def wanted_height(self) -> int:
        num_lines = int(self.document().documentLayout().documentSize().height())
        return min(max(num_lines, 1), _MAX_LINES) * self.fontMetrics().lineSpacing() + 4

    def event(self, event: QEvent) -> bool:
        """Escape is the editor's here and not the window's, where it stops the answer."""
        is_asked = event.type() == QEvent.Type.ShortcutOverride
        if is_asked and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        elif is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.saved.emit()
        else:
            super().keyPressEvent(event)
