"""Titles by the model: what is asked, and what of its words becomes a title."""

import pytest

from app.chats.store import MAX_TITLE_LENGTH
from app.titles import clean_title, title_request


def test_the_request_is_short_and_owns_nothing(store):
    chat = store.create_chat("Be brief.")
    question = store.append_message(chat.id, None, "user", "q" * 50_000)
    assert title_request([question]) is None
    answer = store.append_message(chat.id, question.id, "assistant", "a" * 50_000)
    request = title_request([question, answer])
    assert request.owner is None
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
        ("", "old"),
        ("...\n", "old"),
        ("x" * 500, "old"),
        ("a word " * 14, "a word " * 8 + "a…"),
    ],
)
def test_the_models_words_become_one_short_line(text, title):
    assert clean_title(text, "old") == title
    assert len(clean_title(text, "old")) <= MAX_TITLE_LENGTH
