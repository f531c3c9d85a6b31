"""Larger pages change nothing but speed, and hold nothing that nobody needs any more."""

import mmap
import sys
import threading

import numpy as np
import pytest

from inference.native_backend.large_pages import PAGE_BYTES, make_pages_large

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has them")


def new_memory(size_bytes):
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    return np.frombuffer(mmap.mmap(-1, size_bytes, flags=flags), np.uint8)


def test_the_bytes_stay_what_they_are():
    memory = new_memory(9 * PAGE_BYTES)
    expected = np.random.default_rng(0).integers(0, 256, memory.size, np.uint8)
    memory[:] = expected
    make_pages_large(memory, memory.size).join(60)
    assert (memory == expected).all()


def test_it_ends_when_the_memory_is_of_no_use_any_more(monkeypatch):
    resting, go_on = threading.Event(), threading.Event()
    rests = []

    def rest(_seconds):
        rests.append(1)
        resting.set()
        go_on.wait(60)

    monkeypatch.setattr("inference.native_backend.large_pages.time.sleep", rest)
    memory = new_memory(64 * PAGE_BYTES)
    memory[:] = 1
    thread = make_pages_large(memory, memory.size)
    if not resting.wait(10):
        pytest.skip("this kernel doesn't make them on request")
    del memory
    go_on.set()
    thread.join(60)
    assert len(rests) == 1


def test_little_memory_is_left_alone():
    assert make_pages_large(np.zeros(100, np.uint8), 100) is None
