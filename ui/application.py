"""Opens the window, connects it with the engine, and closes everything in order.

The data folder's lock is the caller's, and so is where the log goes.
"""

import contextlib
import faulthandler
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType

from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    Qt,
    QTimer,
    QtMsgType,
    Signal,
    Slot,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication, QMessageBox

from app.chats.store import ChatStore
from app.errors import AppError
from app.paths import DataPaths
from app.settings import SettingsFile
from ui import fonts
from ui.engine_thread import EngineThread
from ui.icons import icon
from ui.main_window import MainWindow
from ui.theme import current, palette, stylesheet

logger = logging.getLogger(__name__)

_CLOSE_SECONDS = 5.0
_SAVE_STATE_MS = 1000
_SIGNAL_POLL_MS = 250


def run_window(paths: DataPaths) -> int:
    """Show the window until it is closed; returns the exit code.

    What can go wrong before there is a window is told in a plain dialog and on stderr.
    """
    qInstallMessageHandler(_log_qt_message)
    application = make_application()
    try:
        with _crashes_written(paths), ChatStore(paths.database_file) as store:
            return Session(application, store, paths).run()
    except AppError as error:
        tell_without_window(str(error))
        return 1


def make_application() -> QApplication:
    application = QApplication(sys.argv[:1])
    application.setApplicationName("eremo")
    application.setApplicationDisplayName("Eremo")
    application.setDesktopFileName("eremo")
    application.setStyle("Fusion")
    application.setWindowIcon(icon("eremo", "", 64))
    fonts.load()
    application.setFont(fonts.interface())
    return application


def tell_without_window(sentence: str) -> None:
    _write_error(sentence)
    QMessageBox.critical(None, "Eremo", sentence)


class Session:
    """One run of the window: what connects it with the engine, the settings and the system.

    Raises:
        AppError: the chats can't be read.
    """

    def __init__(self, application: QApplication, store: ChatStore, paths: DataPaths) -> None:
        self._application = application
        self._store = store
        self._paths = paths
        self._settings_file = SettingsFile(paths.settings_file)
        self._settings = self._settings_file.load()
        self._thread: EngineThread | None = None
        self.window = MainWindow(store, self._settings, paths)
        self.window.model_wanted.connect(self.start_engine)
        # Saved as soon as another chat is on show, so that a crash doesn't forget which.
        self._state_timer = QTimer(self.window, interval=_SAVE_STATE_MS, singleShot=True)
        self._state_timer.timeout.connect(self.save_state)
        self.window.conversation.chat_shown.connect(lambda: self._state_timer.start())
        application.styleHints().colorSchemeChanged.connect(self.apply_theme)
        self.apply_theme()
        for problem in self._settings_file.problems:
            self.window.notices.tell(problem)

    def run(self) -> int:
        """What is slow comes after the window is on show."""
        self.window.show()
        QTimer.singleShot(0, self.window, self.start_engine)
        QTimer.singleShot(0, self.window, self._purge)
        with _bugs_told(self.window), _ended_by_signals(self._application):
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

        if self._thread is not None:
            return
        try:
            model = find_model(self._settings.model, self._paths)
        except AppError as error:
            self.window.conversation.set_has_model(False)
            if self._settings.model:
                self.window.notices.tell(str(error))
            return
        options = load_options(self._settings, self._paths)
        engine = EngineProcess(engine_factory(model.path, options))
        self._thread = EngineThread(Assistant(self._store, engine))
        self.window.conversation.set_has_model(True)
        self.window.conversation.attach(self._thread, model.id)
        self._thread.start()
        self._thread.load()

    def save_state(self) -> None:
        """How the window has to look at the next start."""
        try:
            self._settings_file.save(replace(self._settings, window=self.window.state()))
        except AppError:
            logger.warning("the window's state can't be saved", exc_info=True)

    def close(self) -> None:
        """Save how the window was left, stop the answer, end the engine."""
        self.window.hide()
        self.save_state()
        if self._thread is not None and not self._thread.close(_CLOSE_SECONDS):
            logger.error("the engine's thread doesn't end")
            logging.shutdown()
            os._exit(1)  # Qt would abort, and everything is saved by now

    def _purge(self) -> None:
        """Chats that were deleted a while ago are removed for good."""
        from app.kept_state import tidy_states

        try:
            self._store.purge_deleted()
            tidy_states(self._settings, self._paths, self._store.ids())
        except AppError:
            logger.warning("deleted chats can't be removed", exc_info=True)


class _BugReporter(QObject):
    """Brings a bug from whichever thread to the window's notices."""

    happened = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.happened.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def report(
        self,
        kind: type[BaseException],
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None or issubclass(kind, KeyboardInterrupt):
            return
        logger.critical("bug", exc_info=(kind, error, traceback))
        self.happened.emit()

    @Slot()
    def _tell(self) -> None:
        self._window.notices.tell(self.tr("Something went wrong inside Eremo. The log says more."))


@contextlib.contextmanager
def _bugs_told(window: MainWindow) -> Iterator[None]:
    """What nobody caught goes to the log and to one notice."""
    reporter = _BugReporter(window)
    hook, thread_hook = sys.excepthook, threading.excepthook
    sys.excepthook = reporter.report
    threading.excepthook = lambda args: reporter.report(
        args.exc_type, args.exc_value, args.exc_traceback
    )
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = hook, thread_hook


@contextlib.contextmanager
def _ended_by_signals(application: QApplication) -> Iterator[None]:
    """Ctrl-C and a polite kill close the window as the user would."""
    timer = QTimer(application, interval=_SIGNAL_POLL_MS)
    timer.timeout.connect(lambda: None)  # Python sees signals only while it runs
    timer.start()
    old = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in old:
        signal.signal(number, lambda *_: application.quit())
    try:
        yield
    finally:
        timer.stop()
        for number, handler in old.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _crashes_written(paths: DataPaths) -> Iterator[None]:
    """If native code brings the process down, logs/crash.log says where it was."""
    with contextlib.ExitStack() as stack:
        try:
            file = (paths.logs_dir / "crash.log").open("a", encoding="utf-8")
        except OSError:
            logger.warning("crashes can't be written", exc_info=True)
        else:
            stack.enter_context(file)
            faulthandler.enable(file)
            stack.callback(faulthandler.disable)
        yield


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
