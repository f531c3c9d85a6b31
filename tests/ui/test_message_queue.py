"""What can be done while an answer is written: the next message waits."""

from tests.ui.hand import SLOW


def test_a_key_for_the_last_answer_says_that_it_is_still_written(hand):
    """It said that there was none, under the one that grew."""
    user = hand(**SLOW)
    user.begin()
    user.window.shortcuts.actions_by_id["previous_version"].run()
    told = ["An answer is being written here. Stop it first."]
    assert user.window.notices.sentences() == told
    user.stop()


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
