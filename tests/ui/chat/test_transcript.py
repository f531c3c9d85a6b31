"""The transcript as its user meets it: what is shown, where it stands, what can be done."""

import re
from datetime import UTC, datetime
from time import process_time

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QScrollArea, QWidget

from app.chats.model import StoredMessage, TurnStats
from ui.chat.answer_text import AnswerText
from ui.chat.blocks import BlockStack
from ui.chat.code_card import CodeCard
from ui.chat.message_parts import WaitingLine
from ui.chat.message_view import AnswerMessage, UserMessage
from ui.chat.source_view import CodeView, PlainView
from ui.chat.table_view import TableView
from ui.chat.text_view import TextView
from ui.chat.thought_view import ThoughtView
from ui.chat.transcript import Transcript
from ui.theme import DARK, LIGHT, stylesheet

DIRECT = Qt.FindChildOption.FindDirectChildrenOnly
STATS = TurnStats("stop", 100, 50, 120, 0.42, 5.0)
PAGE = """\
# Title

Some *text* with `code` and [a link](https://example.org/a).

1. one
   - deep
2. two

> quoted

| key | value |
|:--|--:|
| a | 1 |
| b | 2 |

```python
def f():
    return 1
```

The end.
"""


def message(
    number, role="assistant", content="", status="complete", error="", stats=None, reasoning=""
):
    created = datetime(2026, 1, 1, tzinfo=UTC)
    return StoredMessage(
        number, 1, number - 1 or None, role, content, reasoning, status, error, "", created, stats
    )


def chat(length):
    return [
        message(number, "user", f"Question {number}")
        if number % 2
        else message(number, content=f"Answer **{number}**.\n\n" + "Some words to fill it. " * 20)
        for number in range(1, length + 1)
    ]


@pytest.fixture
def transcript(qtbot):
    transcript = Transcript()
    transcript.resize(900, 600)
    qtbot.addWidget(transcript)
    with qtbot.waitExposed(transcript):
        transcript.show()
    return transcript


@pytest.fixture
def stream(transcript, qtbot):
    """Streams a text into a new turn and waits until it is on show."""

    def stream(text):
        transcript.begin_turn(message(1, "user", "Question"), message(2, status="partial"))
        for start in range(0, len(text), 7):
            transcript.append_text(text[start : start + 7])
        view = transcript.findChild(AnswerText)
        qtbot.waitUntil(lambda: view.is_idle)

    return stream


def shown(transcript):
    """The text of all messages on show, from the top."""
    views = [v for v in transcript.findChildren(TextView) if v.isVisibleTo(transcript)]
    views.sort(key=lambda view: view.mapTo(transcript, QPoint(0, 0)).y())
    return "\n".join(view.toPlainText() for view in views)


def button(transcript, text):
    """The button with that text that is not hidden."""
    [found] = [
        b for b in transcript.findChildren(QAbstractButton) if b.text() == text and b.isVisible()
    ]
    return found


def bar(transcript):
    return transcript.findChild(QScrollArea, options=DIRECT).verticalScrollBar()


def column(transcript):
    return transcript.findChild(QScrollArea, options=DIRECT).widget()


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


def names(transcript):
    return [child.accessibleName() for child in transcript.findChildren(QWidget)]


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


def labels(transcript):
    return [label.text() for label in transcript.findChildren(QLabel)]


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


# What the model thought


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


# Where the text stands


def is_at_end(transcript):
    return bar(transcript).value() == bar(transcript).maximum()


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


def buttons(transcript, text):
    return [b for b in transcript.findChildren(QAbstractButton) if b.text() == text]


def test_a_long_chat_opens_with_a_few_widgets(transcript):
    began = process_time()
    transcript.show_chat(chat(2_000))
    assert process_time() - began < 0.5
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


def views_in_sight(transcript):
    return [
        view
        for view in transcript.findChildren(AnswerMessage)
        if -view.height() < view.mapTo(transcript, QPoint(0, 0)).y() < transcript.height()
    ]


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


# Themes and bad input


def test_a_theme_restyles_what_is_on_show(transcript):
    transcript.show_chat([message(1, "user", "Q"), message(2, content=PAGE)])
    transcript.apply_theme(DARK)
    html = "".join(view.document().toHtml() for view in transcript.findChildren(TextView)).upper()
    assert DARK.accent in html
    assert LIGHT.accent not in html
    assert LIGHT.ink not in html
    assert shown(transcript).startswith("Q\nTitle")


HOSTILE = {
    "nul": "a\0b\x1b[0m\u202ec \ufdd0\ufdd1\ufffc\ud800",
    "one line": "x" * 1_000_000,
    "words": "word " * 200_000,
    "lines": "line\n" * 100_000,
    "paragraphs": "paragraph\n\n" * 10_000,
    "quotes": ">" * 100_000,
    "brackets": "![" * 50_000,
    "nested": "".join("  " * depth + "- a\n" for depth in range(200)),
    "rows": "a|b\n-|-\n" + "c|d\n" * 20_000,
    "code": "```python\n" + "x = [1, 2]  # note\n" * 30_000,
    "code in one line": "```js\n" + "a(" * 200_000,
    "cards": "```\nx\n```\n" * 2_000,
    "html": "<img src=http://a.b/c.png><script>x</script>\n" * 100,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("role", ["user", "assistant"])
def test_hostile_messages_neither_crash_nor_freeze(transcript, qtbot, role, name):
    """Without slices and limits these take seconds each, or minutes."""
    began = process_time()
    transcript.show_chat([message(1, role, HOSTILE[name])])
    assert process_time() - began < 0.5
    for _ in range(5):
        began = process_time()
        QGuiApplication.processEvents()
        assert process_time() - began < 0.5
    qtbot.waitUntil(lambda: bool(transcript.findChildren(TextView)))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_thinking_neither_crashes_nor_freezes(transcript, name):
    transcript.begin_turn(message(1, "user", "Q"), message(2, status="partial"))
    transcript.append_reasoning("One")
    transcript.findChild(ThoughtView).findChild(QAbstractButton).click()
    began = process_time()
    transcript.append_reasoning(HOSTILE[name])
    transcript.end_turn(message(2, reasoning="One" + HOSTILE[name]))
    assert process_time() - began < 0.5
    for _ in range(5):
        began = process_time()
        QGuiApplication.processEvents()
        assert process_time() - began < 0.5


def test_a_hostile_failure_is_one_plain_text(transcript):
    error = "<b>no</b>\0" + "x" * 100_000
    transcript.show_chat([message(2, status="failed", error=error)])
    [label] = transcript.findChildren(QLabel)
    assert label.text().startswith("<b>no</b>\ufffd")
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert len(label.text()) <= 1_000


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
    qtbot.wait(50)
    for _ in range(30):
        view = min(
            (v for v in transcript.findChildren(TableView) if not v.visibleRegion().isEmpty()),
            key=lambda v: v.mapTo(transcript, QPoint(0, 0)).y(),
        )
        before = view.mapTo(transcript, QPoint(0, 0)).y()
        value = bar(transcript).value()
        bar(transcript).setValue(value - 100)
        qtbot.wait(10)
        assert view.mapTo(transcript, QPoint(0, 0)).y() == before + 100


def test_the_line_of_a_thought_says_what_it_took(qtbot):
    view = ThoughtView(LIGHT)
    qtbot.addWidget(view)
    view.append("Well, let me see.")
    view.end()
    view.show_cost(6.2, 212)
    assert view.findChild(QAbstractButton).text() == "Thought for 6.2 s · 212 tokens · Show"
