"""The conversation: messages in a column that scrolls, the last one growing while it is written.

Knows the values of the app but calls nothing of it. Only messages near the ones on show are
widgets; the heights of the others are remembered or estimated, and what the user reads doesn't move
when one turns out otherwise.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from math import inf
from time import perf_counter

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QWidget

from app.chats.model import StoredMessage
from inference.events import Estimate
from ui import fonts
from ui import theme as themes
from ui.amounts import number_text, seconds_text
from ui.chat.message_mark import MessageMark
from ui.chat.message_view import AnswerMessage, UserMessage
from ui.chat.prose_style import COLUMN_PX, LINE_PX
from ui.chat.slices import SLICE_SECONDS, advance_until
from ui.chat.text_button import TextButton
from ui.theme import LIGHT, Theme

_MARGIN_PX = 18  # beside the column, at least
_TOP_PX = 24
_BOTTOM_PX = 24
_GAP_BELOW_USER_PX = 4  # the row of its button comes on top
_GAP_BELOW_ANSWER_PX = 24
_NEAR = 1  # times the height on show, made into widgets above and below it
_FAR = 8  # times; given up beyond
_LINE_CHARACTERS = 90  # of a message whose height is estimated
_AROUND_PX = 40  # its buttons and padding
_MIB = 2**20
_PLACINGS = 4  # at most, until a message is where it should be
_READ_SHARE = 0.7  # of the height on show: what was found higher than this needs no scrolling to
_FOUND_SHARE = 0.3  # where it is put

_View = UserMessage | AnswerMessage


class _ScrollArea(QScrollArea):
    """Tells when it has a new size, which in a hidden window is later than it was given one."""

    resized = Signal()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()


class Transcript(QWidget):
    """Signals:
    retry_requested: the id of the last answer, which failed or was interrupted
    link_activated: the http, https or mailto address that the user clicked
    copied: the text that was put on the clipboard
    action_requested: the name of an action, see MessageActions, and the id of its message
    edited: the id of a message and the text that the user saved
    draft_changed: the id of a message in an editor, and its text so far
    reached: the id of the message that the pointer or the keyboard has come to
    edit_ended: an editor is closed
    """

    retry_requested = Signal(int)
    link_activated = Signal(str)
    copied = Signal(str)
    action_requested = Signal(str, int)
    edited = Signal(int, str)
    draft_changed = Signal(int, str)
    reached = Signal(int)
    edit_ended = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._versions_of: Callable[[StoredMessage], tuple[int, int]] = lambda _: (1, 1)
        self._messages: list[StoredMessage] = []
        self._views: dict[int, _View] = {}  # by the number of their message
        self._heights: list[int] = []  # of each message with the gap below, estimated at first
        self._tops: list[int] = [_TOP_PX]  # of each message, and of what would follow
        self._width = 0  # of the views that are laid out
        self._open: AnswerMessage | None = None  # the answer that is being written
        self._is_at_end = True  # and stays there when the text grows
        self._is_placing = False
        self._made: tuple[int, _View] | None = None  # by its number, and not whole or laid out yet
        self._column = QWidget()
        self._column.setAutoFillBackground(True)
        self._scroll = _ScrollArea(self)
        self._scroll.resized.connect(self._take_size)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName(self.tr("Conversation"))
        self._scroll.setWidget(self._column)
        self._bar = self._scroll.verticalScrollBar()
        self._bar.valueChanged.connect(self._take_scroll)
        self._bar.rangeChanged.connect(self._follow)
        self._jump = TextButton(self.tr("Jump to the end"), LIGHT, self, outlined=True)
        self._jump.clicked.connect(self.scroll_to_end)
        self._jump.hide()
        self.mark = MessageMark(self._column)
        self._building = QTimer(self, singleShot=True, interval=0)
        self._building.timeout.connect(lambda: self._build_near(is_hurried=False))
        self.setFocusProxy(self._scroll)
        self.apply_theme(LIGHT)

    def set_versions_of(self, versions_of: Callable[[StoredMessage], tuple[int, int]]) -> None:
        """What tells which of how many versions a message is; asked when it comes into view."""
        self._versions_of = versions_of

    # What is shown

    def show_chat(self, messages: Sequence[StoredMessage]) -> None:
        """Show these messages in the place of all others, at their end."""
        self._open = None
        self._keep_messages(0)
        self._messages = [message for message in messages if message.role != "system"]
        self._heights = [_estimated_height(message) + _gap(message) for message in self._messages]
        self._is_at_end = True
        self._place()
        self._build_near()
        self._update_last()

    def clear(self) -> None:
        self.show_chat([])

    def begin_turn(self, user_message: StoredMessage, answer: StoredMessage) -> None:
        """Append both. A question that is on show stays, what follows it gives way.

        So does another version of the question, with what follows that.
        """
        ids = [message.id for message in self._messages]
        if user_message.id in ids:
            self._keep_messages(ids.index(user_message.id) + 1)
        else:
            if user_message.parent_id in ids:
                self._keep_messages(ids.index(user_message.parent_id) + 1)
            elif user_message.parent_id is None:
                self._keep_messages(0)
            self._append(user_message, UserMessage(user_message, self._theme))
        self._open = AnswerMessage(answer, self._theme)
        self._append(answer, self._open)
        self._open.begin()
        self._update_last()
        self._is_at_end = True
        self._place(self._views.values())
        self._build_near()

    def show_reading(self, done: int, total: int, speed: float | None = None) -> None:
        """In tokens of the prompt, and in tokens/s where that is known."""
        if self._open:
            text = self.tr("Reading {done} of %Ln token(s)", "", total)
            parts = [text.format(done=number_text(done))]
            if speed:
                parts.append(self.tr("{speed} tokens/s").format(speed=number_text(speed)))
                left = seconds_text((total - done) / speed)
                parts.append(self.tr("{time} left").format(time=left))
            self._open.show_progress(" · ".join(parts), done, total)

    def show_loading(self, done: int, total: int) -> None:
        """In bytes of weights."""
        if self._open:
            text = self.tr("Loading the model, {done} of {total} MiB")
            text = text.format(done=number_text(done // _MIB), total=number_text(-(-total // _MIB)))
            self._open.show_progress(text, done, total)

    def append_reasoning(self, text: str) -> None:
        if self._open:
            self._open.append_reasoning(text)

    def append_text(self, text: str) -> None:
        if self._open:
            self._open.append(text)

    def end_turn(self, answer: StoredMessage) -> None:
        if self._open:
            view, self._open = self._open, None
            self._messages[-1] = answer
            view.end(answer)
            view.set_versions(*self._versions_of(answer))
            self._update_last()
            self._place_grown(view)

    def show_cost(self, message_id: int, name: str, cost: Estimate) -> None:
        """Of an action of a message, or of the "draft" in its editor."""
        if view := self._view_of(message_id):
            view.show_cost(name, cost)

    def forget_costs(self) -> None:
        """They aren't true any more."""
        for view in self._views.values():
            view.forget_costs()

    def end_edit(self, message_id: int) -> None:
        """What was edited is taken."""
        if view := self._view_of(message_id):
            view.end_edit()

    @Slot()
    def edit_last_question(self) -> None:
        for _, view in sorted(self._views.items(), reverse=True):
            if isinstance(view, UserMessage):
                view.begin_edit()
                return

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._take_made(-1)
        self.setPalette(themes.palette(theme))
        for view in self._views.values():
            view.apply_theme(theme)
        self._jump.apply_theme(theme)
        self.mark.apply_theme(theme)

    def show_message(self, message_id: int, word: str = "") -> None:
        """Scroll to one of the messages shown, to the word in it, and mark it for a moment."""
        ids = [message.id for message in self._messages]
        if message_id not in ids:
            return
        number = ids.index(message_id)
        self._scroll_to(number, 0)
        height = self._scroll.viewport().height()
        if (place := self._views[number].place_of(word)) > height * _READ_SHARE:
            self._scroll_to(number, place - round(height * _FOUND_SHARE))
        self.mark.show_on(self._views[number])

    def _scroll_to(self, number: int, offset: int) -> None:
        """So many pixels below the top of a message."""
        for _ in range(_PLACINGS):  # heights on the way there were estimates
            self._is_at_end = False
            wanted = self._tops[number] - _TOP_PX + offset
            self._bar.setValue(wanted)
            self._build_near()
            if self._bar.value() in (wanted, self._bar.maximum()):
                break

    def scroll_to_end(self) -> None:
        self._is_at_end = True
        self._follow()

    # Widgets of messages

    def _append(self, message: StoredMessage, view: _View) -> None:
        self._views[len(self._messages)] = view
        self._messages.append(message)
        self._heights.append(0)
        self._adopt(view)

    def _adopt(self, view: _View) -> None:
        view.setParent(self._column)
        view.copied.connect(self.copied)
        view.unfolded.connect(lambda: self._place_unfolded(view))
        view.requested.connect(lambda name: self.action_requested.emit(name, view.message.id))
        view.edited.connect(lambda text: self.edited.emit(view.message.id, text))
        view.draft_changed.connect(lambda text: self.draft_changed.emit(view.message.id, text))
        view.reached.connect(lambda: self.reached.emit(view.message.id))
        view.edit_ended.connect(self.edit_ended)
        if view is not self._open:
            view.set_versions(*self._versions_of(view.message))
        if isinstance(view, AnswerMessage):
            view.grown.connect(lambda: self._place_grown(view))
            view.link_activated.connect(self.link_activated)
            view.retry_requested.connect(self.retry_requested)
        view.show()

    def _new_view(self, message: StoredMessage) -> _View:
        if message.role == "user":
            return UserMessage(message, self._theme)
        view = AnswerMessage(message, self._theme)
        view.end(message, at_once=False)
        return view

    def _build_near(self, is_hurried: bool = True) -> None:
        """Make widgets of the messages near those on show, for as long as a frame allows.

        The nearest comes first; when in a hurry, those on show are made in any case. Those that
        are far away are given up.
        """
        end = perf_counter() + SLICE_SECONDS
        while (number := self._nearest_missing()) is not None:
            is_needed = is_hurried and self._distance(number) == 0
            view = self._make(number, inf if is_needed else end)
            if view is None:
                self._building.start()
                break
            self._views[number] = view
            self._adopt(view)
            view.set_last(number == len(self._messages) - 1)
            self._place([view], fresh=number)
        self._give_up_far()

    def _make(self, number: int, end: float) -> _View | None:
        """The view of a message; None where the time is over, and it goes on in another frame."""
        if perf_counter() > end:
            return None
        view = self._take_made(number) or self._new_view(self._messages[number])
        if advance_until(view.advance, end) or perf_counter() > end:
            self._made = (number, view)
            return None
        return view

    def _take_made(self, number: int) -> _View | None:
        """The view that was made for this message; one of another is given up."""
        made, self._made = self._made, None
        if made is None:
            return None
        if made[0] == number:
            return made[1]
        made[1].deleteLater()
        return None

    def _nearest_missing(self) -> int | None:
        near = _NEAR * self._scroll.viewport().height()
        top = self._bar.value()
        first = max(bisect_right(self._tops, top - near) - 1, 0)
        end = bisect_right(self._tops, top + self._scroll.viewport().height() + near)
        missing = [
            number
            for number in range(first, min(end, len(self._messages)))
            if number not in self._views
        ]
        # At the end, the lowest first: the text above moves while its height is estimated.
        nearest = min(missing, key=lambda number: (self._distance(number), -number), default=None)
        begun = self._made[0] if self._made else None
        if nearest is not None and begun in missing and self._distance(nearest) > 0:
            return begun  # nothing is missing on show, and what was begun isn't lost
        return nearest

    def _distance(self, number: int) -> int:
        """How far a message is from what is on show, in pixels."""
        top = self._bar.value()
        bottom = top + self._scroll.viewport().height()
        low = self._tops[number] + self._heights[number]
        return max(self._tops[number] - bottom, top - low, 0)

    def _give_up_far(self) -> None:
        far = _FAR * self._scroll.viewport().height()
        focused = QApplication.focusWidget()
        for number, view in list(self._views.items()):
            has_focus = focused and view.isAncestorOf(focused)
            is_used = view is self._open or view.editor or has_focus
            if self._distance(number) > far and not is_used:
                self._remove(number)

    def _keep_messages(self, number: int) -> None:
        self._take_made(-1)
        del self._messages[number:], self._heights[number:]
        for other in [other for other in self._views if other >= number]:
            self._remove(other)

    def _remove(self, number: int) -> None:
        view = self._views.pop(number)
        view.hide()
        view.deleteLater()

    def _update_last(self) -> None:
        for number, view in self._views.items():
            view.set_last(number == len(self._messages) - 1)

    def _view_of(self, message_id: int) -> _View | None:
        views = self._views.values()
        return next((view for view in views if view.message.id == message_id), None)

    # Places

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._scroll.setGeometry(self.rect())

    def _take_size(self) -> None:
        if not self._is_placing:
            self._place()
            self._build_near()

    def _text_width(self) -> int:
        return max(min(fonts.scaled(COLUMN_PX), self.width() - 2 * _MARGIN_PX), 120)

    def _column_height(self) -> int:
        if not self._messages:
            return 0
        return self._tops[-1] - _gap(self._messages[-1]) + _BOTTOM_PX

    def _place_grown(self, view: _View) -> None:
        if view in self._views.values():
            self._place([view])
            self._building.start()

    def _place_unfolded(self, view: _View) -> None:
        """What the user clicked stays where it is, unless the end is followed as it grows."""
        if view is not self._open:
            self._is_at_end = False
        self._place_grown(view)
        self._is_at_end = self._bar.value() >= self._bar.maximum()
        if view.editor:
            self._scroll.ensureWidgetVisible(view.editor, 0, _TOP_PX)
        self._place_jump()

    def _place(self, changed: Iterable[_View] = (), fresh: int | None = None) -> None:
        """Put the messages one below the other, without moving what the user reads.

        Besides those that have `changed`, views are laid out again only for a new width. The one
        of the number `fresh` is new: nobody reads it yet.
        """
        anchor = self._anchor(fresh)
        offset = self._bar.value() - self._tops[anchor] if anchor >= 0 else 0
        width = self._text_width()
        changed = set(changed) if width == self._width else set(self._views.values())
        self._width = width
        for number, view in self._views.items():
            if view in changed:
                self._heights[number] = view.fit(width) + _gap(view.message)
        self._tops = list(accumulate(self._heights, initial=_TOP_PX))
        self._is_placing = True
        viewport = self._scroll.viewport()
        height = max(self._column_height(), viewport.height())
        self._column.resize(viewport.width(), height)
        self._column.resize(viewport.width(), height)  # a scroll bar that came made it narrower
        # In the middle of the window, as the composer is, on whichever side the scroll bar stands.
        left = (self.width() - width) // 2 - viewport.x()
        for number, view in self._views.items():
            height = self._heights[number] - _gap(view.message)
            view.setGeometry(left, self._tops[number], width, height)
        if not self._is_at_end and anchor >= 0:
            self._bar.setValue(self._tops[anchor] + offset)
        self._is_placing = False
        self._follow()

    def _anchor(self, fresh: int | None) -> int:
        """The number of the message that the user reads: the first on show; -1 without any."""
        top = self._bar.value()
        bottom = top + self._scroll.viewport().height()
        first = min(bisect_right(self._tops, top), len(self._messages)) - 1
        end = min(bisect_right(self._tops, bottom), len(self._messages))
        read = (n for n in range(max(first, 0), end) if n in self._views and n != fresh)
        return next(read, first)

    # Scrolling

    def _take_scroll(self, value: int) -> None:
        if self._is_placing:
            return
        self._is_at_end = value >= self._bar.maximum()
        self._place_jump()
        self._building.start()

    def _follow(self) -> None:
        if self._is_at_end:
            self._is_placing = True
            self._bar.setValue(self._bar.maximum())
            self._is_placing = False
        self._place_jump()

    def _place_jump(self) -> None:
        is_needed = not self._is_at_end and self._bar.value() < self._bar.maximum()
        self._jump.setVisible(is_needed)
        if is_needed:
            size: QSize = self._jump.sizeHint()
            left = (self.width() - size.width()) // 2
            self._jump.setGeometry(
                left, self.height() - size.height() - 12, size.width(), size.height()
            )
            self._jump.raise_()


def _gap(message: StoredMessage) -> int:
    return _GAP_BELOW_USER_PX if message.role == "user" else _GAP_BELOW_ANSWER_PX


def _estimated_height(message: StoredMessage) -> int:
    lines = message.content.count("\n") + len(message.content) // _LINE_CHARACTERS + 1
    return lines * LINE_PX + _AROUND_PX
