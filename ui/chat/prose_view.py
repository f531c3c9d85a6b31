"""Paragraphs, headings, lists, quotes and rules as one text, so that a selection spans them.

Only the blocks that changed are written again.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QTextCursor
from PySide6.QtWidgets import QWidget

from ui import fonts
from ui.chat import prose_style
from ui.chat.formula_text import FormulaPainter, FormulaWatch
from ui.chat.markdown import Paragraph, Rule, Run, Runs
from ui.chat.text_view import TextView
from ui.theme import Theme

ProseBlock = Paragraph | Rule
_LEAD_PX = 5  # Qt sets all of a line's extra height above its text


class ProseView(TextView):
    """Paragraph i of the document is block i."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._blocks: list[ProseBlock] = []
        self._fitted = (-1, -1)  # width and height
        self._painter: FormulaPainter | None = None
        self._watch = FormulaWatch(self)
        self._watch.drawn.connect(self._show_drawn)
        # A text that follows its view's width is laid out when shown; its height is needed before.
        self.setLineWrapMode(TextView.LineWrapMode.FixedPixelWidth)
        self.setLineWrapColumnOrWidth(prose_style.COLUMN_PX)
        self.apply_theme(theme)

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self._line = QColor(theme.line)
        self._formats = prose_style.CharFormats(theme)
        blocks, self._blocks = self._blocks, []
        self.set_blocks(blocks)

    def set_blocks(self, blocks: Sequence[ProseBlock]) -> None:
        same = 0
        while same < min(len(blocks), len(self._blocks)) and blocks[same] == self._blocks[same]:
            same += 1
        if same == len(blocks) == len(self._blocks):
            return
        before, self._blocks = self._blocks, list(blocks)
        self._fitted = (-1, -1)
        if same == len(before) - 1 and same < len(blocks):
            same += self._grow(before[same], blocks[same])
        self._write_from(same)
        self._watch_formulas()
        has_links = any(run.href for block in blocks for run in _runs(block))
        policy = Qt.FocusPolicy.StrongFocus if has_links else Qt.FocusPolicy.ClickFocus
        self.setFocusPolicy(policy)

    def _watch_formulas(self) -> None:
        formulas = [
            (run, prose_style.text_px(block.level))
            for block in self._blocks
            if isinstance(block, Paragraph)
            for run in block.runs
            if run.formula
        ]
        if formulas and self._painter is None:
            self._painter = FormulaPainter(self.document())
        self._watch.watch(formulas)

    def _show_drawn(self) -> None:
        first = next(
            index
            for index, block in enumerate(self._blocks)
            if any(run.formula for run in _runs(block))
        )
        self._fitted = (-1, -1)
        self._write_from(first)
        self.resized.emit()

    def _grow(self, last: ProseBlock, block: ProseBlock) -> bool:
        """Append what the last block has more than before; False if it isn't only that.

        A paragraph that was written anew would lose the user's selection.
        """
        if not isinstance(last, Paragraph) or not isinstance(block, Paragraph):
            return False
        added = _added_runs(last.runs, block.runs)
        if any(run.formula for run in block.runs):
            return False  # its lines are of another height
        if added is None or replace(last, runs=()) != replace(block, runs=()):
            return False
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        quoted = "quote" in block.containers
        prose_style.write_runs(cursor, added, self._formats, block.level, quoted)
        return True

    def _write_from(self, first: int) -> None:
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        if first:
            start = self.document().findBlockByNumber(first - 1)
            cursor.setPosition(start.position() + start.length() - 1)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        for index in range(first, len(self._blocks)):
            self._write(cursor, index)
        cursor.endEditBlock()

    def _write(self, cursor: QTextCursor, index: int) -> None:
        block = self._blocks[index]
        gap = prose_style.gap(self._blocks[index - 1] if index else None, block)
        if isinstance(block, Rule):
            block_format = prose_style.paragraph_format(Paragraph((), 0, block.containers), gap)
        else:
            block_format = prose_style.paragraph_format(block, gap)
        if index:
            cursor.insertBlock(block_format)
        else:
            cursor.setBlockFormat(block_format)
        if isinstance(block, Paragraph):
            quoted = "quote" in block.containers
            # A tab has no place in a line from right to left.
            space = "\u2003" if prose_style.is_right_to_left(block.runs) else "\t"
            marker = (Run(block.marker + space),) if block.marker else ()
            prose_style.write_runs(cursor, marker + block.runs, self._formats, block.level, quoted)

    def fit(self, width: int) -> int:
        """Lay out for that width and return the height."""
        if self._fitted[0] != width:
            self.setLineWrapColumnOrWidth(width)
            self._fitted = (width, ceil(self.document().size().height()))
        return self._fitted[1]

    def ideal_width(self, width: int) -> int:
        """The width that the text really takes where at most `width` is to be had."""
        self.fit(width)
        return ceil(self.document().idealWidth())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        layout = self.document().documentLayout()
        exposed = QRectF(event.rect())
        first = layout.hitTest(QPointF(0, exposed.top()), Qt.HitTestAccuracy.FuzzyHit)
        block = self.document().findBlock(max(first, 0))
        while block.isValid():
            place = layout.blockBoundingRect(block)
            if place.top() > exposed.bottom():
                break
            self._paint_lines(painter, block.blockNumber(), place)
            block = block.next()
        painter.end()
        super().paintEvent(event)

    def _paint_lines(self, painter: QPainter, index: int, place: QRectF) -> None:
        """The bars of quotes and the line of a rule."""
        if index >= len(self._blocks):
            return
        block = self._blocks[index]
        above = self._blocks[index - 1].containers if index else ()
        for bar in prose_style.quote_bars(block.containers):
            top = place.top() + _LEAD_PX
            if bar in prose_style.quote_bars(above):
                top = place.top() - prose_style.gap(self._blocks[index - 1], block) - _LEAD_PX
            if prose_style.is_right_to_left(_runs(block)):
                bar = self.viewport().width() - bar - 2
            painter.fillRect(QRectF(bar, top, 2, place.bottom() - top), self._line)
        if isinstance(block, Rule):
            left = prose_style.offset(block.containers)
            middle = round(place.top() + fonts.scaled(prose_style.LINE_PX) / 2)
            painter.fillRect(QRectF(left, middle, self.viewport().width() - left, 1), self._line)


def _added_runs(before: Runs, after: Runs) -> Runs | None:
    """What makes the one the other when it is appended; None where nothing does."""
    if not before:
        return after
    *same, last = before
    if len(after) < len(before) or tuple(same) != after[: len(same)]:
        return None
    grown = after[len(same)]
    text = grown.text.removeprefix(last.text)
    if replace(grown, text=last.text) != last or last.text + text != grown.text:
        return None
    return (replace(grown, text=text), *after[len(before) :])


def _runs(block: ProseBlock) -> tuple[Run, ...]:
    return block.runs if isinstance(block, Paragraph) else ()
