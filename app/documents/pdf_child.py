"""What runs in the process that reads a PDF: its pages' texts, one by one.

Imports little: the process starts with this module. How the text is found is PDFium's business.
"""

from dataclasses import dataclass

from app.watched_process import Sender

MAX_CHARACTERS = 8 * 10**6  # no model holds as much
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


def send_pages(sender: Sender, path: str) -> None:
    """NumPages and then so many Pages; or a Failure at any time."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
        num_pages = len(document)
    except pypdfium2.PdfiumError as error:
        sender.send(Failure(_LOCKED if error.err_code in _LOCKED_CODES else _DAMAGED))
        return
    except FileNotFoundError:
        sender.send(Failure("{name} isn't there any more: choose it again."))
        return
    if num_pages == 0:
        sender.send(Failure(_DAMAGED))
        return
    if num_pages > MAX_PAGES:
        sender.send(Failure(f"{{name}} has {num_pages:,} pages, which is more than can be read."))
        return
    sender.send(NumPages(num_pages))
    for number in range(num_pages):
        sender.send(Page(_page_text(document, number)))


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
