"""A user in front of one window, who writes, points and clicks."""

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from ui.chat.message_view import AnswerMessage, UserMessage

FAST = {"seconds_per_word": 0.0}
SLOW = {"seconds_per_word": 0.005}
LONG = "!words 100000"
CTRL = Qt.KeyboardModifier.ControlModifier


class Hand:
    """A user in front of one window."""

    def __init__(self, window, store, qtbot):
        self.window, self.store, self._qtbot = window, store, qtbot
        self.conversation = window.conversation
        self.composer = window.view.composer

    def ask(self, text):
        with self.answered():
            self.write(text)

    def write(self, text):
        self.composer.set_text(text)
        self._qtbot.keyClick(self.composer.edit, Qt.Key.Key_Return)

    def begin(self, text=LONG):
        self.write(text)
        self.wait(lambda: self.conversation._turn is not None and self.conversation._turn.text)

    def stop(self):
        with self.answered():
            self.conversation.stop()

    def answered(self):
        return self._qtbot.waitSignal(self.conversation._thread.turn_ended, timeout=10_000)

    def wait(self, holds):
        self._qtbot.waitUntil(lambda: bool(holds()), timeout=10_000)

    def views(self, kind):
        found = [v for v in self.window.view.transcript.findChildren(kind) if v.isVisible()]
        return sorted(found, key=lambda view: view.y())

    def question(self, number=-1):
        return self.views(UserMessage)[number]

    def answer(self, number=-1):
        return self.views(AnswerMessage)[number]

    def button(self, view, spoken):
        """Brings the pointer to the message first."""
        self.point_at(view)
        [button] = [
            b
            for b in view.findChildren(QAbstractButton)
            if b.accessibleName() == spoken and b.isVisible()
        ]
        return button

    def point_at(self, view):
        view.enterEvent(enter_event())

    def click(self, view, spoken):
        self.button(view, spoken).click()

    def shown(self):
        return [m.content for m in self.conversation._messages]

    def stored(self):
        return [m.content for m in self.store.branch(self.conversation.chat.leaf_id)]

    def edit(self, view, text):
        spoken = "Edit your message" if isinstance(view, UserMessage) else "Edit the answer"
        self.click(view, spoken)
        editor = view.editor.edit
        assert editor.hasFocus()
        editor.selectAll()
        QTest.keyClicks(editor, text)
        return editor


def enter_event():
    return QEnterEvent(QPointF(1, 1), QPointF(1, 1), QPointF(1, 1))


def spoken_of(view):
    return [b.accessibleName() for b in view.findChildren(QAbstractButton) if b.isVisible()]
