"""Tokenizers from `tokenizer.json`, run by the `tokenizers` library that defines the format.

Knows nothing of files, or of which tokens begin and end a text.
"""

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tokenizers import AddedToken
from tokenizers import Tokenizer as Backend

from inference.tokenizer.byte_level import byte_level_bytes
from inference.tokenizer.sentence_piece import SPACE, sentence_piece_bytes
from inference.tokenizer.vocabulary import (
    BYTE_TEXT,
    END_OF_GENERATION_TEXTS,
    TokenKind,
    Vocabulary,
    make_vocabulary,
)

Json = dict[str, Any]

PROBE = "a \u0378"  # no vocabulary has the second: an impossible unknown token shows at once


class HuggingFaceModel:
    """A SubwordModel. Raises: ValueError when the JSON describes no tokenizer of a known kind.

    first_id: what the tokenizer itself puts before a text; None for nothing.
    """

    def __init__(self, source: str) -> None:
        self._backend = self._later_backend = _load(source)
        description: Json = json.loads(source)  # its form was checked by the library
        parts = list(_parts(description))
        kinds = {part.get("type") for part in parts}
        self._is_byte_level = "ByteLevel" in kinds
        if not self._is_byte_level and not any(_concerns_spaces(part) for part in parts):
            raise ValueError("it is neither byte-level nor of the SentencePiece kind")
        if any(part.get("prepend_scheme") == "first" for part in parts):
            self._later_backend = _load(_without_prefix(description))
        self.first_id = _first_id(self._backend)
        self.strips_leading_space = _strips_leading_space(description.get("decoder"))
        self.vocabulary = _vocabulary(self._backend, self._is_byte_level)

    def encode(self, text: str, at_start: bool) -> list[int]:
        backend = self._backend if at_start else self._later_backend
        token_ids: list[int] = backend.encode(text, add_special_tokens=False).ids
        return token_ids

    def bytes_of(self, text: str) -> bytes:
        return byte_level_bytes(text) if self._is_byte_level else sentence_piece_bytes(text)


def _load(source: str) -> Backend:
    with _faults_as_value_errors():
        backend = Backend.from_str(source)
        backend.encode(PROBE)
    added = {token.content for token in backend.get_added_tokens_decoder().values()}
    backend.add_special_tokens(
        [AddedToken(text, normalized=False) for text in END_OF_GENERATION_TEXTS & added]
    )
    backend.encode_special_tokens = True  # as text: control tokens are the Tokenizer's business
    backend.no_truncation()
    backend.no_padding()
    return backend


@contextmanager
def _faults_as_value_errors() -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # the library's panics are no Exception
        raise ValueError(str(error)) from error


def _first_id(backend: Backend) -> int | None:
    token_ids: list[int] = backend.encode("").ids
    return token_ids[0] if token_ids else None


def _parts(description: Json) -> Iterator[Json]:
    """Normalizers, pre-tokenizers and decoders, out of their sequences."""
    for role in ("normalizer", "pre_tokenizer", "decoder"):
        yield from _flat(description.get(role))


def _flat(part: object) -> Iterator[Json]:
    """Checked on the way: the library lets pass what it doesn't use."""
    if isinstance(part, dict):
        yield part
        for list_name in ("normalizers", "pretokenizers", "decoders"):
            inner = part.get(list_name)
            for item in inner if isinstance(inner, list) else ():
                yield from _flat(item)


def _concerns_spaces(part: Json) -> bool:
    return part.get("type") == "Metaspace" or SPACE in (part.get("content"), part.get("prepend"))


def _strips_leading_space(decoder: object) -> bool:
    for part in _flat(decoder):
        if part.get("type") == "Strip" and part.get("content") == " " and part.get("start"):
            return True
        if part.get("type") == "Metaspace" and part.get("prepend_scheme", "always") != "never":
            return True
    return False


def _without_prefix(description: Json) -> str:
    """The same tokenizer for text that does not come first."""
    changed = copy.deepcopy(description)
    for part in _parts(changed):
        if part.get("prepend_scheme") == "first":
            part["prepend_scheme"] = "never"
    return json.dumps(changed)


def _vocabulary(backend: Backend, is_byte_level: bool) -> Vocabulary:
    ids: dict[str, int] = backend.get_vocab(with_added_tokens=True)
    added: dict[int, AddedToken] = backend.get_added_tokens_decoder()
    size = max(ids.values(), default=-1) + 1
    if size > 2 * len(ids) + 1024:
        raise ValueError("its token ids have large gaps")
    texts, kinds = [""] * size, [int(TokenKind.UNUSED)] * size
    for text, token_id in ids.items():
        texts[token_id] = text
        if token_id in added:
            special = added[token_id].special
            kinds[token_id] = TokenKind.CONTROL if special else TokenKind.USER_DEFINED
        elif not is_byte_level and BYTE_TEXT.fullmatch(text):
            kinds[token_id] = TokenKind.BYTE
        else:
            kinds[token_id] = TokenKind.NORMAL
    return make_vocabulary(texts, kinds)
