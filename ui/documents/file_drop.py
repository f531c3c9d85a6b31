"""Files that are dragged onto the conversation: a sheet over it says what a drop does."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QLabel, QWidget


class FileDrop(QLabel):
    """Lies over `target` while files are dragged over it.

    Signals:
        dropped: the paths, as a list
    """

    dropped = Signal(object)

    def __init__(self, target: QWidget) -> None:
        super().__init__(self.tr("Drop the files to attach them to this chat"), target)
        self._target = target
        self.setObjectName("fileDrop")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAcceptDrops(True)
        self.hide()
        target.setAcceptDrops(True)
        target.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_entered = watched is self._target and event.type() == QEvent.Type.DragEnter
        if is_entered and isinstance(event, QDragEnterEvent) and local_files(event.mimeData()):
            event.acceptProposedAction()
            self.setGeometry(self._target.rect())
            self.raise_()
            self.show()
            return True
        if watched is self._target and event.type() == QEvent.Type.Drop:
            self._take(event)
            return True
        return super().eventFilter(watched, event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_files(event.mimeData()):
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        del event
        self.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._take(event)

    def _take(self, event: QDropEvent) -> None:
        self.hide()
        if paths := local_files(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)  # nothing is moved away from its folder
            event.accept()
            self.dropped.emit(paths)


def local_files(mime: QMimeData) -> Sequence[Path]:
    """Those that are on this machine; nothing is fetched."""
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
