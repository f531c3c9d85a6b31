"""What runs in the process that reads a PDF: its pages' texts, over a pipe, one by one.

Imports little: the process starts with this module. How the text is found is PDFium's business.
"""

import contextlib
import os
import signal
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection

MAX_CHARACTERS = 20 * 10**6
MAX_PAGES = 50_000

_LOCKED_CODES = (4, 5)  # PDFium's FPDF_ERR_PASSWORD and FPDF_ERR_SECURITY
_LOCKED = "{name} is protected by a password: save it without one and attach that."
_DAMAGED = "{name} is damaged, so it can't be read."
_SEPARATORS = {"\r\n": "\n", "\r": "\n", "\x00": "\N{REPLACEMENT CHARACTER}", "\xad\n": ""}
_BROKEN_WORDS = ("\x02", "\ufffe")  # what PDFium writes for the hyphen at a line's end


@dataclass(frozen=True, slots=True)
class NumPages:
    count: int


@dataclass(frozen=True, slots=True)
class Page:
    text: str


@dataclass(frozen=True, slots=True)
class Failure:
    sentence: str  # with {name} for the file's


def send_pages(pipe: Connection, path: str, max_bytes: int) -> None:
    """NumPages and then so many Pages; or a Failure at any time."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    _limit_memory(max_bytes)
    _silence()
    with contextlib.suppress(OSError):  # the parent wants no more
        try:
            _send(pipe, path)
        except MemoryError:
            pipe.send(Failure("{name} takes too much memory to read, so it was given up."))


def _send(pipe: Connection, path: str) -> None:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
        num_pages = len(document)
    except pypdfium2.PdfiumError as error:
        pipe.send(Failure(_LOCKED if error.err_code in _LOCKED_CODES else _DAMAGED))
        return
    except FileNotFoundError:
        pipe.send(Failure("{name} isn't there any more: choose it again."))
        return
    if num_pages == 0:
        pipe.send(Failure(_DAMAGED))
        return
    if num_pages > MAX_PAGES:
        pipe.send(Failure(f"{{name}} has {num_pages:,} pages, which is more than can be read."))
        return
    pipe.send(NumPages(num_pages))
    for number in range(num_pages):
        pipe.send(Page(_page_text(document, number)))


def _page_text(document: object, number: int) -> str:
    """ "" where the page is damaged."""
    import pypdfium2

    assert isinstance(document, pypdfium2.PdfDocument)
    try:
        page = document[number]
        text_page = page.get_textpage()
        text: str = text_page.get_text_range()
    except pypdfium2.PdfiumError:
        return ""
    text_page.close()
    page.close()
    return _cleaned(text[: MAX_CHARACTERS + 1])


def _cleaned(text: str) -> str:
    for separator, plain in _SEPARATORS.items():
        text = text.replace(separator, plain)
    for mark in _BROKEN_WORDS:
        text = text.replace(f"{mark}\n", "").replace(mark, "")
    return text


def _limit_memory(max_bytes: int) -> None:
    """Where the system can; the parent watches besides."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        room = 2 * max_bytes  # of addresses, of which not all are used
        resource.setrlimit(resource.RLIMIT_AS, (room, room))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _silence() -> None:
    """What the library prints belongs to nobody: standard output is for answers."""
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    with contextlib.suppress(OSError):
        os.dup2(sys.stdout.fileno(), 1)
        os.dup2(sys.stdout.fileno(), 2)
