"""Titles by the model: after the first answer, when nobody wants anything else of it."""

import pytest

from app.settings import Settings
from inference.events import TextDelta
from inference.fake import FakeEngine


class Titling(FakeEngine):
    """Answers the request for a title with one, slowly, and everything else as ever."""

    def __init__(self, title="Gravity", seconds=0.0):
        super().__init__()
        self.title = title
        self.asked = []
        self.cancelled = []
        self._seconds = seconds

    def generate(self, request, cancelled):
        if not request.aside:
            yield from super().generate(request, cancelled)
            return
        self.asked.append(request)
        import threading

        waited = threading.Event()
        for _ in range(round(self._seconds / 0.005)):
            if cancelled():
                self.cancelled.append(request)
                break
            waited.wait(0.005)
        for event in super().generate(request, cancelled):
            yield TextDelta(self.title + "\n") if isinstance(event, TextDelta) else event


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr("ui.titles.IDLE_MS", 30)


def ask(window, qtbot, text="What is it that holds us down?"):
    with qtbot.waitSignal(window.conversation._thread.turn_ended):
        window.view.composer.submitted.emit(text)


ALWAYS = Settings(model_titles="always")


def test_a_chat_gets_a_title_by_the_model_after_its_first_answer(open_window, store, qtbot):
    engine = Titling()
    window = open_window(ALWAYS, engine=engine)
    ask(window, qtbot)
    assert store.chats()[0].title == "What is it that holds us down?"
    qtbot.waitUntil(lambda: window.view.header.title._full == "Gravity")
    assert window.sidebar.chats()[0].title == "Gravity"
    ask(window, qtbot, "And up?")
    qtbot.wait(100)
    assert len(engine.asked) == 1


@pytest.mark.parametrize("setting", ["", "never"])
def test_a_small_model_is_not_asked(open_window, qtbot, setting):
    engine = Titling()
    window = open_window(Settings(model_titles=setting), engine=engine)
    ask(window, qtbot)
    qtbot.wait(150)
    assert engine.asked == []


def test_a_question_goes_before_the_title_and_the_title_comes_later(open_window, qtbot):
    """A question had to wait until the title was written."""
    engine = Titling(seconds=30)
    window = open_window(ALWAYS, engine=engine)
    ask(window, qtbot)
    qtbot.waitUntil(lambda: bool(engine.asked))
    ask(window, qtbot, "And up?")
    assert len(engine.cancelled) == 1
    engine._seconds = 0
    qtbot.waitUntil(lambda: window.view.header.title._full == "Gravity")


def test_typing_puts_the_title_off(open_window, qtbot, monkeypatch):
    monkeypatch.setattr("ui.titles.IDLE_MS", 120)
    engine = Titling()
    window = open_window(ALWAYS, engine=engine)
    ask(window, qtbot)
    for letter in "abcdef":
        qtbot.keyClicks(window.view.composer.edit, letter)
        qtbot.wait(40)
    assert engine.asked == []
    qtbot.waitUntil(lambda: bool(engine.asked))


def test_a_title_that_the_user_gave_stays(open_window, qtbot):
    engine = Titling()
    window = open_window(ALWAYS, engine=engine)
    ask(window, qtbot)
    window.chats.set_title(window.conversation.chat.id, "Mine")
    qtbot.waitUntil(lambda: not window.titles._waiting)
    assert window.view.header.title._full == "Mine"


def test_a_setting_that_is_changed_counts_at_once(open_window, qtbot):
    engine = Titling()
    window = open_window(ALWAYS, engine=engine)
    window.set_settings(Settings(model_titles="never"))
    ask(window, qtbot)
    qtbot.wait(100)
    assert engine.asked == []
