"""Has formulas drawn in a process of its own, one at a time, the newest first.

Python runs one thread at a time: on a thread of the window's process, each drawing would hold the
window up. Knows no widget. The process starts with the first formula and ends when none has come
for a while, or with the window.
"""

import atexit
import contextlib
import multiprocessing
import os
import signal
from concurrent.futures import Future
from functools import cache, lru_cache
from multiprocessing.connection import Connection
from queue import Empty, LifoQueue
from threading import Lock, Thread
from typing import NamedTuple

from ui.chat.formula import Drawing, draw, is_refused

_PATIENCE_SECONDS = 30.0  # for one drawing; ziamath's import comes before the first
_REST_SECONDS = 60.0  # without a formula, before the process and its memory are given up
_NICENESS = 5  # a window that answers, and the model's words, come first


class _Formula(NamedTuple):
    source: str
    is_display: bool
    pixels: int


@lru_cache(maxsize=512)
def drawing(source: str, is_display: bool, pixels: int) -> "Future[Drawing | None]":
    """The formula with letters of that size, or None where it can't be drawn."""
    made: Future[Drawing | None] = Future()
    if is_refused(source):
        made.set_result(None)
    else:
        _jobs().put((_Formula(source, is_display, pixels), made))
    return made


_Job = tuple[_Formula, "Future[Drawing | None]"]


@cache
def _jobs() -> "LifoQueue[_Job]":
    """What is to be drawn, the newest first: it is what the user has come to."""
    jobs: LifoQueue[_Job] = LifoQueue()
    Thread(target=_work, args=(jobs, FormulaProcess()), name="formulas", daemon=True).start()
    return jobs


def _work(jobs: "LifoQueue[_Job]", process: "FormulaProcess") -> None:
    while True:
        try:
            formula, made = jobs.get(timeout=_REST_SECONDS)
        except Empty:
            process.end()
        else:
            drawn = process.draw(*formula)
            if process.is_closed:  # whoever waits for it is no more
                return
            made.set_result(drawn)


class FormulaProcess:
    """Draws as `draw`; what brings the process down, or takes it too long, isn't drawn.

    Args:
        patience_seconds: how long one formula may take before the process is killed.
    """

    def __init__(self, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._patience_seconds = patience_seconds
        self._lock = Lock()  # around the start and the end of the process
        self.is_closed = False
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        # Before multiprocessing's own end, which would wait for a process that starts meanwhile.
        atexit.register(self.close)

    @property
    def process_id(self) -> int | None:
        return self._process.pid if self._process else None

    def draw(self, source: str, is_display: bool, pixels: int) -> Drawing | None:
        try:
            pipe = self._running()
            pipe.send((source, is_display, pixels))
            if pipe.poll(self._patience_seconds):
                drawn: Drawing | None = pipe.recv()
                return drawn
        except (EOFError, OSError):
            pass
        self.end()
        return None

    def _running(self) -> Connection:
        """The pipe to the process, which is started where there is none."""
        with self._lock:
            if self.is_closed:
                raise EOFError
            if self._pipe is None:
                context = multiprocessing.get_context("spawn")  # fork would copy Qt's state
                self._pipe, far_end = context.Pipe()
                self._process = context.Process(
                    target=_serve, args=(far_end,), name="eremo-formulas", daemon=True
                )
                try:
                    self._process.start()
                finally:
                    far_end.close()  # so that the end of either process is the end of the pipe
            return self._pipe

    def end(self) -> None:
        """The next formula starts another."""
        with self._lock:
            if self._process and self._process.pid:
                self._process.kill()
                self._process.join()
            if self._pipe:
                self._pipe.close()
            self._process = self._pipe = None

    def close(self) -> None:
        """Nothing is drawn any more."""
        self.is_closed = True
        self.end()


def _serve(pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the window's business
    with contextlib.suppress(AttributeError, OSError):  # Windows has no niceness
        os.nice(_NICENESS)
    with contextlib.suppress(EOFError, OSError):
        while True:
            pipe.send(draw(*pipe.recv()))
