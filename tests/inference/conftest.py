"""What tests of the engine's process share."""

import pytest


@pytest.fixture
def temporary_folder(tmp_path, monkeypatch):
    """Of this process and of those that it starts."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder
