"""What runs in the engine's process: serves one engine over a pipe until its parent leaves.

The protocol, one request at a time:

    parent -> child   Ask, and then at most one Cancel that names it
    child  -> parent  Event*, or an Estimate, or a number of tokens, and then Done or Failed

After a load or an answer, and until the next request comes, the engine settles; after an estimate
it goes on.
Knows nothing of how the process is started or ended (inference/process.py does).
"""

import contextlib
import faulthandler
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

from inference.engine import Engine
from inference.errors import InferenceError
from inference.events import Request


@dataclass(frozen=True, slots=True)
class Ask:
    id: int
    request: Request | None  # None: load the model
    estimate: bool = False  # the request's cost instead of its answer
    text: str | None = None  # to be counted instead


@dataclass(frozen=True, slots=True)
class Cancel:
    id: int  # of the request meant: one that comes late must not hit the next request


@dataclass(frozen=True, slots=True)
class Done:
    pass


@dataclass(frozen=True, slots=True)
class Failed:
    error: InferenceError | None  # None: an exception that nobody planned
    traceback: str  # tracebacks don't cross a pipe, their text does


def serve(pipe: Connection, make_engine: Callable[[], Engine], log: Path) -> None:
    """The main loop of the process. Returns when the parent closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is the parent's business
    _redirect_output(log)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    engine: Engine | None = None
    inbox = _Inbox(pipe)
    while (ask := inbox.next_ask()) is not None:
        try:
            # Made here, not before: a failure is then an answer, and the next request tries again.
            engine = engine or make_engine()
            _stream(pipe, ask, engine)
            outcome: Done | Failed = Done()
        except InferenceError as error:
            outcome = Failed(error, traceback.format_exc())
        except Exception:  # noqa: BLE001  a bug; the parent logs it
            outcome = Failed(None, traceback.format_exc())
        with contextlib.suppress(OSError):  # the parent is gone: the next recv() says so too
            pipe.send(outcome)
        if engine is not None and isinstance(outcome, Done):
            _settle(engine, inbox)
    if engine is not None:
        engine.close()


class _Inbox:
    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._ask: Ask | None = None
        self._is_closed = False

    def next_ask(self) -> Ask | None:
        """Waits for it; None when the parent has closed the pipe."""
        while self._ask is None and not self._is_closed:
            self._receive()
        ask, self._ask = self._ask, None
        return ask

    def is_wanted(self) -> bool:
        """Whether there is something else to do now than to wait."""
        try:
            while self._ask is None and not self._is_closed and self._pipe.poll():
                self._receive()
        except OSError:
            self._is_closed = True
        return self._ask is not None or self._is_closed

    def _receive(self) -> None:
        try:
            message = self._pipe.recv()
        except (EOFError, OSError):
            self._is_closed = True
            return
        if isinstance(message, Ask):  # or a Cancel that came after the end of its request
            self._ask = message


def _settle(engine: Engine, inbox: _Inbox) -> None:
    try:
        engine.settle(inbox.is_wanted)
    except Exception:  # noqa: BLE001  nobody waits for it: the next request tells what is wrong
        traceback.print_exc()


def _stream(pipe: Connection, ask: Ask, engine: Engine) -> None:
    cancelled = _cancel_check(pipe, ask.id)
    if ask.text is not None:
        if (count := engine.count_tokens(ask.text)) is not None:
            pipe.send(count)
        return
    if ask.request is not None and ask.estimate:
        if estimate := engine.estimate(ask.request):
            pipe.send(estimate)
        return
    if ask.request is not None:
        for event in engine.generate(ask.request, cancelled):
            pipe.send(event)
        return
    for load_event in engine.load():
        pipe.send(load_event)
        if cancelled():
            return


def _cancel_check(pipe: Connection, request_id: int) -> Callable[[], bool]:
    seen = False

    def cancelled() -> bool:
        nonlocal seen
        try:
            while not seen and pipe.poll():
                seen = pipe.recv() == Cancel(request_id)
        except (EOFError, OSError):  # nobody is left to read the answer
            seen = True
        return seen

    return cancelled


def _end_with_parent() -> None:
    """Runs beside the engine, so that one that hangs ends too.

    Needs the interpreter's lock for a moment: native code that never releases it would outlive
    the parent.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _redirect_output(log: Path) -> None:
    """Send what libraries and native code print to `log`: the parent's stdout is for answers.

    In an application without a console this also gives them somewhere to print to.
    """
    file = log.open("w", buffering=1, encoding="utf-8", errors="replace")
    os.dup2(file.fileno(), 1)
    os.dup2(file.fileno(), 2)
    sys.stdout = sys.stderr = file
    faulthandler.enable(file)
    if log != Path(os.devnull):
        with contextlib.suppress(OSError):  # Windows can't remove what is open; the parent does
            log.unlink()
