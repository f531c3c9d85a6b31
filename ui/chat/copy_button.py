"""The button "Copy": it puts a text on the clipboard and says so for a moment."""

from collections.abc import Callable

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from ui.chat.text_button import TextButton
from ui.theme import Theme

_CONFIRMED_MS = 1_500


class CopyButton(TextButton):
    copied = Signal(str)

    def __init__(
        self, text: Callable[[], str], name: str, theme: Theme, parent: QWidget | None = None
    ) -> None:
        """`text` is asked when the button is pressed; `name` is for screen readers."""
        super().__init__("", theme, parent)
        self._text = text
        self._timer = QTimer(self, singleShot=True, interval=_CONFIRMED_MS)
        self._timer.timeout.connect(self._rest)
        self.setAccessibleName(name)
        self.clicked.connect(self._copy)
        self._rest()

    def sizeHint(self) -> QSize:
        """That of the longer word, so that nothing moves when it changes."""
        metrics = self.fontMetrics()
        words = (self.tr("Copy"), self.tr("Copied"))
        return QSize(max(map(metrics.horizontalAdvance, words)), super().sizeHint().height())

    def _rest(self) -> None:
        self.setText(self.tr("Copy"))

    def _copy(self) -> None:
        text = self._text()
        QGuiApplication.clipboard().setText(text)
        self.setText(self.tr("Copied"))
        self._timer.start()
        self.copied.emit(text)
