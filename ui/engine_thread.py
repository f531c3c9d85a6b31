"""The only meeting of Qt and the assistant: one thread that drives it.

Knows no widget. The assistant's events cross to the window's thread one by one; pieces of text are
gathered there, so that the window repaints once a frame however fast they come.
"""

import contextlib
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from app.errors import AppError
from app.events import TurnEnded, TurnEvent, TurnStarted
from app.summary import SummaryEnded, SummaryEvent, SummaryProgress, SummaryText
from inference.errors import InferenceError
from inference.events import (
    Estimate,
    LoadProgress,
    MemoryUsed,
    Message,
    ModelLoaded,
    PrefillProgress,
    ReasoningDelta,
    StateRestored,
    TextDelta,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.assistant import Assistant
    from app.chats.model import Chat, StoredMessage
    from app.documents.model import Document
    from app.outlook import Outlook

logger = logging.getLogger(__name__)

_FLUSH_MS = 33
_LOOK_SECONDS = 10.0  # for so long a look at a chat's documents serves, while nothing is asked


@dataclass(frozen=True, slots=True)
class _Estimated:
    key: object
    estimate: Estimate | None


@dataclass(frozen=True, slots=True)
class _LookedAhead:
    outlook: "Outlook | None"


@dataclass(frozen=True, slots=True)
class _Titled:
    chat: "Chat | None"


@dataclass(frozen=True, slots=True)
class _Looked:
    """An Outlook that was made lately."""

    key: tuple[object, ...]  # what it is of, but for the draft
    at: float  # time.monotonic()
    outlook: "Outlook"

    def serves(self, key: tuple[object, ...], now: float) -> bool:
        return self.key == key and now - self.at < _LOOK_SECONDS


Produced = TurnEvent | SummaryEvent | _Estimated | _LookedAhead | _Titled
Turn = Generator[Produced, None, None]


class EngineThread(QThread):
    """Runs one Assistant on one thread and turns its events into signals.

    The slots belong to the window's thread (a QThread object lives where it was made) and only
    post to run(), so stop() works while an answer streams. Every signal is emitted on the window's
    thread, in the order of the events.

    Signals:
        loading: bytes of weights read, bytes in total
        loaded: the ModelInfo
        turn_started: the TurnStarted event
        restored: tokens that needn't be read, since a snapshot was taken up, and the seconds
        prefilled: prompt tokens done, in total, and reused
        reasoning: the next piece of the thinking and the number of deltas that it was made of
        text: the next piece of the answer and the number of deltas that it was made of
        memory_used: the MemoryUsed event
        looked_ahead: the Outlook; None where the model isn't there to tell
        turn_ended: the TurnEnded event; the last of a turn, unless failed came instead
        summed_up: a SummaryProgress, a SummaryText, or the SummaryEnded that comes last
        estimated: the key that an estimate was asked for with, and the Estimate; None: not known
        titled: the Chat, which may have a better title now; None: something else came between
        failed: a sentence for the user: nothing was sent, or the model can't be loaded
    """

    loading = Signal("qint64", "qint64")  # an int of Qt has 32 bits, weights are larger
    loaded = Signal(object)
    turn_started = Signal(object)
    restored = Signal(int, float)
    prefilled = Signal(int, int, int)
    reasoning = Signal(str, int)
    text = Signal(str, int)
    memory_used = Signal(object)
    looked_ahead = Signal(object)
    turn_ended = Signal(object)
    summed_up = Signal(object)
    estimated = Signal(object, object)
    titled = Signal(object)
    failed = Signal(str)

    _produced = Signal(object)  # what was produced, or the sentence of a failure

    def __init__(self, assistant: "Assistant", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._assistant = assistant
        self._turns: queue.SimpleQueue[Callable[[], Turn] | None] = queue.SimpleQueue()
        self._estimates: dict[object, Callable[[], Estimate | None]] = {}  # by their keys
        self._looks: deque[Callable[[], Outlook | None]] = deque(maxlen=1)  # the latest wanted
        self._untitled: deque[int] = deque(maxlen=1)  # the chat that is to get a title
        self._looked: _Looked | None = None  # lately, at a chat with documents
        self._closing = threading.Event()
        self._ends_alone = False
        self._deltas: list[ReasoningDelta | TextDelta] = []  # all of one kind
        self._flush_timer = QTimer(self, interval=_FLUSH_MS, singleShot=True)
        self._flush_timer.timeout.connect(self._flush)
        self._produced.connect(self._dispatch, Qt.ConnectionType.QueuedConnection)

    @Slot()
    def load(self) -> None:
        self._turns.put(self._load)

    def send(self, text: str, chat_id: int | None, **options: Any) -> None:
        """Ask; `options` are those of Assistant.send."""
        self._turns.put(partial(self._assistant.send, text, chat_id, **options))

    def retry(self, message_id: int, **options: Any) -> None:
        self._turns.put(partial(self._assistant.retry, message_id, **options))

    def continue_answer(self, message_id: int, **options: Any) -> None:
        self._turns.put(partial(self._assistant.continue_answer, message_id, **options))

    def summarize(self, messages: "Sequence[Message]", **options: Any) -> None:
        """Have a conversation summed up; `options` are those of Assistant.summarize."""
        self._turns.put(partial(self._assistant.summarize, tuple(messages), **options))

    def estimate(self, costs: "dict[object, Callable[[Assistant], Estimate | None]]") -> None:
        """Ask for these instead of what was asked for before and isn't known yet.

        Each is computed once no turn is waiting, and comes with its key. It is called on this
        thread.
        """
        self._estimates = {key: partial(cost, self._assistant) for key, cost in costs.items()}
        if costs:
            self._turns.put(self._wake)

    def look_ahead(
        self,
        system_prompt: str,
        branch: "Sequence[StoredMessage]",
        draft: str,
        documents: "Sequence[Document]" = (),
    ) -> None:
        """Ask for an Outlook, as app.outlook.look_ahead gives it; only the latest is told.

        It comes once no turn is waiting.
        """
        look = partial(self._outlook, system_prompt, tuple(branch), draft, tuple(documents))
        self._looks.append(look)
        self._turns.put(self._wake)

    def make_title(self, chat_id: int) -> None:
        """Have the model title a chat; whatever is asked for meanwhile goes before."""
        self._untitled.append(chat_id)
        self._turns.put(self._wake)

    @Slot()
    def stop(self) -> None:
        """Cut the running turn short; it still ends with turn_ended."""
        self._assistant.stop()

    def close_soon(self) -> None:
        """Stop the running turn, free the engine and end the thread; `finished` tells when."""
        self._ends_alone = True
        self._closing.set()
        self._turns.put(None)
        self._assistant.stop()

    def close(self, timeout_seconds: float) -> bool:
        """Stop the running turn, free the engine, end the thread; False if that took too long."""
        self._closing.set()
        self._turns.put(None)
        self._assistant.close()
        return self.wait(round(timeout_seconds * 1000))

    def run(self) -> None:
        while (begin := self._turns.get()) is not None:
            if begin != self._wake:
                self._looked = None  # the state becomes another one
            self._drive(begin)
            for aside in (self._look_ahead, self._estimate, self._make_title):
                self._drive(aside)
        if self._ends_alone:
            self._assistant.close()

    def _drive(self, begin: Callable[[], Turn]) -> None:
        try:
            for event in begin():
                self._produced.emit(event)
        except (AppError, InferenceError) as error:
            logger.warning("the assistant failed", exc_info=True)
            self._produced.emit(str(error))
        except Exception:  # a bug; without this the thread would end
            logger.exception("bug while driving the assistant")
            self._produced.emit(self.tr("Something went wrong inside Eremo. The log says more."))

    def _wake(self) -> Turn:
        """Nothing by itself: what is wanted aside comes after it, as after any turn."""
        yield from ()

    def _is_wanted_elsewhere(self) -> bool:
        return self._closing.is_set() or not self._turns.empty()

    def _estimate(self) -> Turn:
        """One at a time, as long as nobody wants an answer."""
        while (costs := self._estimates) and not self._is_wanted_elsewhere():
            key = next(iter(costs))
            estimate = None
            with contextlib.suppress(AppError, InferenceError):  # an answer would say why
                estimate = costs[key]()
            costs.pop(key, None)
            yield _Estimated(key, estimate)

    def _outlook(
        self,
        system_prompt: str,
        branch: "tuple[StoredMessage, ...]",
        draft: str,
        documents: "tuple[Document, ...]",
    ) -> "Outlook | None":
        """Long documents take a second to be counted: not at every rest of a writer."""
        from app.outlook import look_ahead  # its imports needn't delay the window

        estimate, count = self._assistant.estimate_messages, self._assistant.count_tokens
        key, now = (system_prompt, branch, documents), time.monotonic()
        if documents and self._looked and self._looked.serves(key, now):
            drafted = look_ahead(estimate, system_prompt, (), draft)
            return drafted and replace(self._looked.outlook, draft=drafted.draft)
        outlook = look_ahead(estimate, system_prompt, branch, draft, documents, count)
        self._looked = _Looked(key, now, outlook) if outlook else None
        return outlook

    def _look_ahead(self) -> Turn:
        if self._looks and not self._is_wanted_elsewhere():
            look, outlook = self._looks.popleft(), None
            # Nothing was asked for: nobody has to be told.
            with contextlib.suppress(AppError, InferenceError):
                outlook = look()
            yield _LookedAhead(outlook)

    def _make_title(self) -> Turn:
        if self._untitled and not self._is_wanted_elsewhere():
            chat_id, chat = self._untitled.popleft(), None
            # Nothing was asked for: nobody has to be told.
            with contextlib.suppress(AppError, InferenceError):
                chat = self._assistant.make_title(chat_id, self._is_wanted_elsewhere)
            yield _Titled(chat)

    def _load(self) -> Turn:
        """Load; a question that is asked meanwhile is stored at once and answered afterwards."""
        turn: Turn | None = None
        try:
            for event in self._assistant.load():
                yield event
                if self._closing.is_set():
                    if turn is not None:
                        turn.close()  # its answer is kept as a stopped one
                    return
                if turn is None and (begin := self._next_turn()):
                    turn = begin()
                    yield next(turn)
                if turn is not None and self._assistant.is_stopping:
                    yield from turn
                    turn = None
        except InferenceError:
            if turn is None:
                raise
            # The turn loads again, and its answer carries the failure.
        if turn is not None:
            yield from turn

    def _next_turn(self) -> Callable[[], Turn] | None:
        try:
            begin = self._turns.get_nowait()
        except queue.Empty:
            return None
        if begin is None:
            self._turns.put(None)  # for run()
        return begin if begin not in (self._load, self._wake) else None

    @Slot(object)
    def _dispatch(self, event: Produced | str) -> None:
        if isinstance(event, ReasoningDelta | TextDelta):
            self._gather(event)
            return
        self._flush()
        match event:
            case LoadProgress(done, total):
                self.loading.emit(done, total)
            case ModelLoaded(info):
                self.loaded.emit(info)
            case StateRestored(tokens, _, seconds):
                self.restored.emit(tokens, seconds)
            case PrefillProgress(done, total, reused):
                self.prefilled.emit(done, total, reused)
            case _Estimated(key, estimate):
                self.estimated.emit(key, estimate)
            case _LookedAhead(outlook):
                self.looked_ahead.emit(outlook)
            case _Titled(chat):
                self.titled.emit(chat)
            case _:
                self._pass_on(event)

    def _pass_on(self, event: TurnStarted | MemoryUsed | TurnEnded | SummaryEvent | str) -> None:
        match event:
            case SummaryProgress() | SummaryText() | SummaryEnded():
                self.summed_up.emit(event)
            case TurnStarted():
                self.turn_started.emit(event)
            case MemoryUsed():
                self.memory_used.emit(event)
            case TurnEnded():
                self.turn_ended.emit(event)
            case str():
                self.failed.emit(event)

    def _gather(self, delta: ReasoningDelta | TextDelta) -> None:
        if self._deltas and type(delta) is not type(self._deltas[0]):
            self._flush()
        self._deltas.append(delta)
        if not self._flush_timer.isActive():
            self._flush_timer.start()

    @Slot()
    def _flush(self) -> None:
        self._flush_timer.stop()
        if self._deltas:
            signal = self.text if isinstance(self._deltas[0], TextDelta) else self.reasoning
            text, num_deltas = "".join(delta.text for delta in self._deltas), len(self._deltas)
            self._deltas.clear()
            signal.emit(text, num_deltas)
