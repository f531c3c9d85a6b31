"""The blocks of an answer as widgets, one above the other.

Neighbouring prose is one text, so that a selection spans paragraphs; code, tables and plain text
stand for themselves. A new state of the blocks changes only what differs from the last.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ui.chat import prose_style
from ui.chat.code_card import CodeCard
from ui.chat.long_text import LongText
from ui.chat.markdown import Block, Code, Paragraph, Plain, Rule, Table
from ui.chat.prose_view import ProseBlock, ProseView
from ui.chat.selection import MessageSelection
from ui.chat.source_view import PlainView
from ui.chat.table_view import TableView
from ui.chat.text_view import TextView
from ui.theme import Theme

_MAX_PROSE_BLOCKS = 60  # of one text, so that no layout is long
_Segment = ProseView | CodeCard | TableView | PlainView


class BlockStack(QWidget):
    """Signals:
    grown: the height has changed, and nobody set the blocks
    """

    grown = Signal()
    link_activated = Signal(str)
    copied = Signal(str)

    def __init__(
        self,
        theme: Theme,
        parent: QWidget | None = None,
        selection: MessageSelection | None = None,
    ) -> None:
        """A stack that is part of another shares its `selection`."""
        super().__init__(parent)
        self.source: Callable[[], str] = str  # the text of the blocks, for a copy of all
        self._selection = selection or MessageSelection(
            self.text_views, lambda: self.source(), self
        )
        self._theme = theme
        self._blocks: list[Block] = []
        self._segments: list[_Segment] = []
        self._starts: list[int] = []  # the first block of each segment
        self._bottoms: list[int] = []  # of the segments that are laid out
        self._width = -1
        self._long: LongText | None = None

    def show_long(self, long: LongText) -> None:
        """Show this in the place of blocks."""
        self.replace_from(0, [])
        self._long = long
        long.grown.connect(self.grown)
        long.show()

    def text_views(self) -> list[TextView]:
        """From the top."""
        sections = self._long.widgets() if self._long else []
        views = [
            segment.view if isinstance(segment, CodeCard) else segment for segment in self._segments
        ]
        for section in sections:
            if isinstance(section, BlockStack):
                views += section.text_views()
        return views

    def replace_from(self, first: int, blocks: Sequence[Block]) -> None:
        """Show these blocks in the place of block `first` and of all that follow it."""
        self._blocks[first:] = blocks
        # The segment of the block before may take up some of the new ones.
        number = max(bisect_right(self._starts, first - 1) - 1, 0)
        start = self._starts[number] if self._starts else 0
        del self._starts[number:], self._bottoms[number:]
        for group in _groups(self._blocks[start:]):
            self._show(number, group)
            self._starts.append(start)
            start += len(group)
            number += 1
        for segment in self._segments[number:]:
            _discard(segment)
        del self._segments[number:]

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        for segment in self._segments:
            segment.apply_theme(theme)
        if self._long:
            self._long.forget_made()
        for section in self._long.widgets() if self._long else []:
            if isinstance(section, BlockStack):
                section.apply_theme(theme)

    def new_section(self, parent: QWidget) -> "BlockStack":
        """A stack for a part of the text, as a child of that widget."""
        section = BlockStack(self._theme, parent, self._selection)
        section.link_activated.connect(self.link_activated)
        section.copied.connect(self.copied)
        return section

    def fit(self, width: int) -> int:
        """Lay out for that width and return the height."""
        if self._long:
            height = self._long.fit(width)
            self._long.setGeometry(0, 0, width, height)
            return height
        if width != self._width:
            self._width = width
            self._bottoms = []
        for number in range(len(self._bottoms), len(self._segments)):
            self._bottoms.append(self._place(number))
        return self._bottoms[-1] if self._bottoms else 0

    def _place(self, number: int) -> int:
        """Lay out a segment below the one before it and return its bottom."""
        start = self._starts[number]
        block = self._blocks[start]
        top = 0
        if number:
            top = self._bottoms[-1] + prose_style.gap(self._blocks[start - 1], block)
        left = prose_style.offset(block.containers) if isinstance(block, Code | Table) else 0
        segment = self._segments[number]
        height = segment.fit(self._width - left)
        segment.setGeometry(left, top, self._width - left, height)
        return top + height

    def _show(self, number: int, group: Sequence[Block]) -> None:
        kind = _segment_class(group[0])
        if number == len(self._segments):
            self._segments.append(self._new(kind))
        elif not isinstance(self._segments[number], kind):
            _discard(self._segments[number])
            self._segments[number] = self._new(kind)
        match self._segments[number], group[0]:
            case ProseView() as view, _:
                view.set_blocks([block for block in group if isinstance(block, ProseBlock)])
            case CodeCard() as card, Code() as block:
                card.set_block(block)
            case TableView() as view, Table() as block:
                view.set_block(block)
            case PlainView() as view, Plain() as block:
                view.set_text(block.text)

    def _new(self, kind: type[_Segment]) -> _Segment:
        segment = kind(self._theme, self)
        if isinstance(segment, CodeCard):
            segment.copied.connect(self.copied)
        else:
            segment.link_activated.connect(self.link_activated)
        segment.resized.connect(lambda: self._take_resized(segment))
        self._selection.add(segment.view if isinstance(segment, CodeCard) else segment)
        segment.show()
        return segment

    def _take_resized(self, segment: _Segment) -> None:
        if segment in self._segments:
            del self._bottoms[self._segments.index(segment) :]
            self.grown.emit()


def segment_length(blocks: Sequence[Block]) -> int:
    """How many of the blocks, from the first on, are one widget."""
    return len(next(_groups(blocks)))


def _segment_class(block: Block) -> type[_Segment]:
    match block:
        case Code():
            return CodeCard
        case Table():
            return TableView
        case Plain():
            return PlainView
        case Paragraph() | Rule():
            return ProseView


def _groups(blocks: Sequence[Block]) -> Iterator[Sequence[Block]]:
    """The blocks of each segment."""
    start = 0
    while start < len(blocks):
        end = start + 1
        if isinstance(blocks[start], ProseBlock):
            most = min(start + _MAX_PROSE_BLOCKS, len(blocks))
            while end < most and isinstance(blocks[end], ProseBlock):
                end += 1
        yield blocks[start:end]
        start = end


def _discard(segment: QWidget) -> None:
    segment.hide()
    segment.deleteLater()
