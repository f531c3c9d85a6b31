"""How long something takes beside a fixed piece of work, on whatever machine this is.

Seconds say as much about the machine as about the code. What these tests guard against, work that
grows with the square of its input or a list that is laid out whole, takes tens or hundreds of
times as long as it should on any machine.
"""

import statistics
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

_WORDS = [f"word {number % 997}" for number in range(50_000)]


def unit() -> float:
    """Seconds that the fixed work takes now: about 0.01 on a desktop machine of 2020."""
    return statistics.median(_seconds_of_fixed_work() for _ in range(3))


@contextmanager
def at_most(units: float) -> Iterator[None]:
    """Fail if the block takes this thread more than ``units`` times the fixed work."""
    before = unit()
    started = time.thread_time()
    yield
    took = time.thread_time() - started
    assert took <= units * max(before, unit())


def _seconds_of_fixed_work() -> float:
    """Python's loop, strings and dictionaries, as most of what is measured by it."""
    started = time.thread_time()
    counted: Counter[str] = Counter()
    for word in _WORDS:
        counted[word.upper().strip()] += 1
    return time.thread_time() - started
