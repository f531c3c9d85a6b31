"""The one message that waits for the end of an answer: sent then, or given back to its writer.

Knows neither turns nor the thread.
"""

from PySide6.QtCore import QObject, Slot

from ui.chat.composer import Composer
from ui.chat.queued_message import QueuedMessage


class MessageQueue(QObject):
    def __init__(self, line: QueuedMessage, composer: Composer, parent: QObject) -> None:
        super().__init__(parent)
        self._line = line
        self._composer = composer
        self._chat_id: int | None = None
        self._text = ""  # "": none waits
        line.removed.connect(self._remove)

    def put(self, chat_id: int, text: str) -> None:
        """Take the text out of the composer; what waits already comes before it."""
        self._chat_id = chat_id
        self._text = _joined(self._text, text)
        self._composer.clear()
        self.show_in(chat_id)

    def take(self, chat_id: int) -> str:
        """What waits in this chat, to be sent now."""
        text = self._text if chat_id == self._chat_id else ""
        if text:
            self._text = ""
        return text

    def waiting(self, chat_id: int | None) -> str:
        """What waits in this chat; "" for nothing."""
        return self._text if chat_id is not None and chat_id == self._chat_id else ""

    def give_back(self, chat_id: int) -> None:
        """What waits in this chat is a draft again."""
        if text := self.take(chat_id):
            self.put_before_draft(text)

    def put_before_draft(self, text: str) -> None:
        self._composer.set_text(_joined(text, self._composer.text()))

    def show_in(self, chat_id: int | None) -> None:
        """This chat is on show, and its answer is being written; None: no such chat."""
        self._line.show_text(self.waiting(chat_id))

    @Slot()
    def _remove(self) -> None:
        if self._chat_id is not None:
            self.give_back(self._chat_id)
        self._line.show_text("")
        self._composer.focus()


def _joined(*texts: str) -> str:
    return "\n\n".join(filter(None, texts))
