"""Saved prompts: found by "/", put in by Enter or Tab, their gaps filled in one after the other."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from app.chats.model import SavedPrompt
from ui.chat.composer import Composer
from ui.composer.prompt_list import PromptList, matching_prompts

ENTER, TAB, ESCAPE = Qt.Key.Key_Return, Qt.Key.Key_Tab, Qt.Key.Key_Escape
PROMPTS = [
    SavedPrompt(1, "Letter", "Write a letter to {{whom}} about {{what}}."),
    SavedPrompt(2, "Review", "Look for mistakes in this code:"),
    SavedPrompt(3, "Translate", "Translate into English:"),
]


class Page(QWidget):
    def __init__(self, prompts):
        super().__init__()
        self.composer = Composer()
        self.composer.set_can_send(True)
        layout = QVBoxLayout(self)
        layout.addStretch(1)
        layout.addWidget(self.composer)
        self.list = PromptList(self.composer, lambda: prompts, self)
        self.resize(600, 500)

    def names(self):
        found = self.list.found
        return [found.item(row).text() for row in range(found.count())]


@pytest.fixture
def page(qtbot):
    def make(prompts=PROMPTS):
        page = Page(prompts)
        qtbot.addWidget(page)
        page.show()
        page.activateWindow()
        page.composer.focus()
        qtbot.waitUntil(page.composer.edit.hasFocus)
        return page

    return make


def test_the_list_is_narrowed_by_name_and_first_words():
    assert [p.name for p in matching_prompts(PROMPTS, "")] == ["Letter", "Review", "Translate"]
    assert [p.name for p in matching_prompts(PROMPTS, "tra")] == ["Translate"]
    assert [p.name for p in matching_prompts(PROMPTS, "mistakes code")] == ["Review"]
    assert [p.name for p in matching_prompts(PROMPTS, "le")] == ["Letter"]
    assert [p.name for p in matching_prompts(PROMPTS, "letter")][:1] == ["Letter"]
    assert matching_prompts(PROMPTS, "usr/bin") == []


def test_a_slash_opens_it_and_enter_puts_the_prompt_in_without_sending(page, qtbot):
    page = page()
    qtbot.keyClicks(page.composer.edit, "/rev")
    assert page.list.isVisible()
    assert page.names() == ["Review"]
    with qtbot.assertNotEmitted(page.composer.submitted):
        qtbot.keyClick(page.composer.edit, ENTER)
    assert page.composer.text() == "Look for mistakes in this code:"
    assert not page.list.isVisible()


def test_the_arrows_choose_and_tab_puts_in(page, qtbot):
    page = page()
    qtbot.keyClicks(page.composer.edit, "/")
    assert page.names() == ["Letter", "Review", "Translate", "Edit the saved prompts…"]
    qtbot.keyClick(page.composer.edit, Qt.Key.Key_Down)
    qtbot.keyClick(page.composer.edit, Qt.Key.Key_Down)
    qtbot.keyClick(page.composer.edit, TAB)
    assert page.composer.text() == "Translate into English:"


def test_tab_goes_through_the_gaps_of_a_prompt(page, qtbot):
    page = page([SavedPrompt(1, "Letter", "😀 Write to {{whom}} about {{what}}.")])
    edit = page.composer.edit
    qtbot.keyClicks(edit, "/")
    qtbot.keyClick(edit, ENTER)
    assert edit.textCursor().selectedText() == "{{whom}}"
    qtbot.keyClicks(edit, "Ada")
    qtbot.keyClick(edit, TAB)
    assert edit.textCursor().selectedText() == "{{what}}"
    qtbot.keyClicks(edit, "rent")
    assert page.composer.text() == "😀 Write to Ada about rent."
    qtbot.keyClick(edit, TAB)
    assert not edit.hasFocus()  # no gap is left: it moves the focus again


def test_escape_closes_it_and_is_not_the_windows(page, qtbot):
    page = page()
    edit = page.composer.edit
    qtbot.keyClicks(edit, "/")
    asked = QKeyEvent(QEvent.Type.ShortcutOverride, ESCAPE, Qt.KeyboardModifier.NoModifier)
    asked.ignore()
    QApplication.sendEvent(edit, asked)
    assert asked.isAccepted()
    qtbot.keyClick(edit, ESCAPE)
    assert not page.list.isVisible()
    qtbot.keyClicks(edit, "let")
    assert not page.list.isVisible()
    page.composer.set_text("")
    qtbot.keyClicks(edit, "/")
    assert page.list.isVisible()


def test_a_path_is_no_prompt_and_is_sent(page, qtbot):
    page = page()
    qtbot.keyClicks(page.composer.edit, "/usr/bin")
    assert not page.list.isVisible()
    with qtbot.waitSignal(page.composer.submitted) as sent:
        qtbot.keyClick(page.composer.edit, ENTER)
    assert sent.args == ["/usr/bin"]


def test_the_button_puts_one_in_where_the_cursor_is(page, qtbot):
    page = page()
    page.composer.set_text("Please: ")
    page.list.open()
    qtbot.keyClick(page.composer.edit, Qt.Key.Key_Down)
    qtbot.keyClick(page.composer.edit, ENTER)
    assert page.composer.text() == "Please: Look for mistakes in this code:"


def test_without_a_prompt_it_offers_to_make_one(page, qtbot):
    page = page([])
    qtbot.keyClicks(page.composer.edit, "/")
    assert page.names() == ["Make a saved prompt…"]
    with qtbot.waitSignal(page.list.manage_requested):
        qtbot.keyClick(page.composer.edit, ENTER)
    assert page.composer.text() == ""


def test_a_click_elsewhere_closes_it(page, qtbot):
    page = page()
    qtbot.keyClicks(page.composer.edit, "/")
    page.composer.button.setFocus()
    page.composer.edit.clearFocus()
    qtbot.waitUntil(lambda: not page.list.isVisible())


def test_a_prompt_longer_than_the_editor_takes_is_a_paste(page, qtbot):
    page = page([SavedPrompt(1, "Book", "word " * 10_000)])
    qtbot.keyClicks(page.composer.edit, "/")
    qtbot.keyClick(page.composer.edit, ENTER)
    assert page.composer.text() == "word " * 10_000
    assert page.composer.edit.toPlainText() == ""
