"""The engine's process ends with the one that started it."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

REPOSITORY = Path(__file__).parents[2]


PARENT = """
import functools, sys
from inference.events import Message, Request, TextDelta
from inference.fake import FakeEngine, Script
from inference.process import EngineProcess

engine = EngineProcess(functools.partial(FakeEngine, Script(load_steps={load_steps},
    seconds_per_load_step=0.05, seconds_per_word={seconds_per_word})))
events = engine.generate(Request((Message("user", "{text}"),)), lambda: False)
for event in events:
    if isinstance(event, {until}):
        break
print("ready", flush=True)
sys.stdin.read()
"""


STATES = {
    "idle": {"text": "one", "until": "()"},
    "loading": {"load_steps": 1000, "until": "object"},
    "generating": {"text": "!words 1000", "seconds_per_word": 0.05},
    "hanging": {"text": "one !hang"},
    "waiting at a full pipe": {"text": "!words 8000"},
}


@pytest.fixture(params=STATES)
def parent(request, temporary_folder):  # noqa: ARG001
    """A process with an EngineProcess in one of the states; it exits when its stdin is closed."""
    values = {"load_steps": 1, "seconds_per_word": 0, "text": "one", "until": "TextDelta"}
    with subprocess.Popen(
        [sys.executable, "-c", PARENT.format(**values | STATES[request.param])],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout.readline() == "ready\n"
        yield parent
        parent.kill()


def all_end(processes, seconds):
    """Whether they do in time. Whoever inherits their remains may bury them late."""
    deadline = time.monotonic() + seconds
    while any(is_running(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def is_running(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_the_child_ends_when_its_parent_is_killed(parent, temporary_folder):
    """It also leaves no file behind, which nobody would ever remove."""
    children = psutil.Process(parent.pid).children(recursive=True)
    assert children
    parent.kill()
    assert all_end(children, seconds=2)
    assert list(temporary_folder.iterdir()) == []


def test_the_child_ends_with_a_parent_that_forgot_to_close_it(parent):
    children = psutil.Process(parent.pid).children(recursive=True)
    parent.stdin.close()
    assert all_end(children, seconds=5)
