"""What the model thought, as the transcript shows it."""

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton

from tests.ui.chat.transcripts import STATS, button, buttons, chat, is_at_end, message, shown
from ui.chat.message_parts import WaitingLine
from ui.chat.text_view import TextView
from ui.chat.thought_view import ThoughtView
from ui.theme import DARK, LIGHT, stylesheet


def thought_line(transcript):
    """What the line of the thinking says."""
    view = transcript.findChild(ThoughtView)
    return view.findChild(QAbstractButton).text()


def test_thinking_grows_in_the_place_of_the_answer_until_its_first_word(transcript, qtbot):
    transcript.begin_turn(message(1, "user", "Question"), message(2, status="partial"))
    waiting = transcript.findChild(WaitingLine)
    for piece in ("One", " two thr", "ee\n", "four"):
        transcript.append_reasoning(piece)
    assert not waiting.isVisible()
    assert thought_line(transcript) == "Thinking · 4 words · Show"
    assert shown(transcript) == "Question"
    transcript.append_text("Word")
    assert thought_line(transcript) == "Thought · 4 words · Show"
    qtbot.waitUntil(lambda: shown(transcript) == "Question\nWord")


def test_an_answer_without_thinking_has_no_line_for_it(transcript, stream):
    stream("Word")
    assert transcript.findChild(ThoughtView) is None
    transcript.show_chat([message(2, content="a")])
    assert transcript.findChild(ThoughtView) is None


def test_what_was_thought_unfolds_and_folds_above_the_answer(transcript):
    thought = "<b>One</b>\n**two**"
    transcript.show_chat([message(1, "user", "Q"), message(2, content="A", reasoning=thought)])
    assert shown(transcript) == "Q\nA"
    button(transcript, "Thought · 2 words · Show").click()
    assert shown(transcript) == f"Q\n{thought}\nA"
    button(transcript, "Thought · 2 words · Hide").click()
    assert shown(transcript) == "Q\nA"


def test_unfolded_thinking_goes_on(transcript, qtbot):
    transcript.begin_turn(message(1, "user", "Q"), message(2, status="partial"))
    transcript.append_reasoning("One")
    button(transcript, "Thinking · 1 word · Show").click()
    transcript.append_reasoning(" two")
    assert shown(transcript) == "Q\nOne two"
    transcript.append_text("A")
    transcript.end_turn(message(2, content="A", reasoning="One two"))
    qtbot.waitUntil(lambda: shown(transcript) == "Q\nOne two\nA")


def test_the_stored_thinking_wins_at_the_end(transcript):
    transcript.begin_turn(message(1, "user", "Q"), message(2, status="partial"))
    transcript.append_reasoning("One two")
    button(transcript, "Thinking · 2 words · Show").click()
    transcript.end_turn(message(2, status="stopped", reasoning="Other"))
    assert thought_line(transcript) == "Thought · 1 word · Hide"
    assert shown(transcript) == "Q\nOther"


def test_copy_takes_the_answer_without_what_was_thought(transcript):
    transcript.show_chat([message(2, content="A", reasoning="Hm.")])
    button(transcript, "Copy").click()
    assert QGuiApplication.clipboard().text() == "A"


def test_an_answer_that_only_thought_has_nothing_to_copy(transcript):
    transcript.show_chat([message(2, status="stopped", reasoning="Hm.", stats=STATS)])
    assert thought_line(transcript) == "Thought · 1 word · Show"
    assert not any(b.isVisible() for b in buttons(transcript, "Copy"))


def test_what_was_thought_is_in_secondary_ink_in_both_themes(transcript):
    """The window's style sheet goes before a palette."""
    transcript.show_chat([message(2, content="A", reasoning="Hm.")])
    button(transcript, "Thought · 1 word · Show").click()
    text = transcript.findChild(ThoughtView).findChild(TextView)
    for theme in (LIGHT, DARK):
        transcript.setStyleSheet(stylesheet(theme))
        transcript.apply_theme(theme)
        assert text.palette().text().color().name().upper() == theme.ink2


def test_the_line_that_was_clicked_stays_where_it_is(transcript):
    """At the end of a chat the text that unfolds would push it out of view."""
    messages = chat(20)
    transcript.show_chat([*messages, message(21, content="A", reasoning="Hm. " * 2000)])
    line = button(transcript, "Thought · 2,000 words · Show")
    before = line.mapTo(transcript, QPoint(0, 0)).y()
    line.click()
    assert line.mapTo(transcript, QPoint(0, 0)).y() == before
    assert not is_at_end(transcript)
    line.click()
    assert line.mapTo(transcript, QPoint(0, 0)).y() == before
    assert is_at_end(transcript)


def test_the_end_stays_in_view_while_unfolded_thinking_comes(transcript):
    transcript.begin_turn(message(1, "user", "Q"), message(2, status="partial"))
    transcript.append_reasoning("One")
    button(transcript, "Thinking · 1 word · Show").click()
    for _ in range(60):
        transcript.append_reasoning("\n\nword")
    inner = transcript.findChild(ThoughtView).findChild(TextView).verticalScrollBar()
    assert inner.maximum() > 0
    assert inner.value() == inner.maximum()
    assert is_at_end(transcript)


def test_the_line_of_a_thought_says_what_it_took(qtbot):
    view = ThoughtView(LIGHT)
    qtbot.addWidget(view)
    view.append("Well, let me see.")
    view.end()
    view.show_cost(6.2, 212)
    assert view.findChild(QAbstractButton).text() == "Thought for 6.2 s · 212 tokens · Show"
