"""The column beside the sidebar: header, conversation, notices, composer and status line.

Lays them out; what they say is decided in ui/conversation.py.
"""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inference.events import ModelInfo
from ui import fonts
from ui.amounts import number_text
from ui.chat.clean_text import clean_text, plain_lines
from ui.chat.composer import Composer
from ui.chat.elided_label import ElidedLabel
from ui.chat.empty_state import EmptyState, NoModelState
from ui.chat.queued_message import QueuedMessage
from ui.chat.transcript import Transcript
from ui.composer.limit_line import LimitLine
from ui.composer.summary_card import SummaryCard
from ui.documents.strip import DocumentStrip
from ui.icons import icon
from ui.notice import NoticeBar
from ui.status_line import StatusLine
from ui.theme import Theme

TEXT_WIDTH = 720
_MARGIN = 18
_HEADER_HEIGHT = 48
_MIN_PAGE = 90


class ChatView(QFrame):
    """Signals:
    sidebar_toggled: the user wants the sidebar shown or hidden
    inspector_toggled: the user wants the inspector shown or hidden
    """

    sidebar_toggled = Signal()
    inspector_toggled = Signal()

    def __init__(self, models_dir: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("column")
        self.header = Header()
        self.transcript = Transcript()
        self.empty = EmptyState()
        self.no_model = NoModelState(models_dir)
        self.notices = NoticeBar()
        self.queued = QueuedMessage()
        self.limit = LimitLine()
        self.summary = SummaryCard()
        self.documents = DocumentStrip()
        self.composer = Composer()
        self.status = StatusLine()
        self._pages = QStackedWidget()
        # What is being written goes before what an empty chat says of itself.
        self._pages.setMinimumHeight(fonts.scaled(_MIN_PAGE))
        for page in (self.empty, self.transcript, self.no_model):
            self._pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self._pages, 1)
        layout.addLayout(_centred(self._lay_out_foot()))
        self.header.toggle.clicked.connect(self.sidebar_toggled)
        self.header.inspector.clicked.connect(self.inspector_toggled)
        self.transcript.link_activated.connect(lambda url: QDesktopServices.openUrl(QUrl(url)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.composer.edit.fit_into(self.height())

    def show_page(self, page: QWidget) -> None:
        """One of `empty`, `transcript` and `no_model`."""
        self._pages.setCurrentWidget(page)

    def show_temporary(self, is_temporary: bool) -> None:
        """Whether the chat on show is one of which nothing is kept."""
        self.header.temporary.setVisible(is_temporary)
        self.empty.show_temporary(is_temporary)

    def apply_theme(self, theme: Theme) -> None:
        pages = self.transcript, self.empty, self.no_model
        for part in (self.header, *pages, self.notices, self.documents):
            part.apply_theme(theme)

    def _lay_out_foot(self) -> QWidget:
        foot = QWidget()
        layout = QVBoxLayout(foot)
        layout.setContentsMargins(0, 12, 0, 12)
        layout.setSpacing(10)
        parts = self.notices, self.summary, self.limit, self.queued
        parts += self.documents, self.composer, self.status
        for part in parts:
            layout.addWidget(part)
        return foot


class Header(QFrame):
    """The chat's title and the model that answers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("header")
        self.setFixedHeight(fonts.scaled(_HEADER_HEIGHT))
        self.toggle = QToolButton()
        self.toggle.setToolTip(self.tr("Show or hide the chats"))
        self.toggle.setAccessibleName(self.tr("Show or hide the chats"))
        self.inspector = QToolButton()
        self.inspector.setToolTip(self.tr("Show or hide the details"))
        self.inspector.setAccessibleName(self.tr("Show or hide the details"))
        self.title = ElidedLabel()
        self.title.setObjectName("chatTitle")
        if self.isRightToLeft():  # also a title in English
            flags = Qt.AlignmentFlag
            self.title.setAlignment(flags.AlignRight | flags.AlignAbsolute | flags.AlignVCenter)
        self.temporary = QLabel(self.tr("Temporary"))
        self.temporary.setObjectName("temporaryChip")
        self.temporary.setToolTip(
            self.tr("Nothing of this chat is on disk. It is gone when Eremo quits.")
        )
        self.temporary.hide()
        self.model = QPushButton()
        self.model.setObjectName("headerChip")
        self.model.setAccessibleName(self.tr("Choose a model"))
        self.model.hide()
        self.documents = QPushButton()
        self.documents.setObjectName("headerChip")
        self.documents.hide()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 0, 10, 0)
        layout.setSpacing(8)
        layout.addWidget(self.toggle)
        layout.addWidget(self.title, 1)
        layout.addWidget(self.temporary)
        layout.addWidget(self.documents)
        layout.addWidget(self.model)
        layout.addWidget(self.inspector)

    def show_documents(self, names: Sequence[str]) -> None:
        """Those of the chat on show."""
        shown = [clean_text(" ".join(name.split())) for name in names]
        self.documents.setVisible(bool(shown))
        self.documents.setText(self.tr("%Ln documents", "", len(shown)))
        self.documents.setAccessibleName(
            self.tr("Show or hide the documents: {names}").format(names=", ".join(shown))
        )
        lines = [self.tr("Show or hide the documents"), *shown]
        self.documents.setToolTip(plain_lines(lines))

    def show_model(self, name: str, info: ModelInfo) -> None:
        """`name` is the file's, whose author chose it to be read; `info.name` often isn't."""
        shown = f"{without_quantization(name, info.quantization)} · {info.quantization}"
        self.model.setText(shown)
        self.model.setAccessibleName(self.tr("Model {name}").format(name=shown))
        facts = self.tr(
            "{name}\n{parameters} million parameters, {size} MiB\nContext of {context} tokens"
        )
        self.model.setToolTip(
            facts.format(
                name=info.name,
                parameters=number_text(info.num_parameters / 1e6),
                size=number_text(info.size_bytes / 2**20),
                context=number_text(info.context_length),
            )
        )
        self.model.show()

    def show_next_model(self, name: str) -> None:
        """One that isn't loaded yet, but will be for the next question."""
        self.model.setText(without_quantization(name, ""))
        self.model.setAccessibleName(self.tr("Model {name}").format(name=name))
        self.model.setToolTip(self.tr("This chat's model. It is loaded with the next question."))
        self.model.show()

    def apply_theme(self, theme: Theme) -> None:
        self.toggle.setIcon(icon("sidebar", theme.ink2))
        self.inspector.setIcon(icon("inspector", theme.ink2))


def without_quantization(name: str, quantization: str) -> str:
    """A model's file name without its folder and the quantization that most end with."""
    stem = name.rpartition("/")[2]
    if quantization and stem.lower().endswith(quantization.lower()):
        return stem[: -len(quantization)].rstrip("-._ ") or stem
    return stem


def _centred(widget: QWidget) -> QHBoxLayout:
    """As wide as the text column at most, in the middle."""
    widget.setMaximumWidth(fonts.scaled(TEXT_WIDTH))
    layout = QHBoxLayout()
    layout.setContentsMargins(_MARGIN, 0, _MARGIN, 0)
    layout.addStretch(1)
    layout.addWidget(widget, 1000)
    layout.addStretch(1)
    return layout
