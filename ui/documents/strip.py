"""The documents of the chat on show, above the composer. Knows neither files nor the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.documents.model import Document
from ui import fonts
from ui.amounts import number_text, seconds_text, tokens_text
from ui.documents.chip import DocumentChip
from ui.documents.flow_layout import FlowLayout
from ui.languages import tr
from ui.theme import LIGHT, Theme

_MAX_HEIGHT = 132  # of the chips; more of them scroll
_SPACING = 8


@dataclass(frozen=True, slots=True)
class FileInReading:
    name: str
    done: int = 0  # pages
    total: int = 0  # 0: not known


class DocumentStrip(QWidget):
    """Signals:
    removed: the Document that the user takes out of the chat
    new_chat_requested: the Document that a new chat is to be about
    cancelled: the key of a file that needn't be read any more
    """

    removed = Signal(object)
    new_chat_requested = Signal(object)
    cancelled = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._documents: Sequence[Document] = ()
        self._counts: Sequence[int] = ()
        self._reading: Mapping[int, FileInReading] = {}
        self.cost = QLabel()
        self.cost.setObjectName("hint")
        self.cost.setWordWrap(True)
        self.cost.hide()
        self._page = QWidget()
        self._page.setObjectName("plain")
        self._flow = FlowLayout(self._page, _SPACING)
        self._area = _ChipArea(self._page)
        self._area.setAccessibleName(self.tr("Documents of this chat"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._area)
        layout.addWidget(self.cost)
        self.hide()

    @property
    def documents(self) -> Sequence[Document]:
        return self._documents

    @property
    def is_reading(self) -> bool:
        """Whether a file of this chat isn't read to its end yet."""
        return bool(self._reading)

    def chips(self) -> list[DocumentChip]:
        return [self._flow.itemAt(index).widget() for index in range(self._flow.count())]

    def show_documents(
        self, documents: Sequence[Document], reading: Mapping[int, FileInReading]
    ) -> None:
        """reading: files on their way to this chat, by a key."""
        if tuple(documents) != tuple(self._documents):
            self._counts = ()
            self.show_cost(None, None)
        if (documents, list(reading)) != (self._documents, list(self._reading)):
            self._documents, self._reading = documents, dict(reading)
            self._make_chips()
        self._reading = dict(reading)
        self._show_facts()

    def show_counts(self, counts: Sequence[int]) -> None:
        """The tokens of each document; none while they aren't known."""
        self._counts = counts if len(counts) == len(self._documents) else ()
        self._show_facts()

    def show_cost(self, num_tokens: int | None, seconds: float | None) -> None:
        """What has to be read before the next answer; None where it isn't known."""
        words = ""
        if num_tokens == 0:
            words = self.tr("Ready: nothing of this has to be read again.")
        elif num_tokens is not None and seconds is None:
            words = self.tr("Before the answer {tokens} are read.")
        elif num_tokens is not None and seconds is not None:
            words = self.tr("Before the answer {tokens} are read, in about {time}.")
        time = "" if seconds is None else seconds_text(seconds)
        self.cost.setText(words.format(tokens=tokens_text(num_tokens or 0), time=time))
        self.cost.setVisible(bool(words) and bool(self._documents))

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        for chip in self.chips():
            chip.apply_theme(theme)

    def _make_chips(self) -> None:
        while item := self._flow.takeAt(0):
            item.widget().hide()
            item.widget().deleteLater()
        for document in self._documents:
            chip = self._add_chip(document.name)
            chip.removed.connect(lambda document=document: self.removed.emit(document))
            chip.new_chat_requested.connect(
                lambda document=document: self.new_chat_requested.emit(document)
            )
        for key, file in self._reading.items():
            chip = self._add_chip(file.name)
            chip.set_is_being_read()
            chip.removed.connect(lambda key=key: self.cancelled.emit(key))

    def _add_chip(self, name: str) -> DocumentChip:
        chip = DocumentChip(name, self._page)
        chip.apply_theme(self._theme)
        self._flow.addWidget(chip)
        chip.show()
        return chip

    def _show_facts(self) -> None:
        counts = self._counts or [None] * len(self._documents)
        facts = [
            facts_of(document, count)
            for document, count in zip(self._documents, counts, strict=True)
        ]
        for file in self._reading.values():
            text = self.tr("page {done} of {total}") if file.total else self.tr("is being read")
            facts.append(text.format(done=number_text(file.done), total=number_text(file.total)))
        for chip, words in zip(self.chips(), facts, strict=True):
            chip.show_facts(words)
        self._flow.invalidate()
        self._area.fit()


class _ChipArea(QScrollArea):
    """As high as its rows of chips, up to a few."""

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self.setObjectName("plain")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self.setWidget(page)

    def fit(self) -> None:
        needed = self.widget().layout().heightForWidth(self.viewport().width())
        self.setFixedHeight(min(needed, fonts.scaled(_MAX_HEIGHT)))

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)
        self.fit()


def facts_of(document: Document, num_tokens: int | None) -> str:
    """Its pages and tokens, as far as they are known."""
    parts = []
    if document.num_pages is not None:
        parts.append(_pages_text(document.num_pages))
    if num_tokens is not None:
        parts.append(tokens_text(num_tokens))
    return " · ".join(parts)


def _pages_text(num_pages: int) -> str:
    return tr("%Ln pages", "", num_pages)
