"""What a stop, a failure and a full disk leave of an answer."""

import threading

import pytest

from app.assistant import Assistant
from app.chats.store import ChatStore
from app.errors import AppError
from inference.events import Finished, ReasoningDelta, TextDelta
from inference.fake import FakeEngine, Script
from tests.app.turns import SAMPLING, FakeClock, first, send

# Stop


def test_stop_ends_the_turn_and_keeps_the_text(assistant, store):
    events = assistant.send("!words 100", sampling=SAMPLING)
    first(events, TextDelta)
    assistant.stop()
    answer = list(events)[-1].answer
    assert (answer.status, answer.content, answer.error) == ("stopped", "word1 ", "")
    assert answer.stats.finish_reason == "cancelled"
    assert store.message(answer.id) == answer


def test_stop_while_the_model_thinks_keeps_the_reasoning(assistant, store):
    events = assistant.send("!think 100 hello", sampling=SAMPLING)
    first(events, ReasoningDelta)
    assistant.stop()
    answer = list(events)[-1].answer
    assert (answer.status, answer.content, answer.reasoning) == ("stopped", "", "thought1 ")
    assert store.message(answer.id) == answer


def test_stop_does_not_reach_the_next_turn(assistant):
    assistant.stop()
    chat_id = send(assistant, "one").chat_id
    assistant.stop()
    assert send(assistant, "two", chat_id).status == "complete"


def test_stop_works_from_another_thread(store):
    assistant = Assistant(store, FakeEngine(Script(seconds_per_word=0.005)))
    events = assistant.send("!words 5000", sampling=SAMPLING)
    first(events, TextDelta)
    thread = threading.Thread(target=assistant.stop)
    thread.start()
    assert list(events)[-1].answer.status == "stopped"
    thread.join()


def test_an_engine_that_fails_after_a_stop_has_still_been_stopped(store):
    class Stubborn(FakeEngine):
        def generate(self, request, cancelled):  # noqa: ARG002
            return super().generate(request, lambda: False)

    assistant = Assistant(store, Stubborn())
    events = assistant.send("one !error", sampling=SAMPLING)
    first(events, TextDelta)
    assistant.stop()
    answer = list(events)[-1].answer
    assert (answer.status, answer.content, answer.error) == ("stopped", "one ", "")


def test_closing_the_iterator_keeps_the_text_as_stopped(assistant, store):
    events = assistant.send("!words 100", sampling=SAMPLING)
    answer_id = next(events).answer.id
    first(events, TextDelta)
    first(events, TextDelta)
    events.close()
    answer = store.message(answer_id)
    assert (answer.status, answer.content) == ("stopped", "word1 word2 ")
    assert send(assistant, "next", answer.chat_id).status == "complete"


def test_closing_the_iterator_closes_the_engines(store):
    """Left open it would keep the engine busy for the next turn."""
    closed = []

    class Closing(FakeEngine):
        def generate(self, request, cancelled):
            try:
                yield from super().generate(request, cancelled)
            finally:
                closed.append(True)

    events = Assistant(store, Closing()).send("one two", sampling=SAMPLING)
    first(events, TextDelta)
    events.close()
    assert closed == [True]


# Failures


def test_a_failed_answer_keeps_its_text_and_the_sentence(assistant, store):
    answer = send(assistant, "one !error")
    assert (answer.status, answer.content) == ("failed", "one ")
    assert answer.error == "The fake engine failed as it was told. Try something else."
    assert store.message(answer.id) == answer


def test_a_bug_in_the_engine_is_a_failed_answer_and_a_logged_traceback(assistant, caplog):
    answer = send(assistant, "one !bug")
    assert (answer.status, answer.content) == ("failed", "one ")
    assert "ZeroDivision" not in answer.error
    assert "ZeroDivisionError" in caplog.text


def test_an_engine_that_just_ends_has_failed(store):
    class Silent(FakeEngine):
        def generate(self, request, cancelled):
            return (e for e in super().generate(request, cancelled) if not isinstance(e, Finished))

    answer = send(Assistant(store, Silent()), "one")
    assert (answer.status, answer.content) == ("failed", "one")


# Saving


def test_the_text_is_saved_every_second_while_it_comes(store):
    clock = FakeClock()
    events = Assistant(store, FakeEngine(), clock=clock).send("!words 100", sampling=SAMPLING)
    answer_id = next(events).answer.id
    saved = []
    for _ in range(6):
        first(events, TextDelta)
        clock.now += 0.4
        saved.append(store.message(answer_id).content)
    assert saved == ["", "", "", *["word1 word2 word3 "] * 2, saved[-1]]
    assert store.message(answer_id).status == "partial"


def test_reasoning_is_saved_every_second_too(store):
    clock = FakeClock()
    assistant = Assistant(store, FakeEngine(), clock=clock)
    events = assistant.send("!think 100 hello", sampling=SAMPLING)
    answer_id = next(events).answer.id
    saved = []
    for _ in range(4):
        first(events, ReasoningDelta)
        clock.now += 0.4
        saved.append(store.message(answer_id).reasoning)
    assert saved == ["", "", "", "thought1 thought2 thought3 "]


def test_the_text_is_saved_while_the_engine_is_silent(store):
    """What is on show for a second must survive a kill, though no further word came."""
    clock = FakeClock()

    class Pondering(FakeEngine):
        def generate(self, request, cancelled):
            for event in super().generate(request, cancelled):
                yield event
                if isinstance(event, TextDelta):
                    clock.now += 1
                    cancelled()
                    saved.append(store.message(answer_id).content)

    saved = []
    events = Assistant(store, Pondering(), clock=clock).send("one two", sampling=SAMPLING)
    answer_id = next(events).answer.id
    list(events)
    assert saved == ["one ", "one two"]


class FullDisk(ChatStore):
    """A store whose disk fills up as soon as an answer is written, until there is room again."""

    def __init__(self):
        super().__init__(":memory:")
        self.is_full = True

    def update_answer(self, message_id, **changes):
        if self.is_full:
            raise AppError("The disk is full: free some space.")
        return super().update_answer(message_id, **changes)


def test_a_disk_that_is_full_does_not_end_the_answer():
    clock = FakeClock()
    with FullDisk() as store:
        assistant = Assistant(store, FakeEngine(), clock=clock)
        events, text = assistant.send("!words 50", sampling=SAMPLING), ""
        for event in events:
            clock.now += 0.5
            if isinstance(event, TextDelta):
                text += event.text
        answer = event.answer
        assert len(text.split()) == 50
        assert (answer.status, answer.content) == ("failed", text)
        assert "isn't saved" in answer.error
        assert "The disk is full: free some space." in answer.error


def test_an_answer_is_complete_when_the_disk_has_room_again_at_its_end():
    clock = FakeClock()
    with FullDisk() as store:
        assistant = Assistant(store, FakeEngine(), clock=clock)
        for event in assistant.send("one two three", sampling=SAMPLING):
            clock.now += 2
            store.is_full = "one" in getattr(event, "text", "")
        assert event.answer.status == "complete"
        assert store.message(event.answer.id).content == "one two three"


def test_closing_the_iterator_on_a_full_disk_is_quiet():
    with FullDisk() as store:
        events = Assistant(store, FakeEngine()).send("one two", sampling=SAMPLING)
        first(events, TextDelta)
        events.close()


def test_a_question_that_cannot_be_stored_leaves_no_empty_chat(store, engine, monkeypatch):
    def fail(*_args, **_options):
        raise AppError("The disk is full: free some space.")

    monkeypatch.setattr(store, "append_message", fail)
    with pytest.raises(AppError, match="disk is full"):
        send(Assistant(store, engine), "one")
    assert store.chats() == []
    assert engine.requests == []
