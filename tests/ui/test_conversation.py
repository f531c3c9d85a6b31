"""Asking and reading in the window, on the real assistant and store, with the fake engine."""

import pytest
from PySide6.QtCore import Qt

from app.errors import AppError
from inference.errors import WeightsError
from inference.fake import FakeEngine

SLOW = {"seconds_per_word": 0.005}
FAST = {"seconds_per_word": 0.0}
LONG = "!words 100000"


class Screen:
    """What a transcript was told to show since the last show_chat."""

    def __init__(self, transcript, monkeypatch):
        self._messages, self.text, self.reasoning = [], "", ""
        for name in ("show_chat", "begin_turn", "append_reasoning", "append_text", "end_turn"):
            shown, heard = getattr(transcript, name), getattr(self, name)
            monkeypatch.setattr(transcript, name, self._both(shown, heard))

    def _both(self, shown, heard):
        def call(*args):
            heard(*args)
            shown(*args)

        return call

    @property
    def questions(self):
        return [message.content for message in self._messages if message.role == "user"]

    @property
    def answers(self):
        return [message.content for message in self._messages if message.role == "assistant"]

    def show_chat(self, messages):
        self._messages, self.text, self.reasoning = list(messages), "", ""

    def begin_turn(self, question, _answer):
        """A question that is on show stays, and what follows it goes."""
        shown_ids = [message.id for message in self._messages]
        if question.id in shown_ids:
            del self._messages[shown_ids.index(question.id) :]
        self._messages.append(question)
        self.text = self.reasoning = ""

    def append_reasoning(self, text):
        self.reasoning += text

    def append_text(self, text):
        self.text += text

    def end_turn(self, answer):
        self._messages.append(answer)


@pytest.fixture
def screen(monkeypatch):
    return lambda window: Screen(window.view.transcript, monkeypatch)


def write(window, qtbot, text):
    window.view.composer.set_text(text)
    qtbot.keyClick(window.view.composer.edit, Qt.Key.Key_Return)


def is_idle(window):
    return window.conversation.answering_chat_id is None


def answered(window, qtbot):
    """Waits for the end of an answer that is asked for inside."""
    return qtbot.waitSignal(window.conversation._thread.turn_ended, timeout=10_000)


def ask(window, qtbot, text):
    with answered(window, qtbot):
        write(window, qtbot, text)


def begin(window, qtbot, text=LONG):
    """Ask for an answer that doesn't end by itself, and wait for its first words."""
    write(window, qtbot, text)
    conversation = window.conversation
    qtbot.waitUntil(lambda: conversation._turn is not None and bool(conversation._turn.text))


def test_a_first_question_begins_a_chat(open_window, store, qtbot, screen):
    window = open_window(**FAST)
    shown = screen(window)
    ask(window, qtbot, "Who was Calvino?")
    assert window.conversation.chat.id == store.chats()[0].id
    assert (shown.questions, shown.answers) == (["Who was Calvino?"], ["Who was Calvino?"])
    assert window.view.composer.text() == ""
    assert window.view.header.title.text() == "Who was Calvino?"
    assert window.windowTitle().startswith("Who was Calvino?")
    assert window.sidebar.chat_list.currentIndex().data() == "Who was Calvino?"


def test_a_second_question_follows_in_the_same_chat(open_window, store, qtbot, screen):
    window = open_window(**FAST)
    shown = screen(window)
    ask(window, qtbot, "one")
    ask(window, qtbot, "two")
    assert len(store.chats()) == 1
    assert shown.questions == ["one", "two"]
    assert [m.content for m in store.branch(store.chats()[0].leaf_id)] == [
        *("one", "one", "two", "two")
    ]


def test_the_status_line_counts_the_last_answer(open_window, qtbot):
    window = open_window(**SLOW)
    ask(window, qtbot, "!words 20")
    assert window.view.status.state.text().startswith("22 of 8,192 tokens · ")
    assert window.view.status.state.text().endswith(" tokens/s")


def test_a_count_that_is_not_known_is_not_shown(open_window, qtbot):
    """A failed answer counted as none: "0 of 8,192 tokens" under a long conversation."""
    window = open_window(**FAST)
    ask(window, qtbot, "one !error")
    assert window.view.status.state.text() == ""
    window.new_chat()
    assert window.view.status.state.text() == "0 of 8,192 tokens"


def test_text_that_cannot_be_stored_stays_in_the_composer(open_window, store, qtbot, monkeypatch):
    def refuse(*_):
        raise AppError("The disk is full.")

    window = open_window(**FAST)
    with monkeypatch.context() as patched:
        patched.setattr(store, "create_chat", refuse)
        write(window, qtbot, "precious words")
        qtbot.waitUntil(lambda: window.notices.sentences() == ["The disk is full."])
        qtbot.waitUntil(lambda: window.view.composer.button.isEnabled())
    assert window.view.composer.text() == "precious words"
    with answered(window, qtbot):
        qtbot.keyClick(window.view.composer.edit, Qt.Key.Key_Return)
    assert window.view.composer.text() == ""


def test_what_is_typed_while_a_question_is_on_its_way_is_kept(open_window, qtbot):
    window = open_window(**FAST)
    with answered(window, qtbot):
        write(window, qtbot, "first")
        qtbot.keyClicks(window.view.composer.edit, " and more")
    assert window.view.composer.text() == "first and more"


def test_enter_twice_asks_once(open_window, store, qtbot):
    window = open_window(**FAST)
    with answered(window, qtbot):
        write(window, qtbot, "hello")
        qtbot.keyClick(window.view.composer.edit, Qt.Key.Key_Return)
    assert len(store.chats()) == 1


def test_an_answer_goes_on_in_its_chat_and_is_whole_on_return(open_window, store, qtbot, screen):
    window = open_window(**SLOW)
    shown = screen(window)
    begin(window, qtbot)
    asked_in = window.conversation.chat.id
    window.new_chat()
    before = len(window.conversation._turn.text)
    qtbot.waitUntil(lambda: len(window.conversation._turn.text) > before)
    window.conversation.show_chat(asked_in)
    assert shown.questions == [LONG]
    assert shown.text == window.conversation._turn.text
    window.conversation.stop()
    qtbot.waitUntil(lambda: is_idle(window))
    assert shown.answers == [shown.text]
    assert store.branch(store.chat(asked_in).leaf_id)[-1].content == shown.text


def test_thinking_goes_on_in_its_chat_and_is_whole_on_return(open_window, store, qtbot, screen):
    window = open_window(**SLOW)
    shown = screen(window)
    conversation = window.conversation
    write(window, qtbot, "!think 100000 hello")
    qtbot.waitUntil(lambda: "Thinking" in window.view.status.state.text())
    asked_in = conversation.chat.id
    window.new_chat()
    before = len(conversation._turn.reasoning)
    qtbot.waitUntil(lambda: len(conversation._turn.reasoning) > before)
    conversation.show_chat(asked_in)
    assert (shown.reasoning, shown.text) == (conversation._turn.reasoning, "")
    conversation.stop()
    qtbot.waitUntil(lambda: is_idle(window))
    answer = store.branch(store.chat(asked_in).leaf_id)[-1]
    assert (answer.status, answer.content, answer.reasoning) == ("stopped", "", shown.reasoning)


def test_a_bug_while_the_model_thinks_keeps_the_thinking_on_show(
    open_window, store, qtbot, monkeypatch
):
    window = open_window(**SLOW)
    write(window, qtbot, "!think 100000 hello")
    qtbot.waitUntil(lambda: "Thinking" in window.view.status.state.text())
    monkeypatch.setattr(store, "update_answer", lambda *_, **__: 1 / 0)
    window.conversation.stop()
    qtbot.waitUntil(lambda: is_idle(window), timeout=10_000)
    assert window.conversation._messages[-1].reasoning.startswith("thought1 ")


def test_only_one_question_at_a_time_and_the_window_says_so(open_window, store, qtbot):
    window = open_window(**SLOW)
    begin(window, qtbot)
    window.new_chat()
    composer = window.view.composer
    assert "Answering in" in window.view.status.state.text()
    write(window, qtbot, "meanwhile")
    assert composer.button.text() == "Send"
    assert not composer.button.isEnabled()
    assert composer.text() == "meanwhile"
    window.conversation.stop()
    qtbot.waitUntil(lambda: is_idle(window))
    assert composer.button.isEnabled()
    assert len(store.chats()) == 1


def test_escape_stops_the_answer_and_keeps_its_text(open_window, store, qtbot):
    window = open_window(**SLOW)
    begin(window, qtbot)
    assert window.view.composer.button.text() == "Stop"
    qtbot.keyClick(window.view.composer.edit, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: is_idle(window))
    answer = store.branch(store.chats()[0].leaf_id)[-1]
    assert answer.status == "stopped"
    assert answer.content.startswith("word1")
    assert window.view.composer.button.text() == "Send"


def test_a_failed_answer_is_asked_for_again_in_its_place(open_window, store, qtbot, screen):
    window = open_window(**FAST)
    shown = screen(window)
    ask(window, qtbot, "one")
    ask(window, qtbot, "two !error")
    failed = store.branch(store.chats()[0].leaf_id)[-1]
    assert failed.status == "failed"
    with answered(window, qtbot):
        window.view.transcript.retry_requested.emit(failed.id)
    assert shown.questions == ["one", "two !error"]
    assert len(shown.answers) == 2


def test_nothing_is_asked_again_while_an_answer_is_written(open_window, store, qtbot):
    window = open_window(**SLOW)
    ask(window, qtbot, "one")
    first = store.branch(store.chats()[0].leaf_id)[-1]
    begin(window, qtbot)
    window.view.transcript.retry_requested.emit(first.id)
    assert window.notices.sentences() == ["Another answer is being written. Stop it first."]


def test_an_answer_that_fails_in_another_chat_is_told(open_window, qtbot):
    window = open_window(seconds_per_word=0.01)
    write(window, qtbot, "one two three !error")
    qtbot.waitUntil(lambda: not is_idle(window))
    failed_in = window.conversation.chat.id
    window.new_chat()
    qtbot.waitUntil(lambda: bool(window.notices.sentences()))
    assert window.notices.sentences() == ["The answer in “one two three !error” failed."]
    window.conversation.show_chat(failed_in)
    assert window.view.composer.button.text() == "Send"


def test_a_model_that_cannot_be_loaded_can_be_tried_again(open_window, qtbot):
    class Broken(FakeEngine):
        attempts = 0

        def load(self):
            type(self).attempts += 1
            if self.attempts == 1:
                raise WeightsError("The file is damaged.")
            yield from super().load()

    window = open_window(engine=Broken())
    thread = window.conversation._thread
    thread.load()
    qtbot.waitUntil(lambda: window.notices.sentences() == ["The file is damaged."])
    assert window.view.status.state.text() == ""
    with qtbot.waitSignal(thread.loaded):
        window.notices._notices()[0].button.click()
    assert window.view.header.model.text() == "fake · none"


def test_a_question_before_the_model_is_loaded_shows_how_far_it_is(open_window, qtbot):
    window = open_window(load_steps=400, seconds_per_load_step=0.005)
    window.conversation._thread.load()
    write(window, qtbot, "hello")
    qtbot.waitUntil(lambda: not is_idle(window))
    assert "Loading fake" in window.view.status.state.text()
    assert window.view.composer.text() == ""
    window.conversation.stop()


def test_a_bug_in_mid_answer_ends_the_turn_in_the_window(open_window, store, qtbot, monkeypatch):
    """The window would wait for ever for the end of an answer that nobody writes any more."""
    window = open_window(**SLOW)
    begin(window, qtbot)
    monkeypatch.setattr(store, "update_answer", lambda *_, **__: 1 / 0)
    window.conversation.stop()
    qtbot.waitUntil(lambda: is_idle(window), timeout=10_000)
    assert window.view.composer.button.text() == "Send"


def test_without_an_engine_chats_can_be_read_and_nothing_is_sent(open_window, store, qtbot):
    chat = store.create_chat()
    store.append_message(chat.id, None, "user", "old question")
    window = open_window()
    window.conversation.set_has_model(False)
    assert window.view.no_model.isVisible()
    window.conversation.show_chat(chat.id)
    assert window.view.transcript.isVisible()
    write(window, qtbot, "hello")
    assert window.view.composer.text() == "hello"


def test_an_example_fills_the_composer_and_is_not_sent(open_window, store):
    window = open_window(**FAST)
    window.view.empty.examples[0].click()
    assert window.view.composer.text() == window.view.empty.examples[0].text()
    assert store.chats() == []


def test_a_chat_that_was_removed_meanwhile_is_a_notice(open_window):
    """`eremo chats remove` may run beside the window."""
    window = open_window()
    window.conversation.show_chat(12345)
    assert window.notices.sentences() == ["There is no chat 12345."]
