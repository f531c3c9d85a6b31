"""The inspector beside a conversation that is answered by the fake engine."""

import pytest

from app.chats.model import TurnStats
from app.settings import Settings, WindowState
from ui.inspector.inspection import tokens_used, turns_of

WIDE = Settings(window=WindowState(width=1280, height=700), system_prompt="be brief")


@pytest.fixture
def window(open_window, qtbot):
    window = open_window(WIDE, seconds_per_word=0.001)
    window.resize(1280, 700)
    with qtbot.waitSignal(window.conversation._thread.loaded):
        window.conversation._thread.load()
    return window


def ask(window, qtbot, text):
    with qtbot.waitSignal(window.conversation._thread.turn_ended):
        window.view.composer.submitted.emit(text)


def test_the_numbers_are_those_of_the_last_turn(window, qtbot):
    ask(window, qtbot, "one two three")
    inspector = window.inspector
    qtbot.waitUntil(lambda: inspector.parts["system"].value == "2")
    assert inspector.context.value == "8 / 8,192"  # system, question and answer
    assert inspector.parts["conversation"].value == "6"
    assert [row.value for row in (inspector.reused, inspector.read, inspector.written)] == [
        *("0 tokens", "5 tokens", "3 tokens")
    ]
    assert inspector.recurrent.value == "4.0 KiB"
    assert inspector.kv.value == "8.0 KiB"
    assert inspector.model.value == "1000 B"


def test_what_the_model_holds_is_not_told_of_another_chat(window, qtbot):
    ask(window, qtbot, "one two three")
    window.new_chat()
    assert window.inspector.kv.value == "not in use"
    assert window.inspector.reused.value == "—"


def test_the_next_steps_are_told_before_they_are_taken(window, qtbot):
    ask(window, qtbot, "one two three")
    qtbot.waitUntil(lambda: window.inspector.edit.value == "reads 5")
    assert window.inspector.new_chat.value == "reads 2"


def test_a_draft_is_counted_while_it_is_written(window, qtbot):
    qtbot.waitUntil(lambda: window.inspector.model.value == "1000 B")
    window.view.composer.set_text("four words of draft")
    qtbot.waitUntil(lambda: window.inspector.parts["draft"].value == "4")
    assert window.inspector.context.value == "6 / 8,192"


def test_the_end_of_the_context_is_told_before_the_send(window, qtbot):
    qtbot.waitUntil(lambda: window.inspector.model.value == "1000 B")
    window.view.composer.set_text("word " * 3900)  # a longer paste is a chip
    window.view.composer._add_pasted("word " * 3600)
    qtbot.waitUntil(lambda: not window.view.limit.isHidden())
    assert window.view.limit.text() == (
        "The context is nearly full: 690 tokens are left for the message and its answer."
    )
    window.view.composer._add_pasted("word " * 1000)
    qtbot.waitUntil(lambda: "more than the model holds" in window.view.limit.text())


def test_branches_on_disk_are_counted(window, store, qtbot):
    ask(window, qtbot, "one")
    chat = window.conversation.chat
    with qtbot.waitSignal(window.conversation._thread.turn_ended):
        window.conversation.retry(window.conversation.branch[-1].id)
    assert len(store.children(chat.id, window.conversation.branch[0].id)) == 2
    qtbot.waitUntil(lambda: window.inspector.disk._words.text() == "On disk, 2 branches")


def test_a_narrower_window_keeps_the_inspector_in_a_drawer(window):
    assert window.inspector.isVisible()
    width = window.view.width()
    window.resize(1000, 700)
    assert not window.inspector.isVisible()
    window.view.header.inspector.click()
    assert window.inspector.isVisible()
    assert window.inspector.geometry().right() == 999
    assert window.view.width() > width - 280  # it lies above the conversation
    window.resize(1280, 700)
    assert window.inspector.isVisible()


def test_a_hidden_inspector_stays_hidden_at_the_next_start(window, open_window):
    window.toggle_inspector()
    again = open_window(Settings(window=window.state()))
    again.resize(1280, 700)
    assert not again.inspector.isVisible()


def test_turns_are_those_that_were_finished(store):
    chat = store.create_chat()
    question = store.append_message(chat.id, None, "user", "one")
    answer = store.append_message(chat.id, question.id, "assistant", "two", "partial")
    store.update_answer(answer.id, stats=TurnStats("stop", 20, 12, 5, 0.1, 0.1))
    branch = store.branch(answer.id)
    assert turns_of(branch) == [(12, 8, 5)]
    assert tokens_used(branch) == 25
    assert tokens_used(branch[:1]) == 0
