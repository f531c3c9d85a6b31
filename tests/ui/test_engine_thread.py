"""The thread on the real assistant and store, with the fake engine."""

import logging
import threading
from functools import partial

import pytest

from app.documents.model import Document
from inference.errors import WeightsError
from inference.events import Estimate, SamplingParams
from inference.fake import FAKE_INFO, FakeEngine, Script
from inference.process import EngineProcess

ASK = {"sampling": SamplingParams()}


class Recorder:
    """What a thread emitted, in order."""

    def __init__(self, thread):
        self.seen = []
        for name in (
            "loading",
            "loaded",
            "turn_started",
            "prefilled",
            "reasoning",
            "text",
            "turn_ended",
        ):
            getattr(thread, name).connect(partial(self._note, name))
        thread.failed.connect(partial(self._note, "failed"))

    def _note(self, name, *args):
        self.seen.append((name, args))

    def names(self):
        """In order, repetitions in a row left out."""
        names = [name for name, _ in self.seen]
        return [name for name, before in zip(names, [None, *names], strict=False) if name != before]

    def of(self, name):
        return [args for seen, args in self.seen if seen == name]

    def text(self):
        return "".join(args[0] for args in self.of("text"))


def test_a_turn_is_reported_in_order_and_whole(start_thread, qtbot):
    thread = start_thread()
    recorder = Recorder(thread)
    with qtbot.waitSignal(thread.turn_ended) as ended:
        thread.send("Who was Calvino?", None, **ASK)
    assert recorder.names() == [
        *("turn_started", "loading", "loaded", "prefilled", "text", "turn_ended")
    ]
    assert recorder.text() == "Who was Calvino?" == ended.args[0].answer.content
    assert recorder.of("loaded") == [(FAKE_INFO,)]


def test_thinking_and_text_arrive_apart_and_in_order(start_thread, qtbot):
    """Gathered together they would be told apart no more."""
    thread = start_thread()
    recorder = Recorder(thread)
    with qtbot.waitSignal(thread.turn_ended) as ended:
        thread.send("!think 300 one two", None, **ASK)
    assert recorder.names()[-3:] == ["reasoning", "text", "turn_ended"]
    assert recorder.text() == "one two"
    reasoning = "".join(args[0] for args in recorder.of("reasoning"))
    assert reasoning == ended.args[0].answer.reasoning
    assert sum(num_deltas for _, num_deltas in recorder.of("reasoning")) == 300


def test_five_thousand_deltas_arrive(start_thread, qtbot):
    """PySide6 6.12.0 on Python 3.11 aborts after some hundred emissions."""
    thread = start_thread()
    recorder = Recorder(thread)
    with qtbot.waitSignal(thread.turn_ended, timeout=30_000):
        thread.send("!words 5000", None, **ASK)
    assert recorder.text().split() == [f"word{n}" for n in range(1, 5001)]
    assert sum(num_deltas for _, num_deltas in recorder.of("text")) == 5000


def test_fast_text_reaches_the_window_in_few_pieces(start_thread, qtbot):
    """Markdown is laid out again with each piece: one for each token would freeze the window."""
    thread = start_thread()
    recorder = Recorder(thread)
    with qtbot.waitSignal(thread.turn_ended, timeout=30_000):
        thread.send("!words 2000", None, **ASK)
    assert len(recorder.of("text")) < 200


def test_signals_are_emitted_on_the_windows_thread(start_thread, qtbot):
    thread = start_thread()
    idents = set()
    thread.text.connect(lambda *_: idents.add(threading.get_ident()))
    with qtbot.waitSignal(thread.turn_ended):
        thread.send("hello", None, **ASK)
    assert idents == {threading.get_ident()}


def test_sizes_beyond_32_bits_arrive_whole(start_thread, qtbot, monkeypatch):
    """An int of a Qt signal has 32 bits: weights of 5 GB had a negative size."""
    large = 5_000_000_000
    monkeypatch.setattr("inference.fake.FAKE_INFO", FakeSize(large))
    thread = start_thread()
    with qtbot.waitSignal(thread.loading) as loading:
        thread.load()
    assert loading.args == [large, large]


class FakeSize:
    def __init__(self, size_bytes):
        self.size_bytes = size_bytes


def test_stop_ends_the_turn_with_the_text_so_far(start_thread, qtbot):
    thread = start_thread(seconds_per_word=0.005)
    with qtbot.waitSignal(thread.text):
        thread.send("!words 100000", None, **ASK)
    with qtbot.waitSignal(thread.turn_ended) as ended:
        thread.stop()
    answer = ended.args[0].answer
    assert answer.status == "stopped"
    assert answer.content.startswith("word1")


def test_a_question_while_the_model_loads_is_stored_at_once(start_thread, store, qtbot):
    """It waited unseen until the weights were read, and was lost if Eremo was closed meanwhile."""
    thread = start_thread(load_steps=200, seconds_per_load_step=0.005)
    recorder = Recorder(thread)
    with qtbot.waitSignal(thread.loading):
        thread.load()
    with qtbot.waitSignal(thread.turn_started) as started:
        thread.send("hello", None, **ASK)
    assert "loaded" not in recorder.names()
    assert store.message(started.args[0].user_message.id).content == "hello"
    with qtbot.waitSignal(thread.turn_ended, timeout=10_000) as ended:
        pass
    assert ended.args[0].answer.content == "hello"
    assert len(recorder.of("loaded")) >= 1


def test_what_cannot_be_sent_is_a_sentence(start_thread, qtbot):
    thread = start_thread()
    with qtbot.waitSignal(thread.failed) as failed:
        thread.send("   ", None, **ASK)
    assert failed.args == ["There is nothing to send: write a message first."]


def test_a_model_that_cannot_be_loaded_is_a_sentence(start_thread, qtbot):
    class Broken(FakeEngine):
        def load(self):
            raise WeightsError("This isn't a model. Choose another file.")
            yield

    thread = start_thread(Broken())
    with qtbot.waitSignal(thread.failed) as failed:
        thread.load()
    assert failed.args == ["This isn't a model. Choose another file."]


def test_a_question_that_waited_for_a_model_that_cannot_be_loaded_fails_as_an_answer(
    start_thread, qtbot
):
    class Broken(FakeEngine):
        may_fail = threading.Event()

        def load(self):
            yield from list(super().load())[:1]
            self.may_fail.wait(10)
            self._loaded = False
            raise WeightsError("The file is damaged.")

    thread = start_thread(Broken())
    recorder = Recorder(thread)
    thread.load()
    thread.send("hello", None, **ASK)
    qtbot.waitUntil(lambda: "turn_started" in recorder.names())
    with qtbot.waitSignal(thread.turn_ended) as ended:
        Broken.may_fail.set()
    answer = ended.args[0].answer
    assert (answer.status, answer.error) == ("failed", "The file is damaged.")
    assert "failed" not in recorder.names()


def test_a_bug_becomes_a_sentence_and_the_thread_lives_on(start_thread, qtbot, caplog, monkeypatch):
    thread = start_thread()
    with monkeypatch.context() as patched, qtbot.waitSignal(thread.failed) as failed:
        patched.setattr("app.assistant.Assistant.load", lambda _: 1 / 0)
        thread.load()
    assert "log" in failed.args[0]
    assert "ZeroDivisionError" in caplog.text
    with qtbot.waitSignal(thread.turn_ended):
        thread.send("still there", None, **ASK)


def test_closing_in_mid_answer_keeps_the_text(start_thread, store, qtbot):
    thread = start_thread(seconds_per_word=0.005)
    with qtbot.waitSignal(thread.turn_started) as started:
        thread.send("!words 100000", None, **ASK)
    with qtbot.waitSignal(thread.text):
        pass
    assert thread.close(10)
    answer = store.message(started.args[0].answer.id)
    assert answer.status == "stopped"
    assert answer.content


def test_closing_while_a_question_waits_for_the_model_ends_soon(start_thread, qtbot):
    thread = start_thread(load_steps=100_000, seconds_per_load_step=0.005)
    with qtbot.waitSignal(thread.loading):
        thread.load()
    with qtbot.waitSignal(thread.turn_started):
        thread.send("hello", None, **ASK)
    assert thread.close(10)


def test_a_thread_that_was_never_asked_ends(start_thread):
    assert start_thread().close(10)


@pytest.fixture
def engine_process():
    engine = EngineProcess(partial(FakeEngine, Script(seconds_per_word=0.002)))
    yield engine
    engine.close()


def test_an_engine_process_that_dies_fails_the_answer_and_the_next_one_comes(
    start_thread, engine_process, qtbot, caplog
):
    caplog.set_level(logging.CRITICAL)
    thread = start_thread(engine_process)
    with qtbot.waitSignal(thread.turn_ended, timeout=20_000) as ended:
        thread.send("one two !kill", None, **ASK)
    answer = ended.args[0].answer
    assert (answer.status, answer.content.split()) == ("failed", ["one", "two"])
    with qtbot.waitSignal(thread.turn_ended, timeout=20_000) as ended:
        thread.send("hello", answer.chat_id, **ASK)
    assert ended.args[0].answer.content == "hello"


# What something would cost


class Slow(FakeEngine):
    """Its estimates take until they are released."""

    def __init__(self):
        super().__init__(Script(reused_tokens=2))
        self.begun, self.released = threading.Event(), threading.Event()
        self.num_estimates = 0

    def estimate(self, request):
        self.num_estimates += 1
        self.begun.set()
        assert self.released.wait(10)
        return super().estimate(request)


def answer_id(thread, qtbot, text="one two three"):
    with qtbot.waitSignal(thread.turn_ended) as ended:
        thread.send(text, None, **ASK)
    return ended.args[0].answer.id


def cost_of(message_id):
    return lambda assistant: assistant.estimate(message_id)


def test_an_estimate_comes_with_its_key(start_thread, qtbot):
    thread = start_thread(reused_tokens=2)
    message_id = answer_id(thread, qtbot)
    with qtbot.waitSignal(thread.estimated) as known:
        thread.estimate({"again": cost_of(message_id)})
    assert known.args == ["again", Estimate(3, 2, None)]
    with qtbot.waitSignal(thread.estimated) as known:
        thread.estimate({"gone": cost_of(12345)})
    assert known.args == ["gone", None]


def test_a_turn_waits_for_no_more_than_the_estimate_at_work(start_thread, qtbot):
    engine = Slow()
    thread = start_thread(engine)
    message_id = answer_id(thread, qtbot)
    seen = []
    thread.estimated.connect(lambda key, _: seen.append(key))
    thread.turn_ended.connect(lambda _: seen.append("turn"))
    thread.estimate({number: cost_of(message_id) for number in range(3)})
    assert engine.begun.wait(10)
    thread.send("four", None, **ASK)
    engine.released.set()
    qtbot.waitUntil(lambda: len(seen) == 4)
    assert seen == [0, "turn", 1, 2]


def test_only_the_latest_estimates_are_computed(start_thread, qtbot):
    """A pointer that crosses a long chat would keep the engine busy with what nobody looks at."""
    engine = Slow()
    thread = start_thread(engine)
    message_id = answer_id(thread, qtbot)
    thread.estimate({"a": cost_of(message_id), "b": cost_of(message_id)})
    assert engine.begun.wait(10)
    thread.estimate({"c": cost_of(message_id)})
    thread.estimate({"d": cost_of(message_id)})
    seen = []
    thread.estimated.connect(lambda key, _: seen.append(key))
    engine.released.set()
    qtbot.waitUntil(lambda: "d" in seen)
    assert (seen, engine.num_estimates) == (["a", "d"], 2)


def test_an_estimate_that_is_asked_for_while_the_model_loads_comes_afterwards(start_thread, qtbot):
    thread = start_thread(load_steps=20, seconds_per_load_step=0.005)
    thread.load()
    with qtbot.waitSignal(thread.loading):
        pass
    with qtbot.waitSignals([thread.loaded, thread.estimated], order="strict"):
        thread.estimate({"unknown": cost_of(1)})


def test_a_stop_while_the_model_loads_ends_the_turn_and_not_the_loading(start_thread, qtbot):
    thread = start_thread(load_steps=100, seconds_per_load_step=0.01)
    thread.load()
    with qtbot.waitSignal(thread.turn_started):
        thread.send("one", None, **ASK)
    with qtbot.waitSignals([thread.turn_ended, thread.loaded], order="strict"):
        thread.stop()


def test_a_state_that_was_taken_up_is_told(start_thread, qtbot):
    thread = start_thread(reused_tokens=2)
    with qtbot.waitSignal(thread.restored) as restored:
        thread.send("one two three", None, **ASK)
    assert restored.args == [2, 0.001]


def test_what_the_next_steps_would_read_is_told_once_for_the_latest_draft(start_thread, qtbot):
    thread = start_thread()
    outlooks = []
    thread.looked_ahead.connect(outlooks.append)
    with qtbot.waitSignal(thread.loaded):
        thread.load()
    for draft in ("one", "one two", "one two three"):
        thread.look_ahead("be brief", [], draft)
    qtbot.waitUntil(lambda: bool(outlooks) and outlooks[-1].draft == 3)
    assert outlooks[-1].system == 2
    with qtbot.waitSignal(thread.turn_ended):  # the thread is still there for questions
        thread.send("hello", None, sampling=SamplingParams())


def test_a_question_is_stored_while_loading_whatever_was_looked_for_before(start_thread, qtbot):
    thread = start_thread(load_steps=50, seconds_per_load_step=0.01)
    events = []
    thread.loaded.connect(lambda _: events.append("loaded"))
    thread.turn_started.connect(lambda _: events.append("started"))
    thread.load()
    thread.look_ahead("", [], "words")
    thread.send("hello", None, sampling=SamplingParams())
    with qtbot.waitSignal(thread.turn_ended):
        pass
    assert events == ["started", "loaded"]


def test_a_thread_can_end_by_itself_in_mid_answer(start_thread, qtbot):
    thread = start_thread(seconds_per_word=0.005)
    ended = []
    thread.turn_ended.connect(ended.append)
    with qtbot.waitSignal(thread.text):
        thread.send("!words 100000", None, sampling=SamplingParams())
    with qtbot.waitSignal(thread.finished):
        thread.close_soon()
    qtbot.waitUntil(lambda: bool(ended))
    assert ended[0].answer.status == "stopped"


def test_what_is_wanted_aside_while_the_model_loads_comes_afterwards(start_thread, store, qtbot):
    """It isn't taken for a question, nor lost with the last step of loading."""
    chat = store.create_chat()
    thread = start_thread(load_steps=20, seconds_per_load_step=0.01)
    recorder = Recorder(thread)
    outlooks = []
    thread.looked_ahead.connect(outlooks.append)
    with qtbot.waitSignal(thread.loading):
        thread.load()
    with qtbot.waitSignals([thread.loaded, thread.looked_ahead, thread.titled], order="strict"):
        thread.make_title(chat.id)
        thread.look_ahead("", [], "one two")
    assert [outlook.draft for outlook in outlooks] == [2]
    assert recorder.of("failed") == []


def test_a_title_of_a_chat_that_is_gone_is_none(start_thread, qtbot):
    thread = start_thread()
    recorder = Recorder(thread)
    with qtbot.waitSignal(thread.titled) as titled:
        thread.make_title(7)
    assert titled.args == [None]
    assert recorder.of("failed") == []


def test_a_draft_does_not_have_long_documents_counted_again(start_thread, qtbot):
    class Counting(FakeEngine):
        num_long = 0

        def estimate(self, request):
            self.num_long += "word" in request.messages[0].content
            return super().estimate(request)

    engine = Counting()
    thread = start_thread(engine)
    with qtbot.waitSignal(thread.loaded):
        thread.load()
    documents = [Document("a.txt", "word " * 100, 500)]

    def look(draft):
        with qtbot.waitSignal(thread.looked_ahead) as looked:
            thread.look_ahead("", [], draft, documents)
        return looked.args[0]

    first = look("one")
    num_long = engine.num_long
    second = look("one two")
    assert (first.draft, second.draft, engine.num_long) == (1, 2, num_long)
    assert second.documents == first.documents
    answer_id(thread, qtbot)  # what is known of the state isn't true any more
    look("one two")
    assert engine.num_long > num_long
