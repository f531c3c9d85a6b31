"""Larger pages change nothing but speed, and keep nobody waiting."""

import mmap
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from inference.native_backend.large_pages import PAGE_BYTES, STEP_BYTES, make_pages_large

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has them")


def new_memory(size_bytes):
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    return np.frombuffer(mmap.mmap(-1, size_bytes, flags=flags), np.uint8)


def bytes_in_large_pages():
    return 1024 * int(
        re.search(r"AnonHugePages: *(\d+)", Path("/proc/self/smaps_rollup").read_text())[1]
    )


def never():
    return False


def test_the_bytes_stay_what_they_are():
    memory = new_memory(9 * PAGE_BYTES)
    expected = np.random.default_rng(0).integers(0, 256, memory.size, np.uint8)
    memory[:] = expected
    assert make_pages_large(memory, 0, never) == memory.size
    assert (memory == expected).all()


def test_whole_pages_become_large_and_no_others():
    memory = new_memory(2 * STEP_BYTES + 3 * PAGE_BYTES)
    memory[:] = 1
    before = bytes_in_large_pages()
    make_pages_large(memory[:-PAGE_BYTES], 0, never)
    made = bytes_in_large_pages() - before
    if not made:
        pytest.skip("this kernel doesn't make them on request")
    assert memory.size - 3 * PAGE_BYTES <= made <= memory.size - PAGE_BYTES


def test_it_stops_at_once_when_somebody_asks_and_goes_on_later():
    memory = new_memory(2 * STEP_BYTES + 3 * PAGE_BYTES)
    memory[:] = 1
    before = bytes_in_large_pages()
    looks = iter([False, True])
    done = make_pages_large(memory, 0, lambda: next(looks))
    if done == memory.size:
        pytest.skip("this kernel doesn't make them on request")
    assert bytes_in_large_pages() - before == done == STEP_BYTES
    assert make_pages_large(memory, done, never) == memory.size
    assert bytes_in_large_pages() - before > 2 * STEP_BYTES


@pytest.mark.parametrize("size_bytes", [0, 100, PAGE_BYTES])
def test_little_memory_is_left_alone(size_bytes):
    assert make_pages_large(np.zeros(size_bytes, np.uint8), 0, never) == size_bytes
