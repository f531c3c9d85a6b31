"""The tokens of a model: their texts, and what kind each is."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum


class TokenKind(IntEnum):
    """The numbers are those of GGUF and of sentencepiece."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4  # text that is always one token
    UNUSED = 5
    BYTE = 6


END_OF_GENERATION_TEXTS = frozenset(
    {
        "<|im_end|>",
        "<|endoftext|>",
        "<|end_of_text|>",
        "<|eot_id|>",
        "<|eom_id|>",
        "<|end|>",
        "<|return|>",
        "<|call|>",
        "<end_of_turn>",
        "<end_of_utterance>",
        "<eos>",
        "</s>",
        "<EOT>",
        "[EOT]",
        "[EOS]",
        "<｜end▁of▁sentence｜>",
        # Marks between the files of a code base: the answer has gone over its end.
        "<|fim_pad|>",
        "<fim_pad>",
        "<|repo_name|>",
        "<reponame>",
        "<|file_sep|>",
    }
)
"""Control tokens of these texts end an answer. Source: llama.cpp's list of the same purpose."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Both lists are indexed by token id; `kinds` holds TokenKind values."""

    texts: list[str]
    kinds: list[int]

    def __len__(self) -> int:
        return len(self.texts)

    def ids_of(self, *kinds: TokenKind) -> list[int]:
        return sorted(token_id for kind in kinds for token_id in self._ids_of(int(kind)))

    def _ids_of(self, kind: int) -> Iterator[int]:
        """Most kinds are rare: they are searched for, not asked of every token."""
        token_id = -1
        with suppress(ValueError):
            while True:
                token_id = self.kinds.index(kind, token_id + 1)
                yield token_id

    def end_ids(self) -> set[int]:
        control = self.ids_of(TokenKind.CONTROL)
        return {token_id for token_id in control if self.texts[token_id] in END_OF_GENERATION_TEXTS}


BYTE_TEXT = re.compile(r"<0x[0-9A-Fa-f]{2}>")


def make_vocabulary(texts: list[str], kinds: Iterable[int]) -> Vocabulary:
    """With the kinds put right: what ends an answer is control, though converters have called
    `<|im_end|>` user-defined; and a byte that can't be read as one is unused.
    """
    normal = int(TokenKind.NORMAL)
    pairs = zip(texts, kinds, strict=True)
    return Vocabulary(
        texts, [kind if kind == normal else _kind(text, kind) for text, kind in pairs]
    )


def _kind(text: str, kind: int) -> int:
    if kind == TokenKind.USER_DEFINED and text in END_OF_GENERATION_TEXTS:
        return TokenKind.CONTROL
    if kind == TokenKind.BYTE and not BYTE_TEXT.fullmatch(text):
        return TokenKind.UNUSED
    return kind
