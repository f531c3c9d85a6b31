"""What the window remembers of a turn: speeds, and where its question belongs."""

from datetime import UTC, datetime

import pytest

from app.chats.model import Chat, StoredMessage
from ui.turn import RunningTurn

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def message(number, parent, role="user", content=""):
    return StoredMessage(
        number, 1, parent, role, content, "", "complete", "", "", created_at=NOW, stats=None
    )


def turn(question, answer_content=""):
    chat = Chat(1, "", "", NOW, NOW, None)
    answer = message(99, question.id, "assistant", answer_content)
    return RunningTurn(chat, question, answer)


BRANCH = [message(1, None), message(2, 1, "assistant"), message(3, 2), message(4, 3, "assistant")]


@pytest.mark.parametrize(
    ("question", "before"),
    [
        (message(5, 4), [1, 2, 3, 4]),
        (message(3, 2), [1, 2]),
        (message(6, 2), [1, 2]),  # another version of the second question
        (message(7, None), []),
    ],
)
def test_the_messages_before_a_question_are_those_that_it_follows(question, before):
    assert [m.id for m in turn(question).messages_before(BRANCH)] == before


def test_the_speed_of_reading_is_that_of_the_last_seconds():
    """A snapshot that was taken up, or a slow first chunk, would promise too much or too little."""
    running = turn(message(1, None))
    running.add_read(1000, 9000, now=0.0)
    assert running.reading_speed() is None
    running.add_read(1100, 9000, now=0.2)
    assert running.reading_speed() is None
    for second in range(1, 30):
        running.add_read(1100 + 200 * second, 9000, now=float(second))
    assert running.reading_speed() == pytest.approx(200)
    assert running.reading == (6900, 9000)


def test_a_turn_that_breaks_off_keeps_what_the_answer_had_before():
    running = turn(message(1, None), answer_content="one ")
    running.add_text("two", 1, now=0.0)
    assert running.failed("It failed.").content == "one two"
    assert running.text == "two"
