"""The engine's factory has to cross a pipe."""

import pickle
from pathlib import Path

from app.engines import engine_factory
from inference.fake import FakeEngine
from inference.local_engine import LocalEngine


def through_a_pipe(factory):
    return pickle.loads(pickle.dumps(factory))


def test_a_model_is_answered_for_by_the_local_engine():
    """Making it is cheap: a file that isn't there is noticed when it is loaded."""
    factory = through_a_pipe(engine_factory(Path("missing.gguf"), 2))
    assert isinstance(factory(), LocalEngine)


def test_the_fake_engine_can_be_asked_for(monkeypatch):
    monkeypatch.setenv("EREMO_FAKE_ENGINE", "1")
    assert isinstance(through_a_pipe(engine_factory(Path("missing.gguf")))(), FakeEngine)
