"""Another answer in the place of one, and what that would cost."""

import pytest

from app.assistant import Assistant
from app.errors import AppError
from inference.events import Message
from tests.app.turns import SAMPLING, RecordingEngine, retry, send

# Try again


def test_retry_adds_a_version_beside_an_answer_with_text(assistant, store, engine):
    old = send(assistant, "one !error")
    events = list(assistant.retry(old.id, sampling=SAMPLING, model="Other"))
    new = events[-1].answer
    assert events[0].user_message.id == old.parent_id == new.parent_id
    assert new.id != old.id
    assert new.model == "Other"
    assert store.message(old.id) == old
    assert engine.requests[0].messages == engine.requests[1].messages
    assert store.chat(old.chat_id).leaf_id == new.id


def test_retry_replaces_an_answer_without_text(assistant, store):
    """Versions without a word are noise."""
    old = send(assistant, "!error")
    events = assistant.retry(old.id, sampling=SAMPLING)
    started = next(events)
    assert (started.answer.id, started.answer.status, started.answer.error) == (
        old.id,
        "partial",
        "",
    )
    again = list(events)[-1].answer
    assert (again.id, again.status) == (old.id, "failed")
    assert len(store.children(old.chat_id, old.parent_id)) == 1


def test_retry_keeps_an_answer_that_only_thought(assistant, store):
    old = send(assistant, "!think 2 !error")
    assert (old.content, old.reasoning, old.status) == ("", "thought1 thought2", "failed")
    new = retry(assistant, old.id)
    assert new.id != old.id
    assert store.message(old.id) == old


def test_retry_leaves_what_was_continued_in_peace(assistant, store):
    old = send(assistant, "!error")
    send(assistant, "two", old.chat_id)
    new = retry(assistant, old.id)
    assert new.id != old.id
    assert store.message(old.id) == old


def test_retry_of_an_earlier_answer_is_told_only_what_came_before(assistant, engine):
    first_answer = send(assistant, "one")
    send(assistant, "two", first_answer.chat_id)
    retry(assistant, first_answer.id)
    assert engine.requests[-1].messages == (Message("user", "one"),)


def test_retry_answers_a_question_that_has_no_answer(assistant, store):
    chat_id = store.create_chat().id
    question = store.append_message(chat_id, None, "user", "one")
    answer = retry(assistant, question.id)
    assert (answer.parent_id, answer.content) == (question.id, "one")


def test_retry_of_a_message_that_is_gone_says_so(assistant):
    with pytest.raises(AppError):
        retry(assistant, 12345)


# What it would cost


class EstimatingEngine(RecordingEngine):
    def estimate(self, request):
        self.requests.append(request)
        return super().estimate(request)


@pytest.fixture
def asked(store):
    """What the engine is asked to estimate, and a chat of two turns."""
    engine = EstimatingEngine()
    assistant = Assistant(store, engine)
    chat_id = send(assistant, "one", system_prompt="Be brief.").chat_id
    send(assistant, "two", chat_id)

    def asked(estimate):
        found = estimate(assistant)
        *_, request = engine.requests
        assert found.prompt_tokens == sum(len(m.content.split()) for m in request.messages)
        return [message.content for message in request.messages[1:]]

    return asked


def test_an_estimate_is_of_what_would_be_sent(asked, store):
    """Of an answer: to regenerate it. Of a text: to send it, in whatever place."""
    one, _, two, answer = (message.id for message in store.branch(store.chats()[0].leaf_id))
    chat_id = store.chats()[0].id
    assert asked(lambda it: it.estimate(answer)) == ["one", "one", "two"]
    assert asked(lambda it: it.estimate(two)) == ["one", "one", "two"]
    assert asked(lambda it: it.estimate(one)) == ["one"]
    assert asked(lambda it: it.estimate_text("three", chat_id, answer)) == [
        *("one", "one", "two", "two", "three")
    ]
    assert asked(lambda it: it.estimate_text("edited", chat_id, one + 1)) == [
        "one",
        "one",
        "edited",
    ]
    assert asked(lambda it: it.estimate_text("anew", chat_id, None)) == ["anew"]


def test_an_estimate_leaves_out_a_question_without_an_answer(asked, store):
    """As the request will: two questions in a row break templates."""
    chat = store.chats()[0]
    lost = store.append_message(chat.id, chat.leaf_id, "user", "lost")
    empty = store.append_message(chat.id, lost.id, "assistant", "", "failed")
    for parent in (lost, empty):
        assert asked(lambda it, parent=parent: it.estimate_text("three", chat.id, parent.id)) == [
            *("one", "one", "two", "two", "three")
        ]


def test_there_is_no_estimate_where_there_is_nothing_to_ask(assistant, store):
    chat_id = store.create_chat().id
    stray = store.append_message(chat_id, None, "assistant", "hello")
    assert assistant.estimate(stray.id) is None
    assert assistant.estimate_text("one", chat_id, None) is None  # no model is loaded
    with pytest.raises(AppError):
        assistant.estimate(12345)
