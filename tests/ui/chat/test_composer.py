import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QApplication

from tests.effort import at_most
from ui.chat.composer import Composer

ENTER = Qt.Key.Key_Return


@pytest.fixture
def composer(qtbot):
    composer = Composer()
    qtbot.addWidget(composer)
    composer.resize(720, 120)
    composer.set_can_send(True)
    composer.show()
    return composer


def paste(composer, text="", html=""):
    mime = QMimeData()
    mime.setText(text)
    if html:
        mime.setHtml(html)
    composer.edit.insertFromMimeData(mime)


def test_enter_sends_and_shift_enter_breaks_the_line(composer, qtbot):
    qtbot.keyClicks(composer.edit, "one")
    qtbot.keyClick(composer.edit, ENTER, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(composer.edit, "two")
    with qtbot.waitSignal(composer.submitted) as sent:
        qtbot.keyClick(composer.edit, ENTER)
    assert sent.args == ["one\ntwo"]


def test_the_text_stays_until_it_is_known_to_be_stored(composer, qtbot):
    qtbot.keyClicks(composer.edit, "precious")
    qtbot.keyClick(composer.edit, ENTER)
    assert composer.text() == "precious"


def test_enter_in_an_input_method_accepts_its_text_and_sends_nothing(composer, qtbot):
    """Japanese and Chinese writers press Enter to choose characters."""
    qtbot.keyClicks(composer.edit, "x")
    QApplication.sendEvent(composer.edit, QInputMethodEvent("かん", []))
    with qtbot.assertNotEmitted(composer.submitted):
        qtbot.keyClick(composer.edit, ENTER)
    accepted = QInputMethodEvent("", [])
    accepted.setCommitString("漢")
    QApplication.sendEvent(composer.edit, accepted)
    with qtbot.waitSignal(composer.submitted) as sent:
        qtbot.keyClick(composer.edit, ENTER)
    assert sent.args == ["x漢"]


@pytest.mark.parametrize("text", ["", "  \n\t "])
def test_blank_text_is_not_sent(composer, qtbot, text):
    paste(composer, text)
    with qtbot.assertNotEmitted(composer.submitted):
        qtbot.keyClick(composer.edit, ENTER)
    assert not composer.button.isEnabled()


def test_nothing_is_sent_while_nobody_can_answer(composer, qtbot):
    composer.set_can_send(False)
    qtbot.keyClicks(composer.edit, "hello")
    with qtbot.assertNotEmitted(composer.submitted):
        qtbot.keyClick(composer.edit, ENTER)
    assert not composer.button.isEnabled()
    composer.set_can_send(True)
    assert composer.button.isEnabled()


def test_send_becomes_stop_while_an_answer_is_written(composer, qtbot):
    composer.set_answering(True)
    assert composer.button.text() == "Stop"
    qtbot.keyClicks(composer.edit, "the next question")
    with (
        qtbot.waitSignal(composer.stop_requested),
        qtbot.assertNotEmitted(composer.submitted),
    ):
        qtbot.keyClick(composer.edit, ENTER)
        qtbot.mouseClick(composer.button, Qt.MouseButton.LeftButton)
    composer.set_answering(False)
    assert composer.button.text() == "Send"
    assert composer.text() == "the next question"


def test_enter_while_an_answer_is_written_queues_the_text(composer, qtbot):
    composer.set_can_send(False)
    composer.set_answering(True)
    qtbot.keyClicks(composer.edit, "the next question")
    with qtbot.waitSignal(composer.queued) as queued:
        qtbot.keyClick(composer.edit, ENTER)
    assert queued.args == ["the next question"]


def test_it_grows_with_its_text_up_to_eight_lines(composer):
    heights = []
    for number in range(12):
        heights.append(composer.edit.height())
        paste(composer, f"line {number}\n")
    assert heights[:8] == sorted(set(heights[:8]))
    assert len(set(heights[8:])) == 1
    composer.clear()
    assert composer.edit.height() == heights[0]


def test_it_leaves_most_of_a_low_window_to_others(composer):
    paste(composer, "line\n" * 20)
    high = composer.edit.height()
    composer.edit.fit_into(300)
    assert composer.edit.height() < 100 < high
    composer.edit.fit_into(2000)
    assert composer.edit.height() == high


def test_a_long_line_that_wraps_makes_it_grow_too(composer):
    one_line = composer.edit.height()
    paste(composer, "word " * 60)
    assert composer.edit.height() > 2 * one_line


def test_rich_text_becomes_plain(composer):
    paste(composer, "bold", html="<b>bold</b>")
    assert composer.text() == "bold"
    assert not composer.edit.textCursor().charFormat().font().bold()


def test_a_paste_of_a_megabyte_does_not_freeze_the_typing_after_it(composer, qtbot):
    """Laying out one line of a megabyte takes half a second, at every key press."""
    big = "word " * 200_000
    paste(composer, big)
    with at_most(units=150):
        qtbot.keyClicks(composer.edit, "Summarize this: ")
    assert "1,000,000" in composer.pasted.text()
    with qtbot.waitSignal(composer.submitted) as sent:
        qtbot.keyClick(composer.edit, ENTER)
    assert sent.args == ["Summarize this:\n\n" + big]


def test_a_long_paste_can_be_taken_back(composer, qtbot):
    paste(composer, "word " * 10_000)
    assert composer.button.isEnabled()
    qtbot.mouseClick(composer.pasted, Qt.MouseButton.LeftButton)
    assert composer.text() == ""
    assert not composer.button.isEnabled()


def test_a_text_that_is_put_in_replaces_what_was_there(composer):
    paste(composer, "word " * 10_000)
    composer.set_text("Explain gravity.")
    assert composer.text() == "Explain gravity."
