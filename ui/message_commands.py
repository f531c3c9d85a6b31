"""What the user does with the messages of a chat that needs no model: versions, edits, deletions.

Changes the store and tells when another branch is to be shown. Knows neither turns nor widgets but
the one place for notices.
"""

from PySide6.QtCore import QObject, Signal

from app.chats.model import StoredMessage
from app.chats.store import ChatStore
from app.errors import AppError
from ui.notice import NoticeBar

_UNDO_SECONDS = 20.0


class MessageCommands(QObject):
    """Signals:
    changed: the id of a chat whose branch on show may be another one now
    branched: the id of a chat that was made
    """

    changed = Signal(int)
    branched = Signal(int)

    def __init__(self, store: ChatStore, notices: NoticeBar, parent: QObject) -> None:
        super().__init__(parent)
        self._store = store
        self._notices = notices

    def place_of(self, message: StoredMessage) -> tuple[int, int]:
        """Which version of a message it is, counted from 1, and of how many."""
        try:
            ids = [version.id for version in self._store.siblings(message.id)]
            return ids.index(message.id) + 1, len(ids)
        except (AppError, ValueError):  # removed meanwhile: it is shown as it was
            return 1, 1

    def show_version(self, message: StoredMessage, step: int) -> None:
        """-1 is the version before this one, 1 the one after it."""
        try:
            versions = self._store.siblings(message.id)
            place = [version.id for version in versions].index(message.id) + step
            if 0 <= place < len(versions):
                self._store.show_version(message.chat_id, versions[place].id)
        except (AppError, ValueError) as error:
            self._tell(error)
            return
        self.changed.emit(message.chat_id)

    def edit_answer(self, message: StoredMessage, text: str) -> None:
        try:
            self._store.edit_message(message.id, text)
        except AppError as error:
            self._tell(error)
            return
        self.changed.emit(message.chat_id)

    def branch(self, message: StoredMessage) -> None:
        try:
            chat = self._store.branch_chat(message.id)
        except AppError as error:
            self._tell(error)
            return
        self.branched.emit(chat.id)

    def delete(self, message: StoredMessage) -> None:
        try:
            self._store.delete_message(message.id)
        except AppError as error:
            self._tell(error)
            return
        self.changed.emit(message.chat_id)
        is_question = message.role == "user"
        self._notices.tell(
            self.tr("The message was deleted.")
            if is_question
            else self.tr("The answer was deleted."),
            action=self.tr("Undo"),
            run=lambda: self._restore(message),
            timeout_seconds=_UNDO_SECONDS,
        )

    def _restore(self, message: StoredMessage) -> None:
        try:
            self._store.restore_message(message.id)
        except AppError as error:
            self._tell(error)
            return
        self.changed.emit(message.chat_id)

    def _tell(self, error: Exception) -> None:
        is_known = isinstance(error, AppError)
        self._notices.tell(str(error) if is_known else self.tr("This message was removed."))
