"""The one place where the window tells the user something: a short stack of closable sentences."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ui.icons import icon
from ui.mirroring import set_margins
from ui.sentences import translated
from ui.theme import LIGHT, Theme

_MAX_NOTICES = 3


class NoticeBar(QWidget):
    """Shows at most three notices, the newest last; a sentence that is on show isn't repeated."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        self.hide()

    def tell(
        self,
        sentence: str,
        *,
        action: str = "",
        run: Callable[[], None] | None = None,
        timeout_seconds: float | None = None,
    ) -> None:
        """Show a sentence and, if named, a button that does `run` and closes the notice.

        A sentence from below the window is translated here. A timeout is for what nobody has to
        read: it starts when the notice is shown.
        """
        sentence = translated(sentence)
        for notice in self._notices():
            if notice.sentence == sentence:
                self._close(notice)
        notice = Notice(sentence, action, self)
        notice.apply_theme(self._theme)
        notice.closed.connect(lambda: self._close(notice))
        if run is not None:
            notice.acted.connect(run)
        if timeout_seconds is not None:
            QTimer.singleShot(round(timeout_seconds * 1000), notice, notice.closed.emit)
        self.layout().addWidget(notice)
        for old in self._notices()[:-_MAX_NOTICES]:
            self._close(old)
        self.show()
        _announce(notice)

    def sentences(self) -> list[str]:
        return [notice.sentence for notice in self._notices()]

    def clear(self) -> None:
        for notice in self._notices():
            self._close(notice)

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        for notice in self._notices():
            notice.apply_theme(theme)

    def _notices(self) -> list["Notice"]:
        layout = self.layout()
        widgets = [layout.itemAt(i).widget() for i in range(layout.count())]
        return [widget for widget in widgets if isinstance(widget, Notice)]

    def _close(self, notice: "Notice") -> None:
        self.layout().removeWidget(notice)
        notice.hide()
        notice.deleteLater()
        self.setVisible(bool(self._notices()))


class Notice(QFrame):
    acted = Signal()
    closed = Signal()

    def __init__(self, sentence: str, action: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.sentence = sentence
        self.setObjectName("notice")
        self.setAccessibleName(sentence)
        label = QLabel(sentence)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        set_margins(layout, 16, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(label, 1)
        if action:
            self.button = QPushButton(action)
            self.button.setProperty("kind", "quiet")
            self.button.clicked.connect(self.acted)
            self.button.clicked.connect(self.closed)
            layout.addWidget(self.button)
        self.close_button = QToolButton()
        self.close_button.setAccessibleName(self.tr("Close the notice"))
        self.close_button.setToolTip(self.tr("Close"))
        self.close_button.clicked.connect(self.closed)
        layout.addWidget(self.close_button)

    def apply_theme(self, theme: Theme) -> None:
        self.close_button.setIcon(icon("close", theme.ink2))


def _announce(notice: Notice) -> None:
    QAccessible.updateAccessibility(QAccessibleEvent(notice, QAccessible.Event.Alert))
    spoken = QAccessibleAnnouncementEvent(notice, notice.sentence)
    spoken.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
    QAccessible.updateAccessibility(spoken)
