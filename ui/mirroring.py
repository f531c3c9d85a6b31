"""What Qt leaves to do where the window goes from right to left: places, margins, lines of text."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication, QPainter
from PySide6.QtWidgets import QLayout, QStyle, QWidget

_LEFT_TO_RIGHT = "\u200e"  # Unicode's mark


def mirrored(place: QRect, widget: QWidget, width: int | None = None) -> QRect:
    """`place` in `widget`, told from the left, in the direction of the widget.

    width: of the widget, where it is about to have another.
    """
    whole = QRect(0, 0, widget.width() if width is None else width, 0)
    return QStyle.visualRect(widget.layoutDirection(), whole, place)


def is_mirrored() -> bool:
    return QGuiApplication.layoutDirection() == Qt.LayoutDirection.RightToLeft


def set_margins(layout: QLayout | QWidget, start: int, top: int, end: int, bottom: int) -> None:
    """Qt mirrors what is in a layout, not its margins."""
    left, right = (end, start) if is_mirrored() else (start, end)
    layout.setContentsMargins(left, top, right, bottom)


def at_the_start() -> Qt.AlignmentFlag:
    """Where lines begin in the window, whatever the text: a label goes by its first letter."""
    if is_mirrored():
        return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute
    return Qt.AlignmentFlag.AlignLeft


def draw_line(painter: QPainter, place: QRect, text: str) -> None:
    """At the start of the place, in the direction of the text's own letters.

    A painter of a mirrored view puts the full stop of an English title before it.
    """
    direction = painter.layoutDirection()
    is_rtl = direction == Qt.LayoutDirection.RightToLeft
    side = Qt.AlignmentFlag.AlignRight if is_rtl else Qt.AlignmentFlag.AlignLeft
    painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
    align = side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(place, align, text)
    painter.setLayoutDirection(direction)


def keys_inside(keys: str) -> str:
    """Of a sentence: "Ctrl+." ends with its full stop in any language."""
    return f"{keys}{_LEFT_TO_RIGHT}" if is_mirrored() else keys
