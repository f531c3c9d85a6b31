"""The gaps of a saved prompt, such as {{name}}: Tab selects one after the other to be filled in."""

import re

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

_GAP = re.compile(r"\{\{[^{}\n]{1,80}\}\}")


class Placeholders(QObject):
    def __init__(self, edit: QPlainTextEdit) -> None:
        super().__init__(edit)
        self._edit = edit
        self._is_active = False  # else Tab moves the focus, as everywhere
        edit.installEventFilter(self)

    def begin(self, start: int, text: str) -> None:
        """A prompt was put in at `start`: select its first gap."""
        self._is_active = bool(_GAP.search(text))
        if self._is_active:
            self._select_next(start, backwards=False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_key = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if not is_key or not self._is_active:
            return super().eventFilter(watched, event)
        cursor = self._edit.textCursor()
        if event.key() == Qt.Key.Key_Tab and not event.modifiers():
            return self._select_next(cursor.selectionEnd(), backwards=False)
        if event.key() == Qt.Key.Key_Backtab:
            return self._select_next(cursor.selectionStart(), backwards=True)
        return False

    def _select_next(self, place: int, *, backwards: bool) -> bool:
        """The next gap after a place, or from the beginning; whether there is any left."""
        gaps = [match.span() for match in _GAP.finditer(_utf16(self._edit.toPlainText()))]
        if not gaps:
            self._is_active = False
            return False
        if backwards:
            start, end = next((gap for gap in reversed(gaps) if gap[1] <= place), gaps[-1])
        else:
            start, end = next((gap for gap in gaps if gap[0] >= place), gaps[0])
        cursor = self._edit.textCursor()
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        self._edit.setTextCursor(cursor)
        return True


def _utf16(text: str) -> str:
    """As long as Qt counts it: a character outside the first plane is two."""
    return re.sub(r"[\U00010000-\U0010FFFF]", "\N{REPLACEMENT CHARACTER}" * 2, text)
