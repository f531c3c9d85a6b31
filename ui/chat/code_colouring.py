"""Brings the colours of a code block onto its view, without ever holding the window up.

The language's lexer is loaded on a thread, the code is read in slices between events, and while it
still grows it is read anew at distances that grow with their cost.
"""

from collections.abc import Iterator
from time import perf_counter

from PySide6.QtCore import QObject, QTimer

from ui.chat.highlight import Span, can_highlight, colours, load_lexer, spans
from ui.chat.source_view import CodeView
from ui.theme import Theme

_SLICE_SECONDS = 0.004
_WAIT_MS = 20
_REST = 10  # times the cost of one reading, before the next
_SHORTEST_REST_MS = 100


class CodeColouring(QObject):
    def __init__(self, view: CodeView, theme: Theme) -> None:
        super().__init__(view)
        self._view = view
        self._colours = colours(theme)
        self._language = ""
        self._shown: list[list[Span]] = []  # by line
        self._read = ""  # the text of the last reading
        self._lines: Iterator[list[Span]] | None = None  # of the reading under way
        self._line = 0
        self._cost = 0.0  # seconds
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._go_on)

    def update(self, language: str) -> None:
        """Take note that the view's text or its language has changed."""
        if language != self._language or not self._view.text.startswith(self._read):
            self._language = language
            self._read = ""
            self._lines = None
            self._shown = []
        if not self._timer.isActive():
            self._timer.start(0)

    def apply_theme(self, theme: Theme) -> None:
        self._colours = colours(theme)
        for line, line_spans in enumerate(self._shown):
            self._view.set_spans(line, line_spans, self._colours)

    def _go_on(self) -> None:
        if self._view.is_filling:
            self._timer.start(_WAIT_MS)
        elif self._lines:
            self._read_slice(self._lines)
        elif self._read != self._view.text:
            self._begin()

    def _begin(self) -> None:
        loading = load_lexer(self._language)
        if not loading.done():
            self._timer.start(_WAIT_MS)
            return
        lexer = loading.result()
        self._read = self._view.text
        if lexer and can_highlight(self._read):
            self._lines = spans(self._read, lexer)
            self._line = 0
            self._cost = 0.0
            self._read_slice(self._lines)

    def _read_slice(self, lines: Iterator[list[Span]]) -> None:
        start = perf_counter()
        is_over = True
        for line_spans in lines:
            self._show(line_spans)
            if perf_counter() - start > _SLICE_SECONDS:
                is_over = False
                break
        self._cost += perf_counter() - start
        if is_over:
            self._lines = None
        rest = max(_SHORTEST_REST_MS, round(1000 * _REST * self._cost))
        self._timer.start(rest if is_over else 0)

    def _show(self, line_spans: list[Span]) -> None:
        if self._line == len(self._shown):
            self._shown.append([])
        if self._shown[self._line] != line_spans:
            self._shown[self._line] = line_spans
            self._view.set_spans(self._line, line_spans, self._colours)
        self._line += 1
