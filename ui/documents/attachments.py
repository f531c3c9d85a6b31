"""The documents of the chat on show: files are read beside the window, stored, and shown.

Those of a chat that hasn't begun wait here; the first question takes them along. Knows no layout.
"""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QFileDialog

from app.chats.store import ChatStore
from app.documents.model import Document
from app.errors import AppError
from app.events import TurnStarted
from app.outlook import Outlook
from ui.chat.chat_view import ChatView
from ui.conversation import Conversation
from ui.documents.file_drop import FileDrop
from ui.documents.strip import FileInReading
from ui.engine_thread import EngineThread

if TYPE_CHECKING:
    from app.documents.reading import ReadFile

_MAX_FILES = 50  # at a time: more is a slip of the hand
_PROGRESS_SECONDS = 0.1


@dataclass(slots=True)
class _Job:
    chat_id: int | None  # None: the chat that hasn't begun
    file: FileInReading
    cancelled: threading.Event = field(default_factory=threading.Event)


class Attachments(QObject):
    """Signals:
    changed: the documents of the chat on show are others now
    """

    changed = Signal()
    _progressed = Signal(int, int, int)  # a key, pages done, pages in total
    _ended = Signal(int, object)  # a key, and a ReadFile, None, or the sentence of a failure
    _usual_speed_found = Signal(object)

    def __init__(self, view: ChatView, conversation: Conversation, store: ChatStore) -> None:
        super().__init__(view)
        self._view = view
        self._strip = view.documents
        self._conversation = conversation
        self._store = store
        self._waiting: tuple[Document, ...] = ()  # for the chat that hasn't begun
        self._jobs: dict[int, _Job] = {}
        self._keys = count()
        self._is_unfolded = True
        self._folder = ""  # where the user found the last file
        self._usual_speed: float | None = None  # seconds a token, of earlier answers
        self._worker = ThreadPoolExecutor(max_workers=1)
        self._drop = FileDrop(view)
        queued = Qt.ConnectionType.QueuedConnection
        self._progressed.connect(self._show_progress, queued)
        self._ended.connect(self._end, queued)
        self._usual_speed_found.connect(self._set_usual_speed, queued)
        self._drop.dropped.connect(self.add)
        view.composer.files_pasted.connect(self.add)
        view.composer.attach_requested.connect(self.choose)
        view.header.documents.clicked.connect(self._unfold)
        self._strip.removed.connect(self._remove)
        self._strip.new_chat_requested.connect(self._begin_chat)
        self._strip.cancelled.connect(self._cancel)
        conversation.chat_shown.connect(self.refresh)
        self.refresh()

    def attach(self, thread: EngineThread, model_name: str) -> None:
        thread.looked_ahead.connect(self._show_outlook)
        thread.turn_started.connect(self._begin_turn)
        self._usual_speed = None
        with suppress(RuntimeError):  # the window is closing
            self._worker.submit(self._find_usual_speed, model_name)

    def take_over(self, other: "Attachments") -> None:
        """What waits for a chat that hasn't begun, from another window."""
        self._waiting = other._waiting
        self.refresh()

    def close(self) -> None:
        for job in self._jobs.values():
            job.cancelled.set()
        self._worker.shutdown(cancel_futures=True)

    # What the user does

    @Slot()
    def choose(self) -> None:
        """Ask for files."""
        names, _ = QFileDialog.getOpenFileNames(
            self._view, self.tr("Attach documents"), self._folder
        )
        if names:
            self._folder = str(Path(names[0]).parent)
            self.add([Path(name) for name in names])

    @Slot(object)
    def add(self, paths: Sequence[Path]) -> None:
        """Read files for the chat on show."""
        if len(paths) > _MAX_FILES:
            words = self.tr("Attach at most {count} files at a time.")
            self._view.notices.tell(words.format(count=_MAX_FILES))
            return
        self._is_unfolded = True
        for path in paths:
            key, job = next(self._keys), _Job(self._chat_id, FileInReading(path.name))
            with suppress(RuntimeError):  # the window is closing
                self._worker.submit(self._read, key, path, job.chat_id, job.cancelled)
                self._jobs[key] = job
        self.refresh()

    @Slot(object)
    def _remove(self, document: Document) -> None:
        if self._chat_id is None:
            self._waiting = tuple(other for other in self._waiting if other != document)
        else:
            try:
                self._store.detach_document(self._chat_id, document)
            except AppError as error:
                self._view.notices.tell(str(error))
        self.refresh()
        self.changed.emit()

    @Slot(object)
    def _begin_chat(self, document: Document) -> None:
        """A new one about this document alone."""
        self._waiting = (document,)
        self._conversation.show_chat(None)
        self.changed.emit()
        self._view.composer.focus()

    @Slot(int)
    def _cancel(self, key: int) -> None:
        if job := self._jobs.pop(key, None):
            job.cancelled.set()
        self.refresh()

    @Slot()
    def _unfold(self) -> None:
        self._is_unfolded = not self._is_unfolded
        self._show_fold()

    # Reading

    def _read(self, key: int, path: Path, chat_id: int | None, cancelled: threading.Event) -> None:
        """On the worker's thread."""
        from app.documents.reading import read_document  # its imports needn't delay the window

        result: ReadFile | str | None
        shown_at = 0.0

        def show(done: int, total: int) -> None:
            nonlocal shown_at
            if time.monotonic() - shown_at > _PROGRESS_SECONDS:
                shown_at = time.monotonic()
                self._progressed.emit(key, done, total)

        try:
            result = read_document(path, progress=show, cancelled=cancelled.is_set)
            if result is not None and chat_id is not None and not cancelled.is_set():
                self._store.attach_documents(chat_id, [result.document])
        except AppError as error:
            result = str(error)
        except Exception:
            self._ended.emit(key, None)
            raise
        self._ended.emit(key, result)

    @Slot(int, int, int)
    def _show_progress(self, key: int, done: int, total: int) -> None:
        if job := self._jobs.get(key):
            job.file = replace(job.file, done=done, total=total)
            self._strip.show_documents(self._strip.documents, self._reading())

    @Slot(int, object)
    def _end(self, key: int, result: "ReadFile | str | None") -> None:
        job = self._jobs.pop(key, None)
        if job is None:  # cancelled
            return
        if isinstance(result, str):
            self._view.notices.tell(result)
        elif result is not None:
            if result.note:
                self._view.notices.tell(result.note)
            texts = {document.text for document in self._waiting}
            if job.chat_id is None and result.document.text not in texts:
                self._waiting += (result.document,)
        self.refresh()
        self.changed.emit()

    # What is on show

    @property
    def _chat_id(self) -> int | None:
        return None if self._conversation.chat is None else self._conversation.chat.id

    @Slot(object)
    def _begin_turn(self, event: TurnStarted) -> None:
        """The first question of a chat has taken along what waited for it."""
        if self._waiting and event.user_message.parent_id is None:
            with suppress(AppError):
                if tuple(self._store.documents(event.chat.id)) == self._waiting:
                    self._waiting = ()
        if event.chat.id == self._chat_id and not self._strip.is_reading:
            self._is_unfolded = False
            self._show_fold()

    @Slot()
    def refresh(self) -> None:
        """Show the documents of the chat on show."""
        chat_id = self._chat_id
        documents = self._waiting
        if chat_id is not None:
            try:
                documents = tuple(self._store.documents(chat_id))
            except AppError:  # the chat's own messages tell what is wrong
                documents = ()
        self._strip.show_documents(documents, self._reading())
        self._view.header.show_documents([document.name for document in documents])
        self._show_fold()

    def _reading(self) -> dict[int, FileInReading]:
        """What is on its way to the chat on show."""
        chat_id = self._chat_id
        return {key: job.file for key, job in self._jobs.items() if job.chat_id == chat_id}

    def _show_fold(self) -> None:
        strip = self._strip
        is_answering = self._conversation.answering_chat_id == self._chat_id
        has_begun = bool(self._conversation.branch) or (is_answering and self._chat_id is not None)
        is_open = not has_begun or self._is_unfolded or strip.is_reading
        strip.setVisible(is_open and (bool(strip.documents) or strip.is_reading))

    @Slot(object)
    def _show_outlook(self, outlook: Outlook | None) -> None:
        if outlook is None or len(outlook.documents) != len(self._strip.documents):
            return
        self._strip.show_counts(outlook.documents)
        speed = outlook.seconds_per_token or self._usual_speed
        is_known = speed is not None and outlook.reads is not None
        self._strip.show_cost(outlook.reads, speed * outlook.reads if is_known else None)

    def _find_usual_speed(self, model_name: str) -> None:
        """On the worker's thread: from before this start."""
        with suppress(AppError):
            self._usual_speed_found.emit(self._store.seconds_per_token(model_name))

    @Slot(object)
    def _set_usual_speed(self, seconds_per_token: float | None) -> None:
        self._usual_speed = seconds_per_token
