"""Turns: what is stored when, what the engine is told, and what a failure leaves behind."""

import threading

import pytest

from app.assistant import Assistant, conversation
from app.chats.store import ChatStore
from app.chats.temporary import Chats
from app.documents.model import Document, with_documents
from app.errors import AppError
from app.events import TurnEnded, TurnStarted
from inference.errors import InvalidRequestError
from inference.events import (
    Estimate,
    Finished,
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

SAMPLING = SamplingParams(temperature=0)


class RecordingEngine(FakeEngine):
    """A fake that remembers what it was asked."""

    def __init__(self, script=None):
        super().__init__(script)
        self.requests = []

    def generate(self, request, cancelled):
        self.requests.append(request)
        return super().generate(request, cancelled)


@pytest.fixture
def engine():
    return RecordingEngine()


@pytest.fixture
def assistant(store, engine):
    return Assistant(store, engine)


def send(assistant, text, chat_id=None, **options):
    """The answer at the end of a turn."""
    return list(assistant.send(text, chat_id, sampling=SAMPLING, **options))[-1].answer


def retry(assistant, message_id):
    return list(assistant.retry(message_id, sampling=SAMPLING))[-1].answer


def first(events, kind):
    return next(event for event in events if isinstance(event, kind))


def contents(store, leaf_id):
    return [message.content for message in store.branch(leaf_id)]


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


# What the engine is told


def test_the_engine_gets_the_system_prompt_and_the_branch(assistant, engine):
    chat_id = send(assistant, "one", system_prompt="Be brief.").chat_id
    send(assistant, "two", chat_id)
    assert engine.requests[-1].sampling is SAMPLING
    assert engine.requests[-1].messages == (
        Message("system", "Be brief."),
        Message("user", "one"),
        Message("assistant", "one"),
        Message("user", "two"),
    )


def test_a_blank_system_prompt_is_none(assistant, engine):
    send(assistant, "one", system_prompt=" \n")
    assert engine.requests[-1].messages == (Message("user", "one"),)


def test_an_answer_cut_short_counts_as_far_as_it_goes(assistant, engine):
    chat_id = send(assistant, "one !error").chat_id
    send(assistant, "two", chat_id)
    assert [message.content for message in engine.requests[-1].messages] == [
        "one !error",
        "one ",
        "two",
    ]


def test_the_engine_gets_the_reasoning_of_earlier_answers(assistant, engine):
    """Templates ask for it, and only they know what to drop."""
    chat_id = send(assistant, "!think 2 one").chat_id
    send(assistant, "two", chat_id)
    assert engine.requests[-1].messages[1] == Message("assistant", "one", "thought1 thought2")


def test_an_answer_that_ended_while_thinking_keeps_its_question_in_the_conversation(
    assistant, engine
):
    """The next message may well be about it: "Think less." """
    chat_id = send(assistant, "!think 2").chat_id
    send(assistant, "two", chat_id)
    assert engine.requests[-1].messages == (
        Message("user", "!think 2"),
        Message("assistant", "", "thought1 thought2"),
        Message("user", "two"),
    )


def test_a_question_without_an_answer_is_left_out(assistant, engine):
    """A question too long for the context would otherwise fail every later one too."""
    chat_id = send(assistant, "word " * 9000).chat_id
    send(assistant, "word " * 9000, chat_id)
    answer = send(assistant, "short", chat_id)
    assert engine.requests[-1].messages == (Message("user", "short"),)
    assert answer.status == "complete"


def test_answers_in_a_row_are_told_as_one(store):
    """An import leaves the tools out that stood between them."""
    chat = store.create_chat()
    parent = store.append_message(chat.id, None, "user", "Look it up").id
    for text in ("I'll search.", "Found."):
        parent = store.append_message(chat.id, parent, "assistant", text).id
    assert conversation("", store.branch(parent)) == (
        Message("user", "Look it up"),
        Message("assistant", "I'll search.\n\nFound."),
    )


def test_roles_alternate_whatever_the_branch_holds(store):
    chat_id = store.create_chat("Be brief.").id
    leaf = None
    for role, content in [
        ("user", "lost"),
        ("user", "one"),
        ("assistant", "first"),
        ("user", "unanswered"),
        ("assistant", " "),
        ("user", "two"),
    ]:
        leaf = store.append_message(chat_id, leaf, role, content).id
    messages = conversation("", store.branch(leaf))
    assert [message.content for message in messages] == ["one", "first", "two"]


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


class FakeClock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


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


# Documents

LEASE = Document("lease.pdf", "the tenant pays for every lamp", 100, 1)


def test_documents_of_a_new_chat_are_told_before_everything_else(assistant, engine, store):
    answer = send(assistant, "who pays", system_prompt="Be brief.", documents=[LEASE])
    assert store.documents(answer.chat_id) == [LEASE]
    system, question = engine.requests[0].messages
    assert system == Message("system", with_documents("Be brief.", [LEASE]))
    assert question == Message("user", "who pays")
    send(assistant, "and then", answer.chat_id)
    assert engine.requests[1].messages[0] == system


def test_a_document_of_a_chat_that_goes_on_is_told_from_then_on(assistant, engine, store):
    first = send(assistant, "hello")
    send(assistant, "who pays", first.chat_id, documents=[LEASE])
    assert [message.role for message in engine.requests[1].messages] == [
        *("system", "user", "assistant", "user")
    ]
    store.detach_document(first.chat_id, LEASE)
    retry(assistant, store.chat(first.chat_id).leaf_id)
    assert engine.requests[2].messages[0].role == "user"


def test_a_second_chat_with_the_same_documents_reuses_what_was_read_of_them(store):
    assistant = Assistant(store, FakeEngine(Script(keeps_prompts=True)))
    first = send(assistant, "who pays", system_prompt="Be brief.", documents=[LEASE])
    told = len(with_documents("Be brief.", [LEASE]).split())
    assert first.stats.reused_tokens == 0
    second = send(assistant, "and when", system_prompt="Be brief.", documents=[LEASE])
    assert second.chat_id != first.chat_id
    assert second.stats.reused_tokens == told
    other = send(assistant, "and when", system_prompt="Be long.", documents=[LEASE])
    assert other.stats.reused_tokens == 0


def test_an_estimate_counts_the_documents(assistant, store):
    list(assistant.load())
    chat = store.create_chat()
    before = assistant.estimate_text("who pays", chat.id, None)
    store.attach_documents(chat.id, [LEASE])
    after = assistant.estimate_text("who pays", chat.id, None)
    told = len(with_documents("", [LEASE]).split())
    assert after.prompt_tokens - before.prompt_tokens == told


def test_tokens_are_counted_once_the_model_is_there(store):
    class Counting(FakeEngine):
        num_counts = 0

        def count_tokens(self, text):
            self.num_counts += 1
            return super().count_tokens(text)

    engine = Counting()
    assistant = Assistant(store, engine)
    assert assistant.count_tokens("one two") is None
    list(assistant.load())
    assert [assistant.count_tokens("one two"), assistant.count_tokens("one two")] == [2, 2]
    assert engine.num_counts == 2
