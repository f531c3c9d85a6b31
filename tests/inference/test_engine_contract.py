"""What a caller relies on, whichever engine it is. A new engine is added to ENGINES alone."""

import functools
import re
from dataclasses import replace

import pytest

from inference.errors import ContextOverflowError, InvalidRequestError
from inference.events import (
    Finished,
    LoadProgress,
    MemoryUsed,
    Message,
    ModelLoaded,
    PrefillProgress,
    ReasoningDelta,
    Request,
    SamplingParams,
    TextDelta,
)
from inference.fake import FakeEngine, Script
from inference.local_engine import LocalEngine
from inference.process import EngineProcess
from tests.embedded_model import EMBEDDED_MODEL

make_fake = functools.partial(FakeEngine, Script(seconds_per_word=0.002))
ENGINES = {
    "fake": make_fake,
    "fake in a child": functools.partial(EngineProcess, make_fake),
    "thinking fake in a child": functools.partial(
        EngineProcess,
        functools.partial(
            FakeEngine, Script(answer="!think 4 " + "and on " * 500, seconds_per_word=0.002)
        ),
    ),
    "torch": functools.partial(LocalEngine, EMBEDDED_MODEL),
}

QUESTION = "Count from one to twenty: one, two, three, four, five, six, seven, eight, nine, ten."
LETTERS = {
    LoadProgress: "l",
    ModelLoaded: "L",
    PrefillProgress: "p",
    ReasoningDelta: "r",
    TextDelta: "t",
    MemoryUsed: "m",
    Finished: "F",
}


@pytest.fixture(params=ENGINES)
def engine(request):
    engine = ENGINES[request.param]()
    yield engine
    engine.close()


def ask(text=QUESTION, max_tokens=16, **options):
    sampling = SamplingParams(temperature=0, max_tokens=max_tokens)
    return Request((Message("user", text),), sampling, **options)


def never():
    return False


def shape(events):
    return "".join(LETTERS[type(event)] for event in events)


def text_of(events):
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def answer(engine, request=None):
    return list(engine.generate(request or ask(), never))


def test_first_generation_loads_the_model_and_then_reads_and_answers(engine):
    assert re.fullmatch(r"l*Lp+r*t+mF", shape(answer(engine)))


def test_later_generations_do_not_load_again(engine):
    answer(engine)
    assert re.fullmatch(r"p+r*t+mF", shape(answer(engine)))


def test_loading_twice_loads_once(engine):
    first, second = list(engine.load()), list(engine.load())
    assert re.fullmatch(r"l*L", shape(first))
    assert second == first[-1:]
    assert re.fullmatch(r"p+r*t+mF", shape(answer(engine)))


def test_load_progress_grows_to_its_total(engine):
    progress = [event for event in engine.load() if isinstance(event, LoadProgress)]
    done = [event.done for event in progress]
    assert done == sorted(done)
    assert progress[-1].done == progress[-1].total


def test_prefill_progress_runs_from_the_reused_tokens_to_the_whole_prompt(engine):
    for _ in range(2):  # cold, and with what the first answer left in memory
        events = answer(engine)
        progress = [event for event in events if isinstance(event, PrefillProgress)]
        finished = events[-1]
        done = [event.done for event in progress]
        assert done == sorted(done)
        assert done[0] == progress[0].reused == finished.reused_tokens
        assert done[-1] == progress[-1].total == finished.prompt_tokens


def test_text_comes_in_pieces_that_are_never_empty(engine):
    pieces = [event.text for event in answer(engine) if isinstance(event, TextDelta)]
    assert len(pieces) > 1
    assert all(pieces)


def test_max_tokens_ends_the_answer(engine):
    finished = answer(engine, ask(max_tokens=3))[-1]
    assert (finished.reason, finished.completion_tokens) == ("length", 3)


def test_greedy_answers_repeat(engine):
    assert text_of(answer(engine)) == text_of(answer(engine))


def test_stop_string_ends_the_answer_and_is_no_part_of_it(engine):
    whole = text_of(answer(engine))
    stop = whole.split()[3]
    events = answer(engine, ask(stop=(stop,)))
    assert text_of(events) == whole.partition(stop)[0]
    assert events[-1].reason == "stop"


def test_cancel_before_the_start_answers_nothing(engine):
    events = list(engine.generate(ask(), lambda: True))
    assert text_of(events) == ""
    assert events[-1].reason == "cancelled"
    assert shape(events).count("F") == 1


def test_cancel_in_mid_answer_ends_it_and_leaves_the_engine_usable(engine):
    expected = text_of(answer(engine))
    request = ask("Write a long story about a fox. " * 40, max_tokens=250)
    seen = []
    for event in engine.generate(request, lambda: "t" in shape(seen)):
        seen.append(event)  # noqa: PERF402 - the lambda reads it
    assert seen[-1].reason == "cancelled"
    assert seen[-1].completion_tokens < 200
    assert text_of(answer(engine)) == expected


@pytest.mark.parametrize("until", [LoadProgress, ModelLoaded, PrefillProgress, TextDelta])
def test_closing_the_iterator_early_leaves_the_engine_usable(engine, until):
    """The rest of an abandoned answer must not come out of the next one."""
    events = engine.generate(ask(max_tokens=1000), never)
    next(event for event in events if isinstance(event, until))
    events.close()
    events = answer(engine)
    assert re.fullmatch(r"(l*L)?p+r*t+mF", shape(events))
    assert text_of(events) == text_of(answer(engine))


def test_closing_a_load_early_leaves_the_engine_usable(engine):
    loading = engine.load()
    next(loading)
    loading.close()
    assert shape(answer(engine)).endswith("F")


@pytest.mark.parametrize("messages", [(), (Message("user", " \n"),)])
def test_an_empty_question_is_refused_and_the_engine_stays_usable(engine, messages):
    with pytest.raises(InvalidRequestError):
        list(engine.generate(Request(messages), never))
    assert shape(answer(engine)).endswith("F")


def test_a_prompt_longer_than_the_context_is_refused_and_the_engine_stays_usable(engine):
    with pytest.raises(ContextOverflowError, match="new chat"):
        list(engine.generate(ask("word " * 9000), never))
    assert shape(answer(engine)).endswith("F")


def test_close_may_be_called_again(engine):
    answer(engine)
    engine.close()
    engine.close()


@pytest.mark.parametrize("length", [2, 6, 11])
def test_an_answer_that_was_cut_short_goes_on_as_if_it_had_not_been(engine, length):
    whole = answer(engine)
    cut = answer(engine, ask(max_tokens=length))
    begun = Message("assistant", text_of(cut), reasoning_of(cut))
    rest = answer(engine, replace(ask(max_tokens=16 - length), messages=(*ask().messages, begun)))
    assert begun.content + text_of(rest) == text_of(whole)
    assert (begun.reasoning + reasoning_of(rest)).split() == reasoning_of(whole).split()
    assert cut[-1].completion_tokens + rest[-1].completion_tokens == whole[-1].completion_tokens


def test_an_answer_without_a_word_cannot_go_on(engine):
    messages = (*ask().messages, Message("assistant", ""))
    with pytest.raises(InvalidRequestError, match="no answer to go on with"):
        answer(engine, Request(messages))


def reasoning_of(events):
    return "".join(event.text for event in events if isinstance(event, ReasoningDelta))


def test_what_is_held_in_memory_comes_with_the_answer(engine):
    (used,) = [event for event in answer(engine) if isinstance(event, MemoryUsed)]
    assert used.kv_bytes > 0
    assert used.recurrent_bytes >= 0
    assert used.snapshot_bytes >= 0


def test_an_estimate_tells_what_stands_before_the_first_question(engine):
    answer(engine)
    system = Message("system", "Answer in one word.")
    plain = engine.estimate(ask("one two"))
    longer = engine.estimate(ask("one two three four"))
    told = engine.estimate(Request((system, Message("user", "one two"))))
    assert plain.system_tokens == longer.system_tokens < plain.prompt_tokens
    assert plain.system_tokens < told.system_tokens or plain.system_tokens > 0
    assert 0 < told.system_tokens < told.prompt_tokens


def test_tokens_are_counted_once_the_model_is_loaded(engine):
    assert engine.count_tokens("one two three") is None
    list(engine.load())
    assert engine.count_tokens("one two three") == 3
    assert engine.count_tokens("") == 0
    assert engine.count_tokens("<|im_start|> ") >= 1  # a control token's text is plain
    answer(engine)
    assert engine.count_tokens("one two three") == 3
