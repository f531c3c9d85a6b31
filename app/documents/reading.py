"""Files as documents: text in whatever encoding, source code, and PDF.

What a file is, is told by what is in it. A PDF is read in a process of its own
(app/documents/pdf.py): nothing in it can bring this one down or keep it.
"""

import codecs
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.chats.database import storable
from app.documents.model import Document
from app.documents.pdf import read_pdf
from app.errors import AppError

MAX_TEXT_BYTES = 8 * 10**6  # no model holds as much
MAX_PDF_BYTES = 300 * 10**6

_MARKS = (  # a longer one comes before the one that it begins with
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ARCHIVE = b"PK\x03\x04"  # as every office's new formats are
_PDF = b"%PDF-"
_PDF_START = 1024  # bytes in which it may begin
_SAMPLE = 65_536  # bytes
_CONTROLS = frozenset(range(32)) - set(b"\t\n\r\f\b\x1b")
_MAX_CONTROLS = 0.02  # of a text's bytes

Progress = Callable[[int, int], None]
"""Called with what is done and what there is of it, in pages."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    document: Document
    note: str = ""  # a sentence on what couldn't be read of it


def read_document(
    path: Path,
    *,
    progress: Progress = lambda _done, _total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> ReadFile | None:
    """All of the text of a file; None when cancelled. May be called from any thread.

    Raises:
        AppError: it can't be read, is too large, isn't text, or has no text.
    """
    size_bytes, start = _look_at(path)
    name = storable(path.name)
    if _PDF in start[:_PDF_START]:
        _check_size(path, size_bytes, MAX_PDF_BYTES)
        pdf = read_pdf(path, progress, cancelled)
        if pdf is None:
            return None
        return ReadFile(Document(name, storable(pdf.text), size_bytes, pdf.num_pages), pdf.note)
    _check_size(path, size_bytes, MAX_TEXT_BYTES)
    text = _decoded(path, _content(path))
    if not text.strip():
        raise AppError(f"{path.name} is empty, so there is nothing to read in it.")
    return ReadFile(Document(name, storable(text), size_bytes))


def _look_at(path: Path) -> tuple[int, bytes]:
    """Its size, and how it begins."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise AppError(f"{path.name} is a folder: choose the files in it.")
        if not stat.S_ISREG(status.st_mode):  # a pipe or a device may never end
            raise AppError(f"{path.name} is no ordinary file, so it can't be read.")
        with path.open("rb") as file:
            return status.st_size, file.read(_SAMPLE)
    except (OSError, ValueError) as error:  # a name can have a NUL in it
        raise _unreadable(path, error) from error


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_TEXT_BYTES + 1)  # it may have grown
    except OSError as error:
        raise _unreadable(path, error) from error
    _check_size(path, len(content), MAX_TEXT_BYTES)
    return content


def _check_size(path: Path, size_bytes: int, limit: int) -> None:
    if size_bytes > limit:
        raise AppError(
            f"{path.name} is larger than {limit // 10**6} MB: attach the part of it that matters."
        )


def _decoded(path: Path, content: bytes) -> str:
    """Raises AppError: not text."""
    text = _with_mark(content)
    if text is None:
        if content.startswith(_ARCHIVE):
            raise AppError(
                f"{path.name} is an office document or an archive, which Eremo doesn't read: "
                "save it as PDF or text first."
            )
        text = _without_mark(content)
    if text is None:
        raise AppError(f"{path.name} isn't text, so there is nothing to read in it.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _with_mark(content: bytes) -> str | None:
    """Of a text that says how it is encoded."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            text = content.decode(encoding, "replace")
            return text if _is_text(text.encode("utf-8", "replace")) else None
    return None


def _without_mark(content: bytes) -> str | None:
    if not _is_text(content):
        return _as_utf_16(content)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start > len(content) // 2 and error.start > _SAMPLE:  # one damaged letter
            return content.decode("utf-8", "replace")
    # The most widespread of the old ones; the five bytes that it leaves open are Latin-1's.
    return content.decode("cp1252", "latin1_for_the_rest")


def _as_utf_16(content: bytes) -> str | None:
    """As Windows writes it without a mark: every other byte of a western text is 0."""
    sample = content[:_SAMPLE]
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = sample[offset::2], sample[1 - offset :: 2]
        if len(zeros) > 1 and zeros.count(0) > len(zeros) // 2 and others.count(0) == 0:
            text = content.decode(encoding, "replace")
            return text if _is_text(text.encode("utf-8", "replace")) else None
    return None


def _is_text(content: bytes) -> bool:
    sample = content[:_SAMPLE]
    num_controls = sum(byte in _CONTROLS for byte in sample)
    return 0 not in sample and num_controls <= _MAX_CONTROLS * len(sample)


def _latin1(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("latin1_for_the_rest", _latin1)


def _unreadable(path: Path, error: OSError | ValueError) -> AppError:
    if isinstance(error, FileNotFoundError):
        return AppError(f"{path.name} isn't there any more: choose it again.")
    if isinstance(error, PermissionError):
        return AppError(f"Eremo may not read {path.name}: check its permissions.")
    reason = error.strerror if isinstance(error, OSError) else None
    return AppError(f"{path.name} couldn't be read: {reason or error}.")
