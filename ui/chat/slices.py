"""Work on the window's thread in steps that leave each frame its time."""

from collections.abc import Callable
from time import perf_counter

SLICE_SECONDS = 0.003
"""Of a frame's 16 ms: the rest is for painting, and for what the user does."""


def advance_until(advance: Callable[[], bool], end: float) -> bool:
    """Take steps until none is left, or the time is over; at least one.

    advance: takes a step; whether another is left.
    end: a time of perf_counter().
    """
    while is_unfinished := advance():
        if perf_counter() > end:
            break
    return is_unfinished
