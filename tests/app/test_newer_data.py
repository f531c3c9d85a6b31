"""A data folder that a newer Eremo has written: an older one refuses it, and changes nothing."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from app.chats.store import ChatStore
from app.paths import data_paths

PROJECT = Path(__file__).parents[2]
NEWER_SETTINGS = '# mine\ntheme = "sepia"\nvoice = "alto"\n[window]\nwidth = "half"\n'


@pytest.fixture
def folder(data_dir):
    """Chats, settings and states, all of a format that isn't known yet."""
    paths = data_paths()
    paths.create()
    with ChatStore(paths.database_file) as store:
        store.append_message(store.create_chat().id, None, "user", "Hello")
    paths.state_dir.mkdir()
    for database in (paths.database_file, paths.state_dir / "index.db"):
        connection = sqlite3.connect(database)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE future (x)")
        connection.execute("PRAGMA user_version = 999")
        connection.close()
    paths.settings_file.write_text(NEWER_SETTINGS)
    return data_dir


def contents(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name != "logs" and path.name != "window.lock"
    }


WITHOUT_DIALOG = """
import sys
import ui.application
from app.__main__ import main

ui.application.QMessageBox.critical = lambda *_: None  # nobody is there to close it
sys.exit(main())
"""


def eremo(folder, *arguments):
    program = ["-c", WITHOUT_DIALOG] if arguments[:1] in ((), ("open",)) else ["-m", "app"]
    return subprocess.run(
        [sys.executable, *program, "--data-dir", str(folder), *arguments],
        env=os.environ | {"EREMO_FAKE_ENGINE": "1", "QT_QPA_PLATFORM": "offscreen"},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("open", "model.gguf"),
        ("chat", "--prompt", "Hello"),
        ("chats", "list"),
        ("chats", "remove", "1"),
        ("chats", "import", "pyproject.toml"),
    ],
)
def test_what_needs_the_chats_refuses_in_a_sentence_and_changes_nothing(folder, arguments):
    before = contents(folder)
    result = eremo(folder, *arguments)
    assert result.returncode == 1
    assert "eremo: This data folder was written by a newer Eremo" in result.stderr
    assert "Traceback" not in result.stderr
    assert contents(folder) == before


@pytest.mark.parametrize(
    "arguments",
    [("chat", "--temporary", "--prompt", "Hello"), ("doctor",), ("models", "list"), ("--version",)],
)
def test_what_does_not_need_them_works_and_changes_nothing(folder, arguments):
    before = contents(folder)
    result = eremo(folder, *arguments)
    assert result.returncode == 0
    assert "Traceback" not in result.stderr
    assert contents(folder) == before
