"""Byte-level BPE from the vocabulary and merges of a GGUF file, run by the `tokenizers` library.

Knows nothing of files or of control tokens. A text is first cut into words by the patterns of
the pre-tokenizer that the file names.
"""

from dataclasses import dataclass
from itertools import repeat

from tokenizers import AddedToken, Regex, models, pre_tokenizers
from tokenizers import Tokenizer as Backend

from inference.tokenizer.vocabulary import TokenKind, Vocabulary


@dataclass(frozen=True, slots=True)
class PreTokenizer:
    """How a text is cut into words, and what goes with it in a family of models.

    patterns: each cuts what the one before has left in one piece; matches become pieces.
    whole_words: a word that is a token is that token, whatever the merges would make of it.
    add_bos: unless the file says otherwise.
    """

    patterns: tuple[str, ...]
    whole_words: bool = False
    add_bos: bool = False


CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"  # and what has no case
LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"

GPT2_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
GPT2 = PreTokenizer((GPT2_WORDS,))
DIGITS_THEN_GPT2 = PreTokenizer((r"\p{N}", GPT2_WORDS))
DEFAULT = PreTokenizer((r"[\p{P}\$\+<=>\^~\|]+", GPT2_WORDS, r"\p{N}+", "[0-9][0-9][0-9]"))


def _words(digits: str) -> str:
    letters = r"[^\r\n\p{L}\p{N}]?\p{L}+"
    return rf"{CONTRACTION}|{letters}|{digits}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{SPACES}"


def _words_by_case(digits: str, contraction: str) -> str:
    start = r"[^\r\n\p{L}\p{N}]?"
    words = f"{start}{UPPER}*{LOWER}+{contraction}|{start}{UPPER}+{LOWER}*{contraction}"
    return rf"{words}|{digits}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{SPACES}"


TRIPLES = r"\p{N}{1,3}"
LLAMA3 = PreTokenizer((_words(TRIPLES),), whole_words=True, add_bos=True)
TRIPLE_DIGITS = PreTokenizer((_words(TRIPLES),))
QWEN2 = PreTokenizer((_words(r"\p{N}"),))
WORDS_WITH_MARKS = (
    rf"{CONTRACTION}|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+|\p{{N}}"
    rf"| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+[\r\n]*|{SPACES}"
)
QWEN35 = PreTokenizer((WORDS_WITH_MARKS,))
TEKKEN = PreTokenizer((_words_by_case(r"\p{N}", ""),), whole_words=True, add_bos=True)
GPT4O = PreTokenizer((_words_by_case(TRIPLES, f"{CONTRACTION}?"),))
CHINESE_AND_KANA = "[一-龥\u3040-ゟ゠-ヿ]+"
DEEPSEEK3_WORDS = (
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"""
    rf"| ?[\p{{P}}\p{{S}}]+[\r\n]*|{SPACES}"
)
DEEPSEEK3 = PreTokenizer((TRIPLES, CHINESE_AND_KANA, DEEPSEEK3_WORDS))

PRE_TOKENIZERS = {
    "default": DEFAULT,
    **dict.fromkeys(("gpt-2", "phi-2", "mpt", "olmo", "jais", "exaone4", "trillion"), GPT2),
    **dict.fromkeys(("gigachat", "a.x-4.0", "mellum", "granite-docling"), GPT2),
    **dict.fromkeys(("smollm", "starcoder", "refact", "command-r"), DIGITS_THEN_GPT2),
    **dict.fromkeys(("codeshell", "exaone", "minerva-7b", "mellum2"), DIGITS_THEN_GPT2),
    **dict.fromkeys(("llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1"), LLAMA3),
    **dict.fromkeys(("pixtral", "midm-2.0", "lfm2"), LLAMA3),
    **dict.fromkeys(("dbrx", "smaug-bpe", "glm4", "chatglm-bpe"), TRIPLE_DIGITS),
    **dict.fromkeys(("qwen2", "deepseek-r1-qwen", "kormo", "stablelm2", "megrez"), QWEN2),
    **dict.fromkeys(("hunyuan", "solar-open", "grok-2"), QWEN2),
    "qwen35": QWEN35,
    "tekken": TEKKEN,
    **dict.fromkeys(("gpt-4o", "llama4", "kanana2"), GPT4O),
    **dict.fromkeys(("deepseek-v3", "hunyuan-dense", "joyai-llm"), DEEPSEEK3),
}
"""By the name in the file. Source: the published tokenizer.json of each, as llama.cpp maps them."""


def _bytes_as_characters() -> dict[int, str]:
    """GPT-2's alphabet: printable bytes are themselves, the others follow from U+0100."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    alphabet = {byte: chr(byte) for byte in printable}
    return alphabet | {byte: chr(256 + index) for index, byte in enumerate(others)}


BYTES = {ord(character): bytes([byte]) for byte, character in _bytes_as_characters().items()}


def byte_level_bytes(text: str) -> bytes:
    """The bytes of a token; characters outside the alphabet, as of added tokens, are UTF-8."""
    return b"".join(BYTES.get(ord(character)) or character.encode() for character in text)


class ByteLevelModel:
    """A SubwordModel. Merges that make no token are ignored. Raises: ValueError."""

    strips_leading_space = False

    def __init__(self, vocabulary: Vocabulary, merges: list[str], pre: PreTokenizer) -> None:
        self.vocabulary = vocabulary
        self._backend = Backend(_bpe(vocabulary, merges, pre))
        pieces = [pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in pre.patterns]
        to_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        self._backend.pre_tokenizer = pre_tokenizers.Sequence([*pieces, to_bytes])
        always_whole = vocabulary.ids_of(TokenKind.USER_DEFINED)
        self._backend.add_tokens(
            [AddedToken(vocabulary.texts[token_id], normalized=False) for token_id in always_whole]
        )

    def encode(self, text: str, at_start: bool) -> list[int]:  # noqa: ARG002
        token_ids: list[int] = self._backend.encode(text, add_special_tokens=False).ids
        return token_ids

    def bytes_of(self, text: str) -> bytes:
        return byte_level_bytes(text)


def _bpe(vocabulary: Vocabulary, merges: list[str], pre: PreTokenizer) -> models.BPE:
    ids = dict(zip(vocabulary.texts, range(len(vocabulary)), strict=True))
    if len(ids) < len(vocabulary):
        raise ValueError("a token appears twice")
    pairs = [
        (left, right)
        for left, _, right in map(str.partition, merges, repeat(" "))
        if left in ids and right in ids and left + right in ids  # else the library panics
    ]
    return models.BPE(vocab=ids, merges=pairs, ignore_merges=pre.whole_words)
