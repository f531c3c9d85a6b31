from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.detokenizer import Detokenizer
from inference.formats.gguf import open_gguf
from inference.tokenizer import Tokenizer, load_tokenizer
from inference.tokenizer.vocabulary import TokenKind, make_vocabulary
from tests.embedded_model import EMBEDDED_MODEL


class Pieces:
    """A subword model whose tokens are the 256 bytes, then some words."""

    def __init__(self, *words: str, strips_leading_space: bool = False) -> None:
        byte_texts = [f"<0x{byte:02X}>" for byte in range(256)]
        kinds = [TokenKind.BYTE] * 256 + [TokenKind.NORMAL] * len(words) + [TokenKind.CONTROL]
        self.vocabulary = make_vocabulary([*byte_texts, *words, "<s>"], kinds)
        self.strips_leading_space = strips_leading_space

    def encode(self, text: str, at_start: bool) -> list[int]:
        raise NotImplementedError

    def bytes_of(self, text: str) -> bytes:
        return text.encode()


def detokenizer(*words: str, strips_leading_space: bool = False) -> Detokenizer:
    model = Pieces(*words, strips_leading_space=strips_leading_space)
    return Detokenizer(Tokenizer(model, bos_id=None, eos_id=None, other_eos_ids=(), add_bos=False))


@cache
def smollm2() -> Tokenizer:
    return load_tokenizer(open_gguf(EMBEDDED_MODEL))


def test_a_character_split_over_tokens_appears_whole() -> None:
    """Answers showed U+FFFD for a moment wherever an emoji was being written."""
    detok = detokenizer()
    pieces = [detok.add(byte) for byte in "a👍é".encode()]
    assert pieces == ["a", "", "", "", "👍", "", "é"]
    assert detok.finish() == ""


def test_an_answer_cut_within_a_character_ends_in_a_replacement() -> None:
    detok = detokenizer()
    assert [detok.add(byte) for byte in "é👍".encode()[:4]] == ["", "é", "", ""]
    assert detok.finish() == "\ufffd"
    assert detok.finish() == ""


def test_bytes_that_are_no_utf_8_are_replaced_at_once() -> None:
    detok = detokenizer()
    assert [detok.add(byte) for byte in b"\xffa\xc3b"] == ["\ufffd", "a", "", "\ufffdb"]


def test_the_space_of_the_first_token_is_dropped_where_the_tokenizer_adds_one() -> None:
    detok = detokenizer(" Hi", " you", strips_leading_space=True)
    control, hi, you = 258, 256, 257
    assert [detok.add(token_id) for token_id in (control, hi, you)] == ["", "Hi", " you"]
    detok = detokenizer(" Hi", strips_leading_space=False)
    assert detok.add(256) == " Hi"
    detok = detokenizer("  two", strips_leading_space=True)
    assert detok.add(256) == " two"


@settings(deadline=None)
@given(st.lists(st.integers(0, 255)))
def test_pieces_make_the_text_of_all_bytes(data: list[int]) -> None:
    detok = detokenizer()
    text = "".join([detok.add(byte) for byte in data]) + detok.finish()
    assert text == bytes(data).decode("utf-8", "replace")


@settings(deadline=None)
@given(st.lists(st.integers(0, 49_151)))
def test_pieces_of_any_tokens_of_the_embedded_model_make_their_text(token_ids: list[int]) -> None:
    detok = Detokenizer(smollm2())
    text = "".join([detok.add(token_id) for token_id in token_ids]) + detok.finish()
    assert text == b"".join(map(smollm2().token_bytes, token_ids)).decode("utf-8", "replace")


@pytest.mark.parametrize("text", ["Perché no? 漢字 👩‍👩‍👧", "  \n\tx  ", ""])
def test_a_text_comes_back_as_it_was(text: str) -> None:
    detok = Detokenizer(smollm2())
    token_ids = smollm2().encode(text, parse_special=False)
    assert "".join([detok.add(token_id) for token_id in token_ids]) + detok.finish() == text
