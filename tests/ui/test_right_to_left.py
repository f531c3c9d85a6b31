"""In a language that is written from right to left the window is mirrored, code isn't."""

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from app.chats.search import MATCH_END, MATCH_START
from app.settings import Settings, WindowState
from ui import languages
from ui.chat.code_card import CodeCard
from ui.chat.message_view import AnswerMessage, UserMessage
from ui.chat.table_view import TableView
from ui.icons import pixmap
from ui.mirroring import draw_line, keys_inside
from ui.notice import Notice, NoticeBar
from ui.settings.fields import NumberField
from ui.sidebar.search_results import HitDelegate, plain
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


@pytest.mark.usefixtures("hebrew")
def test_margins_are_mirrored(qtbot):
    """Qt mirrors what is in a layout, but not its margins: a notice touched its border."""
    bar = NoticeBar()
    qtbot.addWidget(bar)
    bar.tell("Something happened.")
    margins = bar.findChild(Notice).layout().contentsMargins()
    assert (margins.left(), margins.right()) == (8, 16)


@pytest.mark.usefixtures("hebrew")
def test_a_hint_has_room_for_the_space_that_stands_out(qtbot):
    """Its first letter was cut off where its first line ends in words from left to right."""
    field = NumberField("top_p", "Top-p", "Only the likeliest words", 0.9, 0.0, 1.0, 0.05)
    qtbot.addWidget(field)
    hints = [one for one in field.findChildren(QLabel) if one.text().startswith("Only")]
    assert hints[0].contentsMargins().left() >= hints[0].fontMetrics().horizontalAdvance(" ") > 0


def painted(direction, paint):
    image = QImage(200, 40, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.setLayoutDirection(direction)
    paint(painter)
    painter.end()
    return image


def dark_rows(image):
    """The dark rows of each column that has some."""
    columns = [
        [y for y in range(image.height()) if image.pixelColor(x, y).lightness() < 128]
        for x in range(image.width())
    ]
    return [rows for rows in columns if rows]


def darkest(image):
    return min(
        image.pixelColor(x, y).lightness()
        for x in range(image.width())
        for y in range(image.height())
    )


LTR, RTL = Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft


def test_a_title_is_written_in_its_own_direction():
    """The full stop of an English one stood before it."""

    def line(painter):
        draw_line(painter, QRect(0, 0, 200, 40), "A title.")

    right = [dark_rows(painted(direction, line))[-2:] for direction in (LTR, RTL)]
    for rows in (rows for columns in right for rows in columns):
        assert min(rows) > 17  # the full stop, on the line alone


def test_a_found_text_is_cut_off_at_its_end_on_whichever_side(qtbot):
    """Of a long Arabic one the end was shown, without the word that was searched."""
    parent = QWidget()
    qtbot.addWidget(parent)
    delegate = HitDelegate(parent)
    snippet = f"{MATCH_START}كم{MATCH_END} من الماء يحتاج العدس" + " وكم يستغرق طبخه" * 5
    place = QRect(0, 0, 200, 40)
    long, short, unmarked = (
        painted(LTR, lambda painter, text=text: delegate._paint_snippet(painter, place, text))
        for text in (snippet, snippet[:20], plain(snippet))
    )
    assert darkest(long) == darkest(short) < darkest(unmarked)


@pytest.mark.usefixtures("hebrew")
def test_the_summary_stands_at_its_left_edge(open_window, qtbot):
    """The space at the end of a line brought a bar, and pushed the first letters out."""
    card = open_window().view.summary
    card.begin("A chat")
    qtbot.waitUntil(card.isVisible)
    bar = card.text.horizontalScrollBar()
    for width in range(300, 340):
        card.text.setFixedWidth(width)
        QApplication.processEvents()
        for number in range(30):
            card.add_text("lentils need ", begins=not number)
            assert not bar.isVisible()
            assert bar.value() == bar.maximum()  # no offset, in a widget from right to left


@pytest.mark.usefixtures("hebrew")
@pytest.mark.parametrize("num_lines", [1, 200])
def test_messages_stand_above_the_composer_with_a_scroll_bar_and_without(
    open_window, store, num_lines
):
    """The bar stands to the left of the messages, and moved them by its width."""
    chat = store.create_chat()
    store.append_message(chat.id, None, "user", "line\n" * num_lines)
    window = open_window(Settings(window=WindowState(width=1280, height=700)))
    window.conversation.show_chat(chat.id)
    QApplication.processEvents()
    [question], composer = window.findChildren(UserMessage), window.view.composer
    left, middle = left_of(question, window), composer.width() // 2
    assert left + question.width() // 2 == pytest.approx(left_of(composer, window) + middle, abs=1)


@pytest.mark.usefixtures("hebrew")
def test_keys_keep_their_order_in_a_sentence():
    assert keys_inside("Ctrl+.") == "Ctrl+.\u200e"
