"""The engine's factory has to cross a pipe."""

import pickle
from dataclasses import replace
from pathlib import Path

from app.engines import engine_factory, load_options, wished_device
from app.paths import DataPaths
from app.settings import Settings
from inference.fake import FakeEngine
from inference.load_options import LoadOptions
from inference.local_engine import LocalEngine
from inference.state.budget import Budget


def through_a_pipe(factory):
    return pickle.loads(pickle.dumps(factory))


def test_a_model_is_answered_for_by_the_local_engine():
    """Making it is cheap: a file that isn't there is noticed when it is loaded."""
    options = LoadOptions(2, "cpu", 4, Path("packed"))
    engine = through_a_pipe(engine_factory(Path("missing.gguf"), options))()
    assert isinstance(engine, LocalEngine)
    assert engine._options == options


def test_the_settings_say_how_a_model_is_loaded(tmp_path, monkeypatch):
    monkeypatch.delenv("EREMO_DEVICE", raising=False)
    paths = DataPaths(tmp_path)
    kept = LoadOptions(state_dir=paths.state_dir, state_budget=Budget.of_this_machine())
    assert load_options(Settings(), paths) == kept
    unkept = load_options(Settings(keep_state=False, state_ram_mib=100, state_disk_mib=200), paths)
    assert unkept.state_dir is None
    assert (unkept.state_budget.ram_bytes, unkept.state_budget.disk_bytes) == (100 << 20, 200 << 20)
    settings = Settings(threads=3, device="cpu", keep_packed_weights=True)
    packed_dir = paths.cache_dir / "packed"
    expected = replace(kept, num_threads=3, device="cpu", packed_dir=packed_dir)
    assert load_options(settings, paths) == expected


def test_the_device_is_what_is_said_last(monkeypatch):
    """The command line goes before the environment, and that before the settings."""
    assert wished_device("") == ""
    assert wished_device("cuda") == "cuda"
    monkeypatch.setenv("EREMO_DEVICE", "cpu")
    assert wished_device("cuda") == wished_device("cuda", None) == "cpu"
    assert wished_device("cuda", "cuda") == "cuda"
    monkeypatch.setenv("EREMO_DEVICE", "")
    assert wished_device("cuda") == "cuda"


def test_the_fake_engine_can_be_asked_for(monkeypatch):
    monkeypatch.setenv("EREMO_FAKE_ENGINE", "1")
    assert isinstance(
        through_a_pipe(engine_factory(Path("missing.gguf"), LoadOptions()))(), FakeEngine
    )
