"""The two drawings of the inspector: how full the context is, and how it grew turn by turn."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.amounts import number_text
from ui.theme import LIGHT, Theme

_METER_PX = 8
_PLOT_PX = 56
_MAX_BARS = 40
_BAR_GAP_PX = 2
_MAX_BAR_PX = 10


class Part(NamedTuple):
    """colour: the name of a token of the theme."""

    name: str
    num_tokens: int
    colour: str


class Turn(NamedTuple):
    """Tokens of one turn: reused, then read, then written."""

    reused: int
    read: int
    written: int


class ContextMeter(QWidget):
    """One bar of parts side by side; what is left of it is free."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._parts: Sequence[Part] = ()
        self._total = 0
        self.setFixedHeight(_METER_PX)
        self.setAccessibleName(self.tr("How full the context is"))

    def show_parts(self, parts: Sequence[Part], total: int) -> None:
        self._parts, self._total = parts, total
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        outline = QPainterPath()
        outline.addRoundedRect(area, _METER_PX / 2, _METER_PX / 2)
        painter.setClipPath(outline)
        painter.fillRect(area, QColor(self._theme.track))
        left = 0.0
        for part in self._parts if self._total else ():
            width = area.width() * part.num_tokens / self._total
            if part.num_tokens:
                width = max(width, 1.5)  # what is there can be seen
            begin = area.width() - left - width if self.isRightToLeft() else left
            painter.fillRect(QRectF(begin, 0, width, _METER_PX), _colour_of(self._theme, part))
            left += width


class TurnsPlot(QWidget):
    """A bar for each of the last turns, as high as its tokens in context."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._turns: Sequence[Turn] = ()
        self.setFixedHeight(_PLOT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_turns(())

    def show_turns(self, turns: Sequence[Turn]) -> None:
        self._turns = turns[-_MAX_BARS:]
        lines = [
            self.tr("{reused} reused, {read} read, {written} written").format(
                reused=number_text(turn.reused),
                read=number_text(turn.read),
                written=number_text(turn.written),
            )
            for turn in self._turns[-5:]
        ]
        self.setAccessibleName(self.tr("Tokens in context, turn by turn"))
        self.setAccessibleDescription("; ".join(lines))
        self.setToolTip("\n".join([self.tr("The last turns, in tokens:"), *lines]) if lines else "")
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, _PLOT_PX)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        theme, height = self._theme, self.height() - 1
        painter.fillRect(QRectF(0, height, self.width(), 1), QColor(theme.line))
        highest = max((sum(turn) for turn in self._turns), default=0)
        if not highest:
            return
        step = min(self.width() / len(self._turns), _MAX_BAR_PX + _BAR_GAP_PX)
        for number, turn in enumerate(self._turns):
            bottom = float(height)
            colours = (theme.accent, theme.warn, theme.ink3)
            for count, colour in zip(turn, colours, strict=True):
                part = height * count / highest
                width, left = step - _BAR_GAP_PX, number * step
                left = self.width() - left - width if self.isRightToLeft() else left
                bar = QRectF(left, bottom - part, width, part)
                painter.fillRect(bar, QColor(colour))
                bottom -= part


def _colour_of(theme: Theme, part: Part) -> QColor:
    return QColor(getattr(theme, part.colour))


class Dot(QWidget):
    """The colour of a part beside its name."""

    def __init__(self, colour: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = colour
        self._theme = LIGHT
        self.setFixedSize(8, 8)

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(self._theme, self._colour)))
        painter.drawRoundedRect(self.rect(), 2, 2)
