"""Up and Down go through earlier prompts, and nothing that was typed is lost on the way."""

import pytest
from PySide6.QtCore import QObject, Qt

from ui.chat.composer import Composer
from ui.composer.history import PromptHistory

UP, DOWN = Qt.Key.Key_Up, Qt.Key.Key_Down


class Writer:
    def __init__(self, qtbot, earlier):
        self.qtbot, self.earlier = qtbot, earlier
        self.composer = Composer()
        qtbot.addWidget(self.composer)
        self.composer.resize(400, 120)
        self.owner = QObject()
        self.history = PromptHistory(self.composer, lambda: list(self.earlier), self.owner)
        self.composer.show()

    def press(self, *keys):
        for key in keys:
            self.qtbot.keyClick(self.composer.edit, key)
        return self.composer.draft().joined()

    def type(self, text):
        self.qtbot.keyClicks(self.composer.edit, text)


@pytest.fixture
def writer(qtbot):
    return lambda *earlier: Writer(qtbot, earlier)


def test_up_and_down_go_through_the_prompts_and_back_to_what_was_typed(writer):
    user = writer("newest", "older")
    user.type("half a tho")
    assert [user.press(UP) for _ in range(3)] == ["newest", "older", "older"]
    assert [user.press(DOWN) for _ in range(2)] == ["newest", "half a tho"]
    assert user.press(DOWN) == "half a tho"


def test_an_entry_of_many_lines_is_left_with_one_key(writer):
    user = writer("one\ntwo\nthree", "older")
    assert user.press(UP, UP) == "older"
    assert user.press(DOWN) == "one\ntwo\nthree"


def test_up_within_a_text_moves_the_cursor(writer):
    user = writer("older")
    user.composer.set_text("first\nsecond")
    assert user.press(UP) == "first\nsecond"
    assert user.press(UP) == "older"
    assert user.press(DOWN) == "first\nsecond"


def test_a_wrapped_line_is_gone_up_in_first(writer):
    user = writer("older")
    user.composer.set_text("word " * 60)
    assert user.press(UP).startswith("word")
    assert user.press(UP, UP, UP, UP, UP, UP) == "older"


def test_what_was_typed_before_an_entry_was_changed_is_one_step_up(writer):
    user = writer("older")
    user.type("mine")
    user.press(UP)
    user.type(", changed")
    assert user.composer.text() == "older, changed"
    assert user.press(UP) == "mine"
    assert user.press(DOWN) == "older, changed"


def test_what_was_typed_comes_back_when_an_earlier_prompt_was_sent(writer):
    user = writer("older")
    user.type("mine")
    user.press(UP)
    user.composer.clear()  # as after a send
    assert user.composer.text() == "mine"


def test_the_draft_to_be_kept_is_what_was_typed(writer):
    user = writer("older")
    user.type("mine")
    user.press(UP)
    assert user.history.written().text == "mine"
    user.type("!")
    assert user.history.written().text == "older!"


def test_a_long_prompt_comes_as_a_paste_and_the_keys_go_on(writer):
    user = writer("word " * 10_000, "older")
    user.press(UP)
    assert not user.composer.pasted.isHidden()
    assert user.press(UP) == "older"
    assert user.press(DOWN, DOWN) == ""
    assert user.composer.pasted.isHidden()


def test_without_an_earlier_prompt_nothing_happens(writer):
    user = writer()
    user.type("mine")
    assert user.press(UP, DOWN) == "mine"
