"""A chat whose context is full goes on in another one, which begins with a summary of it."""

import pytest

from app.errors import AppError
from app.settings import Settings, WindowState
from inference.fake import FakeEngine, Script

WIDE = Settings(window=WindowState(width=1280, height=700))
SUMMARY = "Lentils need three parts of water."


class Summing(FakeEngine):
    """Sums up with its script, and answers everything else in one word."""

    def __init__(self, answer=SUMMARY, seconds_per_word=0.0):
        super().__init__(Script(answer=answer, seconds_per_word=seconds_per_word))
        self.other = FakeEngine(Script(answer="word"))

    def generate(self, request, cancelled):
        is_summary = "Summarize the conversation above" in request.messages[-1].content
        engine = super() if is_summary else self.other
        yield from engine.generate(request, cancelled)


@pytest.fixture
def opened(open_window, qtbot):
    def make(**script):
        window = open_window(WIDE, Summing(**script))
        thread = window.conversation._thread
        with qtbot.waitSignal(thread.loaded):
            thread.load()
        with qtbot.waitSignal(thread.turn_ended):
            window.view.composer.submitted.emit("How much water do lentils need?")
        return window

    return make


def summed_up(window, qtbot):
    return qtbot.waitSignal(window.composing.summary.made, timeout=10_000)


def contents(store, chat):
    return [message.content for message in store.branch(chat.leaf_id)]


def test_the_line_about_the_limit_offers_it_and_the_draft_moves(opened, store, qtbot):
    window = opened()
    old = window.conversation.chat
    before = store.branch(old.leaf_id)
    window.view.composer.edit.insertPlainText("And salt?")
    window.view.composer.insert("word " * 8000)
    qtbot.waitUntil(lambda: not window.view.limit.isHidden())
    with summed_up(window, qtbot):
        window.view.limit.button.click()
    new = window.conversation.chat
    assert new.id != old.id
    assert contents(store, new) == ["Summarize our conversation so far.", SUMMARY]
    assert window.view.composer.edit.toPlainText() == "And salt?"
    assert window.view.summary.isHidden()
    assert store.branch(store.chat(old.id).leaf_id) == before
    window.conversation.show_chat(old.id)
    assert window.view.composer.text() == ""
    window.conversation.drafts.flush()
    assert store.draft(old.id) == ""
    assert store.draft(new.id).startswith("And salt?")
    assert [chat.id for chat in window.sidebar.chats()][:1] == [new.id]


def test_it_is_seen_while_it_is_written_and_can_be_stopped(opened, store, qtbot):
    window = opened(answer="!words 100000", seconds_per_word=0.002)
    old = window.conversation.chat
    window.view.composer.set_text("a draft")
    window.composing.summary.begin()
    qtbot.waitUntil(lambda: "word3" in window.view.summary.text.toPlainText())
    assert window.view.summary.isVisible()
    assert window.view.summary.title.accessibleName() == (
        "Summing up “How much water do lentils need?” · 100 % read"
    )
    assert not window.view.composer.button.isEnabled()
    window.view.summary.stop.click()
    qtbot.waitUntil(window.view.summary.isHidden)
    assert [chat.id for chat in store.chats()] == [old.id]
    assert window.conversation.chat.id == old.id
    assert window.view.composer.text() == "a draft"
    assert window.view.composer.button.isEnabled()
    assert window.notices.sentences() == []


def test_nothing_is_asked_meanwhile_and_the_window_says_why(opened, qtbot):
    window = opened(answer="!words 100000", seconds_per_word=0.002)
    window.composing.summary.begin()
    window.conversation.retry(window.conversation.branch[-1].id)
    assert window.notices.sentences() == ["A summary is being written. Stop it first."]
    assert window.conversation.answering_chat_id is None
    window.conversation.stop()
    qtbot.waitUntil(window.view.summary.isHidden)


def test_a_failure_is_told_and_the_old_chat_stays(opened, store, qtbot):
    window = opened(answer="half !error")
    old = window.conversation.chat
    window.view.composer.set_text("a draft")
    window.composing.summary.begin()
    qtbot.waitUntil(lambda: bool(window.notices.sentences()))
    assert window.notices.sentences()[0].startswith("The fake engine failed")
    assert window.conversation.chat.id == old.id
    assert [chat.id for chat in store.chats()] == [old.id]
    assert window.view.composer.text() == "a draft"


def test_a_full_disk_leaves_everything_as_it_was(opened, store, monkeypatch, qtbot):
    def fail(*_, **__):
        raise AppError("The disk is full.")

    window = opened()
    window.view.composer.set_text("a draft")
    monkeypatch.setattr(store, "begin_from_summary", fail)
    window.composing.summary.begin()
    qtbot.waitUntil(lambda: window.notices.sentences() == ["The disk is full."])
    assert window.view.composer.text() == "a draft"
    assert window.view.summary.isHidden()


def test_who_went_elsewhere_meanwhile_is_told_and_stays_there(opened, qtbot):
    window = opened(answer=SUMMARY, seconds_per_word=0.05)
    window.view.composer.set_text("a draft")
    window.composing.summary.begin()
    window.new_chat()
    window.view.composer.set_text("something else")
    with summed_up(window, qtbot) as made:
        pass
    assert window.conversation.chat is None
    assert window.view.composer.text() == "something else"
    window.notices._notices()[0].button.click()
    assert window.conversation.chat.id == made.args[1]
    assert window.view.composer.text() == "a draft"


def test_a_new_chat_has_nothing_to_sum_up(open_window):
    window = open_window(WIDE, seconds_per_word=0.0)
    window.composing.summary.begin()
    assert window.notices.sentences() == ["There is nothing to sum up yet."]
