"""A model's tokenizer: control tokens, and the subword model of the text between them.

Knows nothing of files, of chat templates, or of how a subword model works.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from inference.tokenizer.vocabulary import TokenKind, Vocabulary


class SubwordModel(Protocol):
    """Ordinary text to token ids. A text that reads like a control token is ordinary text here."""

    vocabulary: Vocabulary
    strips_leading_space: bool  # the first token of a text carries a space that isn't in the text

    def encode(self, text: str, at_start: bool) -> list[int]:
        """at_start: nothing comes before this text, not even a control token."""

    def bytes_of(self, text: str) -> bytes:
        """What a normal or user-defined token of this text in the vocabulary stands for."""


class Boundary(NamedTuple):
    """The first so many characters of a text are its first so many tokens."""

    num_characters: int
    num_tokens: int


class Tokenizer:
    """Text to token ids, and token ids to bytes.

    bos_id: the token that a text begins with if `add_bos`; None when there is none.
    eos_id: the token that ends a text; None when there is none.
    eos_ids: every token that ends an answer.
    special_tokens: the texts of the control tokens.
    strips_leading_space: decoding drops the space at the start of a text.
    """

    def __init__(
        self,
        model: SubwordModel,
        *,
        bos_id: int | None,
        eos_id: int | None,
        other_eos_ids: Iterable[int],
        add_bos: bool,
    ) -> None:
        vocabulary = model.vocabulary
        self._model = model
        self._vocabulary = vocabulary
        self._control_ids = {
            vocabulary.texts[token_id]: token_id
            for token_id in vocabulary.ids_of(TokenKind.CONTROL, TokenKind.UNKNOWN)
        }
        self._control_texts = _any_of(self._control_ids)
        self.vocab_size = len(vocabulary)
        self.bos_id = bos_id
        self.eos_id = eos_id
        eos_ids = {*other_eos_ids, *vocabulary.end_ids(), eos_id}
        self.eos_ids = frozenset(token_id for token_id in eos_ids if token_id is not None)
        self.add_bos = add_bos and bos_id is not None
        self.special_tokens = frozenset(self._control_ids)
        self.strips_leading_space = model.strips_leading_space

    def encode(
        self, text: str, parse_special: bool, stand_ins: Mapping[int, str] | None = None
    ) -> list[int]:
        """Token ids, without a BOS of its own accord. Lone surrogates are read as U+FFFD.

        parse_special: the texts of control tokens become these tokens instead of ordinary text.
        stand_ins: single characters (by code point) that stand for ordinary text; so a text can
            be kept from becoming a control token where others do.
        """
        return self.encode_parts(text, parse_special, stand_ins)[0]

    def encode_parts(
        self, text: str, parse_special: bool, stand_ins: Mapping[int, str] | None = None
    ) -> tuple[list[int], list[Boundary]]:
        """As `encode`, and the places beside control tokens, where a text can be cut so that its
        parts have the same token ids."""
        text = _without_lone_surrogates(text)
        parts = self._control_texts.split(text) if parse_special else [text]
        token_ids: list[int] = []
        boundaries: list[Boundary] = []
        num_characters = 0
        for index, part in enumerate(parts):
            if index % 2:  # what the pattern caught
                token_ids.append(self._control_ids[part])
            elif part:
                plain = part.translate(stand_ins) if stand_ins else part
                token_ids += self._model.encode(plain, at_start=index == 0)
            num_characters += len(part)
            boundaries.append(Boundary(num_characters, len(token_ids)))
        return token_ids, boundaries

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes that the token adds to a text, maybe a part of a character.

        Empty for control tokens, and for ids beyond the vocabulary: models pad their logits.
        """
        if not 0 <= token_id < self.vocab_size:
            return b""
        text = self._vocabulary.texts[token_id]
        match self._vocabulary.kinds[token_id]:
            case TokenKind.NORMAL | TokenKind.USER_DEFINED:
                return self._model.bytes_of(text)
            case TokenKind.BYTE:  # "<0x0A>"
                return bytes([int(text[3:-1], 16)])
            case _:
                return b""

    def token_text(self, token_id: int) -> str:
        """As in the vocabulary, also of control tokens."""
        return self._vocabulary.texts[token_id]

    def is_control(self, token_id: int) -> bool:
        """Also the unknown token: it stands for no text either."""
        known = 0 <= token_id < self.vocab_size
        return known and self._vocabulary.texts[token_id] in self._control_ids


def _any_of(texts: Iterable[str]) -> re.Pattern[str]:
    """A pattern for `split`: at each place the longest of the texts."""
    longest_first = sorted(texts, key=len, reverse=True)
    return re.compile(f"({'|'.join(map(re.escape, longest_first)) or '(?!)'})")


def _without_lone_surrogates(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
