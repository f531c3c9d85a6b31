"""What can be done with every message, on the real assistant and store, with the fake engine."""

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QEnterEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from app.errors import AppError
from ui.chat.message_view import AnswerMessage, UserMessage

FAST = {"seconds_per_word": 0.0}
SLOW = {"seconds_per_word": 0.005}
LONG = "!words 100000"


class Hand:
    """A user in front of one window."""

    def __init__(self, window, store, qtbot):
        self.window, self.store, self._qtbot = window, store, qtbot
        self.conversation = window.conversation
        self.composer = window.view.composer

    def ask(self, text):
        with self.answered():
            self.write(text)

    def write(self, text):
        self.composer.set_text(text)
        self._qtbot.keyClick(self.composer.edit, Qt.Key.Key_Return)

    def begin(self, text=LONG):
        self.write(text)
        self.wait(lambda: self.conversation._turn is not None and self.conversation._turn.text)

    def stop(self):
        with self.answered():
            self.conversation.stop()

    def answered(self):
        return self._qtbot.waitSignal(self.conversation._thread.turn_ended, timeout=10_000)

    def wait(self, holds):
        self._qtbot.waitUntil(lambda: bool(holds()), timeout=10_000)

    def views(self, kind):
        found = [v for v in self.window.view.transcript.findChildren(kind) if v.isVisible()]
        return sorted(found, key=lambda view: view.y())

    def question(self, number=-1):
        return self.views(UserMessage)[number]

    def answer(self, number=-1):
        return self.views(AnswerMessage)[number]

    def button(self, view, spoken):
        """Brings the pointer to the message first."""
        self.point_at(view)
        [button] = [
            b
            for b in view.findChildren(QAbstractButton)
            if b.accessibleName() == spoken and b.isVisible()
        ]
        return button

    def point_at(self, view):
        view.enterEvent(enter_event())

    def click(self, view, spoken):
        self.button(view, spoken).click()

    def shown(self):
        return [m.content for m in self.conversation._messages]

    def stored(self):
        return [m.content for m in self.store.branch(self.conversation.chat.leaf_id)]

    def edit(self, view, text):
        spoken = "Edit your message" if isinstance(view, UserMessage) else "Edit the answer"
        self.click(view, spoken)
        editor = view.editor.edit
        assert editor.hasFocus()
        editor.selectAll()
        QTest.keyClicks(editor, text)
        return editor


def enter_event():
    return QEnterEvent(QPointF(1, 1), QPointF(1, 1), QPointF(1, 1))


@pytest.fixture
def hand(open_window, store, qtbot):
    """Opens a window whose fake engine follows a script."""
    return lambda **script: Hand(open_window(**(script or FAST)), store, qtbot)


# Versions


def test_another_answer_is_a_version_beside_the_first(hand):
    user = hand()
    user.ask("one two")
    with user.answered():
        user.click(user.answer(), "Regenerate the answer")
    view = user.answer()
    assert user.button(view, "Previous version, 2 of 2").isEnabled()
    assert not user.button(view, "Next version, 2 of 2").isEnabled()
    user.click(view, "Previous version, 2 of 2")
    assert not user.button(user.answer(), "Previous version, 1 of 2").isEnabled()
    first = user.conversation._messages[-1].id
    user.click(user.answer(), "Next version, 1 of 2")
    assert user.conversation._messages[-1].id > first
    assert user.shown() == user.stored() == ["one two", "one two"]


def test_the_last_answer_is_acted_on_by_keys(hand):
    user = hand()
    actions = {action.id: action for action in user.window.shortcuts.all()}
    actions["regenerate"].run()
    assert user.window.notices.sentences() == ["There is no answer here yet."]
    user.ask("one two")
    first = user.conversation.branch[-1].id
    with user.answered():
        actions["regenerate"].run()
    assert user.conversation.branch[-1].id != first
    actions["previous_version"].run()
    assert user.conversation.branch[-1].id == first
    actions["copy_answer"].run()
    assert QGuiApplication.clipboard().text() == "one two"
    actions["continue"].run()
    assert "The last answer is complete." in user.window.notices.sentences()


def test_a_message_with_one_version_says_nothing_of_versions(hand):
    user = hand()
    user.ask("one")
    assert not [b for b in spoken_of(user.answer()) if "version" in b]


def spoken_of(view):
    return [b.accessibleName() for b in view.findChildren(QAbstractButton) if b.isVisible()]


def test_a_version_of_a_question_brings_back_what_followed_it(hand):
    user = hand()
    user.ask("one")
    user.ask("two")
    with user.answered():
        QTest.keyClick(user.edit(user.question(0), "other"), Qt.Key.Key_Return, CTRL)
    assert user.shown() == ["other", "other"]
    user.click(user.question(0), "Previous version, 2 of 2")
    assert user.shown() == user.stored() == ["one", "one", "two", "two"]
    user.click(user.question(0), "Next version, 1 of 2")
    assert user.shown() == ["other", "other"]


CTRL = Qt.KeyboardModifier.ControlModifier


# Editing


def test_saving_a_question_asks_it_and_keeps_the_old_one(hand):
    user = hand()
    user.ask("one")
    user.ask("two")
    user.edit(user.question(), "three")
    with user.answered():
        user.question().editor.save.click()
    assert user.shown() == user.stored() == ["one", "one", "three", "three"]
    assert user.button(user.question(), "Previous version, 2 of 2").isEnabled()
    assert user.composer.edit.hasFocus()


def test_saving_an_answer_keeps_it_without_asking(hand):
    user = hand()
    user.ask("one")
    user.edit(user.answer(), "better")
    user.answer().editor.save.click()
    assert user.conversation.answering_chat_id is None
    assert user.shown() == user.stored() == ["one", "better"]
    user.click(user.answer(), "Previous version, 2 of 2")
    assert user.shown() == ["one", "one"]


def test_escape_leaves_the_editor_and_the_message_as_it_was(hand):
    user = hand()
    user.ask("one")
    editor = user.edit(user.question(), "other")
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert user.question().editor is None
    assert user.shown() == ["one", "one"]
    assert user.composer.edit.hasFocus()


def test_escape_in_an_editor_does_not_stop_the_answer(hand):
    """The window's own Escape would."""
    user = hand(**SLOW)
    user.ask("one")
    user.begin()
    editor = user.edit(user.question(0), "other")
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert not user.conversation._thread._assistant.is_stopping
    user.stop()


def test_ctrl_up_edits_the_last_question(hand):
    user = hand()
    user.ask("one")
    user.ask("two")
    QTest.keyClick(user.composer.edit, Qt.Key.Key_Up, CTRL)
    assert user.question().editor.edit.toPlainText() == "two"
    assert user.question().editor.edit.hasFocus()


def test_a_blank_or_unchanged_edit_asks_nothing(hand):
    user = hand()
    user.ask("one")
    editor = user.edit(user.question(), " ")
    assert not user.question().editor.save.isEnabled()
    QTest.keyClick(editor, Qt.Key.Key_Return, CTRL)
    assert user.question().editor is not None
    editor.setPlainText("one")
    QTest.keyClick(editor, Qt.Key.Key_Return, CTRL)
    assert user.shown() == ["one", "one"]
    assert user.conversation._sent is None


def test_an_edit_that_cannot_be_stored_is_not_lost(hand, monkeypatch):
    user = hand()
    user.ask("one")

    def refuse(*_, **__):
        raise AppError("The disk is full.")

    monkeypatch.setattr(user.store, "append_message", refuse)
    QTest.keyClick(user.edit(user.question(), "precious"), Qt.Key.Key_Return, CTRL)
    user.wait(lambda: user.window.notices.sentences() == ["The disk is full."])
    assert user.composer.text() == "precious"


def test_what_is_too_long_for_an_editor_can_only_be_copied(hand, store):
    chat = store.create_chat()
    store.append_message(chat.id, None, "user", "x" * 300_000)
    user = hand()
    user.conversation.show_chat(chat.id)
    user.point_at(user.question())
    assert "Edit your message" not in spoken_of(user.question())
    assert "Copy your message" in spoken_of(user.question())


# The other actions


def test_a_stopped_answer_goes_on_in_its_place(hand):
    user = hand(seconds_per_word=0.01)
    user.begin("!words 60")
    user.stop()
    begun = user.shown()[-1]
    with user.answered():
        user.click(user.answer(), "Continue the answer")
    assert user.shown()[-1].startswith(begun)
    assert user.shown()[-1].split() == [f"word{n}" for n in range(1, 61)]
    assert user.shown() == user.stored()
    assert "Continue the answer" not in spoken_of(user.answer())
    assert len(user.views(AnswerMessage)) == 1


def test_an_answer_that_goes_on_is_whole_when_its_chat_is_left_and_shown_again(hand):
    user = hand(**SLOW)
    user.begin()
    user.stop()
    begun = user.shown()[-1]
    user.click(user.answer(), "Continue the answer")
    user.wait(lambda: user.conversation._turn is not None and user.conversation._turn.text)
    chat_id = user.conversation.chat.id
    user.window.new_chat()
    user.conversation.show_chat(chat_id)
    user.wait(
        lambda: user.answer()._text.text.startswith(begun + user.conversation._turn.text[:20])
    )
    user.stop()
    assert user.shown()[-1].split() == [
        f"word{n + 1}" for n in range(len(user.shown()[-1].split()))
    ]


def test_only_the_last_answer_goes_on(hand):
    user = hand(**SLOW)
    user.begin()
    user.stop()
    user.ask("one")
    user.point_at(user.answer(0))
    assert "Continue the answer" not in spoken_of(user.answer(0))
    user.point_at(user.answer(1))
    assert "Continue the answer" not in spoken_of(user.answer(1))


def test_a_branch_is_a_new_chat_with_the_messages_so_far(hand):
    user = hand()
    user.ask("one")
    user.ask("two")
    old = user.conversation.chat.id
    user.click(user.answer(0), "Branch into a new chat after the answer")
    assert user.conversation.chat.id != old
    assert user.shown() == ["one", "one"]
    assert user.composer.edit.hasFocus()
    user.ask("three")
    assert user.shown() == ["one", "one", "three", "three"]
    user.conversation.show_chat(old)
    assert user.shown() == ["one", "one", "two", "two"]


def test_a_deleted_message_takes_what_follows_it_and_comes_back(hand):
    user = hand()
    user.ask("one")
    user.ask("two")
    user.click(user.question(), "Delete your message")
    assert user.shown() == ["one", "one"]
    assert user.window.notices.sentences() == ["The message was deleted."]
    user.window.notices._notices()[0].button.click()
    assert user.shown() == user.stored() == ["one", "one", "two", "two"]


def test_a_question_whose_answer_was_deleted_can_be_asked_again(hand):
    user = hand()
    user.ask("one")
    user.click(user.answer(), "Delete the answer")
    assert user.shown() == ["one"]
    with user.answered():
        user.click(user.question(), "Ask your message again")
    assert user.shown() == ["one", "one"]


def test_copy_takes_the_text_of_a_question(hand):
    user = hand()
    user.ask("**one**")
    user.click(user.question(), "Copy your message")
    assert QGuiApplication.clipboard().text() == "**one**"


@pytest.mark.parametrize(
    "spoken", ["Delete the answer", "Regenerate the answer", "Previous version, 2 of 2"]
)
def test_nothing_changes_the_branch_while_an_answer_is_written(hand, spoken):
    user = hand(**SLOW)
    user.ask("one")
    with user.answered():
        user.click(user.answer(), "Regenerate the answer")
    user.begin()
    before = user.shown()
    user.click(user.answer(0), spoken)
    [sentence] = user.window.notices.sentences()
    assert sentence.endswith("Stop it first.")
    assert user.shown() == before
    user.stop()


# What it would cost


def test_the_cost_of_an_action_is_told_when_the_pointer_comes(hand):
    user = hand(reused_tokens=1, estimated_seconds=0.25)
    user.ask("one two three")
    again = user.button(user.answer(), "Regenerate the answer")
    user.wait(lambda: again.text() == "Regenerate · reads 2 tokens")
    assert again.toolTip().endswith("Reads 2 tokens, about 0.3 s.")
    assert again.accessibleDescription() == "Reads 2 tokens, about 0.3 s."
    assert user.answer()._row._note == ""


def test_a_long_wait_is_said_in_a_line(hand):
    user = hand(estimated_seconds=125.0)
    user.ask("one")
    user.point_at(user.answer())
    user.wait(lambda: "about 2 min 5 s" in user.answer()._row._note)


def test_costs_are_forgotten_when_the_state_changes(hand):
    user = hand()
    user.ask("one two")
    again = user.button(user.answer(), "Regenerate the answer")
    user.wait(lambda: again.text() == "Regenerate · reads 2 tokens")
    user.ask("three")
    assert user.button(user.answer(0), "Regenerate the answer").text() == "Regenerate"


def test_nothing_is_estimated_while_an_answer_is_written(hand):
    user = hand(**SLOW)
    user.ask("one")
    user.begin()
    user.point_at(user.answer(0))
    assert user.conversation._costs._wanted is None
    user.stop()


def test_the_editor_tells_what_asking_its_text_reads(hand):
    user = hand()
    user.ask("one")
    user.edit(user.question(), "one two three")
    user.wait(lambda: user.question().editor._note == "Asking this reads 3 tokens")


# While it works


def test_a_message_waits_for_the_end_of_the_answer(hand):
    user = hand(seconds_per_word=0.01)
    user.begin("!words 30")
    user.write("next")
    queued = user.window.view.queued
    assert (queued.isVisible(), queued.text()) == (True, "Sent next: next")
    assert user.composer.text() == ""
    user.wait(lambda: user.shown()[-2:] == ["next", "next"])
    assert not queued.isVisible()


def test_a_second_message_joins_the_one_that_waits(hand):
    user = hand(**SLOW)
    user.begin()
    user.write("one")
    user.write("two")
    user.window.view.queued.button.click()
    assert user.composer.text() == "one\n\ntwo"
    user.stop()


def test_a_message_that_waits_is_a_draft_after_a_stop(hand):
    user = hand(**SLOW)
    user.begin()
    user.write("next")
    user.composer.set_text("more")
    user.stop()
    assert user.composer.text() == "next\n\nmore"
    assert not user.window.view.queued.isVisible()
    assert len(user.shown()) == 2


def test_a_message_that_waits_is_a_draft_after_a_failure(hand):
    user = hand(seconds_per_word=0.05)
    user.begin("one two three !error")
    user.write("next")
    user.wait(lambda: user.composer.text() == "next")
    assert user.store.branch(user.conversation.chat.leaf_id)[-1].status == "failed"


def test_a_message_that_waits_belongs_to_its_chat(hand):
    user = hand(**SLOW)
    user.begin()
    user.write("next")
    chat_id = user.conversation.chat.id
    user.window.new_chat()
    assert not user.window.view.queued.isVisible()
    user.stop()
    assert user.composer.text() == ""
    user.conversation.show_chat(chat_id)
    assert user.composer.text() == "next"


def test_reading_tells_its_speed_and_the_time_left(hand):
    user = hand(prefill_steps=100, seconds_per_prefill_step=0.02)
    user.write("word " * 1000)
    user.wait(lambda: "tokens/s" in user.window.view.status.state.text())
    waiting = user.answer()._waiting.accessibleName()
    assert "of 1,000 tokens · " in waiting
    assert waiting.endswith(" s left")
    assert user.composer.button.text() == "Stop"
    user.stop()


# The keyboard


def test_tab_reaches_every_action_of_a_message(hand, qtbot):
    user = hand()
    user.ask("one")
    user.ask("two")
    view = user.answer(0)
    [copy] = [b for b in view.findChildren(QAbstractButton) if b.text() == "Copy"]
    copy.setFocus(Qt.FocusReason.TabFocusReason)
    reached = []
    for _ in range(5):
        reached.append(QGuiApplication.focusObject().accessibleName())
        qtbot.keyClick(QGuiApplication.focusObject(), Qt.Key.Key_Tab)
    assert reached == [
        "Copy answer",
        "Edit the answer",
        "Regenerate the answer",
        "Branch into a new chat after the answer",
        "Delete the answer",
    ]


def test_actions_of_messages_nobody_came_to_are_not_made(hand):
    user = hand()
    user.ask("one")
    user.ask("two")
    user.conversation.show_chat(user.conversation.chat.id)
    assert spoken_of(user.answer(0)) == ["Copy answer"]
    assert len(user.answer(0).findChildren(QAbstractButton)) == 1
