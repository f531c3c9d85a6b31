"""How the text of an answer is set: fonts, line heights, distances, and Qt formats made of them.

Knows the blocks of Markdown but no widget.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
)

from ui import fonts
from ui.chat.formula_text import OBJECT, as_written, find_drawing, object_format
from ui.chat.markdown import Block, Container, Paragraph, Run, Runs
from ui.theme import Theme

COLUMN_PX = 720  # the text's width at most
LINE_PX = 24
CODE_LINE_PX = 20
ITEM_PX = 28
QUOTE_PX = 16
MAX_OFFSET_PX = 200
_SAMPLE = 200  # characters that tell the direction of a paragraph
_FIXED = QTextBlockFormat.LineHeightTypes.FixedHeight.value
_AT_LEAST = QTextBlockFormat.LineHeightTypes.MinimumHeight.value


class _Size(NamedTuple):
    text: int
    line: int


_HEADINGS = {1: _Size(20, 28), 2: _Size(18, 26), 3: _Size(16, 24)}
_TEXT = _Size(fonts.ANSWER_PX, LINE_PX)


def code_font(pixels: int = fonts.CODE_PX) -> QFont:
    """Without ligatures: code looks as it is typed."""
    font = fonts.code(pixels)
    for feature in ("calt", "liga"):
        font.setFeature(QFont.Tag(feature), 0)
    return font


def offset(containers: Sequence[Container]) -> int:
    """How far a block inside these lists and quotes stands from the left."""
    pixels = sum(ITEM_PX if container == "item" else QUOTE_PX for container in containers)
    return fonts.scaled(min(pixels, MAX_OFFSET_PX))


def text_px(level: int) -> int:
    """The size of the letters of a heading of that level; 0 is no heading."""
    return _HEADINGS.get(level, _TEXT).text


def quote_bars(containers: Sequence[Container]) -> list[int]:
    """Where the bars of the quotes around a block stand."""
    return [
        offset(containers[:depth])
        for depth, container in enumerate(containers)
        if container == "quote"
    ]


def gap(previous: Block | None, block: Block) -> int:
    """The distance between two blocks, one above the other."""
    if previous is None:
        return 0
    if isinstance(previous, Paragraph) and previous.level:
        return 8
    if isinstance(block, Paragraph) and block.level:
        return 20
    return 6 if _is_in_item(previous) and _is_in_item(block) else 12


def _is_in_item(block: Block) -> bool:
    return isinstance(block, Paragraph) and "item" in block.containers


def fixed_line(pixels: int) -> QTextBlockFormat:
    made = QTextBlockFormat()
    made.setLineHeight(fonts.scaled(pixels), _FIXED)
    return made


def paragraph_format(block: Paragraph, gap_above: int) -> QTextBlockFormat:
    line_px = _HEADINGS.get(block.level, _TEXT).line
    made = fixed_line(line_px)
    if any(run.formula for run in block.runs):
        made.setLineHeight(line_px, _AT_LEAST)
    if len(block.runs) == 1 and block.runs[0].formula == "display" and not block.marker:
        made.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    made.setTopMargin(gap_above)
    if is_right_to_left(block.runs):
        made.setRightMargin(offset(block.containers))
        made.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    else:
        made.setLeftMargin(offset(block.containers))
    made.setHeadingLevel(block.level)
    if block.marker:
        made.setTextIndent(-fonts.scaled(ITEM_PX))
        made.setTabPositions([QTextOption.Tab(fonts.scaled(ITEM_PX), QTextOption.TabType.LeftTab)])
    return made


def is_right_to_left(runs: Runs) -> bool:
    """As the first letter of the text says, code and formulas aside."""
    text = "".join(run.text for run in runs if not run.formula and not run.code)
    strong = (unicodedata.bidirectional(letter) for letter in text[:_SAMPLE])
    return next((kind != "L" for kind in strong if kind in ("L", "R", "AL")), False)


class CharFormats:
    """The formats of runs in one theme."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self.format = lru_cache(maxsize=256)(self._made)

    def _made(self, style: Run, level: int, quoted: bool) -> QTextCharFormat:
        made = QTextCharFormat()
        made.setFont(self._font(style, level))
        made.setForeground(QColor(self._theme.ink2 if quoted else self._theme.ink))
        if style.code:
            made.setBackground(QBrush(QColor(self._theme.code)))
        if style.href:
            made.setAnchor(True)
            made.setAnchorHref(style.href)
            made.setForeground(QColor(self._theme.accent))
            made.setFontUnderline(True)
        if style.is_footnote:
            made.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignSuperScript)
        return made

    def _font(self, style: Run, level: int) -> QFont:
        size = text_px(level)
        is_bold = style.bold or level > 0
        weight = QFont.Weight.DemiBold if is_bold else QFont.Weight.Normal
        if style.code:
            font = code_font(size - fonts.ANSWER_PX + fonts.CODE_PX)
            font.setWeight(weight)
        else:
            font = fonts.interface(size, weight)
        font.setItalic(style.italic)
        font.setStrikeOut(style.strike)
        return font


def write_runs(
    cursor: QTextCursor, runs: Runs, formats: CharFormats, level: int = 0, quoted: bool = False
) -> None:
    for run in runs:
        style = replace(run, text="", formula="")
        if run.formula:
            _write_formula(cursor, run, formats.format(style, level, quoted), formats)
            continue
        # A line separator breaks the line and not the paragraph.
        text = run.text.replace("\n", "\u2028")
        cursor.insertText(text, formats.format(style, level, quoted))


def _write_formula(
    cursor: QTextCursor, run: Run, text_format: QTextCharFormat, formats: CharFormats
) -> None:
    if find_drawing(run, text_format.font().pixelSize()):
        cursor.insertText(OBJECT, object_format(run, text_format))
    else:
        source = as_written(run).replace("\n", "\u2028")
        cursor.insertText(source, formats.format(Run("", code=True), 0, False))
