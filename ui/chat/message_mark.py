"""A mark on one message for a moment, so that the eye finds what was looked for."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui.chat.message_view import AnswerMessage, UserMessage
from ui.theme import LIGHT, Theme

SHOWN_MS = 1600
_BESIDE_PX = 14  # to the left of the message
_BAR_PX = 3


class MessageMark(QWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._view: UserMessage | AnswerMessage | None = None
        self._timer = QTimer(self, interval=SHOWN_MS, singleShot=True)
        self._timer.timeout.connect(self.hide)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_on(self, view: UserMessage | AnswerMessage) -> None:
        """A sibling, with which the mark moves."""
        if view is not self._view:
            view.installEventFilter(self)  # ends with the view; one before it is no longer heard
        self._view = view
        self._place()
        self.show()
        self._timer.start()

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._view and event.type() in (QEvent.Type.Move, QEvent.Type.Resize):
            self._place()
        elif watched is self._view and event.type() == QEvent.Type.Hide:
            self.hide()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        assert self._view is not None
        body = self._view.body().translated(self._view.pos())
        self.setGeometry(body.left() - _BESIDE_PX, body.top(), _BAR_PX, body.height())
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.accent))
        painter.drawRoundedRect(self.rect(), _BAR_PX / 2, _BAR_PX / 2)
