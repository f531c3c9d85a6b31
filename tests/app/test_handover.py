"""What a second start leaves for the open window, and what else may lie there."""

import json
import os
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.handover import (
    MAX_SIZE_BYTES,
    Request,
    leave_request,
    make_requests_dir,
    read_request,
    take_requests,
)
from app.paths import data_paths


@pytest.fixture
def paths():
    paths = data_paths()
    paths.create()
    make_requests_dir(paths)
    return paths


def test_what_is_left_is_taken_once(paths, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "token-1_TIME2")
    files = (tmp_path / "ä b.gguf", tmp_path / "c.json")
    left = leave_request(paths, files)
    assert not left.is_taken(0)
    assert take_requests(paths) == [Request(files, "token-1_TIME2")]
    assert left.is_taken(0)
    assert not left.withdraw()
    assert take_requests(paths) == []
    assert list(paths.requests_dir.iterdir()) == []


def test_what_was_taken_back_is_not_opened(paths, tmp_path):
    assert leave_request(paths, [tmp_path / "a.gguf"]).withdraw()
    assert take_requests(paths) == []


def test_who_waits_is_told_at_once(paths):
    left = leave_request(paths, [])
    threading.Timer(0.1, take_requests, [paths]).start()
    assert left.is_taken(float("inf"))


def test_they_come_in_their_order(paths, tmp_path):
    for index in range(3):
        left = leave_request(paths, [tmp_path / str(index)])
        moment = time.time() - 3 + index
        os.utime(left.path, (moment, moment))
    assert [request.files[0].name for request in take_requests(paths)] == ["0", "1", "2"]


def test_what_nobody_waits_for_any_more_is_removed(paths, tmp_path):
    """A second start that was killed must not have its file opened the next day."""
    left = leave_request(paths, [tmp_path / "a.gguf"])
    half_written = paths.requests_dir / "b.new"
    half_written.write_text("{")
    for path in (left.path, half_written):
        os.utime(path, (1, 1))
    assert take_requests(paths) == []
    assert list(paths.requests_dir.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX")
def test_only_the_user_may_leave_one(paths):
    assert paths.requests_dir.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX")
def test_what_is_no_file_is_left_alone(paths, tmp_path):
    """Opening a pipe would freeze the window for ever."""
    os.mkfifo(paths.requests_dir / "pipe.json")
    (paths.requests_dir / "folder.json").mkdir()
    (tmp_path / "elsewhere.json").write_text('{"files": []}')
    (paths.requests_dir / "link.json").symlink_to(tmp_path / "elsewhere.json")
    assert take_requests(paths) == []
    assert len(list(paths.requests_dir.iterdir())) == 3


def test_without_the_folder_nothing_waits(paths):
    paths.requests_dir.rmdir()
    assert take_requests(paths) == []


GARBAGE = {
    "empty": b"",
    "not JSON": b"\x00\xff{",
    "not an object": b"[]",
    "without files": b"{}",
    "files of another type": b'{"files": "/etc/passwd"}',
    "numbers for files": b'{"files": [1]}',
    "a relative path": b'{"files": ["a.gguf"]}',
    "a NUL": b'{"files": ["/a\\u0000.gguf"]}',
    "half a character": b'{"files": ["/a\\ud83d.gguf"]}',
    "too many": json.dumps({"files": ["/a"] * 33}).encode(),
    "deeply nested": b"[" * 60_000,
    "a number without end": b'{"files": ' + b"1" * 60_000 + b"}",
    "too large": b'{"files": []}' + b" " * MAX_SIZE_BYTES,
}


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_no_request_and_is_removed(paths, content, tmp_path):
    (paths.requests_dir / "0.json").write_bytes(content)
    leave_request(paths, [tmp_path / "a.gguf"])
    assert take_requests(paths) == [Request((tmp_path / "a.gguf",))]
    assert list(paths.requests_dir.iterdir()) == []


@pytest.mark.parametrize("token", [1, None, "a\nb", "a" * 300, "\ud83d", "ä"])
def test_a_strange_token_counts_for_nothing(token):
    content = json.dumps({"files": [], "activation_token": token}).encode()
    assert read_request(content) == Request(())


@given(st.binary(max_size=200))
def test_no_bytes_are_too_much(content):
    read_request(content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON, JSON)
def test_no_values_are_too_much(files, token):
    request = read_request(json.dumps({"files": files, "activation_token": token}).encode())
    assert request is None or all(path.is_absolute() for path in request.files)
