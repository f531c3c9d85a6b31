"""The text of a PDF, by a process of its own that is watched: a hostile file costs only that.

What runs there is in app/documents/pdf_child.py.
"""

import contextlib
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil

from app.documents.pdf_child import MAX_CHARACTERS, Failure, NumPages, Page, send_pages
from app.errors import AppError

MAX_BYTES = 1 << 30  # of memory
MAX_PAGE_SECONDS = 30.0
MAX_SECONDS = 600.0

_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class PdfText:
    text: str
    num_pages: int
    note: str  # a sentence on the pages that have no text, else ""


def read_pdf(
    path: Path, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
) -> PdfText | None:
    """None when cancelled.

    Raises:
        AppError: it is damaged or encrypted, has no text, or takes too much time or memory.
    """
    context = multiprocessing.get_context("spawn")  # fork would copy Qt's state
    pipe, far_end = context.Pipe(duplex=False)
    process = context.Process(
        target=send_pages, args=(far_end, str(path), MAX_BYTES), name="eremo-pdf", daemon=True
    )
    try:
        process.start()
    except OSError as error:
        pipe.close()
        raise AppError(
            f"{path.name} couldn't be read now: close other programs and try again."
        ) from error
    finally:
        far_end.close()
    try:
        return _collect(path.name, pipe, process, progress, cancelled)
    finally:
        pipe.close()
        process.kill()
        process.join()


def _collect(
    name: str,
    pipe: Connection,
    process: BaseProcess,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> PdfText | None:
    pages: list[str] = []
    num_pages, num_characters = 0, 0
    watch = _Watch(process, name)
    while not num_pages or len(pages) < num_pages:
        if cancelled():
            return None
        watch.check()
        try:
            if not pipe.poll(_POLL_SECONDS):
                continue
            message = pipe.recv()
        except (EOFError, OSError) as error:
            raise AppError(
                f"{name} couldn't be read: it is damaged, or needs more memory than it may take."
            ) from error
        watch.heard()
        match message:
            case Failure(sentence):
                raise AppError(sentence.format(name=name))
            case NumPages(count):
                num_pages = count
            case Page(text):
                pages.append(text.strip())
                num_characters += len(text)
                progress(len(pages), num_pages)
        if num_characters > MAX_CHARACTERS:
            raise AppError(f"{name} has more text than Eremo can hold: attach a part of it.")
    return _joined(name, pages)


def _joined(name: str, pages: list[str]) -> PdfText:
    num_blank = sum(not page for page in pages)
    if num_blank == len(pages):
        raise AppError(
            f"{name} has no text, only pictures of its pages, which Eremo can't read: "
            "use a program that recognises text in them first."
        )
    note = ""
    if num_blank:
        note = (
            f"{num_blank:,} of the {len(pages):,} pages of {name} have no text: "
            "what is in pictures there isn't read."
        )
    return PdfText("\n\n".join(page for page in pages if page), len(pages), note)


class _Watch:
    """Over what the process takes. Not every system lets a process be given a limit itself."""

    def __init__(self, process: BaseProcess, name: str) -> None:
        self._name = name
        self._process = None
        with contextlib.suppress(psutil.Error):
            self._process = psutil.Process(process.pid)
        self._started = self._heard = time.monotonic()

    def heard(self) -> None:
        self._heard = time.monotonic()

    def check(self) -> None:
        """Raises AppError: it takes too much."""
        now = time.monotonic()
        if now - self._heard > MAX_PAGE_SECONDS or now - self._started > MAX_SECONDS:
            raise AppError(f"{self._name} takes too long to read, so it was given up.")
        num_bytes = 0
        with contextlib.suppress(psutil.Error):  # it has just ended
            num_bytes = self._process.memory_info().rss if self._process else 0
        if num_bytes > MAX_BYTES:
            raise AppError(f"{self._name} takes too much memory to read, so it was given up.")
