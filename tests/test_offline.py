"""A whole conversation while every socket is refused, here and in the engine's process."""

import functools
import socket
import sys

import pytest

from app.assistant import Assistant
from inference.events import SamplingParams
from inference.fake import FakeEngine
from inference.local_engine import LocalEngine
from inference.process import EngineProcess
from tests.embedded_model import EMBEDDED_MODEL

HARMLESS = {"socket.gethostname"}  # the machine's own name


class NoNetwork:
    """Refuses sockets, under Python's own `socket` too; local ones (pipes) pass.

    An audit hook can't be removed, so it is installed once and switched.
    """

    def __init__(self):
        self.is_active = False
        sys.addaudithook(self._refuse)

    def _refuse(self, event, args):
        if not self.is_active or not event.startswith("socket.") or event in HARMLESS:
            return
        unix = getattr(socket, "AF_UNIX", None)
        family = args[1] if event == "socket.__new__" else getattr(args[0], "family", None)
        if unix is None or family != unix:
            raise PermissionError(f"{event} while the network is forbidden")


@functools.cache
def no_network():
    return NoNetwork()


@pytest.fixture(autouse=True)
def _offline():
    no_network().is_active = True
    yield
    no_network().is_active = False


class Nosy(FakeEngine):
    """Tries to call home when it is asked to."""

    def generate(self, request, cancelled):
        if request.messages[-1].content == "connect":
            socket.create_connection(("192.0.2.1", 80), timeout=0.01)
        yield from super().generate(request, cancelled)


def make_offline_engine(make_engine):
    """Runs in the engine's process."""
    no_network().is_active = True
    return make_engine()


def in_a_child(make_engine):
    return functools.partial(EngineProcess, functools.partial(make_offline_engine, make_engine))


ENGINES = {
    "fake": Nosy,
    "fake in a child": in_a_child(Nosy),
    "torch in a child": in_a_child(functools.partial(LocalEngine, EMBEDDED_MODEL)),
}
NOSY = ["fake", "fake in a child"]


@pytest.fixture(params=ENGINES)
def assistant(request, store):
    assistant = Assistant(store, ENGINES[request.param]())
    yield assistant
    assistant.close()


def answer(assistant, text, chat_id=None):
    sampling = SamplingParams(temperature=0, max_tokens=16)
    return list(assistant.send(text, chat_id, sampling=sampling))[-1].answer


def test_a_whole_chat_needs_no_network(assistant, store):
    chat_id = answer(assistant, "What is gravity?").chat_id
    last = answer(assistant, "Is it strong?", chat_id)
    assert last.status == "complete", last.error
    assert len(store.branch(last.id)) == 4
    assert last.content


@pytest.mark.parametrize("assistant", NOSY, indirect=True)
def test_the_refusal_reaches_the_engine(assistant, caplog):
    """Or the test above would prove nothing."""
    assert answer(assistant, "connect").status == "failed"
    assert "while the network is forbidden" in caplog.text


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        lambda: socket.getaddrinfo("example.org", 80),
        lambda: socket.gethostbyname("example.org"),
        lambda: socket.create_connection(("192.0.2.1", 80), timeout=0.01),
    ],
)
def test_every_way_out_is_refused(attempt):
    with pytest.raises(PermissionError, match="forbidden"):
        attempt()
