"""Asks the model for a better title after a chat's first answer, once nothing else is to do.

Knows no widget. What a title is made of, and whether it is any good, is in app/titles.py.
"""

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.chats.model import Chat
from app.chats.store import title_from
from app.events import TurnEnded, TurnStarted
from app.settings import Settings
from inference.events import ModelInfo
from ui.engine_thread import EngineThread

IDLE_MS = 4000
_MAX_ATTEMPTS = 5  # at one chat's title, when something comes between


class TitleMaker(QObject):
    """Signals:
    made: the id of a chat whose title is another one now
    """

    made = Signal(int)

    def __init__(self, settings: Settings, parent: QObject) -> None:
        super().__init__(parent)
        self._settings = settings
        self._thread: EngineThread | None = None
        self._info: ModelInfo | None = None
        self._is_busy = False
        self._is_first = False  # the answer that is being written is its chat's first
        self._waiting: dict[int, int] = {}  # attempts left by the ids of chats
        self._timer = QTimer(self, interval=IDLE_MS, singleShot=True)
        self._timer.timeout.connect(self._ask)

    def set_settings(self, settings: Settings) -> None:
        self._settings = settings

    def attach(self, thread: EngineThread) -> None:
        self._thread = thread
        thread.loaded.connect(self._take_info)
        thread.turn_started.connect(self._begin_turn)
        thread.turn_ended.connect(self._end_turn)
        thread.titled.connect(self._take_title)
        thread.failed.connect(self._break_off)

    def detach(self) -> None:
        self._thread = self._info = None
        self._timer.stop()
        self._is_busy = False
        self._waiting.clear()

    @Slot()
    def put_off(self) -> None:
        """The user is doing something that the model may be wanted for."""
        if self._timer.isActive():
            self._timer.start()

    @Slot(object)
    def _take_info(self, info: ModelInfo) -> None:
        self._info = info

    @Slot(object)
    def _begin_turn(self, event: TurnStarted) -> None:
        self._is_busy = True
        self._timer.stop()
        title = title_from(event.user_message.content)
        self._is_first = event.user_message.parent_id is None and event.chat.title == title

    @Slot(object)
    def _end_turn(self, event: TurnEnded) -> None:
        self._is_busy = False
        if self._is_first and event.answer.status == "complete" and not event.chat.title_is_typed:
            self._waiting[event.chat.id] = _MAX_ATTEMPTS
        if self._waiting:
            self._timer.start()

    @Slot()
    def _break_off(self) -> None:
        self._is_busy = False

    @Slot()
    def _ask(self) -> None:
        from app.titles import are_wanted  # its imports needn't delay the window

        num_parameters = 0 if self._info is None else self._info.num_parameters
        if not are_wanted(self._settings.model_titles, num_parameters):
            self._waiting.clear()
        if self._waiting and self._thread is not None and not self._is_busy:
            chat_id = next(iter(self._waiting))
            self._waiting[chat_id] -= 1
            if not self._waiting[chat_id]:
                del self._waiting[chat_id]
            self._thread.make_title(chat_id)

    @Slot(object)
    def _take_title(self, chat: Chat | None) -> None:
        if chat is not None:
            self._waiting.pop(chat.id, None)
            self.made.emit(chat.id)
        if self._waiting and not self._is_busy:
            self._timer.start()
