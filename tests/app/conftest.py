"""The assistant as most of its tests have it."""

import pytest

from app.assistant import Assistant
from tests.app.turns import RecordingEngine


@pytest.fixture
def engine():
    return RecordingEngine()


@pytest.fixture
def assistant(store, engine):
    return Assistant(store, engine)
