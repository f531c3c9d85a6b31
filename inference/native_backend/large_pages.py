"""Larger pages for memory that is read over and over, made in the background: Linux alone.

They make a decode a few percent faster. Asked for at load they can cost a virtual machine up to two
seconds of it, and the kernel's own thread, which the hint wakes, takes minutes for a gigabyte.
"""

import ctypes
import mmap
import sys
import threading
import time
import weakref

from inference.kernels.library import Bytes

PAGE_BYTES = 2 << 20
MADV_COLLAPSE = 25  # Linux 6.1
REST = 2  # times as long as a step took: at most a third of one core's time, for some seconds


def make_pages_large(memory: Bytes, size_bytes: int) -> threading.Thread | None:
    """Begin with the first so many bytes; it ends when nobody else holds the array any more."""
    if sys.platform != "linux" or size_bytes < 2 * PAGE_BYTES:
        return None
    thread = threading.Thread(
        target=_work, args=(weakref.ref(memory), size_bytes), name="large-pages", daemon=True
    )
    thread.start()
    return thread


def _work(held: "weakref.ref[Bytes]", size_bytes: int) -> None:
    # Not mmap's own method: that one keeps the interpreter's lock.
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for offset in range(0, size_bytes - 2 * PAGE_BYTES + 1, PAGE_BYTES):
        memory = held()
        if memory is None:
            return
        page = -(-(memory.ctypes.data + offset) // PAGE_BYTES) * PAGE_BYTES
        started = time.perf_counter()
        if offset == 0:
            madvise(page, size_bytes - PAGE_BYTES, mmap.MADV_HUGEPAGE)
        if madvise(page, PAGE_BYTES, MADV_COLLAPSE):
            return  # no memory in such pieces, or an older kernel: the hint has to do
        del memory
        time.sleep(REST * (time.perf_counter() - started))
