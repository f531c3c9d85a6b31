"""Opens the window, connects it with the engine, and closes everything in order.

The data folder's lock is the caller's, and so is where the log goes.
"""

import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    QTimer,
    QtMsgType,
    Signal,
    Slot,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication, QMessageBox

from app.chats.model import Chat
from app.chats.temporary import Chats
from app.errors import AppError
from app.handover import Request
from app.paths import DataPaths
from app.settings import Settings, SettingsFile
from ui import fonts, languages
from ui.bugs import bugs_told, crashes_written
from ui.engine_thread import EngineThread
from ui.garbage import collected_by
from ui.icons import icon
from ui.main_window import MainWindow
from ui.opening import FileEvents, StartRequests, bring_to_front, opened_in
from ui.self_check import begin_self_check
from ui.sentences import translated
from ui.theme import current, palette, stylesheet

if TYPE_CHECKING:
    from ui.settings.dialog import SettingsDialog

logger = logging.getLogger(__name__)

_CLOSE_SECONDS = 5.0
_SAVE_STATE_MS = 1000
_SIGNAL_POLL_MS = 250
_RESTART_MS = 600  # after the last change that the model has to be loaded again for
_OFFER_SECONDS = 20.0
_OF_THE_ENGINE = (
    *("model", "threads", "device", "context_length"),
    *("keep_packed_weights", "keep_state", "state_ram_mib", "state_disk_mib"),
)


def run_window(paths: DataPaths, files: Sequence[Path] = ()) -> int:
    """Show the window until it is closed; returns the exit code.

    files: models or chats to open at once.
    What can go wrong before there is a window is told in a plain dialog and on stderr.
    """
    qInstallMessageHandler(_log_qt_message)
    application = make_application()
    try:
        with (
            crashes_written(paths),
            collected_by(application),
            Chats(paths.database_file) as store,
        ):
            return Session(application, store, paths).run(files)
    except AppError as error:
        tell_without_window(str(error))
        return 1


def make_application() -> QApplication:
    application = QApplication(sys.argv[:1])
    application.setApplicationName("eremo")
    application.setApplicationDisplayName("Eremo")
    application.setDesktopFileName("org.eremo.Eremo")
    application.setStyle("Fusion")
    application.setWindowIcon(icon("eremo", "", 64))
    languages.install(application, languages.SYSTEM)
    fonts.load()
    application.setFont(fonts.interface())
    return application


def tell_without_window(sentence: str) -> None:
    _write_error(sentence)
    QMessageBox.critical(None, "Eremo", translated(sentence))


class Session(QObject):
    """One run of the window: what connects it with the engine, the settings and the system.

    Signals:
        window_made_again: `window` is another one now

    Raises:
        AppError: the chats can't be read.
    """

    window_made_again = Signal()

    def __init__(self, application: QApplication, store: Chats, paths: DataPaths) -> None:
        super().__init__()
        self._application = application
        self._store = store
        self._paths = paths
        self._settings_file = SettingsFile(paths.settings_file)
        self._settings = self._settings_file.load()
        self._thread: EngineThread | None = None
        self._ending: EngineThread | None = None  # closes the model before the next one is loaded
        self._model_name = ""
        self._model_asked = ""  # the name that it was found by
        self._chat_model: str | None = None  # of the chat that goes on; None: as the settings say
        self._dialog: SettingsDialog | None = None
        self._wanted: set[str] = set()  # what waits for the end of an answer: "model", "window"
        languages.install(application, self._settings.language)
        fonts.set_text_size(self._settings.text_size)
        application.setFont(fonts.interface())
        # Saved as soon as another chat is on show, so that a crash doesn't forget which.
        self._state_timer = QTimer(interval=_SAVE_STATE_MS, singleShot=True)
        self._state_timer.timeout.connect(self.save_state)
        self._restart_timer = QTimer(interval=_RESTART_MS, singleShot=True)
        self._restart_timer.timeout.connect(self.restart_engine)
        self.window = self._make_window()
        self._file_events = FileEvents()
        self._file_events.opened.connect(self.open_file)
        application.installEventFilter(self._file_events)
        self._start_requests = StartRequests(paths, self)
        self._start_requests.requested.connect(self._obey)
        hints = application.styleHints()
        hints.colorSchemeChanged.connect(self.apply_theme)
        hints.accessibility().contrastPreferenceChanged.connect(self.apply_theme)
        self.apply_theme()
        for problem in self._settings_file.problems:
            self.window.notices.tell(problem)

    def _make_window(self) -> MainWindow:
        window = MainWindow(self._store, self._settings, self._paths)
        window.model_wanted.connect(self.start_engine)
        window.settings_requested.connect(self.open_settings)
        window.text_size_requested.connect(self._change_text_size)
        window.conversation.models.needed.connect(self._switch_model)
        window.conversation.chat_shown.connect(lambda: self._state_timer.start())
        window.conversation.chat_shown.connect(self._offer_model)
        window.conversation.chats_changed.connect(self._do_what_waits)
        return window

    def run(self, files: Sequence[Path] = ()) -> int:
        """What is slow comes after the window is on show. `files` are opened first."""
        for file in files:
            self.open_file(file)
        self._restart_timer.stop()  # nothing has been started yet
        begin_self_check(self.window)
        self.window.show()
        QTimer.singleShot(0, self.window, self.start_engine)
        QTimer.singleShot(0, self.window, self._purge)
        QTimer.singleShot(0, self, self._start_requests.open)
        with bugs_told(self.window), _ended_by_signals(self._application):
            try:
                return self._application.exec()
            finally:
                self.close()

    def apply_theme(self) -> None:
        theme = current(self._settings.theme)
        self._application.setPalette(palette(theme))
        self._application.setStyleSheet(stylesheet(theme))
        self.window.apply_theme(theme)

    def start_engine(self) -> None:
        """Load the model, if there is one. The first paint needn't wait for the imports."""
        from app.assistant import Assistant
        from app.engines import engine_factory, load_options
        from app.models.local import find_model
        from inference.process import EngineProcess

        if self._thread is not None or self._ending is not None:
            return
        asked = self._settings.model if self._chat_model is None else self._chat_model
        try:
            model = find_model(asked, self._paths)
        except AppError as error:
            self.window.conversation.set_has_model(False)
            if asked:
                self.window.conversation.refuse_model(str(error))
            return
        options = load_options(self._settings, self._paths)
        engine = EngineProcess(engine_factory(model.path, options))
        self._thread = EngineThread(Assistant(self._store, engine))
        self.window.conversation.set_has_model(True)
        self._model_name, self._model_asked = model.id, asked
        self._attach(self._thread)
        self._thread.start()
        self._thread.load()

    def restart_engine(self) -> None:
        """As the settings want it now. The old model's process ends before another one loads."""
        self._wanted.discard("model")
        if self._ending is not None:
            return
        if self._thread is None:
            self.start_engine()
        elif self.window.conversation.answering_chat_id is not None:
            self._wanted.add("model")
        else:
            self._ending, self._thread = self._thread, None
            self.window.detach()
            self._ending.finished.connect(self._start_after)
            self._ending.close_soon()

    @Slot()
    def _start_after(self) -> None:
        ended, self._ending = self._ending, None
        if ended is not None:
            ended.wait(round(_CLOSE_SECONDS * 1000))  # without a timeout it would hold the GIL
            ended.deleteLater()
            self.start_engine()

    @Slot(str)
    def _switch_model(self, asked: str) -> None:
        """To that of the chat that goes on, unless it is the one in use by another name."""
        from app.models.local import find_model

        try:
            model = find_model(asked, self._paths)
        except AppError as error:
            self.window.conversation.refuse_model(str(error))
            return
        self._chat_model = asked
        if self._thread is not None and model.id == self._model_name:
            self._model_asked = asked
            self.window.conversation.use_attached(asked)
        else:
            self.restart_engine()

    def _attach(self, thread: EngineThread) -> None:
        self.window.attach(thread, self._model_name, self._model_asked)
        if self._dialog is not None:
            self._dialog.attach(thread, self._model_name)

    @Slot(str)
    def open_settings(self, page: str) -> None:
        """The page of that name; "" for the one on show, or the first."""
        from ui.settings.dialog import SettingsDialog

        if self._dialog is None:
            dialog = SettingsDialog(self._settings, self._paths, self.window.shortcuts, self.window)
            dialog.show_settings(self._settings, self._model_name)
            dialog.changed.connect(self.change)
            dialog.prompts_requested.connect(self.window.composing.open_prompts)
            dialog.finished.connect(self._forget_dialog)
            self._dialog = dialog
            if self._thread is not None:
                dialog.attach(self._thread, self._model_name)
        if page:
            self._dialog.show_page(page)
        if self._dialog.isVisible():
            self._dialog.raise_()
            self._dialog.activateWindow()
        self._dialog.show()

    @Slot()
    def _forget_dialog(self) -> None:
        self._dialog = None

    @Slot(object)
    def change(self, settings: Settings) -> None:
        """Apply other settings at once, and save them."""
        old, self._settings = self._settings, settings
        if settings.model != old.model:
            self._chat_model = None
        self.window.set_settings(settings)
        if settings.shortcuts != old.shortcuts:
            self.window.shortcuts.apply(settings.shortcuts)
        if settings.theme != old.theme:
            self.apply_theme()
        if settings.model_paths != old.model_paths and self._dialog is not None:
            self._dialog.show_settings(settings, self._model_name)
        if any(getattr(settings, name) != getattr(old, name) for name in _OF_THE_ENGINE):
            self._restart_timer.start()
        if (settings.text_size, settings.language) != (old.text_size, old.language):
            self._wanted.add("window")
            QTimer.singleShot(0, self.window, self._do_what_waits)
        try:
            self._settings_file.save(self._settings)
        except AppError as error:
            self.window.notices.tell(str(error))

    @Slot(int)
    def _change_text_size(self, step: int) -> None:
        sizes = sorted({*fonts.TEXT_SIZES, self._settings.text_size})
        index = sizes.index(self._settings.text_size) + step
        size = sizes[min(max(index, 0), len(sizes) - 1)] if step else Settings.text_size
        self.change(replace(self._settings, text_size=size))

    @Slot()
    def _do_what_waits(self) -> None:
        if self.window.conversation.answering_chat_id is not None:
            return
        if "window" in self._wanted:
            self._wanted.discard("window")
            QTimer.singleShot(0, self.window, self._make_window_again)
        if "model" in self._wanted:
            self.restart_engine()

    def _make_window_again(self) -> None:
        """In another text size or language. Everything is worded and measured when it is made."""
        if self.window.conversation.answering_chat_id is not None:
            self._wanted.add("window")
            return
        page = None if self._dialog is None else self._dialog.page
        old = self.window
        old.conversation.drafts.flush()
        self._settings = replace(self._settings, window=old.state())
        languages.install(self._application, self._settings.language)
        fonts.set_text_size(self._settings.text_size)
        self._application.setFont(fonts.interface())
        self.window = self._make_window()
        self.apply_theme()
        if (chat := old.conversation.chat) is not None and chat.is_temporary:
            self.window.conversation.show_chat(chat.id)  # which no state remembers
        self.window.attachments.take_over(old.attachments)
        self.window.show()
        if self._dialog is not None:
            self._dialog.reject()
        old.hide()
        old.close()
        old.deleteLater()
        if self._thread is not None:
            self.window.attach(self._thread, self._model_name, self._model_asked)
            self._thread.load()  # tells the new window of the model
        if page is not None:
            self.open_settings(page)
        self.window_made_again.emit()

    @Slot(object)
    def _offer_model(self, chat: Chat | None) -> None:
        """A chat that another model has answered can go on with that one."""
        from app.models.local import installed_models

        if chat is None or chat.model or not self.window.conversation.has_its_model:
            return
        answers = reversed(self.window.conversation.branch)
        name = next((message.model for message in answers if message.model), "")
        if not name or not self._model_name or name == self._model_name:
            return
        for model in installed_models(self._paths, self._settings.model_paths):
            if name in (model.id, model.path.stem):
                self.window.notices.tell(
                    self.tr("This chat was answered by {model}.").format(model=name),
                    action=self.tr("Use it again"),
                    run=partial(self.window.conversation.set_model, chat.id, model.id),
                    timeout_seconds=_OFFER_SECONDS,
                )
                return

    @Slot(object)
    def open_file(self, path: Path) -> None:
        """A model to use from now on, or chats to add."""
        settings = opened_in(self.window, path, self._settings)
        if settings != self._settings:
            self.change(settings)

    @Slot(object)
    def _obey(self, request: Request) -> None:
        """Of a start of Eremo while this window is open."""
        bring_to_front(self.window, request.activation_token)
        for path in request.files:
            self.open_file(path)

    def save_state(self) -> None:
        """How the window has to look at the next start."""
        try:
            self._settings_file.save(replace(self._settings, window=self.window.state()))
        except AppError:
            logger.warning("the window's state can't be saved", exc_info=True)

    def close(self) -> None:
        """Save how the window was left, stop the answer, end the engine."""
        self._start_requests.close()
        self.window.hide()
        if self._dialog is not None:
            self._dialog.reject()
        self._state_timer.stop()
        self._restart_timer.stop()
        self.save_state()
        self.window.transfer.close()
        self.window.attachments.close()
        self.window.inspection.close()
        self.window.conversation.close()
        threads = [thread for thread in (self._thread, self._ending) if thread is not None]
        self._thread = self._ending = None
        ended = [thread.close(_CLOSE_SECONDS) for thread in threads]
        if not all(ended):
            logger.error("the engine's thread doesn't end")
            logging.shutdown()
            os._exit(1)  # Qt would abort, and everything is saved by now

    def _purge(self) -> None:
        """Chats that were deleted a while ago are removed for good, with what was read of them."""
        from app.kept_state import tidy_states

        try:
            self._store.purge_deleted()
            chat_ids = self._store.ids()
        except AppError:
            logger.warning("deleted chats can't be removed", exc_info=True)
            return
        # Another process may be writing states: the window needn't wait for it.
        tidy = partial(tidy_states, self._settings, self._paths, chat_ids)
        threading.Thread(target=tidy, name="tidy-states", daemon=True).start()


@contextlib.contextmanager
def _ended_by_signals(application: QApplication) -> Iterator[None]:
    """Ctrl-C and a polite kill close the window as the user would, but nobody is asked anything."""
    timer = QTimer(application, interval=_SIGNAL_POLL_MS)
    timer.timeout.connect(lambda: None)  # Python sees signals only while it runs
    timer.start()
    old = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in old:
        signal.signal(number, lambda *_: application.exit())
    try:
        yield
    finally:
        timer.stop()
        for number, handler in old.items():
            signal.signal(number, handler)


def _log_qt_message(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    levels = {
        QtMsgType.QtDebugMsg: logging.DEBUG,
        QtMsgType.QtInfoMsg: logging.INFO,
        QtMsgType.QtWarningMsg: logging.WARNING,
    }
    logging.getLogger("qt").log(levels.get(kind, logging.ERROR), "%s", text)
    if kind == QtMsgType.QtFatalMsg:  # Qt ends the process now
        _write_error(f"The window can't be opened: {text}")


def _write_error(sentence: str) -> None:
    if sys.stderr is not None:  # a Windows application has none
        sys.stderr.write(f"eremo: {sentence}\n")
