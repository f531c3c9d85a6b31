"""Bugs, of Python or of native code: in the log, and what can be told in one notice."""

import contextlib
import faulthandler
import logging
import sys
import threading
from collections.abc import Iterator
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.paths import DataPaths
from ui.main_window import MainWindow

logger = logging.getLogger(__name__)


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
def bugs_told(window: MainWindow) -> Iterator[None]:
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
def crashes_written(paths: DataPaths) -> Iterator[None]:
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
