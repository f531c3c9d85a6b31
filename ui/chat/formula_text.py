"""Formulas inside the text of a view: one character each, painted as vectors.

Until its drawing is there, and where there is none, the source of a formula stands as code.
"""

from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from math import ceil
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, QSizeF, QTimer, Signal
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QPainter,
    QPyTextObject,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtSvg import QSvgRenderer

from ui.chat.formula import Drawing
from ui.chat.formula_process import drawing
from ui.chat.markdown import Run

if TYPE_CHECKING:
    from concurrent.futures import Future

OBJECT = "\ufffc"
_TYPE = QTextFormat.ObjectTypes.UserObject.value + 1
_SOURCE = QTextFormat.Property.UserProperty.value + 1
_IS_DISPLAY = _SOURCE + 1
_PIXELS = _SOURCE + 2
_SCALE = 1.2  # a formula's letters are small beside the interface's of the same size
_MIN_SHRINK = 0.5
_WAIT_MS = 40
_MAX_WAITING = 200  # formulas of one text


def as_written(run: Run) -> str:
    """A run with the dollars around a formula."""
    if run.is_footnote:
        return f"[^{run.text}]"
    if not run.formula:
        return run.text
    return f"$${run.text}$$" if run.formula == "display" else f"${run.text}$"


def find_drawing(run: Run, pixels: int) -> Drawing | None:
    """The drawing of a formula if there is one by now."""
    future = drawing(run.text, run.formula == "display", round(pixels * _SCALE))
    return future.result() if future.done() else None


def object_format(run: Run, text_format: QTextCharFormat) -> QTextCharFormat:
    """The format of the character that stands for a formula in a text of that format."""
    made = QTextCharFormat(text_format)
    pixels = round(text_format.font().pixelSize() * _SCALE)
    made.setObjectType(_TYPE)
    made.setProperty(_SOURCE, run.text)
    made.setProperty(_IS_DISPLAY, run.formula == "display")
    made.setProperty(_PIXELS, pixels)
    made.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignBaseline)
    future = drawing(run.text, run.formula == "display", pixels)
    if future.done() and (drawn := future.result()):
        made.setFont(_font_reaching(drawn.descent, text_format.font()))
    return made


def _font_reaching(descent: float, font: QFont) -> QFont:
    """The font in the size that goes so far below the line.

    Qt puts an object on the line by the descent of its font, and can't be told otherwise.
    """
    made = QFont(font)
    share = QFontMetricsF(font).descent() / font.pixelSize()
    made.setPixelSize(max(ceil(descent / share), font.pixelSize()))
    return made


class FormulaPainter(QPyTextObject):
    """Paints the formulas of one document."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._drawings: dict[tuple[str, bool, int], Drawing] = {}  # that were shown
        document.documentLayout().registerHandler(_TYPE, self)

    def intrinsicSize(
        self,
        document: QTextDocument,
        position: int,  # noqa: ARG002
        text_format: QTextFormat,
    ) -> QSizeF:
        drawn = self._find(text_format)
        if drawn is None:
            return QSizeF()
        shrink = _shrink(drawn, document)
        return QSizeF(drawn.width * shrink, drawn.ascent * shrink + _below(text_format))

    def drawObject(
        self,
        painter: QPainter,
        place: QRectF,
        document: QTextDocument,
        position: int,  # noqa: ARG002
        text_format: QTextFormat,
    ) -> None:
        drawn = self._find(text_format)
        if drawn is None:
            return
        shrink = _shrink(drawn, document)
        baseline = place.bottom() - _below(text_format)
        colour = text_format.toCharFormat().foreground().color().name()
        height = (drawn.ascent + drawn.descent) * shrink
        target = QRectF(
            place.left(), baseline - drawn.ascent * shrink, drawn.width * shrink, height
        )
        _renderer(drawn, colour).render(painter, target)

    def _find(self, text_format: QTextFormat) -> Drawing | None:
        key = (
            str(text_format.property(_SOURCE)),
            bool(text_format.property(_IS_DISPLAY)),
            text_format.intProperty(_PIXELS),
        )
        if key not in self._drawings:
            future = drawing(*key)
            if not (future.done() and (drawn := future.result())):
                return None
            self._drawings[key] = drawn
        return self._drawings[key]


@lru_cache(maxsize=256)
def _renderer(drawn: Drawing, colour: str) -> QSvgRenderer:
    return QSvgRenderer(drawn.in_colour(colour))


def _below(text_format: QTextFormat) -> float:
    """How far Qt lets an object of that format go below the line."""
    return QFontMetricsF(text_format.toCharFormat().font()).descent()


def _shrink(drawn: Drawing, document: QTextDocument) -> float:
    """A formula that is wider than its text is made smaller."""
    width = document.textWidth()
    return min(1.0, max(width / drawn.width, _MIN_SHRINK)) if width > 0 else 1.0


def source_at(document: QTextDocument, position: int) -> str:
    """What stands for the formula at that character in a copy."""
    cursor = QTextCursor(document)
    cursor.setPosition(position + 1)
    text_format = cursor.charFormat()
    formula = "display" if text_format.property(_IS_DISPLAY) else "inline"
    return as_written(Run(str(text_format.property(_SOURCE) or ""), formula=formula))


class FormulaWatch(QObject):
    """Waits for the drawings of a view's formulas.

    Signals:
    drawn: some that were shown as source may be drawn now
    """

    drawn = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._waiting: list[Future[Drawing | None]] = []
        self._timer = QTimer(self, interval=_WAIT_MS)
        self._timer.timeout.connect(self._look)

    def watch(self, formulas: Iterable[tuple[Run, int]]) -> None:
        """Wait for these and for no others, each with the size of the text around it.

        Those beyond a number stay source, so that none pushes out another for ever.
        """
        keys = {
            (run.text, run.formula == "display", round(pixels * _SCALE))
            for run, pixels in islice(formulas, _MAX_WAITING)
        }
        self._waiting = [future for key in keys if not (future := drawing(*key)).done()]
        if self._waiting and not self._timer.isActive():
            self._timer.start()

    def _look(self) -> None:
        waiting = [future for future in self._waiting if not future.done()]
        is_some_done = len(waiting) < len(self._waiting)
        self._waiting = waiting
        if not waiting:
            self._timer.stop()
        if is_some_done:
            self.drawn.emit()
