"""The saved prompts in a window of their own: make, rename, change and delete them.

Every change is stored a moment later, and at the latest when the window closes.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.chats.store import ChatStore
from app.errors import AppError
from ui import fonts
from ui.sentences import translated

if TYPE_CHECKING:
    from app.chats.model import SavedPrompt

_WIDTH_PX = 720
_HEIGHT_PX = 460
_LIST_PX = 220
_SAVE_MS = 600
_MAX_NAME = 80  # characters
_MAX_EDITED = 100_000  # a longer one can be used, but stutters in an editor
_ID_ROLE = Qt.ItemDataRole.UserRole


class PromptsDialog(QDialog):
    def __init__(self, store: ChatStore, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Saved prompts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._store = store
        self._shown: SavedPrompt | None = None  # as it is stored
        self._deleted: SavedPrompt | None = None
        self.names = QListWidget()
        self.names.setObjectName("modelList")
        self.names.setAccessibleName(self.tr("Saved prompts"))
        self.names.setFixedWidth(fonts.scaled(_LIST_PX))
        self.name = QLineEdit()
        self.name.setObjectName("field")
        self.name.setMaxLength(_MAX_NAME)
        self.name.setAccessibleName(self.tr("Name"))
        self.name.setPlaceholderText(self.tr("Name"))
        self.text = QPlainTextEdit()
        self.text.setObjectName("textField")
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(self.tr("Text of the prompt"))
        self.text.setPlaceholderText(self.tr("For example: Translate into {{language}}:"))
        self.hint = QLabel(
            self.tr("Write / in the composer to use one. Tab goes through gaps like {{name}}.")
        )
        self.problem = QLabel()
        self.add = self._button(self.tr("New prompt"), self.make)
        self.delete = self._button(self.tr("Delete"), self._delete)
        self.undo = self._button(self.tr("Undo"), self._undo)
        self.undo.setAccessibleName(self.tr("Bring the deleted prompt back"))
        self.undo.setProperty("kind", "quiet")
        self._timer = QTimer(self, interval=_SAVE_MS, singleShot=True)
        self._timer.timeout.connect(self.save)
        self._lay_out()
        self.names.currentItemChanged.connect(self._show_chosen)
        self.name.textEdited.connect(self._take_edit)
        self.text.textChanged.connect(self._take_edit)
        self._refresh(None)
        self.names.setFocus()

    def done(self, result: int) -> None:
        self.save()
        super().done(result)

    @Slot()
    def make(self, text: str = "") -> None:
        """A new prompt, with a name that is to be typed over."""
        self.save()
        try:
            prompt = self._store.create_prompt(self._free_name(), text or "")
        except AppError as error:
            self._tell(str(error))
            return
        self._refresh(prompt.id)
        self.name.setFocus()
        self.name.selectAll()

    @Slot()
    def save(self) -> None:
        self._timer.stop()
        shown = self._shown
        if shown is None:
            return
        name = self.name.text()
        text = self.text.toPlainText() if self.text.isEnabled() else shown.text
        if (name, text) == (shown.name, shown.text):
            return
        try:
            self._store.change_prompt(shown.id, name, text)
            self._shown = self._store.prompt(shown.id)
        except AppError as error:
            self._tell(str(error))
            return
        self._tell("")
        item = self._item_of(shown.id)
        if item is not None:
            item.setText(self._shown.name)

    def _free_name(self) -> str:
        taken = {prompt.name for prompt in self._store.prompts()}
        name, number = self.tr("New prompt"), 1
        while name in taken:
            number += 1
            name = f"{self.tr('New prompt')} {number}"
        return name

    @Slot()
    def _take_edit(self) -> None:
        if self._shown is not None:
            self._timer.start()

    @Slot()
    def _delete(self) -> None:
        if self._shown is None:
            return
        self.save()
        self._timer.stop()
        try:
            self._store.delete_prompt(self._shown.id)
        except AppError as error:
            self._tell(str(error))
            return
        self._deleted, self._shown = self._shown, None
        self._refresh(None)
        self.problem.setText(self.tr("“{name}” was deleted.").format(name=self._deleted.name))
        self.undo.show()

    @Slot()
    def _undo(self) -> None:
        deleted, self._deleted = self._deleted, None
        if deleted is None:
            return
        try:
            prompt = self._store.create_prompt(deleted.name, deleted.text)
        except AppError as error:
            self._tell(str(error))
            return
        self._refresh(prompt.id)

    def _refresh(self, prompt_id: int | None) -> None:
        """Show all of them as they are stored, and choose one; None: the first."""
        self._shown = None
        try:
            prompts = self._store.prompts()
        except AppError as error:
            self._tell(str(error))
            return
        self._tell("")
        self.names.clear()
        for prompt in prompts:
            item = QListWidgetItem(prompt.name)
            item.setData(_ID_ROLE, prompt.id)
            self.names.addItem(item)
        chosen = next((i for i, prompt in enumerate(prompts) if prompt.id == prompt_id), 0)
        self.names.setCurrentRow(chosen)
        self._show_chosen()

    @Slot()
    def _show_chosen(self) -> None:
        self.save()
        item, self._shown = self.names.currentItem(), None
        prompt = None
        if item is not None:
            try:
                prompt = self._store.prompt(item.data(_ID_ROLE))
            except AppError as error:
                self._tell(str(error))
        is_long = prompt is not None and len(prompt.text) > _MAX_EDITED
        self.name.setText("" if prompt is None else prompt.name)
        self.text.setPlainText("" if prompt is None or is_long else prompt.text)
        self.name.setEnabled(prompt is not None)
        self.text.setEnabled(prompt is not None and not is_long)
        self.delete.setEnabled(prompt is not None)
        self._shown = prompt
        if is_long:
            self._tell(self.tr("This prompt is too long to be changed here, but it can be used."))

    def _item_of(self, prompt_id: int) -> QListWidgetItem | None:
        items = (self.names.item(row) for row in range(self.names.count()))
        return next((item for item in items if item.data(_ID_ROLE) == prompt_id), None)

    def _tell(self, sentence: str) -> None:
        self.problem.setText(translated(sentence))
        self.undo.hide()

    def _button(self, words: str, act: object) -> QPushButton:
        button = QPushButton(words)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: act())
        return button

    def _lay_out(self) -> None:
        heading = QLabel(self.tr("Saved prompts"))
        heading.setObjectName("pageTitle")
        self.hint.setObjectName("fieldHint")
        self.problem.setObjectName("fieldHint")
        for label in (self.hint, self.problem):
            label.setWordWrap(True)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.name)
        right.addWidget(self.text, 1)
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addWidget(self.names)
        middle.addLayout(right, 1)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.add)
        foot.addWidget(self.delete)
        foot.addSpacing(8)
        foot.addWidget(self.problem, 1)
        foot.addWidget(self.undo)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(12)
        layout.addWidget(heading)
        layout.addWidget(self.hint)
        layout.addLayout(middle, 1)
        layout.addLayout(foot)
        room = self.parentWidget().screen().availableGeometry()
        self.resize(
            min(fonts.scaled(_WIDTH_PX), room.width()), min(fonts.scaled(_HEIGHT_PX), room.height())
        )
