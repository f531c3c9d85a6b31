"""The question that a packaged application is tested with."""

import json

import pytest

from inference.errors import InferenceError
from inference.fake import FakeEngine
from ui import self_check


@pytest.fixture
def report(tmp_path, monkeypatch):
    file = tmp_path / "report.jsonl"
    monkeypatch.setenv(self_check.VARIABLE, str(file))
    monkeypatch.setattr(self_check, "_REST_MS", 0)
    return file


def lines_of(report):
    return [json.loads(line) for line in report.read_text().splitlines()]


@pytest.fixture
def window_with(open_window, start_thread):
    def window_with(engine):
        window, thread = open_window(), start_thread(engine)
        window.attach(thread, "fake")
        thread.load()
        return window

    return window_with


def check(window, qtbot):
    self_check.begin_self_check(window)
    window.repaint()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=20_000)


@pytest.mark.filterwarnings("ignore:path is deprecated:DeprecationWarning")  # ziamath's
def test_the_window_asks_reports_the_answer_and_closes(window_with, report, qtbot):
    check(window_with(FakeEngine()), qtbot)
    lines = lines_of(report)
    assert [line["event"] for line in lines] == [
        "painted",
        "usable",
        "loaded",
        "begun",
        "answered",
        "drawn",
    ]
    answered = lines[-2]
    assert answered["stats"]["completion_tokens"] > 0
    assert answered["status"] == "complete"
    assert "gravity" in answered["text"]
    assert lines[-1]["formulas"]
    assert lines[-1]["colours"]
    assert sorted(line["at"] for line in lines) == [line["at"] for line in lines]


def test_a_model_that_does_not_load_is_reported(window_with, report, qtbot):
    class Broken(FakeEngine):
        def load(self):
            raise InferenceError("The model is damaged.")

    check(window_with(Broken()), qtbot)
    assert lines_of(report)[-1]["event"] == "failed"
    assert lines_of(report)[-1]["sentences"] == ["The model is damaged."]


def test_nothing_is_asked_unless_it_is_wanted(open_window, qtbot, monkeypatch, store):
    monkeypatch.delenv(self_check.VARIABLE, raising=False)
    window = open_window(engine=FakeEngine())
    self_check.begin_self_check(window)
    window.repaint()
    qtbot.wait(60)
    assert window.isVisible()
    assert store.chats() == []
