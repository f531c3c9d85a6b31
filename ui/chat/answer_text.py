"""Brings the text of an answer onto its blocks while it is written, and a stored one as well.

Pieces are collected and shown every 33 ms, at most some thousand characters at a time, and less
often where one showing takes long. The first slice of a stored text is shown in smaller steps, by
whoever wants it.
"""

from collections.abc import Callable
from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from ui.chat.blocks import BlockStack, segment_length
from ui.chat.clean_text import clean_text
from ui.chat.long_text import LongText
from ui.chat.markdown_sections import sections
from ui.chat.markdown_stream import MAX_TWO_PASSES, MarkdownStream, parse

FLUSH_MS = 33
_SLICE = 6_000  # characters read at a time
_MAX_BLOCKS = 24  # made into widgets at a time
_LONG = 40_000  # characters, beyond which a finished text is cut into sections
_SECTION = 1_000  # characters
_REST = 3  # times the cost of a flush, before the next


class AnswerText(QObject):
    """Signals:
    grown: the height of the blocks may have changed
    """

    grown = Signal()

    def __init__(self, stack: BlockStack) -> None:
        super().__init__(stack)
        self._stack = stack
        stack.grown.connect(self.grown)
        stack.source = lambda: self.text
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._flush)
        self._rest_ms = FLUSH_MS
        self._flushed_at = 0.0
        self.num_flushes = 0
        self._pieces: list[str] = []
        self._restart("")

    @property
    def text(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0]

    @property
    def is_idle(self) -> bool:
        """Whether everything that came is on show."""
        return not self._waiting and self._num_shown == len(self._blocks)

    def append(self, text: str) -> None:
        self._pieces.append(text)
        self._waiting.append(text)
        if not self._timer.isActive():
            since_flush = 1000 * (perf_counter() - self._flushed_at)
            self._timer.start(max(0, round(self._rest_ms - since_flush)))

    def finish(self, text: str) -> None:
        """The answer has ended and is this text; a long one is shown bit by bit.

        One that is long and was not streamed is read and laid out only near what is on show.
        """
        if self._take(text):
            self._flush()

    def begin(self, text: str) -> None:
        """The answer is this text, of which nothing is on show before `advance`."""
        self._take(text)

    def advance(self) -> bool:
        """Take a step of the work that `begin` left; False when the first slice is on show.

        What the text has beyond it follows by itself.
        """
        if self._is_ending and not self._blocks and not self._is_over:
            self._read()
            return True
        rest = self._blocks[self._num_shown : _MAX_BLOCKS]
        if rest:
            segment = rest[: segment_length(rest)]
            self._stack.replace_from(self._num_shown, segment)
            self._num_shown += len(segment)
            if len(rest) > len(segment):
                return True
        if not self.is_idle and not self._timer.isActive():
            self._timer.start(0)
        return False

    def _take(self, text: str) -> bool:
        """All of the text is this one; whether it is to be read here, and not in sections."""
        if not self.text and len(text) > _LONG:
            parts = sections(clean_text(text), _SECTION)
            if len(parts) > 1:
                self._pieces = [text]
                self._show_long(parts)
                return False
        if text != self.text:
            self._restart(text)
        self._is_ending = True
        return True

    def _show_long(self, parts: list[str]) -> None:
        def new_section(source: str, parent: QWidget) -> tuple[QWidget, Callable[[], bool]]:
            stack = self._stack.new_section(parent)
            text = AnswerText(stack)
            text.begin(source)
            text.grown.connect(lambda: long.take_grown(stack))
            return stack, text.advance

        def fit(widget: QWidget, width: int) -> int:
            return widget.fit(width) if isinstance(widget, BlockStack) else 0

        long = LongText(parts, new_section, fit, self._stack)
        self._stack.show_long(long)
        self.grown.emit()

    def _restart(self, text: str) -> None:
        self._stream = MarkdownStream()
        self._pieces = [text]
        self._waiting = [text] if text else []  # not read yet
        self._is_ending = False  # no more text comes
        self._is_over = False  # all of it was read
        self._blocks = self._stream.stable  # that never change
        self._num_shown = 0  # of them
        self._stack.replace_from(0, [])

    def _flush(self) -> None:
        start = perf_counter()
        self.num_flushes += 1
        if len(self._blocks) - self._num_shown < _MAX_BLOCKS and not self._is_over:
            self._read()
        self._show()
        self.grown.emit()
        self._flushed_at = perf_counter()
        self._rest_ms = max(FLUSH_MS, round(1000 * _REST * (self._flushed_at - start)))
        if self.is_idle:
            self._timer.stop()
        else:
            self._timer.start(self._rest_ms)

    def _read(self) -> None:
        waiting = "".join(self._waiting)
        self._waiting = [waiting[_SLICE:]] if len(waiting) > _SLICE else []
        self._stream.feed(waiting[:_SLICE])
        if self._is_ending and not self._waiting:
            self._is_over = True
            self._stream.finish()
            if self._stream.references and len(self.text) <= MAX_TWO_PASSES:
                self._take_late_references()

    def _take_late_references(self) -> None:
        """Links may stand before their definitions: show again what now reads otherwise."""
        before, self._blocks = self._blocks, parse(self.text)
        pairs = zip(before[: self._num_shown], self._blocks, strict=False)
        changed = (number for number, (old, new) in enumerate(pairs) if old != new)
        self._num_shown = next(changed, self._num_shown)

    def _show(self) -> None:
        first = self._num_shown
        blocks = self._blocks[first : first + _MAX_BLOCKS]
        self._num_shown += len(blocks)
        if self._num_shown == len(self._blocks) and not self._is_over:
            blocks += self._stream.pending()
        self._stack.replace_from(first, blocks)
