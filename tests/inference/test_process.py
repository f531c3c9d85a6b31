"""The engine's process: crashes, cancels, and ends that a user may cause. See the contract too."""

import contextlib
import functools
import inspect
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from inference import errors
from inference.errors import DeviceFailedError, EngineCrashedError, InferenceError, OutOfMemoryError
from inference.events import Finished, LoadProgress, Message, Request, TextDelta
from inference.fake import FakeEngine, Script
from inference.process import EngineProcess
from inference.serve import Ask, Cancel, Done, serve


class DeafEngine(FakeEngine):
    """Takes no notice of a cancel, however early it comes."""

    def generate(self, request, cancelled):  # noqa: ARG002
        return super().generate(request, never)


@pytest.fixture
def start():
    """Makes engines in a child that follow a script, and closes them."""
    with contextlib.ExitStack() as stack:

        def start(script=None, kind=FakeEngine, **options):
            engine = EngineProcess(functools.partial(kind, script), **options)
            stack.callback(engine.close)
            return engine

        yield start


@pytest.fixture
def engine(start):
    return start()


def ask(text):
    return Request((Message("user", text),))


def never():
    return False


def answer(engine, text="one two"):
    events = list(engine.generate(ask(text), never))
    assert isinstance(events[-1], Finished)
    return text_of(events)


def text_of(events):
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def first_text(events):
    return next(event for event in events if isinstance(event, TextDelta))


def cancel_after(engine, word, text):
    """The events of an answer that is cancelled as soon as `word` was read."""
    seen = []
    for event in engine.generate(ask(text), lambda: word in text_of(seen)):
        seen.append(event)  # noqa: PERF402 - the lambda reads it
    return seen


def running_child():
    (child,) = (c for c in multiprocessing.active_children() if c.name == "eremo-engine")
    return child


def child_pid():
    return running_child().pid


def assert_gone(pid):
    """Also no zombie is left."""
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(timeout=2)
    assert not psutil.pid_exists(pid)


# Crashes


def test_nothing_is_started_before_the_first_request(engine):
    """The window has to be visible before the engine's imports take the processor."""
    assert multiprocessing.active_children() == []
    next(engine.load())
    assert child_pid()


def test_killed_in_mid_answer_is_reported_and_the_next_request_is_answered(start):
    engine = start(Script(seconds_per_word=0.01))
    events = engine.generate(ask("!words 1000"), never)
    first_text(events)
    pid = child_pid()
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(EngineCrashedError, match="try again") as info:
        list(events)
    assert "SIGKILL" in str(info.value.__cause__)
    assert_gone(pid)
    after = list(engine.generate(ask("back again"), never))
    assert text_of(after) == "back again"
    assert any(isinstance(event, LoadProgress) for event in after)  # a new process, a new model


def test_killed_while_idle_goes_unnoticed_but_for_the_log(engine, caplog):
    answer(engine)
    child = running_child()
    child.kill()
    child.join()
    assert answer(engine, "still there") == "still there"
    assert "SIGKILL" in caplog.text


def test_native_abort_leaves_its_stack_in_the_cause(engine):
    with pytest.raises(EngineCrashedError) as info:
        answer(engine, "one !abort")
    reason = str(info.value.__cause__)
    assert "SIGABRT" in reason
    assert "Fatal Python error: Aborted" in reason
    assert "fake.py" in reason
    assert answer(engine) == "one two"


class EndsItsReader:
    """Ends the process that unpickles it, before that has come to any code of ours."""

    def __reduce__(self):
        return sys.exit, (3,)


def test_a_child_that_ends_while_it_starts_is_a_crash(temporary_folder):
    engine = EngineProcess(EndsItsReader())
    for _ in range(2):
        with pytest.raises(EngineCrashedError) as info:
            list(engine.load())
        assert "exit code 3" in str(info.value.__cause__)
    engine.close()
    assert list(temporary_folder.iterdir()) == []


def test_a_process_that_cannot_be_started_says_what_to_do(engine, monkeypatch):
    def fail(*_args, **_options):
        raise OSError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr("multiprocessing.util.spawnv_passfds", fail)
        with pytest.raises(EngineCrashedError, match="Close other programs"):
            answer(engine)
    assert answer(engine) == "one two"


# Errors


def test_planned_errors_keep_their_type_and_sentence(engine):
    with pytest.raises(InferenceError, match="failed as it was told") as info:
        answer(engine, "one !error")
    assert type(info.value) is InferenceError
    assert "Traceback" in str(info.value.__cause__)
    assert answer(engine) == "one two"


def test_an_exception_that_nobody_planned_is_a_calm_sentence_and_a_logged_traceback(engine, caplog):
    with pytest.raises(InferenceError) as info:
        answer(engine, "one !bug")
    assert "ZeroDivision" not in str(info.value)
    assert "\n" not in str(info.value)
    assert "ZeroDivisionError: the fake engine's own bug" in str(info.value.__cause__)
    assert "ZeroDivisionError" in caplog.text
    assert answer(engine) == "one two"


def make_too_large():
    raise OutOfMemoryError("The model needs 7 GB. Choose a smaller one.")


def test_an_engine_that_cannot_be_made_says_why_every_time():
    engine = EngineProcess(make_too_large)
    for _ in range(2):
        with pytest.raises(OutOfMemoryError, match="Choose a smaller one"):
            list(engine.load())
    engine.close()


class OnAPoisonedCard(FakeEngine):
    """A word breaks the card, and from then on everything fails, as CUDA has it."""

    is_broken = False

    def generate(self, request, cancelled):
        self.is_broken |= request.messages[-1].content == "break"
        if self.is_broken:
            raise DeviceFailedError("The graphics card reported an error. Try again.")
        yield from super().generate(request, cancelled)


def test_after_an_error_of_the_card_the_next_request_has_a_process_of_its_own(start):
    engine = start(kind=OnAPoisonedCard)
    answer(engine)
    pid = child_pid()
    with pytest.raises(DeviceFailedError, match="graphics card"):
        answer(engine, "break")
    assert_gone(pid)
    assert answer(engine) == "one two"


@pytest.mark.parametrize(
    "error_type",
    [kind for _, kind in inspect.getmembers(errors, inspect.isclass)],
)
def test_every_error_survives_the_pipe(error_type):
    """Unpickling calls the class with the sentence alone; another signature breaks the pipe."""
    error = pickle.loads(pickle.dumps(error_type("What happened. What to do.")))
    assert type(error) is error_type
    assert str(error) == "What happened. What to do."


# Cancel


def test_a_cancel_after_the_last_word_does_not_hit_the_next_answer(engine):
    """One flag for all requests let a late cancel end the answer after it."""
    for _ in range(20):
        cancel_after(engine, "two", "one two")
        assert answer(engine, "three four five") == "three four five"


def test_a_cancel_that_names_an_earlier_request_is_ignored():
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    child = multiprocessing.get_context("spawn").Process(
        target=serve, args=(theirs, FakeEngine, Path(os.devnull))
    )
    child.start()
    theirs.close()
    for message in (Ask(1, ask("one")), Cancel(1), Ask(2, ask("two")), Cancel(1)):
        ours.send(message)
    replies = []
    while replies.count(Done()) < 2:
        replies.append(ours.recv())
    ours.close()
    child.join(5)
    assert child.exitcode == 0
    second = replies[replies.index(Done()) :]
    assert text_of(second) == "two"


def test_cancel_is_asked_often_while_the_child_is_silent(start):
    engine = start(Script(seconds_per_word=0.5))
    asked = []

    def cancelled():
        asked.append(time.monotonic())
        return False

    events = engine.generate(ask("one"), cancelled)
    first_text(events)
    assert len(asked) > 10
    list(events)


def test_a_child_that_takes_no_notice_of_a_cancel_is_killed(start):
    engine = start(kind=DeafEngine, cancel_seconds=0.1)
    with pytest.raises(EngineCrashedError):
        cancel_after(engine, "one", "one !hang")
    assert answer(engine) == "one two"


def test_closing_the_iterator_of_a_hanging_child_comes_back(start):
    engine = start(kind=DeafEngine, cancel_seconds=0.1)
    events = engine.generate(ask("one !hang"), never)
    first_text(events)
    events.close()
    assert answer(engine) == "one two"


def test_loading_can_be_abandoned(start):
    engine = start(Script(load_steps=10**9, seconds_per_load_step=0.01))  # for ever
    loading = engine.load()
    next(loading)
    loading.close()


# One request at a time


def test_a_second_request_is_refused_and_does_not_disturb_the_first(engine):
    first = engine.generate(ask("one two three"), never)
    text = first_text(first).text
    with pytest.raises(InferenceError, match="busy"):
        answer(engine)
    assert text + text_of(first) == "one two three"


def test_a_flood_of_events_that_is_read_late_is_complete(engine):
    """The child waits at a full pipe; nothing is dropped."""
    events = engine.generate(ask("!words 3000"), never)
    first_text(events)
    assert text_of(events).endswith("word3000")


def test_a_long_conversation_fits_through_the_pipe(engine):
    text = "x" * 5_000_000
    assert answer(engine, text) == text


# Close


def test_close_ends_the_child_and_refuses_what_comes_after(engine):
    answer(engine)
    pid = child_pid()
    engine.close()
    engine.close()
    assert_gone(pid)
    with pytest.raises(InferenceError, match="closed"):
        answer(engine)


def read_in_thread(engine, text):
    """Returns the events so far, the error at the end, and the thread, which has seen a word."""
    events, error, started = [], [], threading.Event()

    def read():
        try:
            for event in engine.generate(ask(text), never):
                events.append(event)
                if isinstance(event, TextDelta):
                    started.set()
        except InferenceError as caught:
            error.append(caught)

    thread = threading.Thread(target=read)
    thread.start()
    assert started.wait(10)
    return events, error, thread


def test_close_from_another_thread_cancels_the_answer(start):
    engine = start(Script(seconds_per_word=0.01))
    events, error, thread = read_in_thread(engine, "!words 5000")
    pid = child_pid()
    engine.close()
    thread.join(5)
    assert not thread.is_alive()
    assert (events[-1].reason, error) == ("cancelled", [])
    assert_gone(pid)


def test_close_from_another_thread_kills_a_child_that_hangs(start):
    engine = start(kind=DeafEngine, close_seconds=0.2)
    _, error, thread = read_in_thread(engine, "one !hang")
    pid = child_pid()
    engine.close()
    thread.join(5)
    assert not thread.is_alive()
    assert isinstance(error[0], EngineCrashedError)
    assert_gone(pid)


def test_close_beside_an_answer_that_nobody_reads_does_not_wait_for_it(start):
    engine = start(close_seconds=0.2)
    events = engine.generate(ask("!words 100000"), never)
    first_text(events)
    pid = child_pid()
    engine.close()
    assert_gone(pid)
    events.close()


def test_ctrl_c_in_the_terminal_is_left_to_the_parent(start):
    engine = start(Script(seconds_per_word=0.005))
    events = engine.generate(ask("!words 50"), never)
    first_text(events)
    os.kill(child_pid(), signal.SIGINT)
    assert text_of(events).endswith("word50")


class PrintingEngine(FakeEngine):
    def generate(self, request, cancelled):
        print("printed by a library")  # noqa: T201
        os.write(1, b"printed by native code\n")
        yield from super().generate(request, cancelled)


def test_what_the_child_prints_stays_out_of_the_answer(capfd):
    """`eremo chat --json` prints one object a line, and nothing else."""
    engine = EngineProcess(PrintingEngine)
    answer(engine)
    assert capfd.readouterr() == ("", "")
    with pytest.raises(EngineCrashedError) as info:
        answer(engine, "!kill")
    engine.close()
    assert "printed by native code" in str(info.value.__cause__)


def test_a_full_disk_does_not_keep_the_engine_from_starting(monkeypatch, engine):
    def fail(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", fail)
    assert answer(engine) == "one two"
