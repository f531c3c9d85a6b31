"""Snapshots in the engine's process: what it does while nobody waits, estimates, and kills."""

import functools
import sys
import time
from contextlib import suppress

import pytest

from inference.errors import EngineCrashedError
from inference.events import Estimate, Finished, Message, PrefillProgress, TextDelta
from inference.fake import FakeEngine, Script
from inference.load_options import LoadOptions
from inference.local_engine import open_engine
from inference.process import EngineProcess
from tests.inference.warm_engine import (
    PLENTY,
    RECALL,
    cold,
    dying_engine,
    ideal,
    loaded,
    never,
    prompt_tokens,
    question,
    request_of,
    text_of,
)

SYSTEM = Message("system", "Kita 217 the and of rain")
ASKED = (SYSTEM, question("Baba 101 the old stone bridge ? Baba"))
NEW = question("Ruru 200 snow on the hill ? Ruru")
LONG = question("Kita 217 " + "the wind in the forest " * 400 + "? Kita")
SECONDS = 20


@pytest.fixture
def options(tmp_path):
    return LoadOptions(state_dir=tmp_path / "state", state_budget=PLENTY)


@pytest.fixture
def start():
    engines = []

    def start(kind, *arguments):
        engine = EngineProcess(functools.partial(kind, *arguments))
        engines.append(engine)
        return engine

    yield start
    for engine in engines:
        engine.close()


def answer(engine, messages):
    events = list(engine.generate(request_of(messages), never))
    assert isinstance(events[-1], Finished)
    expected = cold(loaded(RECALL), messages)
    assert text_of(events) == expected.text
    assert events[-1].completion_tokens == len(expected.token_ids)
    return Message("assistant", text_of(events)), events[-1]


def test_the_process_settles_by_itself_and_estimates_do_not_keep_it_from_that(start, options):
    """Each estimate interrupts it: it has to go on afterwards."""
    model = loaded(RECALL)
    engine = start(open_engine, RECALL, options)
    said, _ = answer(engine, ASKED)
    messages = (*ASKED, said, NEW)
    settled = prompt_tokens(model, (*messages[:-1], question("? Zuvu")))
    wanted = ideal(model, prompt_tokens(model, messages), settled) - 1
    deadline = time.monotonic() + SECONDS
    while (estimate := engine.estimate(request_of(messages))).reused_tokens < wanted:
        assert time.monotonic() < deadline
    _, finished = answer(engine, messages)
    assert (finished.prompt_tokens, finished.reused_tokens) == (
        estimate.prompt_tokens,
        estimate.reused_tokens,
    )
    assert engine.estimate(request_of(ASKED)).reused_tokens > 0


class SettlingEngine(FakeEngine):
    """Settles for as long as it may."""

    def settle(self, cancelled):
        while not cancelled():
            time.sleep(0.005)


def test_a_question_does_not_wait_until_the_engine_has_settled(start):
    engine = start(SettlingEngine, Script(answer="one two"))
    list(engine.load())
    for _ in range(5):  # it never settles unless it is interrupted
        assert text_of(engine.generate(request_of((NEW,)), never)) == "one two"
        assert isinstance(engine.estimate(request_of((NEW,))), Estimate)


class FailingToSettle(FakeEngine):
    def settle(self, cancelled):  # noqa: ARG002
        raise ZeroDivisionError


def test_a_failure_while_nobody_waits_is_nobodys_business(start):
    engine = start(FailingToSettle, Script(answer="one two"))
    for _ in range(2):
        assert text_of(engine.generate(request_of((NEW,)), never)) == "one two"


def test_nothing_is_estimated_while_the_engine_is_not_ready(start):
    engine = start(FakeEngine, Script(answer="!words 2000", load_steps=3))
    request = request_of((NEW,), max_tokens=None)
    assert engine.estimate(request) is None  # there is no process yet
    loading = engine.load()
    next(loading)
    assert engine.estimate(request) is None
    assert list(loading)
    assert engine.estimate(request).prompt_tokens == len(NEW.content.split())
    events = engine.generate(request, never)
    next(event for event in events if isinstance(event, TextDelta))
    assert engine.estimate(request) is None
    events.close()
    assert engine.estimate(request) is not None
    engine.close()
    assert engine.estimate(request) is None


def test_nothing_is_estimated_where_the_process_has_died(start):
    engine = start(FakeEngine)
    list(engine.load())
    engine._child.kill()
    assert engine.estimate(request_of((NEW,))) is None
    assert text_of(engine.generate(request_of((NEW,), max_tokens=None), never)) == NEW.content


needs_sigkill = pytest.mark.skipif(sys.platform == "win32", reason="it knows no SIGKILL")


@needs_sigkill
def test_killed_while_it_reads_the_next_answer_is_right(start, options):
    engine = start(open_engine, RECALL, options)
    said, _ = answer(engine, ASKED)
    messages = (*ASKED, said, LONG)
    events = engine.generate(request_of(messages), never)
    next(event for event in events if isinstance(event, PrefillProgress) and event.done > 500)
    engine._child.kill()
    with suppress(EngineCrashedError):  # unless the whole answer is in the pipe already
        list(events)
    _, finished = answer(engine, messages)
    assert finished.reused_tokens > 0
    answer(engine, (*messages[:-1], NEW))


@needs_sigkill
@pytest.mark.parametrize("num_syncs", [1, 2, 3, 5])
def test_killed_while_it_writes_the_next_answer_is_right(start, options, tmp_path, num_syncs):
    engine = start(dying_engine, RECALL, options, num_syncs, tmp_path / "died")
    said = cold(loaded(RECALL), ASKED).message
    messages = (*ASKED, said, NEW)
    for asked in (ASKED, messages):
        try:
            answer(engine, asked)
        except EngineCrashedError:
            answer(engine, asked)
    deadline = time.monotonic() + SECONDS
    while not (tmp_path / "died").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    answer(engine, messages)
    engine.close()
    again = start(open_engine, RECALL, options)
    _, finished = answer(again, messages)
    assert finished.reused_tokens > 0
    answer(again, (*messages, Message("assistant", "200"), question("? Baba")))
