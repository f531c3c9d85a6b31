"""Where Eremo writes, and what it says when it can't."""

import errno
import stat
from pathlib import Path

import pytest

from app.errors import AppError
from app.paths import data_paths, embedded_models_dir


def test_the_option_goes_before_the_environment_and_that_before_the_system(
    tmp_path, monkeypatch, data_dir
):
    assert data_paths(tmp_path / "chosen").root == tmp_path / "chosen"
    assert data_paths().root == data_dir
    monkeypatch.delenv("EREMO_DATA_DIR")
    assert data_paths().root.name == "eremo"


def test_the_root_is_absolute_and_knows_the_home_folder(tmp_path, monkeypatch):
    """The engine's process may have another working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert data_paths(Path("here")).root == tmp_path / "here"
    assert data_paths(Path("~/data")).root == tmp_path / "home" / "data"


def test_everything_lies_below_the_root_and_naming_it_makes_nothing(data_dir):
    paths = data_paths()
    for path in (
        paths.settings_file,
        paths.database_file,
        paths.models_dir,
        paths.logs_dir,
        paths.cache_dir,
        paths.lock_file,
    ):
        assert path.is_relative_to(data_dir)
    assert not data_dir.exists()


def test_the_folders_are_made_for_their_owner_alone_and_may_exist_already(data_dir):
    paths = data_paths()
    paths.create()
    paths.create()
    assert paths.models_dir.is_dir()
    assert paths.logs_dir.is_dir()
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700


@pytest.mark.parametrize("in_the_way", ["data", "data/models"])
def test_a_file_in_the_way_is_one_sentence(tmp_path, in_the_way):
    file = tmp_path / in_the_way
    file.parent.mkdir(exist_ok=True)
    file.write_text("precious")
    with pytest.raises(AppError, match="a file is in its place") as caught:
        data_paths().create()
    assert str(file) in str(caught.value)
    assert file.read_text() == "precious"


def test_a_folder_below_a_file_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(AppError, match="a file is in its place"):
        data_paths(tmp_path / "file" / "data").create()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EROFS, "check the permissions"),
        (errno.EACCES, "check the permissions"),
        (errno.ENOSPC, "The disk is full"),
        (errno.EIO, "couldn't be written"),
    ],
)
def test_a_disk_that_refuses_is_one_sentence(monkeypatch, number, words):
    def refuse(*_args, **_options):
        raise OSError(number, "technical")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(AppError, match=words):
        data_paths().create()


def test_the_embedded_models_are_a_part_of_the_resources():
    assert embedded_models_dir().parts[-2:] == ("resources", "models")
