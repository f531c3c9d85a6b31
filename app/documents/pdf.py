"""The text of a PDF, by a process of its own: a hostile file costs only that.

What runs there is in app/documents/pdf_child.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.documents.pdf_child import MAX_CHARACTERS, Failure, NumPages, Page, send_pages
from app.errors import AppError
from app.watched_process import Limits, TooMuchError, WorkFailedError, messages_of

LIMITS = Limits(num_bytes=1 << 30, silent_seconds=30.0, seconds=600.0)


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
    try:
        pages = _pages(path, progress, cancelled)
    except TooMuchError as error:
        raise AppError(
            f"{path.name} takes too much {error.what} to read, so it was given up."
        ) from error
    except WorkFailedError as error:
        raise AppError(
            f"{path.name} couldn't be read: it is damaged, or needs more memory than it may take."
        ) from error
    except OSError as error:
        raise AppError(
            f"{path.name} couldn't be read now: close other programs and try again."
        ) from error
    return None if pages is None else _joined(path.name, pages)


def _pages(
    path: Path, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
) -> list[str] | None:
    pages: list[str] = []
    num_pages, num_characters = 0, 0
    for message in messages_of(send_pages, str(path), limits=LIMITS, cancelled=cancelled):
        match message:
            case Failure(sentence):
                raise AppError(sentence.format(name=path.name))
            case NumPages(count):
                num_pages = count
            case Page(text):
                pages.append(text.strip())
                num_characters += len(text)
                progress(len(pages), num_pages)
        if num_characters > MAX_CHARACTERS:
            raise AppError(f"{path.name} has more text than Eremo can hold: attach a part of it.")
    return pages if pages and len(pages) == num_pages else None


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
