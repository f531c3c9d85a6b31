"""Keeps the inspector, and the line about the context's end, up to date with the chat on show.

What the disk holds is looked up on a thread of its own; what the model tells comes over its thread.
"""

import contextlib
from concurrent.futures import Future, ThreadPoolExecutor

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from app.chats.model import StoredMessage
from app.chats.store import ChatStore
from app.errors import AppError
from app.outlook import Kept, Outlook, kept_of
from app.paths import DataPaths
from inference.events import MemoryUsed, ModelInfo
from ui.amounts import number_text
from ui.chat.chat_view import ChatView
from ui.composer.draft_count import DraftCount
from ui.conversation import Conversation
from ui.engine_thread import EngineThread
from ui.inspector.inspector import Inspector
from ui.inspector.plots import Part, Turn

_DRAFT_MS = 400  # after the last key
_NEAR = 0.9  # of the context


class Inspection(QObject):
    _kept_found = Signal(int, object)  # a chat's id and its Kept, from another thread

    def __init__(
        self,
        inspector: Inspector,
        view: ChatView,
        conversation: Conversation,
        store: ChatStore,
        paths: DataPaths,
    ) -> None:
        super().__init__(inspector)
        self._inspector = inspector
        self._view = view
        self._conversation = conversation
        self._store = store
        self._paths = paths
        self._thread: EngineThread | None = None
        self._info: ModelInfo | None = None
        self._outlook: Outlook | None = None
        self._memory: MemoryUsed | None = None
        self._memory_of: int | None = None  # the chat that the model was at work on last
        self._is_closed = False
        self._worker = ThreadPoolExecutor(max_workers=1)
        self._lookup: Future[None] | None = None
        self._draft_timer = QTimer(self, interval=_DRAFT_MS, singleShot=True)
        self._draft_timer.timeout.connect(self._look_ahead)
        self._kept_found.connect(self._show_kept, Qt.ConnectionType.QueuedConnection)
        self._count = DraftCount(view.composer)
        view.composer.changed.connect(self._draft_timer.start)
        conversation.options.changed.connect(self._draft_timer.start)
        conversation.chat_shown.connect(self.refresh)
        conversation.chats_changed.connect(self.refresh)
        self.refresh()

    def attach(self, thread: EngineThread) -> None:
        self._thread = thread
        thread.loaded.connect(self._show_loaded)
        thread.memory_used.connect(self._show_memory)
        thread.looked_ahead.connect(self._show_outlook)

    def detach(self) -> None:
        """The model is gone, and with it what it held."""
        self._thread = self._info = self._outlook = self._memory = None
        self.refresh()

    def close(self) -> None:
        self._is_closed = True
        self._draft_timer.stop()
        self._worker.shutdown(cancel_futures=True)

    @Slot()
    def refresh(self) -> None:
        chat = self._conversation.chat
        self._inspector.show_model(None if self._info is None else self._info.size_bytes)
        is_at_work = chat is not None and chat.id == self._memory_of
        self._inspector.show_memory(self._memory if is_at_work else None)
        self._inspector.show_turns(turns_of(self._conversation.branch))
        self._show_context()
        self._look_up_kept()
        self._look_ahead()

    @Slot()
    def _look_ahead(self) -> None:
        """While an answer is written its end asks again."""
        is_busy = self._conversation.answering_chat_id is not None
        is_there = self._info is not None and self._conversation.has_its_model
        if self._thread is None or not is_there or is_busy:
            self._count.show_guessed()
            return
        self._thread.look_ahead(
            self._conversation.system_prompt,
            self._conversation.branch,
            self._view.composer.text(),
            self._view.documents.documents,
        )

    def _look_up_kept(self) -> None:
        chat = self._conversation.chat
        if chat is None or self._is_closed:
            self._inspector.show_kept(None)
            return
        if self._lookup is not None:
            self._lookup.cancel()  # out of date, if it still waits
        self._lookup = self._worker.submit(self._find_kept, chat.id)

    def _find_kept(self, chat_id: int) -> None:
        """On another thread: the index of what is kept may be in use by another process."""
        with contextlib.suppress(AppError):  # the chat's own messages tell what is wrong
            self._kept_found.emit(chat_id, kept_of(chat_id, self._store, self._paths))

    @Slot(object)
    def _show_loaded(self, info: ModelInfo) -> None:
        self._info = info
        self.refresh()

    @Slot(object)
    def _show_memory(self, used: MemoryUsed) -> None:
        """Comes just before the end of an answer, which refreshes the rest."""
        self._memory = used
        self._memory_of = self._conversation.answering_chat_id

    @Slot(object)
    def _show_outlook(self, outlook: Outlook | None) -> None:
        self._outlook = outlook
        self._inspector.show_outlook(outlook)
        self._show_context()
        if outlook is None:
            self._count.show_guessed()
        elif not self._draft_timer.isActive():  # else it is about an earlier text
            self._count.show_counted(outlook.draft)

    @Slot(int, object)
    def _show_kept(self, chat_id: int, kept: Kept) -> None:
        chat = self._conversation.chat
        if chat is not None and chat.id == chat_id:
            self._inspector.show_kept(kept)

    def _show_context(self) -> None:
        outlook, total = self._outlook, self._info.context_length if self._info else None
        used = tokens_used(self._conversation.branch)
        system = outlook.system if outlook else 0
        documents = sum(outlook.documents) if outlook else 0
        if used and not documents:
            system = min(system, used)
        conversation = max(used - system - documents, 0)
        if outlook and outlook.conversation is not None:
            conversation = outlook.conversation
        draft = 0
        if outlook and self._view.composer.text():
            # One that is too long isn't counted to its end: it is as much as there is.
            draft = (total or 0) if outlook.draft is None else outlook.draft
        parts = [
            Part("system", system, "ink3"),
            Part("documents", documents, "accent"),
            Part("conversation", conversation, "warn"),
            Part("draft", draft, "ink2"),
        ]
        self._inspector.show_context(parts, total)
        self._warn(sum(part.num_tokens for part in parts), documents, total)

    def _warn(self, used: int, documents: int, total: int | None) -> None:
        sentence = ""
        if total and used >= total and documents:
            sentence = self.tr(
                "This is more than the model holds: the documents have {documents} tokens, "
                "and {total} is the most that it can read. Remove one, or attach less."
            ).format(documents=number_text(documents), total=number_text(total))
        elif total and used >= total:
            sentence = self.tr(
                "This is more than the model holds: shorten the message, or go on in a new chat."
            )
        elif total and used >= _NEAR * total:
            sentence = self.tr(
                "The context is nearly full: %Ln token(s) are left for the message and its answer.",
                "",
                total - used,
            )
        can_branch = bool(self._conversation.branch)
        self._view.limit.show_sentence(sentence, can_branch=can_branch)


def turns_of(branch: list[StoredMessage]) -> list[Turn]:
    """Of the answers that were finished, oldest first."""
    return [
        Turn(
            stats.reused_tokens, stats.prompt_tokens - stats.reused_tokens, stats.completion_tokens
        )
        for stats in (message.stats for message in branch)
        if stats is not None
    ]


def tokens_used(branch: list[StoredMessage]) -> int:
    """What the context holds after the last answer."""
    turns = turns_of(branch)
    return sum(turns[-1]) if turns else 0
