"""A stored text comes onto its blocks step by step, so that no frame waits for all of it."""

from itertools import pairwise

import pytest
from PySide6.QtWidgets import QApplication

from tests.ui.chat.transcripts import PAGE, bar, column, message
from ui.chat import long_text
from ui.chat.answer_text import AnswerText
from ui.chat.blocks import BlockStack
from ui.chat.message_view import AnswerMessage
from ui.chat.text_view import TextView
from ui.theme import DARK, LIGHT


@pytest.fixture
def new_text(qtbot):
    def new_text():
        stack = BlockStack(LIGHT)
        qtbot.addWidget(stack)
        return AnswerText(stack), stack

    return new_text


def texts(stack):
    return [view.toPlainText() for view in stack.text_views()]


def test_a_step_adds_one_widget_at_most(new_text):
    text, stack = new_text()
    text.begin(PAGE)
    assert texts(stack) == []
    seen = [0]
    while text.advance():
        seen.append(len(texts(stack)))
    seen.append(len(texts(stack)))
    assert max(after - before for before, after in pairwise(seen)) == 1
    whole, of_whole = new_text()
    whole.finish(PAGE)
    assert texts(stack) == texts(of_whole)
    assert text.is_idle


@pytest.mark.parametrize("source", ["", "word", "word " * 7_000, "a\n\n" * 60, PAGE * 8])
def test_what_one_slice_does_not_hold_follows_by_itself(new_text, qtbot, source):
    text, stack = new_text()
    text.begin(source)
    while text.advance():
        pass
    qtbot.waitUntil(lambda: text.is_idle)
    whole, of_whole = new_text()
    whole.finish(source)
    qtbot.waitUntil(lambda: whole.is_idle)
    assert texts(stack) == texts(of_whole)


def test_no_message_is_on_show_before_it_is_whole(transcript, qtbot):
    transcript.show_chat([message(number, content=PAGE) for number in range(1, 60)])
    num_texts = set()
    for value in range(bar(transcript).maximum(), 0, -200):
        bar(transcript).setValue(value)
        qtbot.wait(1)
        for view in column(transcript).findChildren(AnswerMessage):
            if view.isVisibleTo(transcript):
                num_texts.add(len(view.findChildren(TextView)))
    assert len(num_texts) == 1


@pytest.mark.parametrize("num_steps", range(1, 7))
def test_a_section_that_is_half_made_gets_the_new_colours(transcript, monkeypatch, num_steps):
    monkeypatch.setattr(long_text, "SLICE_SECONDS", -1)  # a step in each frame
    transcript.show_chat([message(1, content=PAGE * 300)])
    for _ in range(10):
        QApplication.processEvents()
    bar(transcript).setValue(bar(transcript).maximum() - 1900)
    for _ in range(num_steps):
        QApplication.processEvents()
    transcript.apply_theme(DARK)
    for _ in range(100):
        QApplication.processEvents()
    views = [v for v in transcript.findChildren(TextView) if v.isVisibleTo(transcript)]
    inks = {view.palette().text().color().name() for view in views}
    assert inks == {DARK.ink.lower()}
