"""What a model thought before it answered: one quiet line that unfolds to the text.

Knows nothing of the answer beneath it: `fit` gives a height for a width.
"""

from time import monotonic

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui.amounts import seconds_text, tokens_text
from ui.chat.clean_text import clean_text
from ui.chat.source_view import PlainView
from ui.chat.text_button import TextButton
from ui.mirroring import mirrored
from ui.theme import Theme

_INDENT_PX = 14
_GAP_PX = 4
_BOTTOM_PX = 10
_SHORTEST_SECONDS = 0.5  # worth a number


class ThoughtView(QWidget):
    """Signals:
    grown: the height may have changed, since more was thought
    unfolded: the height has changed, since the user folded or unfolded it
    """

    grown = Signal()
    unfolded = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pieces: list[str] = []
        self._num_words = 0
        self._is_in_word = False  # the text so far ends in the middle of one
        self._is_over = False
        self._began_at: float | None = None  # on the monotonic clock; None where nobody saw it
        self._seconds = 0.0  # that it took, 0 where nobody knows
        self._num_tokens = 0  # 0 where nobody knows
        self._is_unfolded = False
        self._text: _ReasoningText | None = None  # made when it is first unfolded
        self._button = TextButton("", theme, self)
        self._button.align(Qt.AlignmentFlag.AlignLeft)
        self._button.clicked.connect(self._toggle)
        self.apply_theme(theme)

    def append(self, text: str) -> None:
        if self._began_at is None:
            self._began_at = monotonic()
        self._pieces.append(text)
        self._count(text)
        self._show_line()
        if self._is_unfolded:
            self._show_text()
            self.grown.emit()

    def end(self) -> None:
        """The thinking is over."""
        if not self._is_over:
            self._is_over = True
            self._seconds = monotonic() - (self._began_at or monotonic())
            self._show_line()

    def show_cost(self, seconds: float, num_tokens: int) -> None:
        """What the thinking took, as the engine counted it; 0 for what isn't known."""
        self._seconds = seconds or self._seconds
        self._num_tokens = num_tokens
        self._show_line()

    def replace(self, text: str) -> None:
        """All that was thought is this text."""
        self._pieces = []
        self._num_words, self._is_in_word = 0, False
        self.append(text)

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._button.apply_theme(theme)
        if self._text:
            self._text.apply_theme(theme)
        self.update()

    def fit(self, width: int) -> int:
        """Lay out for that width and return the height."""
        line = self._button.sizeHint()
        self._button.setGeometry(mirrored(QRect(QPoint(), line), self, width))
        if not self._text or not self._is_unfolded:
            return line.height()
        top = line.height() + _GAP_PX
        height = self._text.fit(width - _INDENT_PX)
        place = QRect(_INDENT_PX, top, width - _INDENT_PX, height)
        self._text.setGeometry(mirrored(place, self, width))
        return top + height + _BOTTOM_PX

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        if self._text and self._is_unfolded:
            place = self._text.geometry()
            line = mirrored(QRect(0, place.top(), 2, place.height()), self)
            QPainter(self).fillRect(line, QColor(self._theme.line))

    def _count(self, text: str) -> None:
        if text:
            goes_on = self._is_in_word and not text[0].isspace()
            self._num_words += len(text.split()) - goes_on
            self._is_in_word = not text[-1].isspace()

    def _show_line(self) -> None:
        state = self.tr("Thinking")
        if self._is_over:
            state = self.tr("Thought")
            if self._seconds >= _SHORTEST_SECONDS:
                state = self.tr("Thought for {time}").format(time=seconds_text(self._seconds))
        if self._num_tokens:
            length = tokens_text(self._num_tokens)
        else:
            length = self.tr("%Ln word(s)", "", self._num_words)
        action = self.tr("Hide") if self._is_unfolded else self.tr("Show")
        self._button.setText(f"{state} · {length} · {action}")
        place = QRect(QPoint(), self._button.sizeHint())
        self._button.setGeometry(mirrored(place, self))

    def _show_text(self) -> None:
        if self._text is None:
            self._text = _ReasoningText(self._theme, self)
            self._text.show()
        bar = self._text.verticalScrollBar()
        is_followed = not self._is_over and bar.value() == bar.maximum()
        self._pieces = ["".join(self._pieces)]
        self._text.set_text(clean_text(self._pieces[0]))
        if is_followed:
            bar.setValue(bar.maximum())

    def _toggle(self) -> None:
        self._is_unfolded = not self._is_unfolded
        if self._is_unfolded:
            self._show_text()
        if self._text:
            self._text.setVisible(self._is_unfolded)
        self._show_line()
        self.unfolded.emit()


class _ReasoningText(PlainView):
    """In secondary ink, so that nobody takes it for the answer."""

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.setStyleSheet(f"color: {theme.ink2}")  # the window's own would go before a palette
