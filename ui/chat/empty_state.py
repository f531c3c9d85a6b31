"""What stands in a chat's place before its first question, and where no model is installed."""

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ui import fonts
from ui.icons import pixmap
from ui.theme import Theme

_MARK_SIZE = 40
_MAX_WIDTH = 560
_EXAMPLE_PADDING_PX = 32


class _CentredPage(QWidget):
    """The mark, a title and a sentence in the middle; `below` is for what follows them."""

    def __init__(self, title: str, sentence: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._mark = QLabel()
        self.title, self.sentence = QLabel(title), QLabel(sentence)
        self.title.setObjectName("emptyTitle")
        self.sentence.setObjectName("emptySentence")
        self.sentence.setWordWrap(True)
        self.below = QVBoxLayout()
        self.below.setSpacing(16)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addStretch(2)
        for label, space in ((self._mark, 16), (self.title, 8), (self.sentence, 28)):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(label)
            column.addSpacing(space)
        column.addLayout(self.below)
        column.addStretch(3)
        middle = QWidget()
        middle.setMaximumWidth(fonts.scaled(_MAX_WIDTH))
        middle.setLayout(column)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(18, 0, 18, 0)
        layout.addStretch(1)
        layout.addWidget(middle, 1000)
        layout.addStretch(1)

    def apply_theme(self, theme: Theme) -> None:
        ratio = self.devicePixelRatioF()
        self._mark.setPixmap(pixmap("mark", theme.accent, fonts.scaled(_MARK_SIZE), ratio))


class EmptyState(_CentredPage):
    """An invitation with a few questions that even a small model can answer.

    Signals:
        example_chosen: the text of a question
    """

    example_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("What would you like to know?"), "", parent)
        self.show_temporary(False)
        examples = (
            self.tr("What is gravity?"),
            self.tr("List three fruits."),
            self.tr("Write a short thank-you note."),
            self.tr("How does a rainbow form?"),
        )
        self.examples = [self._example_button(text) for text in examples]
        grid = QGridLayout()
        grid.setSpacing(8)
        widths = [b.fontMetrics().horizontalAdvance(b.text()) for b in self.examples]
        room = (fonts.scaled(_MAX_WIDTH) - grid.spacing()) // 2 - _EXAMPLE_PADDING_PX
        columns = 2 if max(widths) <= room else 1
        for number, button in enumerate(self.examples):
            grid.addWidget(button, number // columns, number % columns)
        self.below.addLayout(grid)

    def show_temporary(self, is_temporary: bool) -> None:
        """Whether the chat that begins here is one of which nothing is kept."""
        self.sentence.setText(
            self.tr("Nothing of this temporary chat is on disk. It is gone when Eremo quits.")
            if is_temporary
            else self.tr("The answer is written on this machine, and stays here.")
        )

    def _example_button(self, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("kind", "example")
        button.clicked.connect(lambda: self.example_chosen.emit(text))
        return button


class NoModelState(_CentredPage):
    """Says how to add a model.

    Signals:
        retry_requested: a model may have been added
    """

    retry_requested = Signal()

    def __init__(self, models_dir: Path, parent: QWidget | None = None) -> None:
        super().__init__(
            self.tr("Eremo needs a model"),
            self.tr("Put a model in GGUF format into the models folder, then look again."),
            parent,
        )
        self.path = QLabel(str(models_dir))
        self.path.setObjectName("path")
        self.path.setTextFormat(Qt.TextFormat.PlainText)
        self.path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.path.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.path.setWordWrap(True)
        self.open_folder = QPushButton(self.tr("Open the models folder"))
        self.open_folder.setProperty("kind", "primary")
        self.look_again = QPushButton(self.tr("Look again"))
        self.look_again.setProperty("kind", "secondary")
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self.open_folder)
        buttons.addWidget(self.look_again)
        buttons.addStretch()
        self.below.addWidget(self.path)
        self.below.addLayout(buttons)
        url = QUrl.fromLocalFile(str(models_dir))
        self.open_folder.clicked.connect(lambda: QDesktopServices.openUrl(url))
        self.look_again.clicked.connect(self.retry_requested)
