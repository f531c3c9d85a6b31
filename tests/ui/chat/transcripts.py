"""Messages for a transcript, and what of it is on show."""

from datetime import UTC, datetime

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QScrollArea, QWidget

from app.chats.model import StoredMessage, TurnStats
from ui.chat.message_view import AnswerMessage
from ui.chat.text_view import TextView

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


def names(transcript):
    return [child.accessibleName() for child in transcript.findChildren(QWidget)]


def labels(transcript):
    return [label.text() for label in transcript.findChildren(QLabel)]


def is_at_end(transcript):
    return bar(transcript).value() == bar(transcript).maximum()


def buttons(transcript, text):
    return [b for b in transcript.findChildren(QAbstractButton) if b.text() == text]


def views_in_sight(transcript):
    return [
        view
        for view in transcript.findChildren(AnswerMessage)
        if -view.height() < view.mapTo(transcript, QPoint(0, 0)).y() < transcript.height()
    ]
