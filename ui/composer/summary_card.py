"""The summary of a conversation while it is written: how far it is, its text, and Stop."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ui import fonts
from ui.chat.clean_text import clean_text
from ui.chat.elided_label import ElidedLabel
from ui.mirroring import is_mirrored, set_margins

_TEXT_PX = 96


class SummaryCard(QFrame):
    """Signals:
    stop_requested
    """

    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._chat_title = ""
        self.title = ElidedLabel()
        self.progress = QProgressBar()
        self.progress.setRange(0, 100)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("How much of the conversation was read"))
        self.text = QPlainTextEdit()
        self.text.setObjectName("composerEdit")
        self.text.setReadOnly(True)
        self.text.document().setDocumentMargin(0)
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.text.setFont(fonts.interface())
        self.text.setFixedHeight(fonts.scaled(_TEXT_PX))
        self.text.setAccessibleName(self.tr("The summary so far"))
        self.text.setTabChangesFocus(True)
        self.stop = QPushButton(self.tr("Stop"))
        self.stop.setAccessibleName(self.tr("Stop the summary"))
        self.stop.setToolTip(self.tr("No chat is made, and nothing is changed."))
        self.stop.clicked.connect(self.stop_requested)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.stop)
        layout = QVBoxLayout(self)
        set_margins(layout, 16, 10, 10, 12)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.progress)
        layout.addWidget(self.text)
        self.hide()

    def begin(self, title: str) -> None:
        """`title`: of the chat that is summed up."""
        self._chat_title = title
        self.text.clear()
        self.show_progress(0, 1)
        self.show()

    def show_progress(self, done: int, total: int) -> None:
        """Of the conversation, in whatever unit."""
        percent = 100 * done // total if total else 0
        self.progress.setValue(percent)
        words = self.tr("Summing up “{title}” · {percent} % read")
        self.title.set_text(words.format(title=self._chat_title, percent=percent))

    def add_text(self, text: str, *, begins: bool) -> None:
        if begins:
            self.text.clear()
        cursor = self.text.textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(clean_text(text))
        bar = self.text.verticalScrollBar()
        bar.setValue(bar.maximum())
        # A space at the end of a line makes the text a little wider than it may be.
        across = self.text.horizontalScrollBar()
        across.setValue(across.maximum() if is_mirrored() else 0)
