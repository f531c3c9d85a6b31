"""A file that is written at one go: there whole or not at all, whatever happens."""

import errno
import os

import pytest

from inference.formats.whole_file import whole_file


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(b"old")
    return path


def test_the_old_file_stays_until_the_new_one_is_whole(path):
    with whole_file(path) as unfinished:
        unfinished.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt(), ValueError()]
)
def test_a_failure_leaves_the_old_file_and_nothing_else(path, error):
    def write():
        with whole_file(path) as unfinished:
            unfinished.write_bytes(b"ne")
            raise error

    with pytest.raises(type(error)):
        write()
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_a_disk_that_is_full_only_when_it_is_synced_leaves_nothing(path, monkeypatch):
    """Network drives say so then, and not before."""

    def full(_descriptor):
        raise OSError(errno.ENOSPC, "full")

    def write():
        with whole_file(path) as unfinished:
            unfinished.write_bytes(b"new")
            monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(OSError, match="full"):
        write()
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_in_the_place_of_the_file_is_found_before_the_work(tmp_path):
    with pytest.raises(IsADirectoryError), whole_file(tmp_path):
        raise AssertionError("the work was begun")
    assert list(tmp_path.iterdir()) == []
