"""An engine in a process of its own, behind the same interface.

A native crash or an exhausted memory then ends that process and not the window's, and ending it
gives all memory back. Knows nothing of what the engine computes; what runs in the child is in
inference/serve.py.
"""

import contextlib
import logging
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

from inference.engine import Engine
from inference.errors import DeviceFailedError, EngineCrashedError, InferenceError
from inference.events import Estimate, Event, LoadEvent, Request
from inference.serve import Ask, Cancel, Done, Failed, serve

logger = logging.getLogger(__name__)

Reply = Event | Estimate | int

POLL_SECONDS = 0.02
"""How soon a cancel is noticed while the child is silent."""

OUTPUT_TAIL_BYTES = 4096


class EngineProcess:
    """Runs make_engine() in a child process, and starts a new one when that has ended.

    The child starts with the first `load` or `generate` and ends with this process, however that
    ends. One request at a time: a second one fails at once. `close` may come from any thread.

    Args:
        make_engine: called in the child. Must pickle: a module-level function or a partial of
            one, from a module that is cheap to import.
        close_seconds: how long `close` waits for a request to end, and then for the child to
            leave, before it kills it.
        cancel_seconds: how long the child may be silent after a cancel before it is killed.
    """

    def __init__(
        self,
        make_engine: Callable[[], Engine],
        *,
        close_seconds: float = 2.0,
        cancel_seconds: float = 30.0,
    ) -> None:
        self._make_engine = make_engine
        self._close_seconds = close_seconds
        self._cancel_seconds = cancel_seconds
        self._in_use = threading.Lock()
        self._closing = threading.Event()
        self._child: _Child | None = None

    def load(self) -> Iterator[LoadEvent]:
        return cast("Iterator[LoadEvent]", self._serve(None, lambda: False))

    def generate(self, request: Request, cancelled: Callable[[], bool]) -> Iterator[Event]:
        return self._serve(request, cancelled)

    def estimate(self, request: Request) -> Estimate | None:
        """As Engine.estimate; None also while the engine works on another request."""
        reply = self._look_up(request=request, estimate=True)
        assert reply is None or isinstance(reply, Estimate)
        return reply

    def count_tokens(self, text: str) -> int | None:
        """As Engine.count_tokens; None also while the engine works on a request."""
        reply = self._look_up(text=text)
        assert reply is None or isinstance(reply, int)
        return reply

    def _look_up(
        self, request: Request | None = None, *, estimate: bool = False, text: str | None = None
    ) -> Reply | None:
        """What a child that is there and idle replies; None where there is no such one."""
        if not self._in_use.acquire(blocking=False):
            return None
        try:
            child = self._child
            if self._closing.is_set() or child is None or not child.is_alive:
                return None
            return child.look_up(request, self._closing.is_set, estimate=estimate, text=text)
        finally:
            self._in_use.release()

    def settle(self, cancelled: Callable[[], bool]) -> None:
        """The child does it by itself after every answer."""

    def close(self) -> None:
        """Cancel what is in progress and end the child. May be called again."""
        self._closing.set()
        if self._in_use.acquire(timeout=self._close_seconds):
            if self._child is not None:
                self._child.end(self._close_seconds)
                self._child = None
            self._in_use.release()
        elif child := self._child:
            # It hangs, or nobody reads the rest of its answer. Who does read sees a crash.
            child.kill()

    def _serve(self, request: Request | None, cancelled: Callable[[], bool]) -> Iterator[Event]:
        def unwanted() -> bool:
            return self._closing.is_set() or cancelled()

        if not self._in_use.acquire(blocking=False):
            raise InferenceError("The model is busy with another answer. Wait until it has ended.")
        try:
            child = self._running_child()
            try:
                child.ask(request)
                while (event := child.next_event(unwanted)) is not None:
                    yield event
            finally:
                child.finish()  # closed early: nothing of this answer may reach the next one
        finally:
            self._in_use.release()

    def _running_child(self) -> "_Child":
        if self._closing.is_set():
            raise InferenceError("The model is closed. Start Eremo again.")
        if self._child is not None and not self._child.is_alive:
            logger.warning("starting a new engine process: %s", self._child.end(0))
            self._child = None
        if self._child is None:
            self._child = _Child(self._make_engine, self._cancel_seconds)
        return self._child


class _Child:
    """One engine process, from its start to its end."""

    def __init__(self, make_engine: Callable[[], Engine], cancel_seconds: float) -> None:
        self._cancel_seconds = cancel_seconds
        self._request_id = 0
        self._is_answering = False
        self._is_cancelled = False
        self._heard_at = 0.0
        self._ending = ""  # how it ended
        self._output = _Output()
        context = multiprocessing.get_context("spawn")  # fork would copy Qt's and the GPU's state
        try:
            self._pipe, far_end = context.Pipe()
            self._process = context.Process(
                target=serve,
                args=(far_end, make_engine, self._output.path),
                name="eremo-engine",
                daemon=True,
            )
            self._process.start()
        except OSError as error:
            self._output.remove()
            raise EngineCrashedError(
                "The model's process couldn't be started. Close other programs and try again."
            ) from error
        far_end.close()  # so that the end of the child is the end of the pipe

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    def ask(
        self, request: Request | None, *, estimate: bool = False, text: str | None = None
    ) -> None:
        self._request_id += 1
        self._is_cancelled = False
        with self._crash_reported():
            self._pipe.send(Ask(self._request_id, request, estimate, text))
        self._is_answering = True

    def next_event(self, cancelled: Callable[[], bool]) -> Event | None:
        """The next event of the answer; None at its end."""
        reply = self._next_reply(cancelled)
        assert not isinstance(reply, Estimate | int)
        return reply

    def _next_reply(self, cancelled: Callable[[], bool]) -> Reply | None:
        reply: Reply | Done | Failed | None = None
        while reply is None:
            if cancelled():
                self._cancel()
            with self._crash_reported():
                if self._pipe.poll(POLL_SECONDS):
                    reply = self._pipe.recv()
                    self._heard_at = time.monotonic()
        if isinstance(reply, Done):
            self._is_answering = False
            return None
        if isinstance(reply, Failed):
            self._is_answering = False
            if isinstance(reply.error, DeviceFailedError):
                self.kill()  # no card works again in that process; the next request starts another
            raise _error_of(reply) from RuntimeError(reply.traceback)
        return reply

    def look_up(
        self,
        request: Request | None,
        cancelled: Callable[[], bool],
        *,
        estimate: bool,
        text: str | None,
    ) -> Reply | None:
        self.ask(request, estimate=estimate, text=text)
        try:
            return self._next_reply(cancelled)
        finally:
            self.finish()

    def finish(self) -> None:
        """Cancel the answer if it hasn't ended, and read the rest of it away."""
        try:
            while self._is_answering and self._next_reply(lambda: True) is not None:
                pass
        except InferenceError:
            logger.warning("an answer that nobody reads has failed", exc_info=True)
        except BaseException:
            self.kill()  # half-read, it can't serve the next request
            raise

    def end(self, seconds: float) -> str:
        """Let it leave, kill it when it doesn't; returns how it ended and what it printed last."""
        if not self._ending:
            self._pipe.close()
            self._process.join(seconds)
            if self._process.is_alive():
                self.kill()
            self._ending = (
                f"{_exit_reason(self._process.exitcode)}\n{self._output.remove()}".strip()
            )
        return self._ending

    def kill(self) -> None:
        self._process.kill()
        self._process.join(1)

    def _cancel(self) -> None:
        if not self._is_cancelled:
            self._is_cancelled = True
            self._heard_at = time.monotonic()
            with self._crash_reported():
                self._pipe.send(Cancel(self._request_id))
        elif time.monotonic() - self._heard_at > self._cancel_seconds:
            logger.warning("the engine's process takes no notice of a cancel and is killed")
            self.kill()

    @contextlib.contextmanager
    def _crash_reported(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, OSError) as error:
            self._is_answering = False
            reason = self.end(1)
            raise EngineCrashedError(
                "The model stopped unexpectedly. Nothing is lost; try again."
            ) from RuntimeError(f"the engine's process ended: {reason} ({error!r})")


class _Output:
    """What the child prints, for the reason of a crash: a file until both sides have opened it."""

    def __init__(self) -> None:
        try:
            descriptor, name = tempfile.mkstemp(prefix="eremo-engine-", suffix=".log")
            self.path = Path(name)
        except OSError:  # a full disk: better an engine without a log than none
            self.path = Path(os.devnull)
            descriptor = os.open(self.path, os.O_RDONLY)
        self._descriptor = descriptor

    def remove(self) -> str:
        """Returns the last of it."""
        with os.fdopen(self._descriptor, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - OUTPUT_TAIL_BYTES))
            tail = file.read()
        if self.path != Path(os.devnull):
            self.path.unlink(missing_ok=True)
        return tail.decode("utf-8", "replace")


def _error_of(failed: Failed) -> InferenceError:
    if failed.error is not None:
        return failed.error
    logger.error("bug in the engine's process\n%s", failed.traceback)
    return InferenceError("The model failed in a way that it shouldn't. The log says how.")


def _exit_reason(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        with contextlib.suppress(ValueError):  # a real-time signal has no name
            return f"killed by {signal.Signals(-exit_code).name}"
    return f"exit code {exit_code}"
