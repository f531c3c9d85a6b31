"""A table: hairlines between its rows, sideways scrolling where its columns don't fit."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import ceil

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetrics,
    QTextCursor,
    QTextFrameFormat,
    QTextLength,
    QTextOption,
    QTextTable,
    QTextTableCellFormat,
    QTextTableFormat,
)
from PySide6.QtWidgets import QWidget

from ui import fonts
from ui.chat import prose_style
from ui.chat.formula_text import FormulaPainter, FormulaWatch, as_written
from ui.chat.markdown import Alignment, Paragraph, Run, Runs, Table
from ui.chat.text_view import TextView
from ui.theme import Theme

_SIDE_PX = 10
_TOP_PX = 3
_BOTTOM_PX = 6  # more than above: the text of a line stands low in it
_WIDEST_COLUMN_PX = 180  # that a column may ask for before the table scrolls
_ALIGNMENTS: dict[Alignment, Qt.AlignmentFlag] = {
    "left": Qt.AlignmentFlag.AlignLeft,
    "center": Qt.AlignmentFlag.AlignHCenter,
    "right": Qt.AlignmentFlag.AlignRight,
}


class TableView(TextView):
    """While an answer grows only new and changed rows are written."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._block = Table((), ())
        self._columns: list[int] = []  # the width that each asks for
        self._is_rtl = False  # the first column stands to the right, which Qt knows nothing of
        self._painter: FormulaPainter | None = None
        self._watch = FormulaWatch(self)
        self._watch.drawn.connect(self._show_drawn)
        self.setAccessibleName(self.tr("Table"))
        self._metrics = QFontMetrics(fonts.interface(fonts.ANSWER_PX, QFont.Weight.DemiBold))
        self.setLineWrapMode(TextView.LineWrapMode.FixedPixelWidth)
        self.setLineWrapColumnOrWidth(prose_style.COLUMN_PX)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.apply_theme(theme)

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self._cell_format = _cell_format(theme)
        self._formats = prose_style.CharFormats(theme)
        block, self._block = self._block, Table((), ())
        self.set_block(block)

    def set_block(self, block: Table) -> None:
        before, self._block = self._block, block
        if not block.rows:
            return
        # Laid out once, not for every cell.
        writing = QTextCursor(self.document())
        writing.beginEditBlock()
        self._write_changed(before)
        writing.endEditBlock()
        if not before.rows:
            self.rest_cursor()
        formulas = [run for row in block.rows for run in _formulas(row)]
        if formulas and self._painter is None:
            self._painter = FormulaPainter(self.document())
        self._watch.watch((run, prose_style.text_px(0)) for run in formulas)

    def _write_changed(self, before: Table) -> None:
        block = self._block
        num_before = len(before.rows)
        if before.alignments != block.alignments or num_before > len(block.rows):
            table, before = self._begin(), Table((), ())
        else:
            table = self._table
            table.appendRows(len(block.rows) - num_before)
        for index, row in enumerate(block.rows):
            if index >= len(before.rows) or row != before.rows[index]:
                self._write_row(table, index, row)

    def _show_drawn(self) -> None:
        for index, row in enumerate(self._block.rows):
            if any(_formulas(row)):
                self._write_row(self._table, index, row)
        self.resized.emit()

    def _begin(self) -> QTextTable:
        self.document().clear()
        self._columns = [0] * len(self._block.alignments)
        cursor = QTextCursor(self.document())
        # The paragraph that Qt keeps behind a table takes no room.
        cursor.setBlockFormat(prose_style.fixed_line(0))
        heads = tuple(run for runs in self._block.rows[0] for run in runs)
        self._is_rtl = prose_style.is_right_to_left(heads)
        self._table = cursor.insertTable(
            len(self._block.rows), len(self._block.alignments), _table_format()
        )
        return self._table

    def _write_row(self, table: QTextTable, index: int, row: tuple[Runs, ...]) -> None:
        for column, runs in enumerate(row):
            place = len(self._columns) - 1 - column if self._is_rtl else column
            cell = table.cellAt(index, place)
            cell.setFormat(self._cell_format)
            cursor = cell.firstCursorPosition()
            end = cell.lastCursorPosition().position()
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            cursor.removeSelectedText()
            block_format = prose_style.paragraph_format(Paragraph(runs), 0)
            if self._is_rtl:  # its numbers too
                block_format.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
            block_format.setAlignment(_ALIGNMENTS[self._block.alignments[column]])
            cursor.setBlockFormat(block_format)
            is_header = index == 0
            if is_header:
                runs = tuple(_bold(run) for run in runs)
            prose_style.write_runs(cursor, runs, self._formats, quoted=is_header)
            self._measure(column, runs)

    def _measure(self, column: int, runs: Runs) -> None:
        text = "".join(run.text for run in runs)
        asked = min(self._metrics.horizontalAdvance(text), _WIDEST_COLUMN_PX) + 2 * _SIDE_PX
        self._columns[column] = max(self._columns[column], asked)

    def selected_text(self) -> str:
        """With tabs between cells, as spreadsheets read it."""
        cursor = self.textCursor()
        first, num_rows, column, num_columns = cursor.selectedTableCells()
        if not cursor.hasSelection() or num_rows < 1:
            is_all = cursor.hasSelection() and cursor.currentTable() is None
            first, num_rows = 0, len(self._block.rows)
            column, num_columns = 0, len(self._block.alignments)
            if not is_all:
                return super().selected_text()
        elif self._is_rtl:
            column = len(self._block.alignments) - column - num_columns
        rows = (row[column : column + num_columns] for row in self._block.rows[first:][:num_rows])
        return "\n".join("\t".join(map(_as_written, row)) for row in rows)

    def fit(self, width: int) -> int:
        """Lay out for that width and return the height."""
        asked = sum(self._columns)
        is_wide = asked > width
        self.setLineWrapColumnOrWidth(max(width, asked))
        policy = Qt.ScrollBarPolicy
        self.setHorizontalScrollBarPolicy(
            policy.ScrollBarAsNeeded if is_wide else policy.ScrollBarAlwaysOff
        )
        height = ceil(self.document().size().height())
        return height + (self.horizontalScrollBar().sizeHint().height() if is_wide else 0)


def _table_format() -> QTextTableFormat:
    made = QTextTableFormat()
    made.setBorder(0)
    made.setCellSpacing(0)
    made.setCellPadding(0)
    made.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
    made.setHeaderRowCount(1)
    return made


def _cell_format(theme: Theme) -> QTextTableCellFormat:
    made = QTextTableCellFormat()
    made.setLeftPadding(_SIDE_PX)
    made.setRightPadding(_SIDE_PX)
    made.setTopPadding(_TOP_PX)
    made.setBottomPadding(_BOTTOM_PX)
    made.setBottomBorder(1)
    made.setBottomBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    made.setBottomBorderBrush(QBrush(QColor(theme.line)))
    return made


def _bold(run: Run) -> Run:
    return replace(run, bold=True)


def _as_written(runs: Runs) -> str:
    return "".join(map(as_written, runs))


def _formulas(row: Iterable[Runs]) -> Iterator[Run]:
    return (run for runs in row for run in runs if run.formula)
