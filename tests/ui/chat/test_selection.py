"""A selection over several blocks of a message, and what a copy of it gives."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtTest import QTest

from ui.chat.blocks import BlockStack
from ui.chat.markdown_stream import parse
from ui.theme import LIGHT

TEXT = "Some **words**.\n\n```\ncode = 1\n```\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\nThe end.\n"


@pytest.fixture
def stack(qtbot):
    stack = BlockStack(LIGHT)
    qtbot.addWidget(stack)
    stack.source = lambda: TEXT
    stack.replace_from(0, parse(TEXT))
    stack.resize(600, stack.fit(600))
    with qtbot.waitExposed(stack):
        stack.show()
    return stack


def drag(stack, start, end):
    """From a place in one view to a place in another, each (number of the view, point)."""
    views = stack.text_views()
    origin = views[start[0]].viewport()
    QTest.mousePress(origin, Qt.MouseButton.LeftButton, pos=start[1])
    place = views[end[0]].viewport().mapToGlobal(end[1])
    local = QPointF(origin.mapFromGlobal(place))
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    move = QMouseEvent(QEvent.Type.MouseMove, local, QPointF(place), left, left, none)
    QGuiApplication.sendEvent(origin, move)
    QTest.mouseRelease(origin, Qt.MouseButton.LeftButton, pos=local.toPoint())


def copied(stack):
    QTest.keySequence(stack.text_views()[0], "Ctrl+C")
    return QGuiApplication.clipboard().text()


def test_a_drag_goes_on_over_the_blocks_of_a_message(stack):
    drag(stack, (0, QPoint(0, 12)), (3, QPoint(500, 12)))
    assert copied(stack) == "Some words.\n\ncode = 1\n\na\tb\n1\t2\n\nThe end."


def test_a_drag_upwards_selects_as_well(stack):
    drag(stack, (1, QPoint(500, 10)), (0, QPoint(0, 12)))
    assert copied(stack) == "Some words.\n\ncode = 1"


def test_a_click_ends_a_selection_over_blocks(stack):
    drag(stack, (0, QPoint(0, 12)), (3, QPoint(500, 12)))
    QTest.mouseClick(stack.text_views()[3].viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, 12))
    assert not any(view.textCursor().hasSelection() for view in stack.text_views())


def test_a_copy_of_all_is_the_source(stack):
    QTest.keySequence(stack.text_views()[0], "Ctrl+A")
    assert all(view.textCursor().hasSelection() for view in stack.text_views())
    assert copied(stack) == TEXT
