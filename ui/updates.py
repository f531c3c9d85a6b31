"""“Check for updates”: asks once for each click, and tells the answer as a notice."""

import contextlib
import threading

from PySide6.QtCore import QObject, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices

from app.errors import AppError
from ui.notice import NoticeBar


class UpdateCheck(QObject):
    _ended = Signal(object)  # a pair of sentence and page, from another thread

    def __init__(self, notices: NoticeBar, parent: QObject) -> None:
        super().__init__(parent)
        self._notices = notices
        self._is_asking = False
        self._ended.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    @Slot()
    def check(self) -> None:
        """Ask the network, unless that is being done."""
        if not self._is_asking:
            self._is_asking = True
            threading.Thread(target=self._ask, name="updates", daemon=True).start()

    def _ask(self) -> None:
        from app.updates import is_newer, latest_release, release_source
        from app.version import eremo_version

        page = ""
        try:
            source = release_source()
            release = latest_release(source)
            if is_newer(release, eremo_version()):
                page = source.page
                sentence = self.tr("Eremo {version} has been released.").format(
                    version=release.version_text
                )
            else:
                sentence = self.tr("There is no newer Eremo.")
        except AppError as error:
            sentence = str(error)
        with contextlib.suppress(RuntimeError):  # the window is gone
            self._ended.emit((sentence, page))

    @Slot(object)
    def _tell(self, answer: tuple[str, str]) -> None:
        self._is_asking = False
        sentence, page = answer
        if page:
            self._notices.tell(
                sentence,
                action=self.tr("Open the download page"),
                run=lambda: QDesktopServices.openUrl(QUrl(page)),
            )
        else:
            self._notices.tell(sentence)
