"""Where in a message something stands that was looked for."""

from collections.abc import Iterable

from PySide6.QtWidgets import QWidget

from ui.chat.text_view import TextView


def place_of(word: str, views: Iterable[TextView], message: QWidget, content: str) -> int:
    """Pixels from the top of the message to the first place that has the word; 0 for none.

    views: those of the message, from the top; where none has it, as in the parts of a long text
    that aren't laid out, the place is estimated by that in the content.
    """
    if not word:
        return 0
    for view in views:
        found = view.document().find(word)
        if not found.isNull():
            if view.verticalScrollBar().maximum():  # a long question scrolls in its block
                found.clearSelection()
                view.setTextCursor(found)
                view.ensureCursorVisible()
            return view.mapTo(message, view.cursorRect(found).topLeft()).y()
    before = content.casefold().find(word.casefold())
    return round(message.height() * max(before, 0) / max(len(content), 1))
