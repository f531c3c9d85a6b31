"""Where the text of a transcript stands, however long it is."""

import re

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QScrollArea

from tests.effort import at_most
from tests.ui.chat.transcripts import (
    PAGE,
    bar,
    button,
    buttons,
    chat,
    column,
    is_at_end,
    message,
    shown,
    views_in_sight,
)
from ui.chat.message_view import AnswerMessage, UserMessage
from ui.chat.source_view import PlainView
from ui.chat.table_view import TableView
from ui.chat.text_view import TextView
from ui.chat.transcript import Transcript


def test_a_chat_is_shown_at_its_end(transcript):
    transcript.show_chat(chat(20))
    assert bar(transcript).maximum() > 0
    assert is_at_end(transcript)


def test_a_chat_shown_before_the_window_is_at_its_end_too(qtbot):
    transcript = Transcript()
    qtbot.addWidget(transcript)
    transcript.show_chat(chat(20))
    transcript.resize(700, 400)
    with qtbot.waitExposed(transcript):
        transcript.show()
    assert bar(transcript).maximum() > 0
    assert is_at_end(transcript)
    assert column(transcript).width() == transcript.findChild(QScrollArea).viewport().width()


def test_a_chat_shown_behind_another_page_is_at_its_end_too(transcript):
    """Its size is the same as before: nothing but the scroll bar tells that there is more."""
    transcript.show_chat(chat(2))
    transcript.hide()
    transcript.show_chat(chat(20))
    transcript.show()
    assert bar(transcript).maximum() > 0
    assert is_at_end(transcript)


def test_the_end_stays_in_view_while_text_comes(transcript, stream):
    stream("word\n\n" * 60)
    assert bar(transcript).maximum() > 0
    assert is_at_end(transcript)
    assert not any(b.isVisible() for b in buttons(transcript, "Jump to the end"))


def test_who_scrolled_up_is_left_alone(transcript, stream, qtbot):
    stream("word\n\n" * 60)
    bar(transcript).setValue(bar(transcript).maximum() - 1)
    value = bar(transcript).value()
    transcript.append_text("word\n\n" * 60)
    maximum = bar(transcript).maximum()
    qtbot.waitUntil(lambda: bar(transcript).maximum() > maximum)
    assert bar(transcript).value() == value
    button(transcript, "Jump to the end").click()
    assert is_at_end(transcript)
    assert not any(b.isVisible() for b in buttons(transcript, "Jump to the end"))


def test_a_long_chat_opens_with_a_few_widgets(transcript):
    with at_most(units=100):
        transcript.show_chat(chat(2_000))
    for _ in range(50):
        QGuiApplication.processEvents()
    assert len(transcript.findChildren(UserMessage)) < 30


def test_scrolling_up_brings_earlier_messages_without_a_jump(transcript, qtbot):
    transcript.show_chat(chat(100))
    number = len(transcript.findChildren(AnswerMessage))
    reader = transcript.findChildren(AnswerMessage)[-1]
    bar(transcript).setValue(bar(transcript).value() - 500)
    before = {v: v.mapTo(transcript, QPoint(0, 0)).y() for v in views_in_sight(transcript)}
    qtbot.waitUntil(lambda: len(transcript.findChildren(AnswerMessage)) > number)
    assert before
    for view, place in before.items():
        assert view.mapTo(transcript, QPoint(0, 0)).y() == place
    assert reader.parent()


def test_the_first_message_can_be_reached(transcript, qtbot):
    transcript.show_chat(chat(60))

    def go_up():
        bar(transcript).setValue(0)
        return "Question 1\n" in shown(transcript) and bar(transcript).value() == 0

    qtbot.waitUntil(go_up)


def test_a_retry_of_a_message_far_above_shows_what_led_to_it(transcript, qtbot):
    messages = chat(100)
    transcript.show_chat(messages)
    transcript.begin_turn(messages[20], message(200, status="partial"))
    transcript.append_text("Again.")
    qtbot.waitUntil(lambda: "Question 19\n" in shown(transcript))
    qtbot.waitUntil(lambda: shown(transcript).endswith("Question 21\nAgain."))


@pytest.mark.parametrize("width", [200, 500, 1400])
def test_the_column_fits_the_window(transcript, width):
    transcript.show_chat([message(1, "user", "word " * 50), message(2, content=PAGE)])
    transcript.resize(width, 600)
    for view in transcript.findChildren(AnswerMessage):
        left = view.mapTo(transcript, QPoint(0, 0)).x()
        assert view.width() <= 720
        assert left >= 18
        assert abs(left - (width - left - view.width())) <= 1


@pytest.mark.parametrize(("line", "number"), [("line\n", 100), ("word " * 10, 500)])
def test_a_long_question_scrolls_in_its_block(transcript, line, number):
    transcript.show_chat([message(1, "user", line * number)])
    view = transcript.findChild(PlainView)
    assert view.height() < transcript.height()
    assert view.verticalScrollBar().value() == 0


def test_a_long_question_is_wrapped_beside_its_bar(transcript):
    """Under which the last letters of each line were."""
    transcript.show_chat([message(1, "user", "word " * 4_000)])
    view = transcript.findChild(PlainView)
    assert view.verticalScrollBar().isVisible()
    assert view.document().textWidth() <= view.viewport().width()


def test_a_jump_into_a_long_chat_shows_what_is_there(transcript, qtbot):
    transcript.show_chat(chat(2_000))
    bar(transcript).setValue(bar(transcript).maximum() // 2)
    qtbot.waitUntil(lambda: len(views_in_sight(transcript)) >= 2)
    assert 800 < min(view.message.id for view in views_in_sight(transcript)) < 1_200
    assert len(transcript.findChildren(UserMessage)) < 60


def test_a_long_answer_opens_at_its_end_with_few_widgets(transcript, qtbot):
    paragraphs = [f"Paragraph number {number}. " + "word " * 30 for number in range(3_000)]
    transcript.show_chat(
        [message(1, "user", "Question"), message(2, content="\n\n".join(paragraphs))]
    )
    qtbot.waitUntil(lambda: "Paragraph number 2999." in shown(transcript))
    assert bar(transcript).value() == bar(transcript).maximum()
    assert len(transcript.findChildren(TextView)) < 60
    bar(transcript).setValue(bar(transcript).maximum() // 2)
    qtbot.waitUntil(lambda: "Paragraph number 1500." in near(shown(transcript)))


def test_a_long_answer_that_was_given_up_takes_no_more_part(transcript, qtbot):
    answer = message(2, content="A line.\n\n" * 8_000)
    later = [message(number, "user", f"Later {number}") for number in range(3, 300)]
    transcript.show_chat([message(1, "user", "Question"), answer, *later])
    bar(transcript).setValue(0)
    qtbot.waitUntil(lambda: len(transcript.findChildren(AnswerMessage)) == 1)
    bar(transcript).setValue(bar(transcript).maximum())
    qtbot.waitUntil(lambda: not transcript.findChildren(AnswerMessage))
    bar(transcript).setValue(bar(transcript).maximum() - 100)  # raises if it still listens
    qtbot.wait(20)


def near(text):
    """A text whose numbers are rounded to hundreds."""
    return re.sub(r"number (\d\d)\d\d", r"number \g<1>00", text)


def test_a_long_answer_stays_in_place_where_a_height_was_not_as_estimated(transcript, qtbot):
    page = "| a | b |\n|--|--|\n" + "| 1 | 2 |\n" * 8 + "\nA line.\n\n"
    transcript.show_chat([message(1, "user", "Question"), message(2, content=page * 800)])
    bar(transcript).setValue(bar(transcript).maximum() // 2)

    def on_show():
        tables = transcript.findChildren(TableView)
        return [table for table in tables if not table.visibleRegion().isEmpty()]

    for _ in range(30):
        qtbot.waitUntil(lambda: bool(on_show()))
        view = min(on_show(), key=lambda v: v.mapTo(transcript, QPoint(0, 0)).y())
        before = view.mapTo(transcript, QPoint(0, 0)).y()
        value = bar(transcript).value()
        bar(transcript).setValue(value - 100)
        qtbot.wait(10)
        assert view.mapTo(transcript, QPoint(0, 0)).y() == before + 100
