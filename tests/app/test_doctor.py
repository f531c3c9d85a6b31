"""The doctor looks at everything, changes nothing and never gives up as a whole."""

import platform
import sqlite3

import pytest

from app import doctor
from app.chats.store import ChatStore
from app.doctor import examine
from app.paths import data_paths
from inference.kernels.library import levels


@pytest.fixture
def paths():
    paths = data_paths()
    paths.create()
    return paths


def test_a_fresh_machine_has_everything_but_chats(data_dir):
    report = examine(data_paths())
    assert not data_dir.exists()
    assert not [section for section in report.values() if "error" in section]
    assert report["versions"]["python"] == platform.python_version()
    assert report["versions"]["torch"] is not None
    assert report["machine"]["memory_bytes"] > report["machine"]["available_memory_bytes"] > 0
    assert report["data"]["exists"] is False
    assert report["data"]["free_bytes"] > 0
    assert report["chats"]["state"] == "none yet"


def test_the_device_that_a_model_would_run_on_is_reported(paths, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert examine(paths)["device"] == {"wished": "automatic", "used": "cpu"}
    paths.settings_file.write_text('device = "cuda"')
    assert 'choose the device "cpu"' in examine(paths)["device"]["error"]
    monkeypatch.setenv("EREMO_DEVICE", "cpu")
    assert examine(paths)["device"] == {"wished": "cpu", "used": "cpu"}


def test_the_kernels_in_use_and_the_levels_of_this_machine_are_reported(paths, monkeypatch):
    monkeypatch.delenv("EREMO_KERNELS", raising=False)
    assert examine(paths)["kernels"] == {"built": True, "levels": levels(), "used": levels()[0]}
    monkeypatch.setenv("EREMO_KERNELS", "reference")
    assert examine(paths)["kernels"]["used"] == "PyTorch"
    monkeypatch.setenv("EREMO_KERNELS", "sse9")
    assert "this machine runs" in examine(paths)["kernels"]["error"]


def test_chats_settings_and_models_are_reported(paths):
    (paths.models_dir / "tiny.gguf").write_bytes(b"GGUF")
    paths.settings_file.write_text("threads = -1")
    with ChatStore(paths.database_file) as store:
        store.append_message(store.create_chat().id, None, "user", "Hello")
        while_open = examine(paths)
    closed = examine(paths)
    for report in (while_open, closed):
        assert report["chats"]["state"] == "ok"
        assert (report["chats"]["chats"], report["chats"]["messages"]) == (1, 1)
    assert {"id": "tiny", "size_bytes": 4, "embedded": False} in closed["models"]["installed"]
    assert "threads" in closed["settings"]["problems"][0]


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_broken_files_are_reported_and_left_alone(paths, content):
    paths.database_file.write_bytes(content)
    paths.settings_file.write_bytes(b"\xff\xfe")
    report = examine(paths)
    assert "error" in report["chats"]
    assert "damaged" in report["settings"]["problems"][0]
    assert paths.database_file.read_bytes() == content
    assert paths.settings_file.read_bytes() == b"\xff\xfe"
    assert {path.name for path in paths.root.iterdir()} == {
        "chats.db",
        "settings.toml",
        "models",
        "logs",
    }


def test_the_chats_of_a_newer_eremo_are_reported(paths):
    database = sqlite3.connect(paths.database_file)
    database.execute("PRAGMA user_version = 9")
    database.execute("CREATE TABLE something (x)")
    database.close()
    assert "no such table" in examine(paths)["chats"]["error"]


def test_one_failure_costs_one_section(paths, monkeypatch):
    def fail(*_args):
        raise RuntimeError("the machine is odd")

    monkeypatch.setattr(doctor, "_machine", fail)
    monkeypatch.setattr(doctor, "installed_models", fail)
    report = examine(paths)
    assert report["machine"] == report["models"] == {"error": "RuntimeError: the machine is odd"}
    assert "error" not in report["versions"]


def test_instruction_sets_are_read_on_macos(monkeypatch):
    output = "hw.optional.arm.FEAT_DotProd: 1\nhw.optional.arm.FEAT_BF16: 0\nhw.optional.neon: 1\n"

    class Result:
        stdout = output

    monkeypatch.setattr(doctor.sys, "platform", "darwin")
    monkeypatch.setattr(doctor.subprocess, "run", lambda *_args, **_options: Result)
    assert doctor._instruction_sets() == ["dotprod", "neon"]


def test_instruction_sets_are_read_on_linux(monkeypatch, tmp_path):
    (tmp_path / "cpuinfo").write_text("model name\t: A CPU\nflags\t\t: fpu avx2 fma nonsense\n")
    monkeypatch.setattr(doctor.sys, "platform", "linux")
    monkeypatch.setattr(doctor, "_CPU_INFO", tmp_path / "cpuinfo")
    assert doctor._instruction_sets() == ["avx2", "fma"]
    assert doctor._processor().startswith("A CPU")
