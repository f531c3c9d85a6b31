"""What a search found: the chat's title and the place in the text, one row each."""

import html
from bisect import bisect
from collections.abc import Sequence
from math import ceil
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QTextDocument
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.chats.search import MATCH_END, MATCH_START, SearchHit
from ui import fonts
from ui.mirroring import draw_line, is_mirrored
from ui.sidebar.chat_delegate import paint_row_background
from ui.sidebar.chat_list_model import Index, title_of
from ui.theme import LIGHT, Theme

HIT_ROLE = Qt.ItemDataRole.UserRole

_ROW_HEIGHT = 56
_INDENT = 8
_MAX_BEFORE = 16  # characters of a snippet before the match: the sidebar is narrow


class SearchResultsModel(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self._hits: list[SearchHit] = []

    def set_hits(self, hits: Sequence[SearchHit]) -> None:
        self.beginResetModel()
        self._hits = list(hits)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._hits)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        hit = self._hits[index.row()]
        if role == HIT_ROLE:
            return hit
        if role == Qt.ItemDataRole.DisplayRole:
            return title_of(hit.chat)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{title_of(hit.chat)}. {plain(hit.snippet)}"
        return None


class SearchResults(QListView):
    """Signals:
    hit_opened: the SearchHit that the user went to
    """

    hit_opened = Signal(object)

    def __init__(self, model: SearchResultsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chatList")
        self.setAccessibleName(self.tr("Search results"))
        self.setModel(model)
        self._delegate = HitDelegate(self)
        self.setItemDelegate(self._delegate)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.clicked.connect(self._open)

    def apply_theme(self, theme: Theme) -> None:
        self._delegate.theme = theme
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self.currentIndex())
            return
        super().keyPressEvent(event)

    def _open(self, index: QModelIndex) -> None:
        if index.isValid():
            self.hit_opened.emit(index.data(HIT_ROLE))


class HitDelegate(QStyledItemDelegate):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = LIGHT
        self._title_font = fonts.interface()
        self._snippet = QTextDocument(self)
        self._snippet.setDefaultFont(fonts.interface(fonts.HINT_PX))
        self._snippet.setDocumentMargin(0)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(0, fonts.scaled(_ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        hit: SearchHit = index.data(HIT_ROLE)
        painter.save()
        row = option.rect.adjusted(0, 1, 0, -1)
        paint_row_background(painter, row, option, self.theme)
        text = row.adjusted(_INDENT, 8, -_INDENT, -8)
        painter.setFont(self._title_font)
        painter.setPen(QColor(self.theme.ink))
        title = painter.fontMetrics().elidedText(
            title_of(hit.chat), Qt.TextElideMode.ElideRight, text.width()
        )
        height = painter.fontMetrics().height()
        draw_line(painter, QRect(text.left(), text.top(), text.width(), height), title)
        self._paint_snippet(painter, text, hit.snippet)
        painter.restore()

    def _paint_snippet(self, painter: QPainter, text: QRect, snippet: str) -> None:
        self._write_fitting(_from_the_match(snippet), text.width())
        height = fonts.scaled(18)
        line = QRect(text.left(), text.bottom() + 2 - height, text.width(), height)
        painter.setClipRect(line)
        room = line.width() - ceil(self._snippet.idealWidth())
        # What doesn't fit is cut off at its end, on whichever side that is.
        is_rtl = self._snippet.firstBlock().textDirection() == Qt.LayoutDirection.RightToLeft
        is_at_the_right = is_rtl or (room > 0 and is_mirrored())
        painter.translate(line.left() + (room if is_at_the_right else 0), line.top())
        self._snippet.drawContents(painter)

    def _write_fitting(self, snippet: str, width: int) -> None:
        """As many whole letters as there is room for, and an ellipsis for the others."""

        def fits(text: str) -> bool:
            self._snippet.setHtml(marked_up(text, self.theme))
            return ceil(self._snippet.idealWidth()) <= width

        if fits(snippet):
            return
        lengths = range(len(snippet))
        longest = bisect(lengths, 0, key=lambda length: not fits(shortened(snippet, length))) - 1
        fits(shortened(snippet, max(0, longest)))


def shortened(snippet: str, length: int) -> str:
    """The first so many characters of it, and an ellipsis; a match that is cut ends there."""
    cut = snippet[:length].rstrip()
    return cut + MATCH_END * (cut.count(MATCH_START) - cut.count(MATCH_END)) + "…"


def _from_the_match(snippet: str) -> str:
    """The snippet without most of what stands before the match, which has to be seen."""
    before, start, rest = snippet.partition(MATCH_START)
    if start and len(before) > _MAX_BEFORE:
        before = "…" + before[-_MAX_BEFORE:].partition(" ")[2]
    return before + start + rest


def plain(snippet: str) -> str:
    return snippet.replace(MATCH_START, "").replace(MATCH_END, "")


def marked_up(snippet: str, theme: Theme) -> str:
    """The snippet as HTML on one line, what matched in bold."""
    bold = f'<span style="color:{theme.ink}; font-weight:600">'
    text = (
        html.escape(_from_the_match(snippet))
        .replace(MATCH_START, bold)
        .replace(MATCH_END, "</span>")
    )
    return f'<div style="color:{theme.ink3_on_soft}; white-space:pre">{text}</div>'
