"""Goes on in a new chat that begins with a summary of this one, which the model writes.

The old chat isn't touched, whatever happens: only when the summary is whole a new chat is made, and
the draft moves there.
"""

from PySide6.QtCore import QObject, Signal, Slot

from app.chats.model import Chat
from app.chats.store import ChatStore
from app.errors import AppError
from app.summary import SummaryEnded, SummaryEvent, SummaryProgress, SummaryText
from ui.chat.chat_view import ChatView
from ui.conversation import Conversation
from ui.engine_thread import EngineThread
from ui.sidebar.chat_list_model import title_of


class SummaryBranch(QObject):
    """Signals:
    made: the ids of the old chat and of the new one
    """

    made = Signal(int, int)

    def __init__(
        self, view: ChatView, conversation: Conversation, store: ChatStore, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._conversation = conversation
        self._store = store
        self._chat: Chat | None = None  # that is being summed up
        self._thread: EngineThread | None = None
        view.limit.branch_requested.connect(self.begin)
        view.summary.stop_requested.connect(conversation.stop)

    def attach(self, thread: EngineThread) -> None:
        self._thread = thread
        thread.summed_up.connect(self._take)

    def detach(self) -> None:
        self._thread = None

    @Slot()
    def begin(self) -> None:
        """Sum up the chat on show."""
        from app.assistant import conversation  # slow to import, and a window shows before

        chat, branch = self._conversation.chat, self._conversation.branch
        if chat is None or not branch:
            self._view.notices.tell(self.tr("There is nothing to sum up yet."))
        elif self._thread is None or not self._conversation.is_loaded:
            self._view.notices.tell(self.tr("The model isn't ready yet. Try again in a moment."))
        elif self._conversation.asking.can_begin():
            self._chat = chat
            self._view.summary.begin(title_of(chat))
            self._view.limit.hold_back(True)
            self._conversation.asking.set_aside(
                self.tr("A summary is being written. Stop it first.")
            )
            sampling = self._conversation.options.sampling_of(chat)
            self._thread.summarize(conversation("", branch), sampling=sampling)

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
        self._conversation.asking.set_aside("")
        if error:
            self._view.notices.tell(error)
        elif text:
            self._make(chat, text)

    def _make(self, chat: Chat, text: str) -> None:
        drafts = self._conversation.drafts
        try:
            new = self._store.begin_from_summary(
                chat.id,
                self.tr("Summarize our conversation so far."),
                text,
                model=self._conversation.models.name,
                draft=drafts.written_in(chat.id).joined(),
            )
        except AppError as error:
            self._view.notices.tell(str(error))
            return
        drafts.move(chat.id, new.id)
        shown = self._conversation.chat
        if shown is not None and shown.id == chat.id:
            self._conversation.show_chat(new.id)
            self._view.composer.focus()
        else:
            self._view.notices.tell(
                self.tr("The chat with the summary is ready."),
                action=self.tr("Show"),
                run=lambda: self._conversation.show_chat(new.id),
            )
        self._conversation.chats_changed.emit()
        self.made.emit(chat.id, new.id)
