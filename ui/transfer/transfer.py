"""Chats to and from files: the dialogs, and the work beside the window, which can be cancelled."""

import logging
import re
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QProgressBar, QProgressDialog, QWidget

from app.chats.imports import Imported
from app.chats.store import ChatStore
from app.errors import AppError
from app.paths import DataPaths
from ui import fonts
from ui.notice import NoticeBar
from ui.sizes import size_text

logger = logging.getLogger(__name__)

SUFFIXES = (".md", ".html", ".json", ".pdf")
_PROPOSED = ".md"
_SHOWN_AFTER_MS = 300
_WIDTH = 400
_MAX_NAME = 80  # characters of a title in a file's name
_UNSAFE = re.compile(r'[\x00-\x1f\x7f\\/:*?"<>|]+')


class _CancelledError(Exception):
    pass


@dataclass(frozen=True, slots=True)
class _Written:
    path: Path
    size_bytes: int


class Transfer(QObject):
    """Signals:
    imported: the ids of the new chats
    """

    imported = Signal(object)
    _progressed = Signal(int, int)  # done, in total
    _ended = Signal(object)  # a _Written, an Imported, None, or the sentence of a failure

    def __init__(
        self, window: QWidget, notices: NoticeBar, store: ChatStore, paths: DataPaths
    ) -> None:
        super().__init__(window)
        self._window = window
        self._notices = notices
        self._store = store
        self._paths = paths
        self._folder = Path.home()  # where the user's files were last
        self._worker = ThreadPoolExecutor(max_workers=1)
        self._cancelled = threading.Event()
        self._dialog: QProgressDialog | None = None
        self._waiting: deque[Path] = deque()  # to be imported after what goes on
        queued = Qt.ConnectionType.QueuedConnection
        self._progressed.connect(self._show_progress, queued)
        self._ended.connect(self._end, queued)

    def close(self) -> None:
        self._waiting.clear()
        self._cancelled.set()
        self._worker.shutdown(cancel_futures=True)

    def export(self, chat_ids: Sequence[int]) -> None:
        """Ask for a file, and write these chats to it."""
        if not chat_ids or self._dialog is not None:
            return
        path, has_been_asked = self._ask_for_new_file(self._name_of(chat_ids))
        if path is not None:
            self._folder = path.parent
            words = self.tr("Writing {name}").format(name=path.name)
            self._begin(words, partial(self._export, list(chat_ids), path, has_been_asked))

    def export_all(self) -> None:
        """The same of all chats."""
        try:
            chat_ids = [chat.id for chat in self._store.chats()]
        except AppError as error:
            self._notices.tell(str(error))
            return
        if not chat_ids:
            self._notices.tell(self.tr("There are no chats to export yet."))
        self.export(chat_ids)

    @Slot()
    def import_chats(self) -> None:
        """Ask for a file, and add its chats."""
        if self._dialog is not None:
            return
        name, _ = QFileDialog.getOpenFileName(
            self._window,
            self.tr("Import chats of Eremo, ChatGPT or Open WebUI"),
            str(self._folder),
            self.tr("Exported chats (*.json);;All files (*)"),
        )
        if name:
            self.import_file(Path(name))

    def import_file(self, path: Path) -> None:
        """Add the chats of an exported file, after the export or import that is going on."""
        if self._dialog is not None:
            self._waiting.append(path)
            return
        self._folder = path.parent
        words = self.tr("Importing {name}").format(name=path.name)
        self._begin(words, partial(self._import, path))

    # Files

    def _name_of(self, chat_ids: Sequence[int]) -> str:
        title = ""
        if len(chat_ids) == 1:
            with suppress(AppError):
                title = self._store.chat(chat_ids[0]).title
        return file_name(title) or (self.tr("Chat") if len(chat_ids) == 1 else self.tr("Chats"))

    def _ask_for_new_file(self, name: str) -> tuple[Path | None, bool]:
        """None: nowhere; whether the user knows that a file there is replaced."""
        kinds = {
            f"{self.tr('Markdown')} (*.md)": ".md",
            f"{self.tr('Web page')} (*.html)": ".html",
            f"{self.tr('PDF')} (*.pdf)": ".pdf",
            f"{self.tr('Everything, for Eremo')} (*.json)": ".json",
        }
        chosen, kind = QFileDialog.getSaveFileName(
            self._window,
            self.tr("Export"),
            str(self._folder / f"{name}{_PROPOSED}"),
            ";;".join(kinds),
        )
        if not chosen:
            return None, False
        path, wanted = Path(chosen), kinds.get(kind, _PROPOSED)
        suffix = path.suffix.lower()
        is_typed = suffix in SUFFIXES and suffix != _PROPOSED  # and counts more than the kind
        if suffix == wanted or is_typed:
            return path, True
        stem = path.with_suffix("") if suffix in SUFFIXES else path
        return stem.with_name(f"{stem.name}{wanted}"), False

    # On the worker's thread

    def _export(self, chat_ids: list[int], path: Path, replace: bool) -> _Written:
        from app.chats.export import export_chats, format_of
        from ui.transfer.pdf import export_pdf

        if path.exists() and not path.is_dir() and not replace:
            raise AppError(
                self.tr("{path} is there already: choose another name.").format(path=path)
            )
        if path.suffix.lower() == ".pdf":
            export_pdf(self._store, chat_ids, path, self._step, self._cancelled.is_set)
        else:
            export_chats(
                self._store, chat_ids, path, format_of(path), replace=True, step=self._step
            )
        return _Written(path, path.stat().st_size)

    def _import(self, path: Path) -> Imported | None:
        from app.chats.import_beside import import_beside

        return import_beside(
            self._paths.database_file, path, self._progressed.emit, self._cancelled.is_set
        )

    def _step(self, done: int, total: int) -> None:
        if self._cancelled.is_set():
            raise _CancelledError
        self._progressed.emit(done, total)

    def _run(self, work: Callable[[], _Written | Imported | None]) -> None:
        result: _Written | Imported | str | None = None
        try:
            result = work()
        except AppError as error:
            result = str(error)
        except _CancelledError:
            pass
        except Exception:  # a bug; without this the dialog would stay
            logger.exception("bug while chats were written or read")
            result = self.tr("Something went wrong inside Eremo. The log says more.")
        self._ended.emit(result)

    # On show

    def _begin(self, words: str, work: Callable[[], _Written | Imported | None]) -> None:
        self._cancelled.clear()
        dialog = QProgressDialog(words, self.tr("Cancel"), 0, 0, self._window)
        bar = QProgressBar(dialog)
        bar.setTextVisible(False)
        bar.setAccessibleName(words)
        dialog.setBar(bar)
        dialog.setMinimumWidth(fonts.scaled(_WIDTH))
        dialog.setWindowTitle(self.tr("Chats and files"))
        dialog.setWindowModality(Qt.WindowModality.WindowModal)
        dialog.setMinimumDuration(_SHOWN_AFTER_MS)
        dialog.setAutoClose(False)
        dialog.setAutoReset(False)
        dialog.canceled.connect(self._cancel)
        self._dialog = dialog
        self._worker.submit(self._run, work)

    @Slot()
    def _cancel(self) -> None:
        self._cancelled.set()

    @Slot(int, int)
    def _show_progress(self, done: int, total: int) -> None:
        if self._dialog is not None and not self._cancelled.is_set():
            self._dialog.setMaximum(max(total, 0))
            self._dialog.setValue(min(done, max(total, 0)))

    @Slot(object)
    def _end(self, result: _Written | Imported | str | None) -> None:
        if self._dialog is not None:
            self._dialog.canceled.disconnect(self._cancel)
            self._dialog.close()
            self._dialog.deleteLater()
            self._dialog = None
        match result:
            case str():
                self._notices.tell(result)
            case Imported():
                self._tell_imported(result)
            case _Written(path, size_bytes):
                words = self.tr("{name} was written ({size}).")
                self._notices.tell(
                    words.format(name=path.name, size=size_text(size_bytes)),
                    action=self.tr("Show the folder"),
                    run=partial(QDesktopServices.openUrl, QUrl.fromLocalFile(str(path.parent))),
                )
        if self._waiting:
            self.import_file(self._waiting.popleft())

    def _tell_imported(self, imported: Imported) -> None:
        number = len(imported.chat_ids)
        words = self.tr("%Ln chats were imported.", "", number)
        self._notices.tell(" ".join(filter(None, (words, imported.note))))
        self.imported.emit(imported.chat_ids)


def file_name(title: str) -> str:
    """A title as the name of a file that every system takes; "" where nothing is left of it."""
    return " ".join(_UNSAFE.sub(" ", title).split())[:_MAX_NAME].strip(" .")
