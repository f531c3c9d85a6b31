"""Where the user writes: a card whose text grows to eight lines, with Send, which becomes Stop."""

from typing import NamedTuple

from PySide6.QtCore import QMimeData, Qt, Signal, Slot
from PySide6.QtGui import (
    QDragEnterEvent,
    QInputMethodEvent,
    QKeyEvent,
    QResizeEvent,
    QTextCursor,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ui import fonts
from ui.documents.file_drop import local_files

_MAX_LINES = 8
_MIN_LINES = 2  # that are shown of a longer text
_LONG_PASTE = 20_000  # characters; an edit that lays out much more at every key press stutters
_MAX_EDITED = 100_000  # characters of many shorter pastes


class Draft(NamedTuple):
    """What stands in the composer: what can be edited, and the long pastes after it."""

    text: str = ""
    pasted: tuple[str, ...] = ()

    def joined(self) -> str:
        """As one text, just as it was written."""
        return "\n\n".join(filter(None, [self.text, *self.pasted]))

    def to_send(self) -> str:
        return self._replace(text=self.text.strip()).joined()


def draft_of(text: str) -> Draft:
    return Draft("", (text,)) if len(text) > _LONG_PASTE else Draft(text)


class Composer(QFrame):
    """Signals:
    submitted: the whole text to send; it stays until `clear`, so that a failure loses nothing
    queued: the same while an answer is written: to be sent when that has ended
    stop_requested
    changed: there is another text
    cleared: the text was taken, to be sent now or later
    attach_requested: the user wants to choose files
    files_pasted: the paths of files that were pasted here
    """

    submitted = Signal(str)
    queued = Signal(str)
    stop_requested = Signal()
    changed = Signal()
    cleared = Signal()
    attach_requested = Signal()
    files_pasted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("composer")
        self._pasted: list[str] = []
        self._can_send = False
        self._answering = False
        self.edit = ComposerEdit()
        self.edit.setObjectName("composerEdit")
        self.edit.setPlaceholderText(self.tr("Ask a question…"))
        self.edit.setAccessibleName(self.tr("Message"))
        self.pasted = QPushButton()
        self.pasted.setProperty("kind", "chip")
        self.pasted.setToolTip(self.tr("It is sent after what you write. Click to remove it."))
        self.pasted.hide()
        self.attach = QPushButton(self.tr("Attach"))
        self.attach.setProperty("kind", "foot")
        self.attach.setAutoDefault(False)
        self.attach.setToolTip(self.tr("Attach text files, source code or PDF documents"))
        self.attach.setAccessibleName(self.tr("Attach documents"))
        self.button = QPushButton()
        self.button.setObjectName("send")
        self.button.setAutoDefault(False)
        self.count = QLabel()
        self.count.setObjectName("hint")
        self.tools = QHBoxLayout()  # quiet buttons below the text
        self._lay_out()
        self.edit.textChanged.connect(self._take_change)
        self.edit.submitted.connect(self._submit)
        self.edit.long_text_pasted.connect(self._add_pasted)
        self.edit.files_pasted.connect(self.files_pasted)
        self.pasted.clicked.connect(self._remove_pasted)
        self.attach.clicked.connect(self.attach_requested)
        self.button.clicked.connect(self._act)
        self._update_button()

    def text(self) -> str:
        return self.draft().to_send()

    def set_text(self, text: str) -> None:
        self.set_draft(draft_of(text))

    def draft(self) -> Draft:
        return Draft(self.edit.toPlainText(), tuple(self._pasted))

    def set_draft(self, draft: Draft) -> None:
        """Instead of what is there, with the cursor at its end."""
        self._pasted = list(draft.pasted)
        self.edit.setPlainText(draft.text)
        self.edit.moveCursor(QTextCursor.MoveOperation.End)
        self._show_pasted()

    def insert(self, text: str) -> None:
        """Where the cursor is, in the place of what is selected; a long text is a paste."""
        mime = QMimeData()
        mime.setText(text)
        self.edit.insertFromMimeData(mime)

    @Slot()
    def clear(self) -> None:
        self.set_draft(Draft())
        self.cleared.emit()

    def set_can_send(self, can_send: bool) -> None:
        """Whether an assistant is there to be asked; writing is possible at any time."""
        self._can_send = can_send
        self._update_button()

    def set_answering(self, answering: bool) -> None:
        """While the answer to this chat is written, the button stops it."""
        self._answering = answering
        self._update_button()

    @Slot()
    def focus(self) -> None:
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _act(self) -> None:
        if self._answering:
            self.stop_requested.emit()
        else:
            self._submit()

    @Slot()
    def _submit(self) -> None:
        if not self.has_text():
            return
        if self._answering:
            self.queued.emit(self.text())
        elif self._can_send:
            self.submitted.emit(self.text())

    def has_text(self) -> bool:
        return bool(self._pasted or self.edit.toPlainText().strip())

    @Slot(str)
    def _add_pasted(self, text: str) -> None:
        self._pasted.append(text)
        self._show_pasted()

    @Slot()
    def _remove_pasted(self) -> None:
        self._pasted.clear()
        self._show_pasted()

    def _show_pasted(self) -> None:
        num_characters = sum(len(text) for text in self._pasted)
        label = self.tr("Pasted text · %Ln character(s)  ×", "", num_characters)
        self.pasted.setText(label)
        self.pasted.setAccessibleName(
            self.tr("Remove the pasted text of %Ln character(s)", "", num_characters)
        )
        self.pasted.setVisible(bool(self._pasted))
        self._take_change()

    @Slot()
    def _take_change(self) -> None:
        self._update_button()
        self.changed.emit()

    def _update_button(self) -> None:
        kind = "secondary" if self._answering else "primary"
        self.button.setText(self.tr("Stop") if self._answering else self.tr("Send"))
        self.button.setEnabled(self._answering or (self._can_send and self.has_text()))
        if self.button.property("kind") != kind:
            self.button.setProperty("kind", kind)
            self.button.style().unpolish(self.button)
            self.button.style().polish(self.button)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        self.tools.setSpacing(16)
        self.tools.addWidget(self.attach)
        row.addLayout(self.tools)
        row.addStretch()
        row.addWidget(self.count)
        row.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(12)
        layout.addWidget(self.edit)
        layout.addWidget(self.pasted, 0, Qt.AlignmentFlag.AlignLeading)
        layout.addLayout(row)


class ComposerEdit(QPlainTextEdit):
    """Signals:
    submitted: Enter was pressed
    long_text_pasted: the text of a paste that is too long to be edited here
    files_pasted: the paths of files
    """

    submitted = Signal()
    long_text_pasted = Signal(str)
    files_pasted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._max_lines = _MAX_LINES
        self._composing = False  # an input method shows text that isn't accepted yet
        self.setFont(fonts.interface(fonts.ANSWER_PX))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self.textChanged.connect(self._fit)
        self._fit()

    def fit_into(self, height: int) -> None:
        """Show so many lines that most of a height in pixels is left for others."""
        room = height * 3 // 10 // self.fontMetrics().lineSpacing()
        self._max_lines = min(max(room, _MIN_LINES), _MAX_LINES)
        self._fit()

    @property
    def is_composing(self) -> bool:
        """Whether the keys are an input method's."""
        return self._composing

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            if not self._composing:
                self.submitted.emit()
            return
        super().keyPressEvent(event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return bool(local_files(source)) or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        if paths := local_files(source):
            self.files_pasted.emit(paths)
            return
        text = source.text()
        size = self.document().characterCount() + len(text)
        if len(text) > _LONG_PASTE or size > _MAX_EDITED:
            self.long_text_pasted.emit(text)
        else:
            self.insertPlainText(text)
            self.ensureCursorVisible()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files are for the whole conversation to take, and never moved out of their folder."""
        if local_files(event.mimeData()):
            event.ignore()
        else:
            super().dragEnterEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit()

    @Slot()
    def _fit(self) -> None:
        """As high as the text, from one line to the most that is shown at once."""
        num_lines = int(self.document().documentLayout().documentSize().height())
        shown = min(max(num_lines, 1), self._max_lines)
        fits = num_lines <= self._max_lines
        off, needed = Qt.ScrollBarPolicy.ScrollBarAlwaysOff, Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self.setVerticalScrollBarPolicy(off if fits else needed)
        self.setFixedHeight(shown * self.fontMetrics().lineSpacing() + 2)
