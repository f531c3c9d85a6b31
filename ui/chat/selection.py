"""One selection over all the texts of a message: a drag goes on from one into the next.

Knows no Markdown. Each text keeps its own part of the selection; a copy joins the parts.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QTextCursor

from ui.chat.text_view import TextView


class MessageSelection(QObject):
    def __init__(
        self, views: Callable[[], list[TextView]], source: Callable[[], str], parent: QObject
    ) -> None:
        """`views` are those of the message from its top, `source` is what all of it is a text of.

        A copy of all gives the source.
        """
        super().__init__(parent)
        self._views = views
        self._source = source
        self._is_all = False

    def add(self, view: TextView) -> None:
        view.copied_text = self.text
        view.pressed.connect(lambda: self._clear(but=view))
        view.left.connect(self._clear)
        view.all_requested.connect(self._select_all)
        view.drag = self._drag

    def text(self) -> str:
        """What is selected, as plain text."""
        if self._is_all:
            return self._source()
        parts = [view.selected_text() for view in self._views()]
        return "\n\n".join(part for part in parts if part)

    def _select_all(self) -> None:
        self._is_all = True
        for view in self._views():
            view.selectAll()

    def _drag(self, origin: TextView, place: QPoint) -> bool:
        """Select as far as that place on the screen; False where the origin can do it alone."""
        views = self._views()
        if origin not in views:
            return False
        first = views.index(origin)
        last = _index_at(views, place.y())
        if last == first:
            self._clear(but=origin)
            return False
        is_down = last > first
        low, high = min(first, last), max(first, last)
        for number, view in enumerate(views):
            cursor = view.textCursor()
            if number == first:
                cursor.setPosition(cursor.anchor())
                _move(cursor, to_end=is_down, keeps=True)
            elif number == last:
                target = view.cursorForPosition(view.viewport().mapFromGlobal(place)).position()
                _move(cursor, to_end=not is_down, keeps=False)
                cursor.setPosition(target, QTextCursor.MoveMode.KeepAnchor)
            elif low < number < high:
                cursor.select(QTextCursor.SelectionType.Document)
            else:
                cursor.clearSelection()
            view.setTextCursor(cursor)
        return True

    def _clear(self, but: TextView | None = None) -> None:
        self._is_all = False
        for view in self._views():
            cursor = view.textCursor()
            if view is not but and cursor.hasSelection():
                cursor.clearSelection()
                view.setTextCursor(cursor)


def _index_at(views: list[TextView], y: int) -> int:
    """The last view that begins above that height on the screen."""
    tops = [view.viewport().mapToGlobal(QPoint(0, 0)).y() for view in views]
    return max((number for number, top in enumerate(tops) if top <= y), default=0)


def _move(cursor: QTextCursor, *, to_end: bool, keeps: bool) -> None:
    operations, modes = QTextCursor.MoveOperation, QTextCursor.MoveMode
    cursor.movePosition(
        operations.End if to_end else operations.Start,
        modes.KeepAnchor if keeps else modes.MoveAnchor,
    )
