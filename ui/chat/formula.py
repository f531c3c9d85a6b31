"""Draws LaTeX as vectors, within a bound of work.

Knows no widget, and isn't run in the window's process: see formula_process.py. ziamath is imported
for the first formula and may be missing: what can't be drawn is None, and its source is shown.
"""

import re
import sys
from types import FrameType
from typing import Any, NamedTuple

MAX_SOURCE = 2_000  # characters
MAX_STEPS = 2_000_000  # calls and returns; nested fractions cost twice as much at each level
_MAX_PX = 10_000  # of a side
_MAX_SVG = 400_000  # characters; a letter takes some 800
_MACROS = re.compile(r"\\(?:[egx]?def|let|(?:re)?newcommand|href|url|includegraphics)\b")
_XML = str.maketrans({"<": r"\lt ", ">": r"\gt "})  # latex2mathml would write them as they are
_VIEW_BOX = re.compile(r'viewBox="(\S+) (\S+) (\S+) (\S+)"')
_INK = "#010203"  # of every drawing, until it is known where it stands


class Drawing(NamedTuple):
    """An SVG, and its size in pixels around the baseline."""

    svg: str
    width: float
    ascent: float
    descent: float

    def in_colour(self, colour: str) -> bytes:
        """The SVG with its ink in that colour, "#rrggbb"."""
        return self.svg.replace(_INK, colour).encode()


class _TooMuch(BaseException):
    """Not an Exception, so that nothing on the way takes it for a failure of its own."""


def is_refused(source: str) -> bool:
    """Whether it is never drawn, as its text alone tells."""
    return len(source) > MAX_SOURCE or _MACROS.search(source) is not None


def draw(source: str, is_display: bool, pixels: int, max_steps: int = MAX_STEPS) -> Drawing | None:
    """The formula with letters of that size; one that takes more than `max_steps` is given up.

    None where it can't be drawn.
    """
    if is_refused(source):
        return None
    before = sys.getprofile()
    try:
        import ziamath

        ziamath.config.svg2 = False  # QtSvg reads SVG 1.1
        sys.setprofile(_counter(max_steps))
        return _drawn(ziamath, source.translate(_XML), is_display, pixels)
    except (Exception, _TooMuch):  # noqa: BLE001 - whatever a stranger's formula makes of it
        return None
    finally:
        sys.setprofile(before)


def _counter(max_steps: int) -> Any:
    """What is called at every step, and ends what takes too many."""
    num_steps = 0

    def count(frame: FrameType, event: str, argument: object) -> None:  # noqa: ARG001
        nonlocal num_steps
        num_steps += 1
        if num_steps > max_steps:
            raise _TooMuch

    return count


def _drawn(ziamath: Any, source: str, is_display: bool, pixels: int) -> Drawing | None:
    formula = ziamath.Latex(source, size=pixels, color=_INK, inline=not is_display)
    for root in formula.mathml:
        # An unknown command would be spelled out in letters.
        if any((element.text or "").startswith("\\") for element in root.iter()):
            return None
    svg = formula.svg()
    if len(svg) > _MAX_SVG:
        return None
    box = _VIEW_BOX.search(svg)
    if box is None:
        return None
    top, width, height = (float(number) for number in box.groups()[1:])
    if not (0 < width <= _MAX_PX and 0 < height <= _MAX_PX):
        return None
    return Drawing(svg, width, -top, top + height)
