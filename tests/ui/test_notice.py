import pytest
from PySide6.QtCore import Qt

from ui.notice import Notice, NoticeBar


@pytest.fixture
def bar(qtbot):
    bar = NoticeBar()
    qtbot.addWidget(bar)
    return bar


def shown(bar):
    return [notice for notice in bar.findChildren(Notice) if not notice.isHidden()]


def test_the_bar_takes_no_room_without_a_notice(bar):
    assert bar.isHidden()
    bar.tell("The disk is full.")
    assert not bar.isHidden()
    bar.clear()
    assert bar.isHidden()


def test_a_notice_stays_until_it_is_closed(bar, qtbot):
    bar.tell("The disk is full.")
    qtbot.mouseClick(shown(bar)[0].close_button, Qt.MouseButton.LeftButton)
    assert bar.sentences() == []


def test_an_action_is_done_once_and_closes_its_notice(bar, qtbot):
    done = []
    bar.tell("Chat deleted.", action="Undo", run=lambda: done.append(True))
    qtbot.mouseClick(shown(bar)[0].button, Qt.MouseButton.LeftButton)
    assert done == [True]
    assert bar.sentences() == []


def test_the_same_sentence_is_not_stacked(bar):
    bar.tell("The disk is full.")
    bar.tell("Another thing.")
    bar.tell("The disk is full.")
    assert bar.sentences() == ["Another thing.", "The disk is full."]


def test_at_most_three_are_shown_and_the_oldest_goes(bar):
    for number in range(5):
        bar.tell(f"Notice {number}.")
    assert bar.sentences() == ["Notice 2.", "Notice 3.", "Notice 4."]


def test_a_harmless_notice_goes_by_itself(bar, qtbot):
    bar.tell("Copied.", timeout_seconds=0.01)
    qtbot.waitUntil(lambda: bar.sentences() == [])


def test_a_notice_that_was_closed_before_its_time_leaves_the_others(bar, qtbot):
    """Its timer would otherwise close what had come in its place, or a deleted widget."""
    bar.tell("Copied.", timeout_seconds=0.01)
    bar.clear()
    bar.tell("The disk is full.")
    qtbot.wait(30)
    assert bar.sentences() == ["The disk is full."]


def test_a_screen_reader_is_told_the_sentence(bar):
    bar.tell("<b>The disk</b> is full.")
    assert shown(bar)[0].accessibleName() == "<b>The disk</b> is full."
    assert shown(bar)[0].close_button.accessibleName()
