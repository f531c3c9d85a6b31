"""One message as it stands on the page: the user's as a soft block, an answer as text.

Knows neither the scroll area nor the other messages: `fit` gives a height for a width.
"""

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.assistant import can_continue
from app.chats.model import StoredMessage, TurnStats
from ui import fonts
from ui.amounts import number_text
from ui.chat.answer_text import AnswerText
from ui.chat.blocks import BlockStack
from ui.chat.clean_text import clean_text
from ui.chat.editable_message import EditableMessage
from ui.chat.finding import place_of
from ui.chat.markdown import Paragraph, Run
from ui.chat.message_actions import ROW_PX, Action, MessageActions
from ui.chat.message_editor import MessageEditor, is_editable
from ui.chat.message_parts import FailureCard, WaitingLine
from ui.chat.prose_view import ProseView
from ui.chat.source_view import PlainView
from ui.chat.thought_view import ThoughtView
from ui.mirroring import mirrored
from ui.sentences import translated
from ui.theme import Theme

_MAX_QUESTION = 8_000  # characters; a longer question scrolls in its block
_MAX_QUESTION_LINES = 60
_MAX_DESCRIBED = 10_000  # characters that a screen reader is handed
_USER_SHARE = 0.87  # of the column
_SIDE_PX = 16
_TOP_PX = 10
_RADIUS = 12
_GAP_PX = 12
_GAP_BELOW_THOUGHT_PX = 4


class UserMessage(EditableMessage):
    """Plain text, its line breaks kept. Its actions show themselves to pointer and keyboard."""

    def __init__(self, message: StoredMessage, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(message, theme, parent)
        self._block = QRect()
        text = clean_text(message.content)
        self._text = self._new_text(text)
        row = MessageActions(
            lambda: self.message.content, self.tr("Copy your message"), theme, self
        )
        row.keep_right()
        self._add_row(row)
        self.setAccessibleName(self.tr("You said"))
        self.setAccessibleDescription(text[:_MAX_DESCRIBED])

    def _update_actions(self) -> None:
        again = Action(
            "regenerate",
            self.tr("Ask again"),
            self.tr("Ask your message again"),
            self.tr("Answer this message"),
        )
        edit = Action(
            "edit",
            self.tr("Edit"),
            self.tr("Edit your message"),
            self.tr("Ask another version; this one and its answers are kept"),
        )
        branch = Action(
            "branch",
            self.tr("Branch"),
            self.tr("Branch into a new chat after your message"),
            self.tr("Go on from here in a new chat"),
        )
        delete = Action(
            "delete",
            self.tr("Delete"),
            self.tr("Delete your message"),
            self.tr("Delete this message and what follows it"),
        )
        actions = [again] if self._is_last else []
        actions += [edit] if is_editable(self.message.content) else []
        assert self._row
        self._row.set_actions((*actions, branch, delete), self._is_last)

    def _new_editor(self) -> MessageEditor:
        name = self.tr("Your message, to be asked in another version")
        return MessageEditor(self.message.content, self.tr("Save and ask"), name, self._theme, self)

    def _show_text(self, is_shown: bool) -> None:
        self._text.setVisible(is_shown)
        assert self._row
        self._row.setVisible(is_shown)
        self.update()

    def _new_text(self, text: str) -> ProseView | PlainView:
        if len(text) > _MAX_QUESTION or text.count("\n") > _MAX_QUESTION_LINES:
            plain = PlainView(self._theme, self)
            plain.set_text(text)
            return plain
        prose = ProseView(self._theme, self)
        prose.set_blocks([Paragraph((Run(text),))])
        return prose

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self._text.apply_theme(theme)
        self.update()

    def fit(self, width: int) -> int:
        """Lay out for that width and return the height."""
        if self._editor:
            height = self._editor.fit(width)
            self._editor.setGeometry(0, 0, width, height)
            return height + _GAP_PX
        text_width = round(width * _USER_SHARE) - 2 * _SIDE_PX
        if isinstance(self._text, ProseView):
            text_width = min(self._text.ideal_width(text_width) + 1, text_width)
        text_height = self._text.fit(text_width)
        block_width = text_width + 2 * _SIDE_PX
        block = QRect(width - block_width, 0, block_width, text_height + 2 * _TOP_PX)
        self._block = mirrored(block, self, width)
        self._text.setGeometry(self._block.left() + _SIDE_PX, _TOP_PX, text_width, text_height)
        assert self._row
        self._row.setGeometry(0, self._block.height() + 2, width, self._row.fit(width))
        return self._block.height() + fonts.scaled(ROW_PX)

    def advance(self) -> bool:
        """False: all of it is there."""
        return False

    def body(self) -> QRect:
        """Where it stands in its row, without its actions."""
        return self.rect() if self._editor else self._block

    def place_of(self, word: str) -> int:
        """Pixels below the top; 0 where it isn't found."""
        return place_of(word, [self._text], self, self.message.content)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        if self._editor:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.soft))
        painter.drawRoundedRect(self._block, _RADIUS, _RADIUS)


class AnswerMessage(EditableMessage):
    """Plain on the page. Waits, thinks, grows and ends; an ended one may have failed."""

    link_activated = Signal(str)
    retry_requested = Signal(int)

    def __init__(self, message: StoredMessage, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(message, theme, parent)
        self._waiting: WaitingLine | None = None
        self._thought: ThoughtView | None = None
        self._failure: FailureCard | None = None
        self._blocks = BlockStack(theme, self)
        self._blocks.copied.connect(self.copied)
        self._blocks.link_activated.connect(self.link_activated)
        self._text = AnswerText(self._blocks)
        self._text.grown.connect(self.grown)
        self.setAccessibleName(self.tr("Answer"))

    def begin(self) -> None:
        """Wait for text, or for more of it."""
        if self.message.reasoning:
            self.append_reasoning(self.message.reasoning)
        if self.message.content:
            self.append(self.message.content)
        self._waiting = WaitingLine(self._theme, self)
        self._waiting.show()

    def show_progress(self, text: str, done: int, total: int) -> None:
        if self._waiting:
            self._waiting.show_progress(text, done, total)

    def append_reasoning(self, text: str) -> None:
        self._end_waiting()
        if self._thought is None:
            self._add_thought().append(text)
            self.grown.emit()
        else:
            self._thought.append(text)

    def append(self, text: str) -> None:
        self._end_waiting()
        if self._thought:
            self._thought.end()
        self._text.append(text)

    def end(self, message: StoredMessage, at_once: bool = True) -> None:
        """Show the whole message, or with `at_once` unset all but its text, which `advance` shows.

        An answer that is still partial was interrupted.
        """
        self.message = message
        self._end_waiting()
        if message.reasoning:
            thought = self._thought or self._add_thought()
            thought.replace(message.reasoning)
            thought.end()
            if stats := message.stats:
                share = stats.reasoning_tokens / max(stats.completion_tokens, 1)
                thought.show_cost(stats.decode_seconds * share, stats.reasoning_tokens)
        self._add_ending()
        self.setAccessibleDescription(clean_text(message.content[:_MAX_DESCRIBED]))
        if at_once:
            self._text.finish(message.content)
        else:
            self._text.begin(message.content)

    def advance(self) -> bool:
        """Take a step towards showing the text; False when enough of it is there to be placed."""
        return self._text.advance()

    def set_last(self, is_last: bool) -> None:
        """Only the last answer can be tried again: nothing that follows it would be lost."""
        super().set_last(is_last)
        if self._failure:
            self._failure.set_can_retry(is_last)

    def _add_thought(self) -> ThoughtView:
        self._thought = ThoughtView(self._theme, self)
        self._thought.grown.connect(self.grown)
        self._thought.unfolded.connect(self.unfolded)
        self._thought.show()
        return self._thought

    def _add_ending(self) -> None:
        facts = self._facts()
        row = MessageActions(
            lambda: self.message.content, self.tr("Copy answer"), self._theme, self, facts=facts
        )
        row.set_can_copy(bool(self.message.content))
        self._add_row(row)
        sentence = self._failure_sentence()
        if sentence:
            self._failure = FailureCard(sentence, self._theme, self)
            self._failure.retry_requested.connect(
                lambda: self.retry_requested.emit(self.message.id)
            )
            self._failure.show()

    def _update_actions(self) -> None:
        if not self._row:  # it is still being written
            return
        edit = Action(
            "edit",
            self.tr("Edit"),
            self.tr("Edit the answer"),
            self.tr("Write another version of this answer; this one is kept"),
        )
        again = Action(
            "regenerate",
            self.tr("Regenerate"),
            self.tr("Regenerate the answer"),
            self.tr("Answer once more; this version is kept"),
        )
        go_on = Action(
            "continue",
            self.tr("Continue"),
            self.tr("Continue the answer"),
            self.tr("Go on with this answer where it ended"),
        )
        branch = Action(
            "branch",
            self.tr("Branch"),
            self.tr("Branch into a new chat after the answer"),
            self.tr("Go on from here in a new chat"),
        )
        delete = Action(
            "delete",
            self.tr("Delete"),
            self.tr("Delete the answer"),
            self.tr("Delete this answer and what follows it"),
        )
        content = self.message.content
        actions = [edit] if content and is_editable(content) else []
        actions.append(again)
        actions += [go_on] if self._is_last and can_continue(self.message) else []
        self._row.set_actions((*actions, branch, delete), self._is_last)

    def _new_editor(self) -> MessageEditor:
        name = self.tr("The answer, to be kept in another version")
        return MessageEditor(self.message.content, self.tr("Save"), name, self._theme, self)

    def _show_text(self, is_shown: bool) -> None:
        for part in (self._thought, self._blocks, self._row, self._failure):
            if part:
                part.setVisible(is_shown)

    def _failure_sentence(self) -> str:
        if self.message.status == "partial":
            return self.tr("This answer was interrupted.")
        if self.message.status == "failed":
            return translated(self.message.error or "") or self.tr("This answer failed.")
        return ""

    def _facts(self) -> str:
        parts = []
        if self.message.status == "stopped":
            parts.append(self.tr("Stopped"))
        stats = self.message.stats
        if stats and stats.finish_reason == "length":
            parts.append(self.tr("Ended at its length limit"))
        if stats and stats.decode_seconds > 0 and stats.completion_tokens:
            parts.append(self.tr("{speed} tok/s").format(speed=_rate(stats)))
        if stats and stats.completion_tokens:
            parts.append(
                self.tr("first word {seconds} s").format(
                    seconds=number_text(stats.prefill_seconds, 1)
                )
            )
        return " · ".join(parts)

    def _end_waiting(self) -> None:
        if self._waiting:
            self._waiting.hide()
            self._waiting.deleteLater()
            self._waiting = None

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self._blocks.apply_theme(theme)
        for part in (self._waiting, self._thought, self._failure):
            if part:
                part.apply_theme(theme)

    def fit(self, width: int) -> int:
        """Lay out for that width and return the height."""
        if self._editor:
            height = self._editor.fit(width)
            self._editor.setGeometry(0, 0, width, height)
            return height
        bottom = self._place(self._thought, 0, width) if self._thought else 0
        blocks_height = self._blocks.fit(width)
        if bottom and blocks_height:
            bottom += _GAP_BELOW_THOUGHT_PX
        self._blocks.setGeometry(0, bottom, width, blocks_height)
        bottom += blocks_height
        if self._waiting:
            bottom = self._place(self._waiting, bottom, width)
        if self._row:
            bottom = self._place(self._row, bottom + 6 if bottom else 0, width)
        if self._failure:
            bottom = self._place(self._failure, bottom + _GAP_PX if bottom else 0, width)
        return bottom

    def body(self) -> QRect:
        return self.rect()

    def place_of(self, word: str) -> int:
        return place_of(word, self._blocks.text_views(), self, self.message.content)

    def _place(
        self, part: WaitingLine | ThoughtView | MessageActions | FailureCard, top: int, width: int
    ) -> int:
        height = part.fit(width)
        part.setGeometry(0, top, width, height)
        return top + height


def _rate(stats: TurnStats) -> str:
    rate = stats.completion_tokens / stats.decode_seconds
    return number_text(rate, 1 if rate < 10 else 0)
