"""What stands around the text of an answer: its progress and its failure."""

from PySide6.QtCore import QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QWidget

from ui import fonts
from ui.chat.clean_text import clean_text
from ui.chat.text_button import TextButton
from ui.mirroring import mirrored
from ui.theme import Theme

_PADDING_PX = 12
_RADIUS = 8
_MAX_SENTENCE = 1_000  # characters


class WaitingLine(QWidget):
    """In the place of an answer that has no text yet: how far the model has read or loaded."""

    _HEIGHT = 34
    _LINE_PX = 280

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._share: float | None = None
        self.setFont(fonts.interface(fonts.CODE_PX))
        self.apply_theme(theme)
        self.show_waiting()

    def show_waiting(self) -> None:
        self._text = ""
        self._share = None
        self.setAccessibleName(self.tr("Waiting for the answer"))
        self.update()

    def show_progress(self, text: str, done: int, total: int) -> None:
        self._text = text
        self._share = min(max(done / total, 0.0), 1.0) if total > 0 else 0.0
        self.setAccessibleName(text)
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def fit(self, width: int) -> int:  # noqa: ARG002
        """The height."""
        return fonts.scaled(self._HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self._share is None:
            painter.setBrush(QColor(self._theme.ink3))
            for number in range(3):
                painter.drawEllipse(mirrored(QRect(10 * number, 14, 5, 5), self))
            return
        line = QRect(0, fonts.scaled(28), min(self._LINE_PX, self.width()), 3)
        painter.setBrush(QColor(self._theme.track))
        painter.drawRoundedRect(mirrored(line, self), 1.5, 1.5)
        line.setWidth(round(line.width() * self._share))
        painter.setBrush(QColor(self._theme.accent))
        painter.drawRoundedRect(mirrored(line, self), 1.5, 1.5)
        painter.setPen(QColor(self._theme.ink2))
        text_area = self.rect().adjusted(0, 0, 0, -10)
        painter.drawText(text_area, Qt.AlignmentFlag.AlignVCenter, self._text)


class FailureCard(QWidget):
    """One sentence that says what happened, and "Try again"."""

    retry_requested = Signal()

    def __init__(self, sentence: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = QLabel(clean_text(sentence[:_MAX_SENTENCE]), self)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setWordWrap(True)
        self._label.setFont(fonts.interface())
        self._button = TextButton(self.tr("Try again"), theme, self, outlined=True)
        self._button.clicked.connect(self.retry_requested)
        self.apply_theme(theme)

    def set_can_retry(self, can_retry: bool) -> None:
        self._button.setVisible(can_retry)

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._label.setStyleSheet(f"color: {theme.warn}")
        self._button.apply_theme(theme)
        self.update()

    def fit(self, width: int) -> int:
        """Lay out for that width and return the height."""
        button = self._button.sizeHint()
        text_width = width - button.width() - 3 * _PADDING_PX
        text_height = self._label.heightForWidth(text_width)
        height = max(text_height, button.height()) + 2 * _PADDING_PX
        text = QRect(_PADDING_PX, (height - text_height) // 2, text_width, text_height)
        self._label.setGeometry(mirrored(text, self, width))
        left, top = width - button.width() - _PADDING_PX, (height - button.height()) // 2
        self._button.setGeometry(mirrored(QRect(QPoint(left, top), button), self, width))
        return height

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._theme.line), 1))
        painter.setBrush(QColor(self._theme.card))
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, _RADIUS, _RADIUS)
