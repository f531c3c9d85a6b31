"""Titles by the model: what is asked, and what of its words becomes a title."""

import pytest

from app.chats.store import MAX_TITLE_LENGTH
from app.titles import MIN_PARAMETERS, are_wanted, clean_title, make_title, title_request
from inference.fake import FakeEngine, Script


@pytest.fixture
def chat(store):
    chat = store.create_chat()
    store.rename(chat.id, "What is it that", typed=False)
    question = store.append_message(chat.id, None, "user", "What is it that holds us down?")
    store.append_message(chat.id, question.id, "assistant", "Gravity.")
    return store.chat(chat.id)


def test_the_model_makes_a_title_of_one_line(store, chat):
    engine = FakeEngine(Script(answer='"Gravity"\n\nThis title is short. ' + "word " * 9000))
    assert make_title(store, engine, chat.id, lambda: False).title == "Gravity"
    assert store.chat(chat.id).title == "Gravity"
    assert not store.chat(chat.id).title_is_typed


def test_no_title_is_made_in_the_place_of_one_that_the_user_typed(store, chat):
    """Also when it was typed while the model was at work."""
    engine = FakeEngine(Script(answer="Gravity"))

    def type_one():
        store.rename(chat.id, "Typed meanwhile")
        return False

    assert make_title(store, engine, chat.id, type_one).title == "Typed meanwhile"
    assert make_title(store, engine, chat.id, lambda: False).title == "Typed meanwhile"
    assert store.chat(chat.id).title == "Typed meanwhile"


def test_a_title_that_came_in_the_way_of_something_else_is_none(store, chat):
    engine = FakeEngine(Script(answer="Gravity"))
    assert make_title(store, engine, chat.id, lambda: True) is None
    assert store.chat(chat.id).title == "What is it that"


def test_words_that_are_no_title_leave_the_old_one(store, chat):
    engine = FakeEngine(Script(answer="!think 500 Gravity"))
    assert make_title(store, engine, chat.id, lambda: False) == chat


@pytest.mark.parametrize(
    ("setting", "small", "large"),
    [("", False, True), ("always", True, True), ("never", False, False)],
)
def test_small_models_make_titles_only_when_they_are_told_to(setting, small, large):
    assert are_wanted(setting, 135_000_000) is small
    assert are_wanted(setting, MIN_PARAMETERS) is large


def test_the_request_is_short_and_owns_nothing(store):
    chat = store.create_chat("Be brief.")
    question = store.append_message(chat.id, None, "user", "q" * 50_000)
    assert title_request([question]) is None
    answer = store.append_message(chat.id, question.id, "assistant", "a" * 50_000)
    request = title_request([question, answer])
    assert request.owner is None
    assert request.aside
    assert request.sampling.max_tokens <= 64
    [message] = request.messages
    assert len(message.content) < 3_000
    assert "qqq" in message.content
    assert "aaa" in message.content


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Gravity on Earth", "Gravity on Earth"),
        ('\n "Gravity on Earth."\nThis title...', "Gravity on Earth"),
        ("Title: **Gravity**", "Gravity"),
        ("«Perché no»", "Perché no"),
        ("Gravi\x1bty\u202e", "Gravi ty"),
        ("", "old"),
        ("...\n", "old"),
        ("x" * 500, "old"),
        ("A whole sentence that answers the question and is no title, " * 2, "old"),
        ("Gravity, ", "Gravity"),
    ],
)
def test_the_models_words_become_one_short_line(text, title):
    assert clean_title(text, "old") == title
    assert len(clean_title(text, "old")) <= MAX_TITLE_LENGTH
