"""The row under a message: what can be done with it, in words, and what an answer took.

Knows neither what an action does nor the other messages. "Copy" is always there; the others are
made when the pointer or the keyboard comes to the message, or it is the last one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QRect, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from inference.events import Estimate
from ui import fonts
from ui.amounts import seconds_text, tokens_text
from ui.chat.copy_button import CopyButton
from ui.chat.text_button import TextButton
from ui.mirroring import mirrored
from ui.theme import Theme

ROW_PX = 28
_GAP_PX = 14
_VERSION_GAP_PX = 6
_MIN_FACTS_PX = 90
_FEW_TOKENS = 1_000  # that stand in the words of an action
_LONG_SECONDS = 3.0  # from here on a line says it


@dataclass(frozen=True, slots=True)
class Action:
    """
    name: what `requested` says.
    text: on the button.
    spoken: for screen readers.
    """

    name: str
    text: str
    spoken: str
    tooltip: str = ""


class MessageActions(QWidget):
    """Signals:
    requested: the name of an action, "previous" or "next"
    reached: the keyboard has come to it
    copied: the text that was put on the clipboard
    """

    requested = Signal(str)
    reached = Signal()
    copied = Signal(str)

    def __init__(
        self,
        text: Callable[[], str],
        copy_name: str,
        theme: Theme,
        parent: QWidget,
        *,
        facts: str = "",
    ) -> None:
        """`text` is what is copied; `facts` stand to the right."""
        super().__init__(parent)
        self._facts = facts
        self._note = ""  # instead of the facts
        self._align_right = False
        self._is_unfolded = False
        self._is_last = False
        self._actions: tuple[Action, ...] = ()
        self._costs: dict[str, Estimate] = {}
        self._versions: list[TextButton] = []
        self._versions_text = ""
        self._copy = CopyButton(text, copy_name, theme, self)
        self._copy.align(Qt.AlignmentFlag.AlignLeft)
        self._copy.copied.connect(self.copied)
        self._copy.focused.connect(self._reach)
        self._buttons: dict[str, TextButton] = {}
        self.setFont(fonts.interface(fonts.HINT_PX))
        self.setAccessibleName(facts or self.tr("What can be done with the message"))
        self.apply_theme(theme)

    @property
    def is_unfolded(self) -> bool:
        return self._is_unfolded

    def keep_right(self) -> None:
        """The actions stand to the right, and "Copy" shows itself to the pointer only."""
        self._align_right = True
        self._copy.set_shown(False)

    def set_can_copy(self, can_copy: bool) -> None:
        self._copy.setVisible(can_copy)

    def set_actions(self, actions: tuple[Action, ...], is_last: bool) -> None:
        """Those beside "Copy"; those of the last message are always on show."""
        self._is_last = is_last
        if actions != self._actions:
            self._actions = actions
            self._remove_buttons()
            self._is_unfolded = False
        if is_last and not self._align_right:
            self._unfold()
        else:
            self.fold()

    def set_versions(self, number: int, count: int) -> None:
        """`number` counts from 1."""
        for button in self._versions:
            button.deleteLater()
        self._versions = []
        self._versions_text = ""
        if count > 1:
            self._versions_text = f"{number} / {count}"
            steps = (
                ("previous", "‹", self.tr("Previous version, {} of {}"), number > 1),
                ("next", "›", self.tr("Next version, {} of {}"), number < count),
            )
            for name, text, spoken, is_possible in steps:
                button = self._new_button(Action(name, text, spoken.format(number, count)))
                button.setEnabled(is_possible)
                self._versions.append(button)
                button.show()
            row = (
                (self._copy, *self._versions)
                if self._align_right
                else (*self._versions, self._copy)
            )
            for one, following in pairwise(row):
                QWidget.setTabOrder(one, following)
        self._place()

    def unfold(self) -> None:
        """The pointer has come to the message."""
        self._copy.set_shown(True)
        self._unfold()

    def fold(self) -> None:
        """It has left."""
        if self._align_right:
            self._copy.set_shown(False)
        has_focus = any(button.hasFocus() for button in self._buttons.values())
        if has_focus or (self._is_last and not self._align_right):
            return
        self._is_unfolded = False
        for button in self._buttons.values():
            button.hide()

    def show_cost(self, name: str, cost: Estimate) -> None:
        self._costs[name] = cost
        self._show_costs()

    def forget_costs(self) -> None:
        if self._costs:
            self._costs = {}
            self._show_costs()

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        for button in (self._copy, *self._versions, *self._buttons.values()):
            button.apply_theme(theme)
        self.update()

    def fit(self, width: int) -> int:
        """Lay out for that width and return the height."""
        height = fonts.scaled(ROW_PX)
        self.resize(width, height)
        self._place()
        return height

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.setPen(QColor(self._theme.ink3))
        middle = Qt.AlignmentFlag.AlignVCenter
        if self._versions:
            back, forth = sorted((one.geometry() for one in self._versions), key=QRect.left)
            between = self.rect()
            between.setLeft(back.right() + 1)
            between.setRight(forth.left() - 1)
            painter.drawText(between, middle | Qt.AlignmentFlag.AlignHCenter, self._versions_text)
        facts = self._note or self._facts
        if facts and not self._align_right:
            room = self.rect().adjusted(self._end() + _GAP_PX, 0, 0, 0)
            if room.width() >= _MIN_FACTS_PX:
                shown = self.fontMetrics().elidedText(
                    facts, Qt.TextElideMode.ElideRight, room.width()
                )
                room = mirrored(room, self)
                painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, shown)

    @Slot()
    def _reach(self) -> None:
        self._copy.set_shown(True)
        self.reached.emit()

    def _unfold(self) -> None:
        if self._is_unfolded and self._buttons:
            return
        self._is_unfolded = True  # first of all: a button that is shown may get an enter event
        if not self._buttons:
            before: QWidget = self._copy
            for action in self._actions:
                button = self._new_button(action)
                QWidget.setTabOrder(before, button)
                self._buttons[action.name] = before = button
            self._show_costs()
        self._place()
        for button in self._buttons.values():
            button.show()

    def _new_button(self, action: Action) -> TextButton:
        button = TextButton(action.text, self._theme, self)
        button.setAccessibleName(action.spoken)
        button.setToolTip(action.tooltip)
        button.clicked.connect(lambda: self.requested.emit(action.name))
        return button

    def _remove_buttons(self) -> None:
        for button in self._buttons.values():
            button.hide()
            button.deleteLater()
        self._buttons = {}

    def _show_costs(self) -> None:
        self._note = ""
        longest = _LONG_SECONDS
        for action in self._actions:
            cost = self._costs.get(action.name)
            words = "" if cost is None else self._cost_words(cost)
            if cost is not None and (cost.seconds or 0) > longest:
                longest = cost.seconds or 0
                self._note = f"{action.text}: {words}"
            if button := self._buttons.get(action.name):
                button.setToolTip("\n".join(filter(None, (action.tooltip, _sentence(words)))))
                button.setAccessibleDescription(_sentence(words))
        self._place()
        self.update()

    def _cost_words(self, cost: Estimate) -> str:
        tokens = tokens_text(cost.prompt_tokens - cost.reused_tokens)
        if cost.seconds is None:
            return self.tr("reads {tokens}").format(tokens=tokens)
        text = self.tr("reads {tokens}, about {time}")
        return text.format(tokens=tokens, time=seconds_text(cost.seconds))

    def _place(self) -> None:
        """One beside the other; where they don't fit with their costs, without."""
        for with_cost in (True, False):
            for action in self._actions:
                if button := self._buttons.get(action.name):
                    button.setText(self._text_of(action) if with_cost else action.text)
            places = self._places()
            end = places[-1][1] + places[-1][2] if places else 0
            if end <= self.width():
                break
        shift = self.width() - end if self._align_right else 0
        for button, left, width in places:
            height = button.sizeHint().height()
            place = QRect(left + shift, (self.height() - height) // 2, width, height)
            button.setGeometry(mirrored(place, self))
        self.update()

    def _text_of(self, action: Action) -> str:
        cost = self._costs.get(action.name)
        if cost is None or action.name not in ("regenerate", "continue"):
            return action.text
        number = cost.prompt_tokens - cost.reused_tokens
        if number > _FEW_TOKENS:
            return action.text
        return self.tr("{action} · reads {tokens}").format(
            action=action.text, tokens=tokens_text(number)
        )

    def _places(self) -> list[tuple[TextButton, int, int]]:
        """Of every button that is on show its left side and its width.

        The versions are outermost, so that they don't move when the actions show themselves.
        """
        places: list[tuple[TextButton, int, int]] = []
        left = 0
        if self._versions and not self._align_right:
            places = self._places_of_versions(0)
            left = places[-1][1] + places[-1][2] + _GAP_PX
        shown = [] if self._copy.isHidden() else [self._copy]
        if self._is_unfolded:
            shown += self._buttons.values()
        for button in shown:
            width = button.sizeHint().width()
            places.append((button, left, width))
            # "Copy" keeps room for a longer word, which the gap has too
            left += self.fontMetrics().horizontalAdvance(button.text()) + _GAP_PX
        if self._versions and self._align_right:
            places += self._places_of_versions(left)
        return places

    def _places_of_versions(self, left: int) -> list[tuple[TextButton, int, int]]:
        number = self.fontMetrics().horizontalAdvance(self._versions_text)
        back, forth = self._versions
        width = back.sizeHint().width() + _VERSION_GAP_PX
        return [(back, left, width), (forth, left + width + number, width)]

    def _end(self) -> int:
        return max((left + width for _, left, width in self._places()), default=0)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}." if words else ""
