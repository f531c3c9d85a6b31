"""In a language that is written from right to left the window is mirrored, code isn't."""

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QAbstractButton

from app.settings import Settings, WindowState
from ui import languages
from ui.chat.code_card import CodeCard
from ui.chat.message_view import AnswerMessage, UserMessage
from ui.chat.table_view import TableView
from ui.icons import pixmap
from ui.theme import LIGHT, stylesheet

ANSWER = """\
| النوع | الدقائق |
|-------|--------:|
| أحمر | 12 |

```python
x = 1
```
"""


@pytest.fixture
def hebrew(qapp, monkeypatch):
    monkeypatch.setattr(languages, "available", lambda: ["en", "he"])
    languages.install(qapp, "he")
    yield
    languages.install(qapp, "en")


@pytest.fixture
def open_chat(open_window, store):
    def open_chat(width=1280):
        chat = store.create_chat()
        question = store.append_message(chat.id, None, "user", "כמה מים?")
        store.append_message(chat.id, question.id, "assistant", ANSWER, "complete")
        window = open_window(Settings(window=WindowState(width=width, height=700)))
        window.resize(width, 700)
        window.conversation.show_chat(chat.id)
        return window

    return open_chat


def left_of(widget, window):
    return widget.mapTo(window, QPoint()).x()


def button(parent, words):
    """Of those that stand under a message the nearest."""
    buttons = [one for one in parent.findChildren(QAbstractButton) if one.text() == words]
    return min(buttons, key=lambda one: one.parent() is not parent)


@pytest.mark.usefixtures("hebrew")
def test_panels_messages_and_actions_change_sides(open_chat):
    window = open_chat()
    question, answer = (window.findChild(kind) for kind in (UserMessage, AnswerMessage))
    assert left_of(window.inspector, window) < left_of(window.view, window)
    assert left_of(window.view, window) < left_of(window.sidebar, window)
    assert question._block.left() == 0
    assert button(answer._row, "Copy").x() > button(answer._row, "Delete").x()
    assert button(answer._row, "Copy").geometry().right() == answer._row.rect().right()


def test_otherwise_the_question_stands_to_the_right(open_chat):
    window = open_chat()
    question, answer = (window.findChild(kind) for kind in (UserMessage, AnswerMessage))
    assert question._block.right() == question.rect().right()
    assert button(answer._row, "Copy").x() == 0


@pytest.mark.usefixtures("hebrew")
def test_code_stays_from_left_to_right(open_chat):
    card = open_chat().findChild(CodeCard)
    copy = button(card, "Copy")
    assert copy.x() > card.width() // 2
    assert not copy.isRightToLeft()


@pytest.mark.usefixtures("hebrew")
def test_the_drawer_opens_on_the_side_of_its_button(open_chat):
    window = open_chat(width=1000)
    window.toggle_inspector()
    assert window.inspector.isVisible()
    assert left_of(window.inspector, window) == 0


def test_the_first_column_of_an_arabic_table_is_the_right_one(open_chat):
    table = open_chat().findChild(TableView)
    cells = [table._table.cellAt(1, column) for column in range(2)]
    assert [cell.firstCursorPosition().block().text() for cell in cells] == ["12", "أحمر"]
    table.selectAll()
    assert table.selected_text() == "النوع\tالدقائق\nأحمر\t12"


def test_icons_of_sides_and_hairlines_are_mirrored(qapp, monkeypatch):
    monkeypatch.setattr(languages, "available", lambda: ["en", "he"])
    images, sheets = [], []
    for language in ("en", "he", "en"):
        languages.install(qapp, language)
        images.append([pixmap(name, "#000000", 18).toImage() for name in ("sidebar", "close")])
        sheets.append(stylesheet(LIGHT))
    (sidebar, close), (mirrored_sidebar, same_close), last = images
    assert last == [sidebar, close]
    assert ink(sidebar, "left") == pytest.approx(ink(mirrored_sidebar, "right"), rel=0.05)
    assert ink(sidebar, "left") > 1.2 * ink(sidebar, "right")
    assert close == same_close
    assert sheets[0].count("border-left") == sheets[1].count("border-right") > 0


def ink(image, side):
    middle = image.width() // 2
    columns = range(middle) if side == "left" else range(middle, image.width())
    return sum(image.pixelColor(x, y).alpha() for x in columns for y in range(image.height()))
