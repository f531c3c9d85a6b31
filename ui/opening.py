"""Files that the desktop hands over: a model to answer with, or chats to add."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QFileOpenEvent

from app.errors import AppError
from app.settings import Settings
from ui.main_window import MainWindow


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
