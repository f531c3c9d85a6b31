"""What every test shares: no display, and nothing of the user's own data."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["LC_ALL"] = "C.UTF-8"  # the window then is in English
os.environ.pop("LANGUAGE", None)
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the engine does, before torch is imported
for name in [name for name in os.environ if name.startswith("EREMO_")]:
    del os.environ[name]

import pytest  # noqa: E402 - Qt reads the platform when pytest's plug-in for it is loaded

from app.chats.store import ChatStore  # noqa: E402


@pytest.fixture(autouse=True)
def data_dir(tmp_path, monkeypatch):
    """Where Eremo writes in this test, and in the processes that it starts. Not made yet."""
    monkeypatch.setenv("EREMO_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def store(tmp_path):
    with ChatStore(tmp_path / "chats.db") as store:
        yield store
