"""What is read of a file, and the one sentence where nothing can be."""

import os
import zlib
from dataclasses import replace

import pytest

from app.documents import pdf as pdf_reading
from app.documents.reading import read_document
from app.errors import AppError
from tests.effort import at_most
from tests.pdf_files import locked_pdf, pdf

WORDS = "Perché no? Ça va.\nZweite Zeile"


@pytest.fixture
def read(tmp_path):
    """What is read of a file with this content."""

    def read(content, name="file", **options):
        path = tmp_path / name
        path.write_bytes(content)
        return read_document(path, **options)

    return read


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"],
)
def test_text_is_read_in_whatever_encoding(read, encoding):
    document = read(WORDS.replace("\n", "\r\n").encode(encoding)).document
    assert document.text == WORDS
    assert document.num_pages is None


def test_source_code_and_markdown_are_read_as_they_are(read):
    code = "def f(x):\n\treturn x  # \x1b[1m ok\n\n"
    result = read(code.encode(), "f.py")
    assert (result.document.name, result.document.text, result.note) == ("f.py", code, "")
    assert result.document.size_bytes == len(code)


def test_one_damaged_letter_does_not_change_the_rest(read):
    text = read("é".encode() * 50_000 + b"\xff" + "è".encode()).document.text
    assert text.count("é") == 50_000
    assert text.endswith("\N{REPLACEMENT CHARACTER}è")


def test_the_pages_of_a_pdf_are_read_in_their_order(read):
    seen = []
    result = read(
        pdf("First page\nof two", "The second"), "two.pdf", progress=lambda *p: seen.append(p)
    )
    assert result.document.text == "First page\nof two\n\nThe second"
    assert (result.document.name, result.document.num_pages) == ("two.pdf", 2)
    assert seen == [(1, 2), (2, 2)]


def test_a_pdf_is_told_by_its_content_and_not_by_its_name(read):
    assert read(b"\n\n" + pdf("text"), "notes.txt").document.num_pages == 1
    assert read(b"just text", "notes.pdf").document.text == "just text"


def test_a_word_that_a_line_cuts_is_whole(read):
    assert read(pdf("a hyphen-\nated word")).document.text == "a hyphenated word"


def test_pages_that_are_only_pictures_are_told(read):
    result = read(pdf("text", "", ""), "mixed.pdf")
    assert result.document.text == "text"
    assert result.note == (
        "2 of the 3 pages of mixed.pdf have no text: what is in pictures there isn't read."
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \r\n\t ", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (bytes(range(256)) * 10, "isn't text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + os.urandom(500), "isn't text"),
        (b"\xff\xfe" + os.urandom(1).join([b"\x01\x00"] * 400), "isn't text"),
        (b"PK\x03\x04" + b"\x14\x00" * 50, "office document or an archive"),
        (locked_pdf(), "protected by a password"),
        (pdf("", ""), "only pictures of its pages"),
        (pdf("x")[:150], "is damaged"),
        (b"%PDF-1.7\n" + os.urandom(5000), "is damaged"),
    ],
)
def test_what_has_nothing_to_read_is_one_sentence(read, content, words):
    with pytest.raises(AppError, match=words) as caught:
        read(content, "a file")
    assert str(caught.value).startswith("a file ")
    assert str(caught.value).endswith(".")


def test_what_can_not_be_opened_is_one_sentence(tmp_path):
    path = tmp_path / "gone.txt"
    with pytest.raises(AppError, match=r"gone\.txt isn't there any more"):
        read_document(path)
    with pytest.raises(AppError, match="is a folder"):
        read_document(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(AppError, match="no ordinary file"):
        read_document(tmp_path / "pipe")
    with pytest.raises(AppError, match="couldn't be read"):
        read_document(tmp_path / "a\0b")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_one_sentence(tmp_path):
    path = tmp_path / "secret"
    path.write_text("x")
    path.chmod(0)
    with pytest.raises(AppError, match="may not read secret"):
        read_document(path)


@pytest.mark.parametrize("start", [b"text", b"%PDF-1.7\n"])
def test_a_file_of_500_mb_is_refused_at_once(tmp_path, start):
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.write(start)
        file.truncate(500 * 10**6)
    with at_most(units=20), pytest.raises(AppError, match=r"is larger than (8|300) MB"):
        read_document(path)


# A hostile PDF


def bomb(num_bytes):
    """A page whose content is so long when it is unpacked."""
    packed = zlib.compress(b" " * num_bytes + b"BT /F1 12 Tf (x) Tj ET")
    file = pdf(packed)
    length = b"<< /Length %d >>" % len(packed)
    return file.replace(length, length[:-2] + b"/Filter /FlateDecode >>")


def test_a_pdf_that_unpacks_to_too_much_memory_is_given_up(read, monkeypatch):
    limits = replace(pdf_reading.LIMITS, num_bytes=150 << 20)
    monkeypatch.setattr(pdf_reading, "LIMITS", limits)
    with pytest.raises(AppError, match=r"memory|damaged"):
        read(bomb(400 << 20), "bomb.pdf")


def test_a_process_that_takes_too_much_is_ended(read, monkeypatch):
    monkeypatch.setattr(pdf_reading, "LIMITS", replace(pdf_reading.LIMITS, num_bytes=1 << 20))
    with pytest.raises(AppError, match="takes too much memory to read"):
        read(pdf("text"), "file.pdf")


def test_a_page_that_takes_too_long_is_given_up(read, monkeypatch):
    monkeypatch.setattr(pdf_reading, "LIMITS", replace(pdf_reading.LIMITS, silent_seconds=0.0))
    with pytest.raises(AppError, match="takes too much time to read"):
        read(pdf("text"))


def test_more_text_than_can_be_held_is_refused(read, monkeypatch):
    monkeypatch.setattr(pdf_reading, "MAX_CHARACTERS", 5)
    with pytest.raises(AppError, match="more text than Eremo can hold"):
        read(pdf("text", "text"))


def test_a_cancelled_reading_gives_nothing(read):
    assert read(pdf("text"), cancelled=lambda: True) is None
