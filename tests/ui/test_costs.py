"""What an action would cost, told before the click."""

from tests.ui.hand import SLOW


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
