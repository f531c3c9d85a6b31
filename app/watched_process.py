"""Work in a process of its own, which is ended when it takes too much: time, memory, or the user.

What it does can neither freeze nor bring down this process. Knows nothing of what the work is.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import psutil

POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Limits:
    """What a process may take.

    silent_seconds: between two messages.
    """

    num_bytes: int
    silent_seconds: float
    seconds: float


class WorkFailedError(Exception):
    """The process ended before its work, as native code does that fails."""


class TooMuchError(WorkFailedError):
    """It took too much of `what`, and was ended."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what  # "time" or "memory"


def messages_of(
    work: Callable[..., None],
    *args: object,
    limits: Limits,
    cancelled: Callable[[], bool],
) -> Generator[Any, None, None]:
    """What `work` yields to the pipe that it is given before `args`, until it returns.

    Ends early when cancelled; closing the iterator ends the process.

    Args:
        work: must pickle: a module-level function, from a module that is cheap to import.

    Raises:
        WorkFailedError: it ended in any other way.
        OSError: no process can be started.
    """
    context = multiprocessing.get_context("spawn")  # fork would copy Qt's state
    pipe, far_end = context.Pipe(duplex=False)
    process = context.Process(
        target=_run, args=(far_end, work, args, limits.num_bytes), name="eremo-work", daemon=True
    )
    try:
        process.start()
    except BaseException:
        pipe.close()
        raise
    finally:
        far_end.close()
    try:
        yield from _receive(pipe, _Watch(process.pid, limits), cancelled)
    finally:
        pipe.close()
        process.kill()
        process.join()


@dataclass(frozen=True, slots=True)
class _Sent:
    message: Any


@dataclass(frozen=True, slots=True)
class _Done:
    is_out_of_memory: bool = False


def _receive(pipe: Connection, watch: "_Watch", cancelled: Callable[[], bool]) -> Iterator[Any]:
    while not cancelled():
        watch.check()
        try:
            if not pipe.poll(POLL_SECONDS):
                continue
            received = pipe.recv()
        except (EOFError, OSError) as error:
            raise WorkFailedError("the process ended") from error
        watch.heard()
        match received:
            case _Done(is_out_of_memory=True):
                raise TooMuchError("memory")
            case _Done():
                return
            case _Sent(message):
                yield message
                watch.heard()  # however long this was looked at


class _Watch:
    """Not every system lets a process be given a limit itself."""

    def __init__(self, process_id: int | None, limits: Limits) -> None:
        self._limits = limits
        self._process = None
        with contextlib.suppress(psutil.Error):
            self._process = psutil.Process(process_id)
        self._started = self._heard = time.monotonic()

    def heard(self) -> None:
        self._heard = time.monotonic()

    def check(self) -> None:
        """Raises TooMuchError."""
        now = time.monotonic()
        silent, total = now - self._heard, now - self._started
        if silent > self._limits.silent_seconds or total > self._limits.seconds:
            raise TooMuchError("time")
        num_bytes = 0
        with contextlib.suppress(psutil.Error):  # it has just ended
            num_bytes = self._process.memory_info().rss if self._process else 0
        if num_bytes > self._limits.num_bytes:
            raise TooMuchError("memory")


# In the process


class Sender:
    """What work tells with."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def send(self, message: object) -> None:
        self._pipe.send(_Sent(message))


def _run(
    pipe: Connection, work: Callable[..., None], args: tuple[object, ...], max_bytes: int
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    _limit_memory(max_bytes)
    _silence()
    with contextlib.suppress(BrokenPipeError):  # the parent wants no more
        try:
            work(Sender(pipe), *args)
        except MemoryError:
            pipe.send(_Done(is_out_of_memory=True))
        else:
            pipe.send(_Done())


def _limit_memory(max_bytes: int) -> None:
    """Where the system can; the parent watches besides."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        room = 3 * max_bytes  # of addresses, of which not all are used
        resource.setrlimit(resource.RLIMIT_AS, (room, room))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _silence() -> None:
    """What libraries print belongs to nobody: standard output is for answers."""
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    with contextlib.suppress(OSError):
        os.dup2(sys.stdout.fileno(), 1)
        os.dup2(sys.stdout.fileno(), 2)
