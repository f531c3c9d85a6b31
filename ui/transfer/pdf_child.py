"""What runs in the process that writes chats as a PDF: laid out by Qt, without a window.

Imports little: the process starts with this module.
"""

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.watched_process import Sender

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QTextDocument

    from app.chats.page import ShownChat

RESOLUTION = 144  # dots an inch
_PX = RESOLUTION / 96  # of what a style sheet calls a pixel
_MARGIN_MM = 15
_FOOT_PX = 24
_EDGE_PX = 16  # of a page's text, where nothing stands

_AUTHOR = re.compile(r"(<article[^>]*>)<h2>(.*?)</h2>")
_STYLE = """
.author {{ font-size: {small}px; font-weight: 600; color: #5C5A54; margin-top: {space}px; }}
.thinking {{ font-size: {small}px; color: #5C5A54; }}
.day {{ font-size: {small}px; color: #5C5A54; }}
.text {{ white-space: pre-wrap; }}
.error {{ color: #8A5A00; }}
a {{ color: #2F6B5B; }}
pre, code {{ font-family: "JetBrains Mono", monospace; font-size: {code}px; }}
pre {{ white-space: pre-wrap; background-color: #F4F2EC; }}
th, td {{ padding: {cell}px; }}
"""


@dataclass(frozen=True, slots=True)
class PagesDone:
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class WritingFailed:
    """The file can't be written."""


def write_pages(sender: Sender, shown: "Sequence[ShownChat]", path: str) -> None:
    """PagesDone for each page; the file is whole at the end."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtGui import QGuiApplication

    from ui import fonts

    application = QGuiApplication([])
    fonts.load()
    _write(sender, _document_of(shown), path, _title_of(shown))
    del application


def _title_of(shown: "Sequence[ShownChat]") -> str:
    return shown[0].chat.title if len(shown) == 1 else "Chats"


def _document_of(shown: "Sequence[ShownChat]") -> "QTextDocument":
    from PySide6.QtGui import QFont, QTextDocument

    from app.chats.page import chat_as_html
    from ui import fonts

    font = QFont(["Inter", *fonts.interface().families()])
    font.setPixelSize(round(fonts.ANSWER_PX * _PX))
    # Glyphs that stand for no character, or for several, could not be copied out as what they say.
    for feature in ("calt", "liga", "clig", "dlig", "tnum"):
        font.setFeature(QFont.Tag(feature), 0)
    document = QTextDocument()
    document.setDefaultFont(font)
    sizes = {"small": 12, "code": 13, "space": 18, "cell": 4}
    document.setDefaultStyleSheet(
        _STYLE.format(**{name: round(size * _PX) for name, size in sizes.items()})
    )
    body = '<hr style="page-break-after: always">'.join(map(chat_as_html, shown))
    # Qt knows no <details>, and has its own size of headings. What a message says is escaped.
    body = body.replace("<details><summary>Thinking</summary>", '<p class="thinking">Thinking</p>')
    body = _AUTHOR.sub(r'\1<p class="author">\2</p>', body)
    document.setHtml(body.replace("</details>", ""))
    return document


def _write(sender: Sender, document: "QTextDocument", path: str, title: str) -> None:
    from PySide6.QtCore import QMarginsF, QRectF, QSizeF, Qt
    from PySide6.QtGui import QPageLayout, QPageSize, QPainter, QPdfWriter

    writer = QPdfWriter(path)
    writer.setResolution(RESOLUTION)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    margins = QMarginsF(*[_MARGIN_MM] * 4)
    writer.setPageMargins(margins, QPageLayout.Unit.Millimeter)
    writer.setTitle(title)
    writer.setCreator("Eremo")
    painter = QPainter()
    if not painter.begin(writer):
        sender.send(WritingFailed())
        return
    size = QSizeF(writer.width(), writer.height() - _FOOT_PX * _PX)
    document.documentLayout().setPaintDevice(writer)
    document.setDocumentMargin(_EDGE_PX)
    document.setPageSize(size)
    _cut_at_pages(document)
    num_pages = document.pageCount()
    for number in range(num_pages):
        if number:
            writer.newPage()
        painter.save()
        top = number * size.height()
        painter.translate(0, -top)
        # Without the edge, where nothing stands: what only touches an area is drawn, too.
        edge = _EDGE_PX / 2
        area = QRectF(0, top + edge, size.width(), size.height() - 2 * edge)
        document.drawContents(painter, area)
        painter.restore()
        if num_pages > 1:
            foot = QRectF(0, size.height(), size.width(), _FOOT_PX * _PX)
            align = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
            painter.setFont(document.defaultFont())
            painter.drawText(foot, align, f"{number + 1} / {num_pages}")
        sender.send(PagesDone(number + 1, num_pages))
    if not painter.end():
        sender.send(WritingFailed())


def _cut_at_pages(document: "QTextDocument") -> None:
    """Cut the blocks that go over the end of a page in two.

    Of a block whose lines are partly on a page Qt 6.11 draws the one before them as well: hidden,
    but there for whoever takes the text out.
    """
    from PySide6.QtGui import QTextCursor

    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    for position in reversed(_page_ends(document)):
        cursor.setPosition(position)
        above, below = cursor.blockFormat(), cursor.blockFormat()
        above.setBottomMargin(0)
        cursor.setBlockFormat(above)
        below.setTopMargin(0)
        cursor.insertBlock(below)
        if text_list := cursor.currentList():
            text_list.remove(cursor.block())  # the rest of an item is no item of its own
    cursor.endEditBlock()


def _page_ends(document: "QTextDocument") -> list[int]:
    """Positions within blocks, ascending, at which another page begins."""
    height = document.pageSize().height()
    positions = []
    block = document.begin()
    while block.isValid():
        top = document.documentLayout().blockBoundingRect(block).top()
        layout = block.layout()
        pages = [
            int((top + layout.lineAt(number).y()) // height) for number in range(layout.lineCount())
        ]
        positions += [
            block.position() + layout.lineAt(number).textStart()
            for number in range(1, len(pages))
            if pages[number] != pages[number - 1]
        ]
        block = block.next()
    return positions
