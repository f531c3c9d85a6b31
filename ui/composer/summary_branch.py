"""Goes on in a new chat that begins with a summary of this one, which the model writes.

The old chat isn't touched, whatever happens: only when the summary is whole a new chat is made, and
the draft moves there.
"""

from PySide6.QtCore import QObject, Signal, Slot

from app.chats.model import Chat, StoredMessage
from app.chats.store import ChatStore
from app.errors import AppError
from app.summary import SummaryEnded, SummaryEvent, SummaryProgress, SummaryText
from inference.events import SamplingParams
from ui.chat.chat_view import ChatView
from ui.composer.drafts import Drafts
from ui.engine_thread import EngineThread
from ui.sidebar.chat_list_model import title_of


class SummaryBranch(QObject):
    """Signals:
    changed: a summary is being written, or is no longer
    made: the ids of the old chat and of the new one
    """

    changed = Signal()
    made = Signal(int, int)

    def __init__(self, view: ChatView, store: ChatStore, drafts: Drafts, parent: QObject) -> None:
        super().__init__(parent)
        self._view = view
        self._store = store
        self._drafts = drafts
        self._chat: Chat | None = None  # that is being summed up
        self._thread: EngineThread | None = None
        self._model_name = ""
        view.summary.stop_requested.connect(self.stop)

    @property
    def is_running(self) -> bool:
        return self._chat is not None

    def attach(self, thread: EngineThread, model_name: str) -> None:
        self._thread = thread
        self._model_name = model_name
        thread.summed_up.connect(self._take)

    def detach(self) -> None:
        self._thread = None

    def begin(self, chat: Chat, branch: list[StoredMessage], sampling: SamplingParams) -> None:
        """Nobody is at work now, and a model is there."""
        from app.assistant import conversation  # slow to import, and a window shows before

        assert self._thread is not None
        self._chat = chat
        self._view.summary.begin(title_of(chat))
        self._view.limit.hold_back(True)
        self._thread.summarize(conversation("", branch), sampling=sampling)
        self.changed.emit()

    @Slot()
    def stop(self) -> None:
        if self.is_running and self._thread is not None:
            self._thread.stop()

    @Slot(object)
    def _take(self, event: SummaryEvent) -> None:
        if self._chat is None:
            return
        match event:
            case SummaryProgress(done, total):
                self._view.summary.show_progress(done, total)
            case SummaryText(text, begins):
                self._view.summary.add_text(text, begins=begins)
            case SummaryEnded(text, error):
                self._end(self._chat, text, error)

    def _end(self, chat: Chat, text: str, error: str) -> None:
        self._chat = None
        self._view.summary.hide()
        self._view.limit.hold_back(False)
        if error:
            self._view.notices.tell(error)
        self.changed.emit()
        if text:
            self._make(chat, text)

    def _make(self, chat: Chat, text: str) -> None:
        try:
            new = self._store.begin_from_summary(
                chat.id,
                self.tr("Summarize our conversation so far."),
                text,
                model=self._model_name,
                draft=self._drafts.written_in(chat.id).joined(),
            )
        except AppError as error:
            self._view.notices.tell(str(error))
            return
        self._drafts.move(chat.id, new.id)
        self.made.emit(chat.id, new.id)
