"""The message that is sent when the answer has ended: a quiet line above the composer."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from ui.chat.clean_text import clean_text
from ui.chat.elided_label import ElidedLabel
from ui.mirroring import set_margins

_MAX_SHOWN = 300  # characters


class QueuedMessage(QFrame):
    """Signals:
    removed: the user takes it back
    """

    removed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._label = ElidedLabel()
        self.button = QPushButton(self.tr("Remove"))
        self.button.setProperty("kind", "quiet")
        self.button.setAccessibleName(self.tr("Remove the message that is sent next"))
        self.button.setToolTip(self.tr("Take it back into the field below"))
        self.button.clicked.connect(self.removed)
        layout = QHBoxLayout(self)
        set_margins(layout, 16, 4, 8, 4)
        layout.addWidget(self._label, 1)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.hide()

    def text(self) -> str:
        """What it says."""
        return self._label.accessibleName()

    def show_text(self, text: str) -> None:
        """Nothing is shown for "" ."""
        line = " ".join(clean_text(text[:_MAX_SHOWN]).split())
        self._label.set_text(self.tr("Sent next: {text}").format(text=line))
        self.setVisible(bool(text))
