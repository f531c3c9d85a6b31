"""The line that says that the context is nearly full, and what can be done about it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget


class LimitLine(QFrame):
    """Signals:
    branch_requested: the user wants to go on in a chat that begins with a summary
    """

    branch_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_held_back = False
        self._label = QLabel()
        self._label.setObjectName("limit")
        self._label.setWordWrap(True)
        self.button = QPushButton(self.tr("Branch with a summary"))
        self.button.setProperty("kind", "quiet")
        self.button.setToolTip(
            self.tr("Go on in a new chat that begins with a summary of this one, which stays.")
        )
        self.button.clicked.connect(self.branch_requested)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._label, 1)
        layout.addWidget(self.button)
        self.hide()

    def text(self) -> str:
        return self._label.text()

    def show_sentence(self, sentence: str, *, can_branch: bool) -> None:
        """Nothing is shown for "" ."""
        self._label.setText(sentence)
        self.button.setVisible(can_branch)
        self._update()

    def hold_back(self, is_held_back: bool) -> None:
        """While the summary is being written there is nothing to decide."""
        self._is_held_back = is_held_back
        self._update()

    def _update(self) -> None:
        self.setVisible(bool(self.text()) and not self._is_held_back)
