"""The actions of messages in the window on the real engine, in its own process."""

from functools import partial

import pytest

from app.settings import Settings
from inference.local_engine import open_engine
from inference.process import EngineProcess
from tests.embedded_model import EMBEDDED_MODEL
from ui.chat.message_view import AnswerMessage

WAIT_MS = 60_000
QUESTION = "List three fruits, one a line, and say something about each."


@pytest.fixture
def window(open_window):
    settings = Settings(temperature=0, max_tokens=48)
    return open_window(settings, EngineProcess(partial(open_engine, EMBEDDED_MODEL)))


def test_stop_continue_and_regenerate_give_the_same_greedy_text(window, qtbot):
    conversation, transcript = window.conversation, window.view.transcript
    thread = conversation._thread
    with qtbot.waitSignal(thread.turn_ended, timeout=WAIT_MS):
        conversation.send(QUESTION)
    whole = conversation._messages[-1]
    with qtbot.waitSignal(thread.turn_started, timeout=WAIT_MS):
        transcript.action_requested.emit("regenerate", whole.id)
    thread.text.connect(conversation.stop)
    with qtbot.waitSignal(thread.turn_ended, timeout=WAIT_MS):
        pass
    thread.text.disconnect(conversation.stop)
    cut = conversation._messages[-1]
    assert (cut.status, cut.parent_id) == ("stopped", whole.parent_id)
    assert len(cut.content) < len(whole.content)
    with qtbot.waitSignal(thread.turn_ended, timeout=WAIT_MS):
        transcript.action_requested.emit("continue", cut.id)
    going_on = conversation._messages[-1]
    assert going_on.id == cut.id
    assert going_on.content.startswith(whole.content)  # its own limit counts from the cut
    with qtbot.waitSignal(thread.estimated, timeout=WAIT_MS) as known:
        transcript.findChildren(AnswerMessage)[-1].reached.emit()
    estimate = known.args[1]
    assert 0 < estimate.prompt_tokens - estimate.reused_tokens < 10
