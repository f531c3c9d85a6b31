"""What could be done with a message, and what it would cost: asked when the user comes to it.

Numbers of a state that has changed since are dropped. Knows neither the store nor the turns.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

from app.assistant import can_continue
from app.chats.model import StoredMessage
from inference.events import Estimate
from ui.chat.transcript import Transcript
from ui.engine_thread import EngineThread

if TYPE_CHECKING:
    from app.assistant import Assistant

_REST_MS = 150  # that the pointer stays, before anything is asked
_TYPING_MS = 400
_SOME_QUESTION = "?"  # for what any question after a message costs

Cost = Callable[["Assistant"], Estimate | None]


class Costs(QObject):
    def __init__(self, transcript: Transcript) -> None:
        super().__init__(transcript)
        self._transcript = transcript
        self._messages: Sequence[StoredMessage] = ()
        transcript.reached.connect(self._ask_actions)
        transcript.draft_changed.connect(self._ask_draft)
        self._thread: EngineThread | None = None
        self._num_states = 0  # so many times all that was known became untrue
        self._known: set[int] = set()  # ids of messages
        self._wanted: tuple[int, dict[str, Cost]] | None = None  # of a message
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._ask)

    def attach(self, thread: EngineThread) -> None:
        self._thread = thread
        thread.estimated.connect(self._show)

    def set_shown(self, messages: Sequence[StoredMessage]) -> None:
        """The messages of which it can be told now; none while an answer is written."""
        self._messages = messages

    def _shown(self, message_id: int) -> StoredMessage | None:
        return next((message for message in self._messages if message.id == message_id), None)

    @Slot(int)
    def _ask_actions(self, message_id: int) -> None:
        message = self._shown(message_id)
        if message is not None and message_id not in self._known:
            is_last = message is self._messages[-1]
            is_question = message.role == "user"
            costs = _of_question(message) if is_question else _of_answer(message, is_last)
            self._want(message_id, costs, _REST_MS)

    @Slot(int, str)
    def _ask_draft(self, message_id: int, text: str) -> None:
        """What the text in the editor of a question would read, once its writer rests."""
        message = self._shown(message_id)
        if message is not None and message.role == "user" and text.strip():
            cost = _text(text, message.chat_id, message.parent_id)
            self._want(message_id, {"draft": cost}, _TYPING_MS)

    def forget(self) -> None:
        """The state has changed, or is about to."""
        self._num_states += 1
        self._known.clear()
        self._wanted = None
        self._timer.stop()
        self._transcript.forget_costs()
        if self._thread:
            self._thread.estimate({})

    def _want(self, message_id: int, costs: dict[str, Cost], wait_ms: int) -> None:
        self._wanted = message_id, costs
        self._timer.start(wait_ms)

    @Slot()
    def _ask(self) -> None:
        if self._thread and self._wanted:
            message_id, costs = self._wanted
            self._thread.estimate(
                {(self._num_states, message_id, name): cost for name, cost in costs.items()}
            )

    @Slot(object, object)
    def _show(self, key: tuple[int, int, str], estimate: Estimate | None) -> None:
        num_states, message_id, name = key
        if estimate is not None and num_states == self._num_states:
            if name != "draft":
                self._known.add(message_id)
            self._transcript.show_cost(message_id, name, estimate)


def _of_answer(message: StoredMessage, is_last: bool) -> dict[str, Cost]:
    costs: dict[str, Cost] = {"regenerate": lambda assistant: assistant.estimate(message.id)}
    if is_last and can_continue(message):
        costs["continue"] = lambda assistant: assistant.estimate_continue(message.id)
    costs["branch"] = _text(_SOME_QUESTION, message.chat_id, message.id)
    return costs


def _of_question(message: StoredMessage) -> dict[str, Cost]:
    """An edit is taken to begin with the first word: it reads that much at most."""
    edited = f"{_SOME_QUESTION} {message.content}"
    return {
        "regenerate": lambda assistant: assistant.estimate(message.id),
        "edit": _text(edited, message.chat_id, message.parent_id),
        "branch": lambda assistant: assistant.estimate(message.id),
    }


def _text(text: str, chat_id: int, parent_id: int | None) -> Cost:
    return partial(_estimate_text, text, chat_id, parent_id)


def _estimate_text(
    text: str, chat_id: int, parent_id: int | None, assistant: "Assistant"
) -> Estimate | None:
    return assistant.estimate_text(text, chat_id, parent_id)
