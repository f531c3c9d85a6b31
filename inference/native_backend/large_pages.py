"""Larger pages for memory that is read over and over: Linux alone.

They make a decode up to 15 % faster. Asked for before the memory is written they cost a virtual
machine seconds of its load, and made while the model computes they hold it up: each takes the
memory's lock, and waits until the kernel had its turn on every core. So they are made in between.
"""

import ctypes
import mmap
import sys
from collections.abc import Callable

from inference.kernels.library import Bytes

PAGE_BYTES = 2 << 20
STEP_BYTES = 16 * PAGE_BYTES
"""How long a question may have to wait: some milliseconds, where nothing else is at work."""

MADV_COLLAPSE = 25  # Linux 6.1


def make_pages_large(memory: Bytes, done_bytes: int, cancelled: Callable[[], bool]) -> int:
    """Of the whole pages in it, from where the last call has ended.

    Returns up to where it's done; all of it where the system makes none on request, but only when
    it likes to.
    """
    start = -(-memory.ctypes.data // PAGE_BYTES) * PAGE_BYTES
    end = (memory.ctypes.data + memory.size) // PAGE_BYTES * PAGE_BYTES
    if sys.platform != "linux" or start >= end:
        return memory.size
    # Not mmap's own method: that one keeps the interpreter's lock.
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    if done_bytes == 0:
        madvise(start, end - start, mmap.MADV_HUGEPAGE)
    for place in range(start + done_bytes, end, STEP_BYTES):
        if cancelled():
            return place - start
        if madvise(place, min(STEP_BYTES, end - place), MADV_COLLAPSE):
            break
    return memory.size
