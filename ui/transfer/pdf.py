"""Chats as a PDF, written by a process of its own: to lay out a long one takes its time."""

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.chats.export import Step, shown_chat, stepped
from app.chats.store import ChatStore
from app.errors import AppError, writing_failed
from app.watched_process import Limits, WorkFailedError, messages_of
from inference.formats.whole_file import whole_file
from ui.transfer.pdf_child import PagesDone, WritingFailed, write_pages

LIMITS = Limits(num_bytes=4 << 30, silent_seconds=600.0, seconds=3600.0)


def export_pdf(
    store: ChatStore,
    chat_ids: Sequence[int],
    path: Path,
    step: Step,
    cancelled: Callable[[], bool],
) -> None:
    """Write the branches on show to a file, which is there whole or not at all.

    Raises:
        AppError: a chat isn't there, or the file can't be written.
    """
    shown = [shown_chat(store, chat_id) for chat_id in stepped(chat_ids, lambda *_: None)]
    try:
        with whole_file(path) as unfinished:
            unfinished.touch()
            with closing(
                messages_of(write_pages, shown, str(unfinished), limits=LIMITS, cancelled=cancelled)
            ) as messages:
                _follow(messages, path, step)
            if cancelled():
                step(0, 0)
    except OSError as error:
        raise writing_failed(path, error) from error


def _follow(messages: object, path: Path, step: Step) -> None:
    try:
        for message in messages:
            match message:
                case PagesDone(done, total):
                    step(done, total)
                case WritingFailed():
                    raise AppError(_failed(path))
    except WorkFailedError as error:
        raise AppError(_failed(path)) from error


def _failed(path: Path) -> str:
    words = QCoreApplication.translate(
        "Transfer", "{path} couldn't be written: choose another format, or fewer chats."
    )
    return words.format(path=path)
