"""What the user does with the messages on show: versions, edits, branches, deletions.

Changes the store and tells when another branch is to be shown; for what needs a model it asks.
"""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication

from app.assistant import can_continue
from app.chats.model import StoredMessage
from app.chats.store import ChatStore
from app.errors import AppError
from ui.chat.chat_view import ChatView
from ui.shortcuts import Action

_UNDO_SECONDS = 20.0


class MessageCommands(QObject):
    """Signals:
    changed: the id of a chat whose branch on show may be another one now
    branched: the id of a chat that was made
    retry_requested: the id of a message that is to be answered again
    continue_requested: the id of an answer that is to go on
    question_edited: the text of another version of a question, and the question
    """

    changed = Signal(int)
    branched = Signal(int)
    retry_requested = Signal(int)
    continue_requested = Signal(int)
    question_edited = Signal(str, object)

    def __init__(self, store: ChatStore, view: ChatView, parent: QObject) -> None:
        super().__init__(parent)
        self._store = store
        self._notices = view.notices
        self._messages: Sequence[StoredMessage] = ()
        self._is_answering = False
        self._transcript = view.transcript
        self._transcript.set_versions_of(self._place_of)
        self._transcript.action_requested.connect(self._act)
        self._transcript.edited.connect(self._take_edit)

    def actions(self) -> list[Action]:
        """What can be done with the last answer on show, and the last message with versions."""
        of_the_last_answer = (
            ("regenerate", self.tr("Regenerate the last answer"), "Ctrl+R", "regenerate"),
            ("continue", self.tr("Continue the last answer"), "", "continue"),
            ("copy_answer", self.tr("Copy the last answer"), "Ctrl+Shift+C", "copy"),
            ("branch", self.tr("Branch into a new chat"), "", "branch"),
        )
        return [
            *(
                Action(name, words, keys, partial(self._act_on_last, act))
                for name, words, keys, act in of_the_last_answer
            ),
            Action(
                "previous_version", self.tr("Version before"), "Ctrl+[", partial(self._step, -1)
            ),
            Action("next_version", self.tr("Version after"), "Ctrl+]", partial(self._step, 1)),
        ]

    def _act_on_last(self, action: str) -> None:
        last = self._messages[-1] if self._messages else None
        if last is None or last.role != "assistant":
            if self.can_change():
                self._notices.tell(self.tr("There is no answer here yet."))
        elif action == "continue" and not can_continue(last):
            self._notices.tell(self.tr("The last answer is complete."))
        else:
            self._act(action, last.id)

    def _step(self, step: int) -> None:
        """By so many versions of the last message on show that has several."""
        if not self.can_change():
            return
        try:
            forks = self._store.forks(self._messages[0].chat_id) if self._messages else set()
        except AppError as error:
            self._tell(error)
            return
        for message in reversed(self._messages):
            if message.parent_id in forks:
                self._show_version(message, step)
                return
        self._notices.tell(self.tr("No message here has another version."))

    def set_shown(self, messages: Sequence[StoredMessage], is_answering: bool) -> None:
        """The branch on show, and whether an answer is being written at its end."""
        self._messages = messages
        self._is_answering = is_answering

    def _shown(self, message_id: int) -> StoredMessage | None:
        return next((message for message in self._messages if message.id == message_id), None)

    @Slot(str, int)
    def _act(self, action: str, message_id: int) -> None:
        message = self._shown(message_id)
        match action:
            case _ if message is None:
                return
            case "regenerate":
                self.retry_requested.emit(message_id)
            case "continue":
                self.continue_requested.emit(message_id)
            case "branch":
                self._branch(message)
            case "copy":
                QGuiApplication.clipboard().setText(message.content)
            case _ if not self.can_change():
                return
            case "delete":
                self._delete(message)
            case "previous" | "next":
                self._show_version(message, -1 if action == "previous" else 1)

    @Slot(int, str)
    def _take_edit(self, message_id: int, text: str) -> None:
        """Of a question another version is asked; of an answer it is only kept."""
        message = self._shown(message_id)
        if message is not None and message.role == "user":
            self.question_edited.emit(text, message)
        elif message is not None and self.can_change():
            self._edit_answer(message, text)

    def can_change(self) -> bool:
        """Whether the branch on show may become another one: an answer is written at its end."""
        if self._is_answering:
            self._notices.tell(self.tr("An answer is being written here. Stop it first."))
            return False
        return True

    def _place_of(self, message: StoredMessage) -> tuple[int, int]:
        """Which version of a message it is, counted from 1, and of how many."""
        try:
            ids = [version.id for version in self._store.siblings(message.id)]
            return ids.index(message.id) + 1, len(ids)
        except (AppError, ValueError):  # removed meanwhile: it is shown as it was
            return 1, 1

    def _show_version(self, message: StoredMessage, step: int) -> None:
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

    def _edit_answer(self, message: StoredMessage, text: str) -> None:
        try:
            self._store.edit_message(message.id, text)
        except AppError as error:
            self._tell(error)
            return
        self._transcript.end_edit(message.id)
        self.changed.emit(message.chat_id)

    def _branch(self, message: StoredMessage) -> None:
        try:
            chat = self._store.branch_chat(message.id)
        except AppError as error:
            self._tell(error)
            return
        self.branched.emit(chat.id)

    def _delete(self, message: StoredMessage) -> None:
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
