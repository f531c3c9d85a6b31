"""The transcript as its user meets it: what is shown, and what can be done."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from app.chats.model import TurnStats
from tests.ui.chat.transcripts import (
    PAGE,
    STATS,
    bar,
    button,
    buttons,
    chat,
    labels,
    message,
    names,
    shown,
)
from ui.chat.blocks import BlockStack
from ui.chat.code_card import CodeCard
from ui.chat.message_parts import WaitingLine
from ui.chat.message_view import AnswerMessage, UserMessage
from ui.chat.source_view import CodeView
from ui.chat.table_view import TableView
from ui.chat.text_view import TextView
from ui.theme import DARK, LIGHT

# What is shown


def test_an_answer_is_markdown_and_a_question_is_not(transcript):
    transcript.show_chat(
        [message(1, "user", "**bold**\n  line <b>two</b>"), message(2, content="**bold**")]
    )
    assert shown(transcript) == "**bold**\n  line <b>two</b>\nbold"


def test_a_page_has_its_prose_table_and_code(transcript):
    transcript.show_chat([message(2, content=PAGE)])
    text = shown(transcript)
    assert text.startswith("Title\nSome text with code and a link.\n1.\tone\n◦\tdeep\n2.\ttwo")
    assert transcript.findChild(TableView).toPlainText().split() == [
        "key",
        "value",
        "a",
        "1",
        "b",
        "2",
    ]
    assert transcript.findChild(CodeView).toPlainText() == "def f():\n    return 1"


def test_code_is_coloured_after_a_moment(transcript, qtbot):
    transcript.show_chat([message(2, content=PAGE)])
    view = transcript.findChild(CodeView)
    first = view.document().firstBlock().layout()
    qtbot.waitUntil(lambda: bool(first.formats()))
    [keyword, _] = first.formats()
    assert (keyword.start, keyword.length) == (0, 3)
    assert keyword.format.foreground().color().name().upper() == LIGHT.accent
    transcript.apply_theme(DARK)
    assert first.formats()[0].format.foreground().color().name().upper() == DARK.accent


@pytest.mark.parametrize("opening", ["", "```python\n", "- "])
def test_growing_text_keeps_its_view_and_its_selection(transcript, stream, qtbot, opening):
    """Text that was written anew with each piece would take the selection away."""
    stream(f"{opening}first word")
    view = transcript.findChild(BlockStack).findChild(TextView)
    view.moveCursor(QTextCursor.MoveOperation.Start)
    assert view.find("first")
    transcript.append_text(" second **third** ")
    qtbot.waitUntil(lambda: "third" in view.toPlainText())
    assert transcript.findChild(BlockStack).findChildren(TextView) == [view]
    assert view.textCursor().selectedText() == "first"


def test_the_stored_text_wins_at_the_end(transcript, stream):
    """A stop string may cut what was streamed already."""
    stream("one two three")
    transcript.end_turn(message(2, content="one two"))
    assert shown(transcript) == "Question\none two"


def test_progress_stands_in_the_place_of_the_answer_until_its_first_word(transcript, qtbot):
    transcript.begin_turn(message(1, "user", "Question"), message(2, status="partial"))
    waiting = transcript.findChild(WaitingLine)
    assert waiting.isVisible()
    transcript.show_loading(5 * 2**20, 2**30)
    assert waiting.accessibleName() == "Loading the model, 5 of 1,024 MiB"
    transcript.show_reading(1204, 8000)
    assert waiting.accessibleName() == "Reading 1,204 of 8,000 tokens"
    transcript.show_reading(2000, 8000, 100.0)
    assert waiting.accessibleName() == "Reading 2,000 of 8,000 tokens · 100 tokens/s · 60 s left"
    transcript.show_reading(0, 0)
    transcript.append_text("Word")
    assert not waiting.isVisible()
    transcript.show_reading(8000, 8000)  # comes late
    qtbot.waitUntil(lambda: shown(transcript) == "Question\nWord")


def test_a_finished_answer_tells_what_it_took(transcript):
    transcript.show_chat([message(2, content="a", stats=STATS)])
    assert "24 tok/s · first word 0.4 s" in names(transcript)


def test_a_stopped_answer_says_so(transcript):
    transcript.show_chat([message(2, content="a", status="stopped", stats=STATS)])
    assert "Stopped · 24 tok/s · first word 0.4 s" in names(transcript)


def test_numbers_that_cannot_be_computed_are_left_out(transcript):
    stats = TurnStats("cancelled", 100, 50, 0, 0.0, 0.0)
    transcript.show_chat([message(2, status="stopped", stats=stats)])
    assert "Stopped" in names(transcript)


def test_a_failed_answer_keeps_its_text_and_can_be_tried_again(transcript, qtbot):
    failed = message(2, content="It was", status="failed", error="The engine ended.")
    transcript.show_chat([message(1, "user", "Why?"), failed])
    assert shown(transcript) == "Why?\nIt was"
    assert "The engine ended." in labels(transcript)
    with qtbot.waitSignal(transcript.retry_requested) as caught:
        button(transcript, "Try again").click()
    assert caught.args == [2]


def test_an_answer_that_was_left_partial_was_interrupted(transcript):
    transcript.show_chat([message(2, content="It was", status="partial")])
    assert "This answer was interrupted." in labels(transcript)
    assert button(transcript, "Try again")


def test_only_the_last_answer_can_be_tried_again(transcript):
    """Trying an earlier one again would take all that follows it from view."""
    failed = message(2, status="failed", error="It failed.")
    transcript.show_chat([failed, message(3, "user", "And now?")])
    assert "It failed." in labels(transcript)
    assert not any(b.isVisible() for b in buttons(transcript, "Try again"))


def test_a_retry_puts_a_new_answer_in_the_place_of_the_failed_one(transcript):
    question = message(1, "user", "Why?")
    transcript.show_chat([question, message(2, content="It", status="failed", error="Failed.")])
    transcript.begin_turn(question, message(3, status="partial"))
    transcript.end_turn(message(3, content="Because."))
    assert shown(transcript) == "Why?\nBecause."
    assert transcript.findChild(UserMessage).isVisible()


def test_text_without_a_turn_goes_nowhere(transcript):
    """The turn of another chat may still be running when this one is shown."""
    transcript.show_chat([message(2, content="a")])
    transcript.append_text("b")
    transcript.show_reading(1, 2)
    transcript.end_turn(message(4, content="b"))
    assert shown(transcript) == "a"


def test_a_partial_answer_goes_on_where_it_was(transcript, qtbot):
    transcript.begin_turn(message(1, "user", "Q"), message(2, content="one ", status="partial"))
    transcript.append_text("two")
    qtbot.waitUntil(lambda: shown(transcript) == "Q\none two")


def test_a_system_prompt_is_not_shown(transcript):
    transcript.show_chat([message(1, "system", "Be kind."), message(2, "user", "Hi")])
    assert shown(transcript) == "Hi"


def test_clear_leaves_nothing(transcript):
    transcript.show_chat(chat(10))
    transcript.clear()
    assert shown(transcript) == ""
    assert bar(transcript).maximum() == 0


# What can be done


def test_copy_puts_the_source_of_an_answer_on_the_clipboard(transcript, qtbot):
    transcript.show_chat([message(2, content="**a**\n\n- b")])
    with qtbot.waitSignal(transcript.copied) as caught:
        button(transcript, "Copy").click()
    assert caught.args == ["**a**\n\n- b"]
    assert QGuiApplication.clipboard().text() == "**a**\n\n- b"
    assert button(transcript, "Copied")


def test_copy_on_code_takes_the_code_alone(transcript):
    transcript.show_chat([message(2, content=PAGE)])
    card = transcript.findChild(CodeCard)
    card.findChild(QAbstractButton).click()
    assert QGuiApplication.clipboard().text() == "def f():\n    return 1"


def test_long_lines_of_code_are_copied_whole(transcript):
    """On show they are cut, so that none is slow to lay out."""
    line = "x" * 5_000
    transcript.show_chat([message(2, content=f"```\n{line}\n```")])
    assert transcript.findChild(CodeView).document().blockCount() > 1
    transcript.findChild(CodeCard).findChild(QAbstractButton).click()
    assert QGuiApplication.clipboard().text() == line


def test_the_keyboard_copies_the_selection(transcript):
    transcript.show_chat([message(2, content="one\n\ntwo")])
    view = transcript.findChild(TextView)
    view.setFocus()
    view.selectAll()
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "one\ntwo"


def test_the_keyboard_reaches_every_action(transcript):
    transcript.show_chat([message(1, "user", "Q"), message(2, content=PAGE)])
    names = []
    widget = transcript.nextInFocusChain()
    while widget is not transcript:
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and isinstance(widget, QAbstractButton):
            names.append(widget.accessibleName())
        widget = widget.nextInFocusChain()
    assert {"Copy your message", "Copy code", "Copy answer"} <= set(names)


def test_messages_speak_to_screen_readers(transcript):
    transcript.show_chat([message(1, "user", "Why?"), message(2, content="Because.")])
    spoken = {
        view.accessibleName(): view.accessibleDescription()
        for view in transcript.findChildren(UserMessage) + transcript.findChildren(AnswerMessage)
    }
    assert spoken == {"You said": "Why?", "Answer": "Because."}


def test_a_link_is_only_reported(transcript, qtbot):
    transcript.show_chat([message(2, content="[a link](https://example.org/a)")])
    view = transcript.findChild(TextView)
    with qtbot.waitSignal(transcript.link_activated) as caught:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(12, 16))
    assert caught.args == ["https://example.org/a"]
    assert view.anchorAt(QPoint(12, 16)) == "https://example.org/a"  # what the tooltip shows


# Themes


def test_a_theme_restyles_what_is_on_show(transcript):
    transcript.show_chat([message(1, "user", "Q"), message(2, content=PAGE)])
    transcript.apply_theme(DARK)
    html = "".join(view.document().toHtml() for view in transcript.findChildren(TextView)).upper()
    assert DARK.accent in html
    assert LIGHT.accent not in html
    assert LIGHT.ink not in html
    assert shown(transcript).startswith("Q\nTitle")
