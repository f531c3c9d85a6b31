"""Earlier prompts by Up and Down, as in a terminal; what was being written is never lost.

What is shown of an earlier prompt becomes the user's own text as soon as they change it; what they
had written before is then one step up.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent

from ui.chat.composer import Composer, Draft, draft_of


class PromptHistory(QObject):
    def __init__(
        self, composer: Composer, recall: Callable[[], list[str]], parent: QObject
    ) -> None:
        """`recall` gives the earlier prompts, the newest first."""
        super().__init__(parent)
        self._composer = composer
        self._recall = recall
        self._stash: list[Draft] = []  # left by the user for an earlier prompt, newest last
        self._entries: list[Draft] = []  # the newest first; [0] is what was being written
        self._place = 0  # of the entry on show
        self._position = 0  # of the cursor when that was shown
        composer.edit.installEventFilter(self)
        composer.cleared.connect(self._take_cleared)

    def written(self) -> Draft:
        """What the user has written, whatever is on show."""
        return self._entries[0] if self._is_browsing() else self._composer.draft()

    def end(self) -> None:
        """Another chat comes on show."""
        self._entries, self._place = [], 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(watched, event)
        plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain != Qt.KeyboardModifier.NoModifier or self._composer.edit.is_composing:
            return False
        if event.key() == Qt.Key.Key_Up and self._is_at_edge(first=True):
            return self._go(1)
        if event.key() == Qt.Key.Key_Down and self._is_browsing() and self._is_at_edge(first=False):
            return self._go(-1)
        return False

    def _is_browsing(self) -> bool:
        """Whether an earlier prompt is on show, as it was."""
        return self._place > 0 and self._composer.draft() == self._entries[self._place]

    def _is_at_edge(self, *, first: bool) -> bool:
        """Whether the cursor is in the first line, or the last, or where an entry left it."""
        cursor = self._composer.edit.textCursor()
        if cursor.hasSelection():
            return False
        if self._is_browsing() and cursor.position() == self._position:
            return True
        block = cursor.block()
        line = block.layout().lineForTextPosition(cursor.positionInBlock()).lineNumber()
        if first:
            return not block.previous().isValid() and line <= 0
        return not block.next().isValid() and line >= block.layout().lineCount() - 1

    def _go(self, step: int) -> bool:
        """Whether there was an entry to go to."""
        if not self._is_browsing():
            self._begin()
        place = self._place + step
        if not 0 <= place < len(self._entries):
            return self._is_browsing()
        self._place = place
        self._composer.set_draft(self._entries[place])
        self._entries[place] = self._composer.draft()  # line ends may be others there
        self._position = self._composer.edit.textCursor().position()
        return True

    def _begin(self) -> None:
        """What is on show is the user's own; one that they left for it is kept beside it."""
        if self._place > 0 and self._entries[0].joined().strip():
            self._stash.append(self._entries[0])
        own, self._place = self._composer.draft(), 0
        earlier = [*self._stash[::-1], *map(draft_of, self._recall())]
        self._entries = [own, *(draft for draft in earlier if draft != own)]

    @Slot()
    def _take_cleared(self) -> None:
        """An earlier prompt was sent: what was being written comes back."""
        entries, place = self._entries, self._place
        self.end()
        if place > 0 and entries[0].joined().strip():
            self._composer.set_draft(entries[0])
