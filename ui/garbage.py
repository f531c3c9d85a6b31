"""Collects Python's garbage on the window's thread, and the old part of it while nobody waits.

Left to itself, Python collects wherever its counts run over: within a frame, or on another thread,
which holds the window up for as long and may end Qt's objects where they mustn't end.
"""

import contextlib
import gc
from collections.abc import Iterator
from time import perf_counter, thread_time

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 250
_IDLE_SHARE = 0.02  # of the thread's time: less than to type, more than a blinking cursor takes
_IDLE_SECONDS = 3.0
_REST = 1_000  # times the cost of a full collection, before the next
_SHORTEST_REST_SECONDS = 10.0
_LONGEST_WAIT_SECONDS = 300.0  # for an idle moment


@contextlib.contextmanager
def collected_by(parent: QObject) -> Iterator[None]:
    """Collect by a timer alone, while it lasts. What is there already isn't looked at any more.

    That is mostly modules: some 50,000 objects, which a full collection would go over each time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    gc.freeze()
    collector = Collector(parent)
    try:
        yield
    finally:
        collector.stop()
        gc.unfreeze()
        if was_enabled:
            gc.enable()


class Collector(QObject):
    """What is new four times a second; everything once the thread has had little to do."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._looked_at = self._worked_at = self._full_at = perf_counter()
        self._work = thread_time()
        self._rest_seconds = _SHORTEST_REST_SECONDS
        self._timer = QTimer(self, interval=_INTERVAL_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        start = perf_counter()
        if thread_time() - self._work > _IDLE_SHARE * (start - self._looked_at):
            self._worked_at = start
        is_idle = start - self._worked_at > _IDLE_SECONDS
        if start - self._full_at > (self._rest_seconds if is_idle else _LONGEST_WAIT_SECONDS):
            gc.collect()
            self._full_at = perf_counter()
            self._rest_seconds = max(_SHORTEST_REST_SECONDS, _REST * (self._full_at - start))
        else:
            gc.collect(1)
        self._looked_at, self._work = perf_counter(), thread_time()

    def stop(self) -> None:
        self._timer.stop()
        self.deleteLater()
