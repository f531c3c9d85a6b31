"""Text shown as it is written: code, and what is too large to be formatted.

Grows at its end at a cost that does not depend on its length: a large text is appended in slices
between events. Beyond a height it scrolls by itself.
"""

from collections.abc import Iterator, Sequence
from math import ceil

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QFont, QTextCharFormat, QTextCursor, QTextLayout, QTextOption
from PySide6.QtWidgets import QWidget

from ui import fonts
from ui.chat import prose_style
from ui.chat.clean_text import cut_lines
from ui.chat.highlight import MAX_LINE, Kind, Span
from ui.chat.text_view import TextView
from ui.theme import Theme

MAX_CODE_LINES = 5_000
MAX_WRAPPED = 50_000  # characters of code
MAX_PLAIN_PX = 480
_MEASURED = 8_000  # characters; a longer plain text is as high as it may be
_SLICE_LINES = 120
_SLICE_CHARACTERS = 12_000
_TAB = 4  # characters
_AS_NEEDED = Qt.ScrollBarPolicy.ScrollBarAsNeeded
_NEVER = Qt.ScrollBarPolicy.ScrollBarAlwaysOff


class SourceView(TextView):
    """What code and plain text share: a text that grows at its end."""

    def __init__(
        self, font: QFont, line_px: int, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.document().setDefaultFont(font)
        self._text = ""
        self._last_line = ""  # on show
        self._slices: list[str] = []  # not appended yet, the next one last
        self._block_format = prose_style.fixed_line(line_px)
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._append_slice)
        self._clear()
        self.apply_theme(theme)

    @property
    def text(self) -> str:
        return self._text

    @property
    def is_filling(self) -> bool:
        return bool(self._slices)

    def set_text(self, text: str) -> None:
        if not text.startswith(self._text):
            self._clear()
        added, self._text = text[len(self._text) :], text
        if not added:
            return
        # The last line goes on: it is cut where the whole would be.
        shown = cut_lines(self._last_line + added, MAX_LINE)
        self._measure(shown)
        shown, self._last_line = shown[len(self._last_line) :], shown[shown.rfind("\n") + 1 :]
        self._slices[:0] = reversed(list(_slices(shown)))
        if not self._timer.isActive():
            self._append_slice()

    def _clear(self) -> None:
        self._text = ""
        self._last_line = ""
        self._slices.clear()
        self._timer.stop()
        self.document().clear()
        QTextCursor(self.document()).setBlockFormat(self._block_format)

    def _append_slice(self) -> None:
        is_first = self.document().isEmpty()
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(self._slices.pop())
        if is_first:
            self.rest_cursor()
        if self._slices:
            self._timer.start()

    def _measure(self, lines: str) -> None:
        """Take note of lines that are about to be shown."""


class CodeView(SourceView):
    """Code, its lines wrapped only where the user wants it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        font = prose_style.code_font()
        self._widest = 0
        self._num_lines = 1  # on show, where long ones are cut
        super().__init__(font, prose_style.CODE_LINE_PX, theme, parent)
        self.setFont(font)
        self.setLineWrapMode(TextView.LineWrapMode.NoWrap)
        self.setTabStopDistance(_TAB * self.fontMetrics().horizontalAdvance(" "))

    def fit(self, width: int) -> int:
        """Show at that width; returns the height."""
        is_wide = self._widest > width
        self.setVerticalScrollBarPolicy(_AS_NEEDED if self._num_lines > MAX_CODE_LINES else _NEVER)
        self.setHorizontalScrollBarPolicy(_AS_NEEDED if is_wide else _NEVER)
        if self.is_wrapped:
            self.setLineWrapColumnOrWidth(width)
            self.setHorizontalScrollBarPolicy(_NEVER)
            return ceil(self.document().size().height())
        height = min(self._num_lines, MAX_CODE_LINES) * fonts.scaled(prose_style.CODE_LINE_PX)
        return height + (self.horizontalScrollBar().sizeHint().height() if is_wide else 0)

    @property
    def is_wrapped(self) -> bool:
        return self.lineWrapMode() != TextView.LineWrapMode.NoWrap

    def can_wrap(self, width: int) -> bool:
        """Whether lines are wider than that, in a text that is small enough to wrap at once."""
        return self._widest > width and len(self._text) <= MAX_WRAPPED

    def set_wrapped(self, is_wrapped: bool) -> None:
        modes = TextView.LineWrapMode
        self.setLineWrapMode(modes.FixedPixelWidth if is_wrapped else modes.NoWrap)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)

    def set_spans(self, line: int, spans: Sequence[Span], colours: dict[Kind, str]) -> None:
        block = self.document().findBlockByNumber(line)
        if not block.isValid():
            return
        block.layout().setFormats([_format_range(span, colours[span.kind]) for span in spans])
        self.document().markContentsDirty(block.position(), block.length())

    def _clear(self) -> None:
        super()._clear()
        self._widest = 0
        self._num_lines = 1

    def _measure(self, lines: str) -> None:
        self._num_lines += lines.count("\n")
        # Bytes tell wide scripts from narrow ones well enough to measure one line alone.
        longest = max(lines.split("\n"), key=lambda line: len(line.encode()))
        advance = self.fontMetrics().horizontalAdvance(longest.expandtabs(_TAB))
        self._widest = max(self._widest, advance)


class PlainView(SourceView):
    """Text, its lines wrapped."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(fonts.interface(fonts.ANSWER_PX), prose_style.LINE_PX, theme, parent)
        self.setLineWrapMode(TextView.LineWrapMode.FixedPixelWidth)
        self.setLineWrapColumnOrWidth(prose_style.COLUMN_PX)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)

    def fit(self, width: int) -> int:
        """Show at that width; returns the height."""
        self.setLineWrapColumnOrWidth(width)
        height = MAX_PLAIN_PX
        if len(self._text) <= _MEASURED:
            height = min(height, ceil(self.document().size().height()))
        scrolls = height == MAX_PLAIN_PX
        self.setVerticalScrollBarPolicy(_AS_NEEDED if scrolls else _NEVER)
        if scrolls:  # beside the bar
            bar = self.verticalScrollBar().sizeHint().width()
            self.setLineWrapColumnOrWidth(max(width - bar, 1))
        return height


def _format_range(span: Span, colour: str) -> QTextLayout.FormatRange:
    made = QTextLayout.FormatRange()
    made.start, made.length = span.start, span.length
    text_format = QTextCharFormat()
    text_format.setForeground(QColor(colour))
    made.format = text_format
    return made


def _slices(text: str) -> Iterator[str]:
    """The text in parts of few lines, each small enough to be appended between two frames."""
    lines = text.split("\n")
    part: list[str] = []
    size = 0
    for line in lines[:-1]:
        part.append(line + "\n")
        size += len(line)
        if len(part) >= _SLICE_LINES or size >= _SLICE_CHARACTERS:
            yield "".join(part)
            part, size = [], 0
    yield "".join(part) + lines[-1]
