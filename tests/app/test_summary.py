"""A summary fits the model's context however long the conversation is, and harms nothing."""

import dataclasses

import pytest

from app.assistant import Assistant
from app.summary import SummaryEnded, SummaryProgress, SummaryText
from inference import fake
from inference.errors import InferenceError
from inference.events import Message, SamplingParams
from inference.fake import FakeEngine, Script

WORDS = "word " * 60


@pytest.fixture
def small_context(monkeypatch):
    monkeypatch.setattr(fake, "FAKE_INFO", dataclasses.replace(fake.FAKE_INFO, context_length=400))


class Recorded(FakeEngine):
    """Remembers what it was asked, and answers with a short summary of its own number."""

    def __init__(self, **script):
        super().__init__(Script(**({"answer": "A short summary."} | script)))
        self.requests = []

    def generate(self, request, cancelled):
        self.requests.append(request)
        yield from super().generate(request, cancelled)


def summed_up(store, engine, messages):
    assistant = Assistant(store, engine)
    return list(assistant.summarize(tuple(messages), sampling=SamplingParams()))


def talk(num_messages):
    return [
        Message("assistant" if number % 2 else "user", f"part{number} {WORDS}")
        for number in range(num_messages)
    ]


def test_a_short_conversation_is_summed_up_at_once(store):
    engine = Recorded()
    *_, ended = summed_up(store, engine, [Message("user", "one"), Message("assistant", "two")])
    assert ended == SummaryEnded("A short summary.")
    assert "Question: one\n\nAnswer: two" in engine.requests[0].messages[0].content


@pytest.mark.usefixtures("small_context")
def test_every_part_fits_the_context_and_none_is_left_out(store):
    engine = Recorded()
    *_, ended = summed_up(store, engine, talk(20))
    assert ended.text == "A short summary."
    asked = [request.messages[0].content for request in engine.requests]
    assert len(asked) > 3
    for request, text in zip(engine.requests, asked, strict=True):
        assert len(text.split()) + request.sampling.max_tokens <= 400
        assert request.owner is None
    assert all("A short summary." in text for text in asked[1:])
    for number in range(20):
        assert sum(f"part{number} " in text for text in asked) == 1


@pytest.mark.usefixtures("small_context")
def test_one_message_longer_than_the_context_is_cut_into_parts(store):
    engine = Recorded()
    *_, ended = summed_up(store, engine, [Message("user", WORDS * 30)])
    assert ended.text
    assert len(engine.requests) > 4


@pytest.mark.usefixtures("small_context")
def test_the_way_through_the_conversation_is_told(store):
    events = summed_up(store, Recorded(), talk(20))
    done = [event.done for event in events if isinstance(event, SummaryProgress)]
    assert done == sorted(done)
    assert done[-1] == events[0].total
    begun = [event.begins for event in events if isinstance(event, SummaryText)]
    assert begun[0]
    assert sum(begun) == len([one for one in events if one == SummaryText("A ", begins=True)])


def test_a_context_that_holds_no_instruction_ends_with_a_sentence(store, monkeypatch):
    monkeypatch.setattr(fake, "FAKE_INFO", dataclasses.replace(fake.FAKE_INFO, context_length=20))
    *_, ended = summed_up(store, Recorded(), talk(2))
    assert "too short" in ended.error


@pytest.mark.parametrize("answer", ["half !error", "half !bug"])
def test_a_failure_is_the_end_of_the_summary_and_no_exception(store, answer):
    *_, ended = summed_up(store, Recorded(answer=answer), talk(2))
    assert ended.text == ""
    assert ended.error


def test_a_stop_leaves_no_summary_and_no_error(store):
    assistant = Assistant(store, Recorded(answer="!words 1000"))
    events = []
    for event in assistant.summarize(tuple(talk(2)), sampling=SamplingParams()):
        events.append(event)
        if isinstance(event, SummaryText):
            assistant.stop()
    assert events[-1] == SummaryEnded()
    assert len(events) < 20


def test_a_model_that_writes_nothing_is_told(store):
    class Silent(FakeEngine):
        def generate(self, request, cancelled):
            del request, cancelled
            yield from ()

    *_, ended = summed_up(store, Silent(), talk(2))
    assert "no summary" in ended.error


def test_a_model_that_cannot_be_loaded_is_told(store):
    class Broken(FakeEngine):
        def load(self):
            raise InferenceError("The file is damaged.")

    *_, ended = summed_up(store, Broken(), talk(2))
    assert ended.error == "The file is damaged."


def test_the_new_chat_begins_with_the_summary_and_the_old_one_stays(store):
    chat = store.create_chat("be brief")
    folder = store.create_folder("Work")
    store.rename(chat.id, "Lentils")
    store.move_chats([chat.id], folder.id)
    store.set_model(chat.id, "other")
    store.set_sampling(chat.id, {"temperature": 0})
    question = store.append_message(chat.id, None, "user", "How much water?")
    answer = store.append_message(chat.id, question.id, "assistant", "Three parts.")
    store.set_draft(chat.id, "and salt?")
    before = store.branch(answer.id)
    new = store.begin_from_summary(
        chat.id, "Summarize.", "Three parts of water.", model="fake", draft="and salt?"
    )
    assert [m.content for m in store.branch(new.leaf_id)] == ["Summarize.", "Three parts of water."]
    assert store.branch(new.leaf_id)[1].model == "fake"
    assert (new.title, new.system_prompt, new.folder_id, new.model, dict(new.sampling)) == (
        *("Lentils (continued)", "be brief", folder.id, "other"),
        {"temperature": 0},
    )
    assert (store.draft(new.id), store.draft(chat.id)) == ("and salt?", "")
    assert store.branch(store.chat(chat.id).leaf_id) == before
