"""The command line as the user runs it, with the fake engine."""

import json
import logging
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from app.cli.main import run
from app.paths import data_paths


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self):
        """Of each line."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture(autouse=True)
def _logging_undone(monkeypatch):
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    monkeypatch.setattr(logging, "raiseExceptions", True)
    yield
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


@pytest.fixture(autouse=True)
def _fake_engine(monkeypatch):
    monkeypatch.setenv("EREMO_FAKE_ENGINE", "1")


@pytest.fixture
def paths():
    return data_paths()


@pytest.fixture
def model(tmp_path):
    """A file is all that the fake engine's model needs to be."""
    path = tmp_path / "Tiny.gguf"
    path.touch()
    return str(path)


@pytest.fixture
def eremo(capsys):
    """Run a command in this process."""

    def no_window(_paths):
        raise AssertionError("the window was opened")

    def command(*arguments, open_window=no_window):
        try:
            code = run(arguments, open_window)
        except SystemExit as error:
            code = error.code
        return Result(code, *capsys.readouterr())

    return command


@pytest.fixture
def ask(eremo, model):
    def command(prompt, *arguments):
        return eremo("chat", "--model", model, "--prompt", prompt, *arguments)

    return command


@pytest.fixture
def start_eremo():
    """Start a command in a process of its own."""

    def start(*arguments, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        buffered = {"PYTHONUNBUFFERED": "", **options.pop("env", {})}
        command = [sys.executable, "-m", "app", *arguments]
        process = subprocess.Popen(command, env=os.environ | buffered, **options)
        started.append(process)
        return process

    started = []
    yield start
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()
