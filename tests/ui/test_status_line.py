import pytest

from ui.status_line import StatusLine


@pytest.fixture
def status(qtbot):
    line = StatusLine()
    qtbot.addWidget(line)
    return line


def test_numbers_have_thousands_separators(status):
    status.show_usage(1204, 262_144, 24.06)
    assert status.state.text() == "1,204 of 262,144 tokens · 24.1 tokens/s"
    status.show_reading(1024, 50_344)
    assert status.state.text() == "Reading 1,024 of 50,344 tokens"


def test_only_what_is_known_is_said(status):
    status.show_usage(None, None, None)
    assert status.state.text() == ""
    status.show_usage(12, None, None)
    assert status.state.text() == "12 tokens"
    status.show_usage(None, 8192, 3.0)
    assert status.state.text() == "3.0 tokens/s"
    status.show_writing(None)
    assert status.state.text() == "Writing"


def test_loading_is_shown_in_percent_also_before_its_size_is_known(status):
    status.show_loading("SmolLM2", 0, 0)
    assert status.state.text() == "Loading SmolLM2 … 0 %"
    status.show_loading("SmolLM2", 4_000_000_000, 10_000_000_000)
    assert status.state.text() == "Loading SmolLM2 … 40 %"
