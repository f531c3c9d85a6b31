"""What the desktop hands over, at the start or later: a model to answer with, or chats to add."""

import logging
import os
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QFileSystemWatcher, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFileOpenEvent

from app.errors import AppError
from app.handover import make_requests_dir, take_requests
from app.paths import DataPaths
from app.settings import Settings
from ui.main_window import MainWindow

logger = logging.getLogger(__name__)

_LOOK_MS = 500  # where the system doesn't tell of new files


class FileEvents(QObject):
    """What macOS hands over, as the event filter of an application.

    Signals:
        opened: the Path of a file
    """

    opened = Signal(object)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent) and event.file():
            self.opened.emit(Path(event.file()))
            return True
        return super().eventFilter(watched, event)


class StartRequests(QObject):
    """What later starts of Eremo on the same data folder want of this window.

    Signals:
        requested: an app.handover.Request
    """

    requested = Signal(object)

    def __init__(self, paths: DataPaths, parent: QObject) -> None:
        super().__init__(parent)
        self._paths = paths
        self._is_open = False
        self._watcher = QFileSystemWatcher(self)
        self._watcher.directoryChanged.connect(self._look)
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self._look)

    @Slot()
    def open(self) -> None:
        """From now on; what has been waiting comes at once."""
        try:
            make_requests_dir(self._paths)
        except OSError:
            logger.warning("later starts can't hand files over", exc_info=True)
            return
        self._is_open = True
        if not self._watcher.addPath(str(self._paths.requests_dir)):
            self._timer.start()
        self._look()

    def close(self) -> None:
        self._is_open = False
        self._timer.stop()

    @Slot()
    def _look(self) -> None:
        if self._is_open:
            for request in take_requests(self._paths):
                self.requested.emit(request)


def bring_to_front(window: MainWindow, activation_token: str) -> None:
    """activation_token: of the desktop, for the start that asks for it; "" where there is none."""
    if activation_token:
        os.environ["XDG_ACTIVATION_TOKEN"] = activation_token  # Qt uses it up
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()


def opened_in(window: MainWindow, path: Path, settings: Settings) -> Settings:
    """Add the chats of a file, or return the settings with its model.

    What can't be opened is told in the window.
    """
    try:
        if path.suffix.lower() != ".json":
            return _with_model(path, settings)
        window.transfer.import_file(path)
    except AppError as error:
        window.notices.tell(str(error))
    return settings


def _with_model(path: Path, settings: Settings) -> Settings:
    from app.models.local import model_at

    name = str(model_at(path).path)
    paths = settings.model_paths
    return replace(settings, model=name, model_paths=paths if name in paths else (*paths, name))
