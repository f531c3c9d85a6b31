"""What is asked of the engine's thread: whether anybody may ask now, and what hasn't begun yet.

Knows the chat on show and the turn in progress only as far as it is told of them.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.chats.model import Chat
from ui.chat.chat_view import ChatView
from ui.chat_options import ChatOptions
from ui.engine_thread import EngineThread
from ui.model_switch import ModelSwitch

_HINT_SECONDS = 8.0


class Asking(QObject):
    """Signals:
    changed: something was asked, or somebody else keeps the model at work, or no longer does
    """

    changed = Signal()

    def __init__(self, view: ChatView, options: ChatOptions, models: ModelSwitch) -> None:
        super().__init__(view)
        self._view = view
        self._options = options
        self._models = models
        self._thread: EngineThread | None = None
        self._sent: str | None = None  # what hasn't begun yet; "" is a retry
        self._sent_in: int | None = None  # the chat that it was sent in; None is a new one
        self._aside = ""  # what else the model is at work on, as a sentence
        self.has_turn = False  # whether an answer is being written, in whatever chat

    def set_thread(self, thread: EngineThread | None) -> None:
        """None: nobody can be asked."""
        self._thread = thread

    @property
    def is_pending(self) -> bool:
        """Whether something was asked that hasn't begun yet."""
        return self._sent is not None

    @property
    def is_at_work(self) -> bool:
        """Whether there is anything to stop."""
        return self.has_turn or bool(self._aside)

    @property
    def is_idle(self) -> bool:
        """Whether something can be asked."""
        return self._thread is not None and not self.is_pending and not self.is_at_work

    def can_begin(self) -> bool:
        """Whether somebody can answer; says so where they are at work."""
        if self.has_turn:
            self._view.notices.tell(self.tr("Another answer is being written. Stop it first."))
        elif self._aside:
            self._view.notices.tell(self._aside)
        return self.is_idle

    def set_aside(self, sentence: str) -> None:
        """The model is at work on something else; the sentence says on what. "": it is free."""
        self._aside = sentence
        self.changed.emit()

    def send_written(self, text: str, chat: Chat | None) -> None:
        """The text stays in the composer until it is stored."""
        if self._view.documents.is_reading:
            words = self.tr("A document is still being read. Send the message when it is there.")
            self._view.notices.tell(words, timeout_seconds=_HINT_SECONDS)
        elif self.is_idle:
            self.send(text, chat)

    def send(self, text: str, chat: Chat | None, **options: object) -> None:
        def ask() -> None:
            assert self._thread is not None
            self._thread.send(
                text,
                None if chat is None else chat.id,
                system_prompt=self._options.system_prompt,
                documents=() if chat is not None else tuple(self._view.documents.documents),
                **self._answer_options(chat),
                **options,
            )

        self._begin(text, chat, ask)

    def retry(self, message_id: int, chat: Chat | None) -> None:
        if self.can_begin():
            self._begin("", chat, lambda: self._ask_of("retry", message_id, chat))

    def continue_answer(self, message_id: int, chat: Chat | None) -> None:
        if self.can_begin():
            self._begin("", chat, lambda: self._ask_of("continue_answer", message_id, chat))

    def take_begun(self) -> tuple[str, bool]:
        """What was asked and has begun, "" for a retry; and whether it begins a chat."""
        sent, self._sent = self._sent or "", None
        return sent, bool(sent) and self._sent_in is None

    def take_back(self) -> str:
        """What was asked and never begins."""
        sent, self._sent = self._sent or "", None
        return sent

    def _begin(self, sent: str, chat: Chat | None, ask: Callable[[], None]) -> None:
        """Ask when the chat's model is there."""
        self._sent, self._sent_in = sent, None if chat is None else chat.id
        self._models.ask(self._options.model_of(chat), ask)
        self.changed.emit()

    def _ask_of(self, action: str, message_id: int, chat: Chat | None) -> None:
        getattr(self._thread, action)(message_id, **self._answer_options(chat))

    def _answer_options(self, chat: Chat | None) -> dict[str, object]:
        return {"sampling": self._options.sampling_of(chat), "model": self._models.name}
