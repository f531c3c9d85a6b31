import pytest

from inference.errors import InferenceError
from inference.events import (
    LoadProgress,
    Message,
    PrefillProgress,
    ReasoningDelta,
    Request,
    TextDelta,
)
from inference.fake import FAKE_INFO, MARKDOWN, FakeEngine, Script


def events_of(text, script=None):
    request = Request((Message("system", "Be brief."), Message("user", text)))
    return list(FakeEngine(script).generate(request, lambda: False))


def answer_to(text, script=None):
    return "".join(event.text for event in events_of(text, script) if isinstance(event, TextDelta))


def test_echoes_the_last_message_with_its_line_breaks():
    assert answer_to("Hello,\n\n  world!\n") == "Hello,\n\n  world!\n"


def test_a_scripted_answer_is_given_whatever_is_asked():
    assert answer_to("What?", Script(answer="That is all.")) == "That is all."


def test_words_makes_an_answer_of_that_length():
    assert len(answer_to("!words 250").split()) == 250


def test_markdown_gives_the_whole_page():
    assert answer_to("!markdown, please") == MARKDOWN


def test_think_goes_before_whatever_the_answer_is():
    events = events_of("!think 3 !words 2")
    thoughts = [event.text for event in events if isinstance(event, ReasoningDelta)]
    assert thoughts == ["thought1 ", "thought2 ", "thought3"]
    assert (events[-1].reasoning_tokens, events[-1].completion_tokens) == (3, 5)
    assert answer_to("!think 3 !words 2") == "word1 word2"
    assert answer_to("!think hello") == "hello"
    assert answer_to("!think") == ""


def test_steps_of_loading_and_prefill_are_as_scripted():
    events = events_of("one two", Script(load_steps=4, prefill_steps=2))
    assert [event.done for event in events if isinstance(event, LoadProgress)] == [
        FAKE_INFO.size_bytes * step // 4 for step in (1, 2, 3, 4)
    ]
    assert [event.done for event in events if isinstance(event, PrefillProgress)] == [0, 2, 4]


def test_a_fault_comes_after_the_words_before_it():
    request = Request((Message("user", "one two !error"),))
    events = FakeEngine().generate(request, lambda: False)
    for word in ("one ", "two "):
        assert next(event for event in events if isinstance(event, TextDelta)).text == word
    with pytest.raises(InferenceError):
        next(events)


def test_counts_words_as_tokens():
    finished = events_of("one two three")[-1]
    assert (finished.prompt_tokens, finished.completion_tokens) == (5, 3)
