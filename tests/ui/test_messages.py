"""What can be done with every message, on the real assistant and store, with the fake engine."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from app.errors import AppError
from tests.ui.hand import CTRL, SLOW, spoken_of
from ui.chat.message_view import AnswerMessage

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


def test_keys_go_through_the_versions_of_the_last_message_that_has_some(hand):
    """Here those of the question: what follows it has one each."""
    user = hand()
    actions = {action.id: action for action in user.window.shortcuts.all()}
    user.ask("one")
    actions["previous_version"].run()
    assert user.window.notices.sentences() == ["No message here has another version."]
    with user.answered():
        QTest.keyClick(user.edit(user.question(0), "two"), Qt.Key.Key_Return, CTRL)
    user.ask("three")
    actions["previous_version"].run()
    assert user.shown() == ["one", "one"]
    actions["previous_version"].run()
    assert user.shown() == ["one", "one"]
    actions["next_version"].run()
    assert user.shown() == ["two", "two", "three", "three"]


def test_the_versions_of_a_question_stay_where_they_are_under_the_pointer(hand):
    """They went to the left as the actions showed themselves."""
    user = hand()
    user.ask("one")
    with user.answered():
        QTest.keyClick(user.edit(user.question(0), "two"), Qt.Key.Key_Return, CTRL)
    [button] = [
        b
        for b in user.question().findChildren(QAbstractButton)
        if b.accessibleName() == "Next version, 2 of 2"
    ]
    place = button.geometry()
    assert place.right() + 1 == user.question().width()
    user.point_at(user.question())
    assert button.geometry() == place
    assert user.button(user.question(), "Edit your message").geometry().right() < place.left()


def test_a_message_with_one_version_says_nothing_of_versions(hand):
    user = hand()
    user.ask("one")
    assert not [b for b in spoken_of(user.answer()) if "version" in b]


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
    assert not user.conversation.asking.is_pending


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


@pytest.mark.parametrize("kind", ["question", "answer"])
def test_an_edit_that_has_to_wait_for_an_answer_isnt_lost(hand, kind):
    user = hand(**SLOW)
    user.ask("one")
    user.begin()
    edit = user.edit(getattr(user, kind)(0), "another")
    QTest.keyClick(edit, Qt.Key.Key_Return, CTRL)
    [sentence] = user.window.notices.sentences()
    assert sentence.endswith("Stop it first.")
    assert edit.isVisible()
    assert edit.toPlainText() == "another"
    user.stop()
    assert edit.toPlainText() == "another"
    QTest.keyClick(edit, Qt.Key.Key_Return, CTRL)
    user.wait(lambda: "another" in user.stored())
    user.wait(lambda: not user.conversation.asking.has_turn)


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
