"""The text in the composer, kept for each chat: across a switch as it is, on disk a moment later.

Written on a thread of its own, since another program may hold the database. Knows no turn.
"""

import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from app.chats.model import Chat
from app.chats.new_chat import NewChatFile
from app.chats.store import ChatStore
from app.errors import AppError
from ui.chat.composer import Composer, Draft, draft_of

logger = logging.getLogger(__name__)

_SAVE_MS = 600  # after the first change that isn't saved: what a crash may lose


class Drafts(QObject):
    """Signals:
    failed: the sentence of a draft that can't be saved; told once
    """

    failed = Signal(str)
    _writing_failed = Signal(str)  # from the other thread

    def __init__(
        self,
        composer: Composer,
        store: ChatStore,
        new_chat: NewChatFile,
        written: Callable[[], Draft],
        waiting: Callable[[int | None], str],
        parent: QObject,
    ) -> None:
        """
        written: what the user has written, which isn't what is shown of earlier prompts.
        waiting: what waits in a chat for the end of its answer; at the next start it is a draft.
        """
        super().__init__(parent)
        self._composer = composer
        self._store = store
        self._new_chat = new_chat
        self._written = written
        self._waiting = waiting
        self._chat_id: int | None = None  # of the chat on show; None is a new one
        self._left: dict[int | None, Draft] = {None: draft_of(new_chat.value.draft)}
        self._saved: dict[int | None, str] = {None: new_chat.value.draft}
        self._has_failed = False
        self._worker: ThreadPoolExecutor | None = ThreadPoolExecutor(max_workers=1)
        self._timer = QTimer(self, interval=_SAVE_MS, singleShot=True)
        self._timer.timeout.connect(self.save)
        self._writing_failed.connect(self._tell, Qt.ConnectionType.QueuedConnection)
        composer.set_draft(self._left[None])
        composer.changed.connect(self._await_rest)

    def show(self, chat: Chat | None) -> None:
        """Put the draft of this chat into the composer, in the place of the other one's."""
        chat_id = None if chat is None else chat.id
        if chat_id == self._chat_id:
            return
        self.save()
        self._left[self._chat_id] = self._written()
        self._chat_id = chat_id
        self._left[chat_id] = self._of(chat_id)
        self._composer.set_draft(self._left[chat_id])
        self._timer.stop()  # nothing has changed

    def begin(self, chat: Chat) -> None:
        """The new chat on show is this chat now."""
        self._left[None] = Draft()
        self._chat_id = chat.id
        self._write(None)
        self.save()

    def take_sent(self, chat_id: int | None, text: str) -> None:
        """This text of a chat is stored as a message: it is no draft any more."""
        if chat_id != self._chat_id and self._of(chat_id).to_send() == text:
            self._left[chat_id] = Draft()
        self._write(chat_id)

    def move(self, chat_id: int, new_id: int) -> None:
        """The store has moved the draft of one chat to another one."""
        self._left[new_id] = self.written_in(chat_id)
        self._left[chat_id] = Draft()
        if chat_id == self._chat_id:
            self._composer.set_draft(Draft())
        self._write(chat_id)  # after what may still be on its way

    def written_in(self, chat_id: int | None) -> Draft:
        return self._written() if chat_id == self._chat_id else self._of(chat_id)

    @Slot()
    def save(self) -> None:
        self._timer.stop()
        self._write(self._chat_id)

    def flush(self) -> None:
        """Save, and wait until that is done."""
        self.save()
        if self._worker is not None:
            self._worker.submit(lambda: None).result()

    def close(self) -> None:
        """Save for the last time."""
        self.save()
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.shutdown()

    @Slot()
    def _await_rest(self) -> None:
        """Not put off by each key: who never rests would never be saved."""
        if self._worker is not None and not self._timer.isActive():
            self._timer.start()

    def _of(self, chat_id: int | None) -> Draft:
        """Of a chat that isn't on show."""
        if chat_id not in self._left:
            text = ""
            with contextlib.suppress(AppError):  # the chat itself tells what is wrong
                text = self._store.draft(chat_id)
            self._saved[chat_id] = text
            self._left[chat_id] = draft_of(text)
        return self._left[chat_id]

    def _write(self, chat_id: int | None) -> None:
        waiting, text = self._waiting(chat_id), self.written_in(chat_id).joined()
        text = "\n\n".join(filter(None, (waiting, text)))
        if self._worker is not None and self._saved.get(chat_id) != text:
            self._saved[chat_id] = text
            self._worker.submit(self._write_now, chat_id, text)

    def _write_now(self, chat_id: int | None, text: str) -> None:
        try:
            if chat_id is None:
                self._new_chat.change(draft=text)
            else:
                self._store.set_draft(chat_id, text)
        except AppError as error:
            if self._is_there(chat_id):
                logger.warning("a draft can't be saved", exc_info=True)
                self._writing_failed.emit(str(error))
        except Exception:
            logger.exception("bug while saving a draft")

    def _is_there(self, chat_id: int | None) -> bool:
        """A chat that is gone needs no draft."""
        try:
            return chat_id is None or chat_id in self._store.ids()
        except AppError:
            return True

    @Slot(str)
    def _tell(self, sentence: str) -> None:
        self._saved.clear()  # tried again with the next change
        if not self._has_failed:
            self._has_failed = True
            self.failed.emit(sentence)
