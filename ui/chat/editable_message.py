"""What questions and answers have in common: the row of their actions, and the editor.

Knows neither how a message looks nor what an action does.
"""

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QWidget

from app.chats.model import StoredMessage
from inference.events import Estimate
from ui.amounts import seconds_text, tokens_text
from ui.chat.message_actions import MessageActions
from ui.chat.message_editor import MessageEditor
from ui.theme import Theme


class EditableMessage(QWidget):
    """Signals:
    grown: the height may have changed
    unfolded: the user changed the height
    copied: the text that was put on the clipboard
    requested: the name of an action, see MessageActions
    reached: the pointer or the keyboard has come to the message
    edited: the text that the user saved; who takes it ends the edit, else nothing is lost
    draft_changed: the text in the editor
    edit_ended: the editor is closed
    """

    grown = Signal()
    unfolded = Signal()
    copied = Signal(str)
    requested = Signal(str)
    reached = Signal()
    edited = Signal(str)
    draft_changed = Signal(str)
    edit_ended = Signal()

    def __init__(self, message: StoredMessage, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.message = message
        self._theme = theme
        self._is_last = False
        self._editor: MessageEditor | None = None
        self._row: MessageActions | None = None

    @property
    def editor(self) -> MessageEditor | None:
        return self._editor

    def set_last(self, is_last: bool) -> None:
        if is_last != self._is_last:
            self._is_last = is_last
            if self._row:
                self._update_actions()

    def set_versions(self, number: int, count: int) -> None:
        """`number` counts from 1."""
        if self._row:
            self._row.set_versions(number, count)

    def show_cost(self, name: str, cost: Estimate) -> None:
        """Of an action, or "draft": of what is in the editor."""
        if name == "draft":
            if self._editor:
                self._editor.show_note(self._draft_note(cost))
        elif self._row:
            self._row.show_cost(name, cost)

    def forget_costs(self) -> None:
        if self._row:
            self._row.forget_costs()

    def begin_edit(self) -> None:
        """Put the text into an editor, in its place."""
        if self._editor is None:
            self._editor = self._new_editor()
            self._editor.saved.connect(self._save)
            self._editor.cancelled.connect(self.end_edit)
            self._editor.changed.connect(self.draft_changed)
            self._editor.grown.connect(self.unfolded)
            self._editor.show()
            self._show_text(False)
            self.unfolded.emit()
            self.draft_changed.emit(self.message.content)
        self._editor.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def end_edit(self) -> None:
        if self._editor:
            editor, self._editor = self._editor, None
            editor.hide()
            editor.deleteLater()
            self._show_text(True)
            self.unfolded.emit()
            self.edit_ended.emit()

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        for part in (self._row, self._editor):
            if part:
                part.apply_theme(theme)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._reach()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if self._row:
            self._row.fold()

    def _add_row(self, row: MessageActions) -> None:
        self._row = row
        row.copied.connect(self.copied)
        row.reached.connect(self._reach)
        row.requested.connect(self._request)
        row.show()
        if self._is_last:
            self._update_actions()

    @Slot()
    def _reach(self) -> None:
        """The actions are made only now: most messages are never come to."""
        if self._row:
            if not self._row.is_unfolded:
                self._update_actions()
            self._row.unfold()
            self.reached.emit()

    @Slot(str)
    def _request(self, name: str) -> None:
        if name == "edit":
            self.begin_edit()
        else:
            self.requested.emit(name)

    @Slot(str)
    def _save(self, text: str) -> None:
        if text == self.message.content:
            self.end_edit()
        else:
            self.edited.emit(text)

    def _draft_note(self, cost: Estimate) -> str:
        tokens = tokens_text(cost.prompt_tokens - cost.reused_tokens)
        if cost.seconds is None:
            return self.tr("Asking this reads {tokens}").format(tokens=tokens)
        text = self.tr("Asking this reads {tokens}, about {time}")
        return text.format(tokens=tokens, time=seconds_text(cost.seconds))

    def _update_actions(self) -> None:
        """The actions depend on whether the message is the last one."""
        raise NotImplementedError

    def _new_editor(self) -> MessageEditor:
        raise NotImplementedError

    def _show_text(self, is_shown: bool) -> None:
        """Beside the editor nothing is on show."""
        raise NotImplementedError
