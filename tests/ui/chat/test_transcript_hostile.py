"""Messages that were written to be slow, or to break out of their place."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLabel

from tests.effort import at_most
from tests.ui.chat.transcripts import message
from ui.chat.text_view import TextView
from ui.chat.thought_view import ThoughtView

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
    with at_most(units=100):
        transcript.show_chat([message(1, role, HOSTILE[name])])
    for _ in range(5):
        with at_most(units=100):
            QGuiApplication.processEvents()
    qtbot.waitUntil(lambda: bool(transcript.findChildren(TextView)))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_thinking_neither_crashes_nor_freezes(transcript, name):
    transcript.begin_turn(message(1, "user", "Q"), message(2, status="partial"))
    transcript.append_reasoning("One")
    transcript.findChild(ThoughtView).findChild(QAbstractButton).click()
    with at_most(units=100):
        transcript.append_reasoning(HOSTILE[name])
        transcript.end_turn(message(2, reasoning="One" + HOSTILE[name]))
    for _ in range(5):
        with at_most(units=100):
            QGuiApplication.processEvents()


def test_a_hostile_failure_is_one_plain_text(transcript):
    error = "<b>no</b>\0" + "x" * 100_000
    transcript.show_chat([message(2, status="failed", error=error)])
    [label] = transcript.findChildren(QLabel)
    assert label.text().startswith("<b>no</b>\ufffd")
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert len(label.text()) <= 1_000
