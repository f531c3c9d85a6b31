"""Turns: what is told and stored when, what goes on, and what is temporary."""

import pytest

from app.assistant import Assistant
from app.chats.store import ChatStore
from app.chats.temporary import Chats
from app.errors import AppError
from app.events import TurnEnded, TurnStarted
from inference.errors import InvalidRequestError
from inference.events import (
    Estimate,
    LoadProgress,
    MemoryUsed,
    Message,
    ModelLoaded,
    PrefillProgress,
    ReasoningDelta,
    SamplingParams,
    TextDelta,
)
from inference.fake import FakeEngine, Script
from tests.app.turns import SAMPLING, contents, first, send

# A turn


def test_a_turn_yields_its_events_in_order(assistant):
    events = list(assistant.send("one two", sampling=SAMPLING))
    assert [type(event) for event in events] == [
        TurnStarted,
        LoadProgress,
        ModelLoaded,
        PrefillProgress,
        PrefillProgress,
        TextDelta,
        TextDelta,
        MemoryUsed,
        TurnEnded,
    ]


def test_reasoning_comes_in_its_own_events_and_is_stored_apart(assistant, store):
    events = list(assistant.send("!think 2 hello", sampling=SAMPLING))
    assert [type(event) for event in events][-5:] == [
        *(ReasoningDelta, ReasoningDelta, TextDelta, MemoryUsed, TurnEnded)
    ]
    answer = events[-1].answer
    assert (answer.reasoning, answer.content) == ("thought1 thought2", "hello")
    assert (answer.stats.reasoning_tokens, answer.stats.completion_tokens) == (2, 3)
    assert store.message(answer.id) == answer


def test_question_and_answer_are_stored(assistant, store):
    answer = send(assistant, "one two", model="Fake")
    assert (answer.content, answer.status, answer.model) == ("one two", "complete", "Fake")
    assert answer.stats.completion_tokens == 2
    assert store.message(answer.id) == answer
    question = store.message(answer.parent_id)
    assert (question.role, question.content, question.status) == ("user", "one two", "complete")
    assert store.chat(answer.chat_id).leaf_id == answer.id


def test_the_question_is_on_disk_before_the_engine_is_asked(assistant, store, engine):
    """A crash of the whole application while the model loads must not lose the question."""
    events = assistant.send("one two", sampling=SAMPLING)
    started = next(events)
    assert engine.requests == []
    assert contents(store, started.chat.leaf_id) == ["one two", ""]
    assert store.message(started.answer.id).status == "partial"


def test_a_new_chat_is_titled_with_its_first_words_and_keeps_its_system_prompt(assistant):
    question = "What is   gravity?\nExplain it."
    started = next(assistant.send(question, sampling=SAMPLING, system_prompt="Be brief."))
    assert started.chat.title == "What is gravity? Explain it."
    assert not started.chat.title_is_typed
    assert started.chat.system_prompt == "Be brief."
    assert started.user_message.content == question


def test_later_turns_continue_the_branch_on_show_and_keep_the_title(assistant, store):
    chat_id = send(assistant, "one").chat_id
    answer = send(assistant, "two", chat_id)
    assert contents(store, answer.id) == ["one", "one", "two", "two"]
    assert store.chat(chat_id).title == "one"


def test_an_explicit_parent_makes_a_branch(assistant, store):
    first_answer = send(assistant, "one")
    chat_id = first_answer.chat_id
    send(assistant, "two", chat_id)
    answer = send(assistant, "three", chat_id, parent_id=first_answer.id)
    assert contents(store, answer.id) == ["one", "one", "three", "three"]
    another_start = send(assistant, "four", chat_id, parent_id=None)
    assert contents(store, another_start.id) == ["four", "four"]
    assert store.chat(chat_id).leaf_id == another_start.id


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_a_blank_text_is_refused_before_anything_is_stored(assistant, store, text):
    with pytest.raises(InvalidRequestError):
        send(assistant, text)
    assert store.chats() == []


def test_the_end_carries_the_chat_as_it_is_then(assistant, store):
    events = assistant.send("one", sampling=SAMPLING)
    chat = next(events).chat
    store.rename(chat.id, "Renamed meanwhile")
    assert list(events)[-1].chat.title == "Renamed meanwhile"


def test_an_answer_without_a_word_is_complete(store):
    assistant = Assistant(store, FakeEngine(Script(answer=" ")))
    answer = send(assistant, "one")
    assert (answer.content, answer.status) == ("", "complete")


# An answer that goes on


@pytest.mark.parametrize("text", ["!words 6", "!think 4 one two"])
def test_a_stopped_answer_goes_on_in_its_place(assistant, store, text):
    events = assistant.send(text, sampling=SAMPLING)
    first(events, (TextDelta, ReasoningDelta))
    assistant.stop()
    cut = list(events)[-1].answer
    events = list(assistant.continue_answer(cut.id, sampling=SAMPLING))
    whole = send(Assistant(ChatStore(":memory:"), FakeEngine()), text)
    answer = events[-1].answer
    assert events[0].answer.content == cut.content
    assert (answer.id, answer.status) == (cut.id, "complete")
    assert answer.content == whole.content
    assert answer.reasoning.split() == whole.reasoning.split()
    assert answer.stats.completion_tokens == whole.stats.completion_tokens
    assert answer.stats.prompt_tokens == cut.stats.prompt_tokens
    assert store.message(answer.id) == answer


def test_an_answer_that_ended_at_its_length_goes_on(assistant, store):
    limited = SamplingParams(temperature=0, max_tokens=2)
    cut = list(assistant.send("!words 6", sampling=limited))[-1].answer
    answer = list(assistant.continue_answer(cut.id, sampling=limited))[-1].answer
    assert (answer.content.split(), answer.stats.finish_reason) == (
        ["word1", "word2", "word3", "word4"],
        "length",
    )
    assert store.message(answer.id) == answer


def test_an_answer_that_fails_while_it_goes_on_keeps_all_its_text(assistant, store):
    limited = SamplingParams(temperature=0, max_tokens=1)
    cut = list(assistant.send("one two !error", sampling=limited))[-1].answer
    answer = list(assistant.continue_answer(cut.id, sampling=SAMPLING))[-1].answer
    assert (answer.content, answer.status) == ("one two ", "failed")
    assert store.message(answer.id) == answer


def test_half_a_character_at_the_cut_is_drawn_again(assistant, store, engine):
    cut = send(assistant, "one two !error")
    store.update_answer(cut.id, content="one \N{REPLACEMENT CHARACTER}")
    list(assistant.continue_answer(cut.id, sampling=SAMPLING))
    assert engine.requests[-1].messages[-1] == Message("assistant", "one ")


def test_what_has_ended_by_itself_does_not_go_on(assistant, store):
    whole = send(assistant, "one")
    cut = send(assistant, "two !error", whole.chat_id)
    send(assistant, "three", whole.chat_id)
    for message_id in (whole.id, whole.parent_id, cut.id):
        before = store.message(message_id)
        with pytest.raises(AppError):
            list(assistant.continue_answer(message_id, sampling=SAMPLING))
        assert store.message(message_id) == before


def test_going_on_costs_what_the_engine_says(store):
    assistant = Assistant(store, FakeEngine(Script(reused_tokens=3, estimated_seconds=1.5)))
    cut = send(assistant, "one two !error")
    assert assistant.estimate_continue(cut.id) == Estimate(5, 3, 1.5)


def test_a_stop_before_the_model_was_asked_ends_the_turn_at_once(assistant, engine):
    """Nobody waits for a model to be loaded for an answer that isn't wanted."""
    events = assistant.send("one", sampling=SAMPLING)
    next(events)
    assistant.stop()
    assert assistant.is_stopping
    assert list(events)[-1].answer.status == "stopped"
    assert engine.requests == []
    assert not assistant.is_stopping


# Engine


def test_load_passes_the_engines_events_through(assistant):
    assert [type(event) for event in assistant.load()] == [LoadProgress, ModelLoaded]


def test_close_ends_the_turn_in_progress(assistant):
    events = assistant.send("!words 100", sampling=SAMPLING)
    first(events, TextDelta)
    assistant.close()
    assert list(events)[-1].answer.status == "stopped"


# Temporary chats


@pytest.fixture
def chats(tmp_path):
    with Chats(tmp_path / "chats.db") as chats:
        yield chats


def test_a_temporary_chat_is_answered_and_owns_nothing(chats, engine):
    assistant = Assistant(chats, engine)
    chat = chats.create_temporary_chat("Be brief.")
    assert send(assistant, "hello there", chat.id).content == "hello there"
    assert send(assistant, "and again", chat.id).content == "and again"
    assert chats.chat(chat.id).title == "hello there"
    assert [request.owner for request in engine.requests] == [None, None]
    assert len(engine.requests[1].messages) == 4
    assert chats.chats() == []


def test_a_kept_chat_owns_its_state_from_then_on(chats, engine):
    assistant = Assistant(chats, engine)
    chat = chats.create_temporary_chat()
    send(assistant, "hello there", chat.id)
    kept = chats.keep(chat.id)
    send(assistant, "and again", kept.id)
    assert engine.requests[-1].owner == f"chat:{kept.id}"
