"""A button in words: quiet under a message, or with an outline where an answer needs a decision."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QFocusEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from ui import fonts
from ui.theme import Theme

_RADIUS = 8


class TextButton(QAbstractButton):
    """Signals:
    focused: the keyboard has come to it
    """

    focused = Signal()

    def __init__(
        self, text: str, theme: Theme, parent: QWidget | None = None, *, outlined: bool = False
    ) -> None:
        super().__init__(parent)
        self._outlined = outlined
        self._is_shown = True
        self._alignment = Qt.AlignmentFlag.AlignHCenter
        self.setFont(fonts.interface(fonts.CODE_PX if outlined else fonts.HINT_PX))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setText(text)
        self.apply_theme(theme)

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def align(self, alignment: Qt.AlignmentFlag) -> None:
        """Where the text stands in a button that is wider."""
        self._alignment = alignment

    def set_shown(self, is_shown: bool) -> None:
        """Whether it is painted without the focus; either way the keyboard reaches it."""
        self._is_shown = is_shown
        self.update()

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance(self.text())
        return (
            QSize(width + 28, fonts.scaled(32))
            if self._outlined
            else QSize(width, fonts.scaled(24))
        )

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        if not (self._is_shown or self.hasFocus()):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setLayoutDirection(self.layoutDirection())  # it has the application's
        theme = self._theme
        is_active = self.isEnabled() and (self.underMouse() or self.hasFocus())
        if self._outlined:
            painter.setPen(QPen(QColor(theme.accent if is_active else theme.line), 1))
            painter.setBrush(QColor(theme.card))
            frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(frame, _RADIUS, _RADIUS)
        elif self.hasFocus():
            painter.fillRect(0, self.height() - 4, self.width(), 2, QColor(theme.accent))
        is_strong = is_active or (self._outlined and self.isEnabled())
        painter.setPen(QColor(theme.ink if is_strong else theme.ink3))
        painter.setOpacity(1.0 if self.isEnabled() else 0.4)
        alignment = self._alignment | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), alignment, self.text())
