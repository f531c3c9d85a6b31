"""A transcript on show."""

import pytest

from tests.ui.chat.transcripts import message
from ui.chat.answer_text import AnswerText
from ui.chat.transcript import Transcript


@pytest.fixture
def transcript(qtbot):
    transcript = Transcript()
    transcript.resize(900, 600)
    qtbot.addWidget(transcript)
    with qtbot.waitExposed(transcript):
        transcript.show()
    return transcript


@pytest.fixture
def stream(transcript, qtbot):
    """Streams a text into a new turn and waits until it is on show."""

    def stream(text):
        transcript.begin_turn(message(1, "user", "Question"), message(2, status="partial"))
        for start in range(0, len(text), 7):
            transcript.append_text(text[start : start + 7])
        view = transcript.findChild(AnswerText)
        qtbot.waitUntil(lambda: view.is_idle)

    return stream
