"""The log: there when something went wrong, and never a trouble of its own."""

import logging

import pytest

from app.logs import log_file, start_logging
from app.paths import data_paths


@pytest.fixture(autouse=True)
def _root_logger(monkeypatch):
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    monkeypatch.setattr(logging, "raiseExceptions", True)
    yield
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


def test_the_file_is_made_with_its_first_line():
    paths = data_paths()
    start_logging(paths)
    assert not paths.root.exists()
    logging.getLogger("app.x").error("It broke: %s", "\ud800 é")
    assert "ERROR app.x: It broke" in log_file(paths).read_text("utf-8")


def test_where_nothing_may_be_written_nothing_is(data_dir, capfd):
    start_logging(None)
    logging.getLogger("app.x").error("It broke")
    assert not data_dir.exists()
    assert capfd.readouterr().err == ""


def test_a_log_that_cannot_be_written_says_nothing_on_the_terminal(data_dir, capfd):
    data_dir.write_text("a file in the way")
    start_logging(data_paths())
    logging.getLogger("app.x").error("It broke")
    assert capfd.readouterr().err == ""


def test_developers_see_it_on_standard_error(monkeypatch, capfd):
    monkeypatch.setenv("EREMO_DEBUG", "1")
    start_logging(None)
    logging.getLogger("app.x").error("It broke")
    assert "It broke" in capfd.readouterr().err
