"""A long finished answer as sections, of which only those near the ones on show are laid out.

The height of the others is estimated. Where it turns out otherwise above what the user reads, the
page is scrolled by as much, so that nothing moves before their eyes.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, inf
from time import perf_counter

from PySide6.QtCore import QRect, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QScrollArea, QScrollBar, QWidget

from ui.chat import prose_style
from ui.chat.slices import SLICE_SECONDS, advance_until

_GAP_PX = 12
_LETTER_PX = 7.5
_NEAR = 1  # times the height on show, laid out above and below it
_FAR = 4  # times; given up beyond


@dataclass(slots=True, eq=False)
class _Section:
    source: str
    widget: QWidget | None = None
    top: int = 0
    height: int = 0  # estimated while there is no widget that was laid out


class LongText(QWidget):
    """Signals:
    grown: the height has changed
    """

    grown = Signal()

    def __init__(
        self,
        sources: Sequence[str],
        new_widget: Callable[[str, QWidget], tuple[QWidget, Callable[[], bool]]],
        fit_widget: Callable[[QWidget, int], int],
        parent: QWidget,
    ) -> None:
        """`new_widget` makes the widget of a source, and what fills it step by step until it gives
        False; `fit_widget` gives its height for a width."""
        super().__init__(parent)
        self._sections = [_Section(source) for source in sources]
        self._new_widget = new_widget
        self._fit_widget = fit_widget
        self._width = -1
        self._bar: QScrollBar | None = None
        self._made: tuple[_Section, QWidget, Callable[[], bool]] | None = None  # not whole yet
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._look)

    def widgets(self) -> list[QWidget]:
        """Of the sections that are laid out, from the top."""
        return [section.widget for section in self._laid_out() if section.widget]

    def forget_made(self) -> None:
        """Of what is only half made nothing is known outside; it is begun anew."""
        if self._made:
            self._made[1].deleteLater()
            self._made = None
            self._timer.start()

    def take_grown(self, widget: QWidget) -> None:
        """A section has another height than when it was laid out."""
        section = next((one for one in self._sections if one.widget is widget), None)
        if section is not None:
            self._place(section)
            self._timer.start()

    def fit(self, width: int) -> int:
        """Lay out for that width and return the height."""
        if width != self._width:
            self._width = width
            for section in self._sections:
                section.height = self._height(section)
            self._stack_up()
        last = self._sections[-1]
        self._timer.start()
        return last.top + last.height

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._listen()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._timer.start()

    def _listen(self) -> None:
        """Look again whenever the page is scrolled."""
        ancestor = self.parentWidget()
        while ancestor and not isinstance(ancestor, QScrollArea):
            ancestor = ancestor.parentWidget()
        if ancestor and self._bar is None:
            self._bar = ancestor.verticalScrollBar()
            self._bar.valueChanged.connect(self._take_scroll)
            self._timer.start()

    def _take_scroll(self, value: int) -> None:  # noqa: ARG002
        self._timer.start()

    def _height(self, section: _Section) -> int:
        if section.widget:
            return self._fit_widget(section.widget, self._width)
        a_line = max(self._width / _LETTER_PX, 1)
        lines = sum(ceil(len(line) / a_line) for line in section.source.split("\n"))
        return lines * prose_style.LINE_PX

    def _stack_up(self) -> None:
        top = 0
        for section in self._sections:
            section.top = top
            if section.widget:
                section.widget.setGeometry(0, top, self._width, section.height)
            top += section.height + _GAP_PX

    def _look(self) -> None:
        """Lay out the nearest section that isn't, and give up those that are far."""
        shown = self.visibleRegion().boundingRect()
        if shown.isEmpty() or self._width < 0:
            return
        near, far = _NEAR * shown.height(), _FAR * shown.height()
        for section in self._laid_out():
            if self._distance(section, shown) > far:
                self._give_up(section)
        tops = [section.top for section in self._sections]
        first = max(bisect_right(tops, shown.top() - near) - 1, 0)
        end = bisect_right(tops, shown.bottom() + near)
        missing = [section for section in self._sections[first:end] if section.widget is None]
        if missing:
            section = min(missing, key=lambda one: self._distance(one, shown))
            if self._made and self._made[0] in missing and self._distance(section, shown) > 0:
                section = self._made[0]  # nothing is missing on show, and what was begun isn't lost
            is_on_show = self._distance(section, shown) == 0
            self._make(section, inf if is_on_show else perf_counter() + SLICE_SECONDS)
            self._timer.start()

    def _make(self, section: _Section, end: float) -> None:
        """Its widget, or as much of it as there is time for until `end`."""
        if self._made and self._made[0] is not section:
            self.forget_made()
        made = self._made or (section, *self._new_widget(section.source, self))
        self._made = made
        _, widget, advance = made
        if not advance_until(advance, end):
            self._made = None
            section.widget = widget
            widget.show()
            self._place(section, is_new=True)

    def _laid_out(self) -> list[_Section]:
        return [section for section in self._sections if section.widget]

    def _distance(self, section: _Section, shown: QRect) -> int:
        """How far a section is from what is on show, in pixels."""
        low = section.top + section.height
        return max(section.top - shown.bottom(), shown.top() - low, 0)

    def _place(self, section: _Section, is_new: bool = False) -> None:
        """Lay out a section that is new or has changed, without moving what the user reads."""
        height = self._height(section)
        if section.widget and height == section.height:
            section.widget.setGeometry(0, section.top, self._width, height)
            return
        shown = self.visibleRegion().boundingRect()
        read_from = section.top if is_new else section.top + section.height
        is_above = read_from < shown.top()
        is_at_end = self._bar is not None and self._bar.value() == self._bar.maximum()
        added = height - section.height
        section.height = height
        self._stack_up()
        self.grown.emit()
        if self._bar and is_above and not is_at_end:
            self._bar.setValue(self._bar.value() + added)

    def _give_up(self, section: _Section) -> None:
        if section.widget:
            section.widget.hide()
            section.widget.deleteLater()
            section.widget = None
