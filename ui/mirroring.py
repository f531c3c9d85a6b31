"""Places of what is laid out by hand, where the window goes from right to left."""

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QStyle, QWidget


def mirrored(place: QRect, widget: QWidget, width: int | None = None) -> QRect:
    """`place` in `widget`, told from the left, in the direction of the widget.

    width: of the widget, where it is about to have another.
    """
    whole = QRect(0, 0, widget.width() if width is None else width, 0)
    return QStyle.visualRect(widget.layoutDirection(), whole, place)
