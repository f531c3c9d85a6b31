"""The tokens of the draft: counted by the model where it is there, else marked as a guess."""

import time

import pytest

from app.outlook import Outlook
from app.settings import Settings
from tests.effort import unit


@pytest.fixture
def window(open_window, qtbot):
    window = open_window(Settings(), seconds_per_word=0.002)
    with qtbot.waitSignal(window.conversation._thread.loaded):
        window.conversation._thread.load()
    return window


def count(window):
    return window.view.composer.count.text()


def test_the_model_counts_and_one_token_is_not_many(window, qtbot):
    window.view.composer.set_text("lentils")
    qtbot.waitUntil(lambda: count(window) == "1 token")
    window.view.composer.edit.insertPlainText(" and water")
    qtbot.waitUntil(lambda: count(window) == "3 tokens")
    window.view.composer.set_text("")
    assert count(window) == ""


def test_a_count_of_an_earlier_text_is_not_shown(window):
    window.view.composer.set_text("lentils")
    window.inspection._show_outlook(Outlook(0, 0, None, 0))
    assert count(window) == ""


def test_a_long_paste_counts_too(window, qtbot):
    window.view.composer.insert("word " * 5_000)
    qtbot.waitUntil(lambda: count(window) == "5,000 tokens")
    window.view.composer.insert("word " * 5_000)
    qtbot.waitUntil(lambda: count(window) == "Too long for the context")


def test_without_a_model_it_is_about_so_many(open_window, qtbot):
    window = open_window()
    window.view.composer.set_text("x" * 40)
    qtbot.waitUntil(lambda: count(window) == "about 10 tokens")


def test_while_an_answer_is_written_it_is_about_so_many(window, qtbot):
    with qtbot.waitSignal(window.conversation._thread.text):
        window.view.composer.submitted.emit("!words 100000")
    window.view.composer.set_text("x" * 40)
    qtbot.waitUntil(lambda: count(window) == "about 10 tokens")
    with qtbot.waitSignal(window.conversation._thread.turn_ended):
        window.conversation.stop()


def test_another_models_tokenizer_is_not_asked(window, qtbot):
    window.conversation.options.set_model("other")
    window.view.composer.set_text("x" * 40)
    qtbot.waitUntil(lambda: count(window) == "about 10 tokens")


def test_a_megabyte_in_the_composer_does_not_stop_the_window(window, qtbot):
    """Counting, saving and laying it out: none of it may hold a key press up."""
    window.view.composer.insert("word " * 200_000)
    slowest = 0.0
    for _ in range(60):
        started = time.thread_time()
        qtbot.keyClicks(window.view.composer.edit, "x")
        slowest = max(slowest, time.thread_time() - started)
    assert slowest < 10 * unit()
    qtbot.waitUntil(lambda: count(window) == "Too long for the context")
