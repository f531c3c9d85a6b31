"""The line under the composer: what the context holds, how fast the answer comes, a hint."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from ui.amounts import number_text, tokens_text
from ui.chat.elided_label import ElidedLabel


class StatusLine(QWidget):
    """On the left `state`: what is going on, or how full the context is; on the right a hint."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = QLabel()
        self.state.setAccessibleName(self.tr("Status"))
        self.hint = ElidedLabel()
        self.hint.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for label in (self.state, self.hint):
            label.setObjectName("hint")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.state)
        layout.addWidget(self.hint, 1)
        self.set_can_queue(False)

    def set_can_queue(self, can_queue: bool) -> None:
        """What Enter does at the moment."""
        hint = self.tr("Enter sends it next · Shift Enter breaks the line")
        self.hint.set_text(
            hint if can_queue else self.tr("Enter sends · Shift Enter breaks the line")
        )

    def show_loading(self, name: str, done: int, total: int) -> None:
        percent = 100 * done // total if total else 0
        text = self.tr("Loading {name} … {percent} %")
        self.state.setText(text.format(name=name, percent=percent))

    def show_reading(self, done: int, total: int, tokens_per_second: float | None = None) -> None:
        text = self.tr("Reading {done} of %Ln token(s)", "", total)
        parts = [text.format(done=number_text(done))]
        parts.append(self._speed(tokens_per_second))
        self.state.setText(" · ".join(filter(None, parts)))

    def show_writing(self, tokens_per_second: float | None, *, is_thinking: bool = False) -> None:
        state = self.tr("Thinking") if is_thinking else self.tr("Writing")
        parts = state, self._speed(tokens_per_second)
        self.state.setText(" · ".join(filter(None, parts)))

    def show_busy_elsewhere(self, title: str) -> None:
        self.state.setText(self.tr("Answering in “{title}”").format(title=title))

    def show_usage(
        self, used: int | None, context_length: int | None, tokens_per_second: float | None
    ) -> None:
        """Token counts of the conversation on show; None where it isn't known."""
        parts = self._usage(used, context_length), self._speed(tokens_per_second)
        self.state.setText(" · ".join(filter(None, parts)))

    def _usage(self, used: int | None, context_length: int | None) -> str:
        if used is None:
            return ""
        if context_length is None:
            return tokens_text(used)
        text = self.tr("{used} of %Ln token(s)", "", context_length)
        return text.format(used=number_text(used))

    def _speed(self, tokens_per_second: float | None) -> str:
        if tokens_per_second is None:
            return ""
        return self.tr("{speed} tokens/s").format(speed=number_text(tokens_per_second, 1))
