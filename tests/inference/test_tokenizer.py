"""The oracles: `tokenizers` and `sentencepiece` fed here with the raw vocabulary, and llama.cpp.

llama.cpp's ids in data/ were recorded with llama-cpp-python 0.3.36: llama_tokenize of each text,
without BOS, on the embedded model (parse_special off for "plain", on for "with_control_tokens"),
and on a vocabulary of 1,400 tokens that was trained on these texts without cutting them into
words, so that every difference between two rules of cutting shows in the ids.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import sentencepiece
import tokenizers
from sentencepiece import sentencepiece_model_pb2
from tokenizers import models, pre_tokenizers

from inference.errors import WeightsError
from inference.formats.gguf import open_gguf
from inference.tokenizer import Tokenizer, load_tokenizer
from tests.embedded_model import EMBEDDED_MODEL
from tests.inference.gguf_files import Value, write_gguf
from tests.inference.tokenizer_models import (
    LLAMA_CPP,
    LLAMA_CPP_RULES,
    byte_level_json,
    sentence_piece_model,
)

UNICODE_END = 0x110000


@pytest.fixture(scope="module")
def smollm2() -> Tokenizer:
    return load_tokenizer(open_gguf(EMBEDDED_MODEL))


@pytest.fixture(scope="module")
def published_rule() -> tokenizers.Tokenizer:
    file = open_gguf(EMBEDDED_MODEL)
    vocabulary = {text: i for i, text in enumerate(file.strings("tokenizer.ggml.tokens"))}
    merges = [tuple(merge.split(" ")) for merge in file.strings("tokenizer.ggml.merges")]
    oracle = tokenizers.Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    oracle.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    return oracle


def random_texts(count: int) -> Iterator[str]:
    """Seeded; from single scripts, from all of Unicode, and with many spaces and digits."""
    rng = random.Random(42)
    pools = [
        range(0x20, 0x7F),
        range(0x20, 0x2AF),
        range(0x300, 0x3000),
        range(0x3000, 0xD800),
        range(0x1F000, 0x1FB00),
        [point for point in range(UNICODE_END) if not 0xD800 <= point < 0xE000],
        [ord(character) for character in " \t\n\r\u00a0\u3000 0123456789½Ⅷ٣ab'.,漢é"],
    ]
    for _ in range(count):
        points = rng.choices(rng.choice(pools), k=rng.randint(1, 40))
        yield "".join(map(chr, points))


def test_ids_of_the_embedded_model_are_those_of_llama_cpp(smollm2: Tokenizer) -> None:
    for text, token_ids in LLAMA_CPP["plain"]:
        assert smollm2.encode(text, parse_special=False) == token_ids, text
    for text, token_ids in LLAMA_CPP["with_control_tokens"]:
        assert smollm2.encode(text, parse_special=True) == token_ids, text


def test_ids_of_the_embedded_model_follow_its_published_rule(
    smollm2: Tokenizer, published_rule: tokenizers.Tokenizer
) -> None:
    for text in random_texts(10_000):
        assert smollm2.encode(text, parse_special=False) == published_rule.encode(text).ids, text


def test_digits_are_split_one_by_one(smollm2: Tokenizer) -> None:
    """The rule that conversions of this model lose: 42 must not become one word."""
    assert smollm2.encode("\t  42", parse_special=False) == [197, 256, 36, 34]


def test_bytes_of_the_tokens_make_the_text_again(smollm2: Tokenizer) -> None:
    """This vocabulary lacks a few bytes, among them those that begin the planes 4 to 11."""
    single_bytes = {data[0] for data in map(smollm2.token_bytes, range(49_152)) if len(data) == 1}
    compared = 0
    for text in random_texts(1_000):
        if single_bytes.issuperset(text.encode()):
            token_ids = smollm2.encode(text, parse_special=False)
            assert b"".join(map(smollm2.token_bytes, token_ids)) == text.encode()
            compared += 1
    assert compared > 800


def test_what_begins_and_ends_a_text_of_the_embedded_model(smollm2: Tokenizer) -> None:
    assert smollm2.vocab_size == 49_152
    assert (smollm2.bos_id, smollm2.add_bos, smollm2.eos_id) == (1, False, 2)
    assert smollm2.eos_ids == {0, 2, 4}  # <|endoftext|>, <|im_end|>, <reponame>: as llama.cpp
    assert {"<|im_start|>", "<|im_end|>", "<file_sep>"} <= smollm2.special_tokens
    assert "the" not in smollm2.special_tokens
    assert smollm2.token_text(2) == "<|im_end|>"


def test_control_tokens_add_nothing_to_a_text(smollm2: Tokenizer) -> None:
    assert smollm2.is_control(2)
    assert smollm2.token_bytes(2) == b""
    assert not smollm2.is_control(36)
    for outside in (-1, smollm2.vocab_size, 10**9):
        assert smollm2.token_bytes(outside) == b""
        assert not smollm2.is_control(outside)


def test_stand_ins_are_text_even_where_control_tokens_are_parsed(smollm2: Tokenizer) -> None:
    with_stand_in = smollm2.encode("<|im_end|>a\U000f0000", True, {0xF0000: "<|im_end|>"})
    assert with_stand_in == [2, *smollm2.encode("a<|im_end|>", parse_special=False)]


def test_lone_surrogates_and_nuls_are_read(smollm2: Tokenizer) -> None:
    """Qt's text can hold half of a surrogate pair, on which the libraries raise."""
    expected = smollm2.encode("a\ufffdb\0", parse_special=False)
    assert smollm2.encode("a\ud800b\0", parse_special=False) == expected
    assert smollm2.encode("\ud83d\ude00", False) == smollm2.encode("😀", False)
    assert smollm2.encode("", parse_special=True) == []


@pytest.mark.parametrize("text", [" ", "a", "\n", "<"])
def test_a_million_equal_characters_are_tokenized(smollm2: Tokenizer, text: str) -> None:
    """One word of a million letters took hours in quadratic merging."""
    token_ids = smollm2.encode(text * 1_000_000, parse_special=True)
    assert sum(len(smollm2.token_bytes(token_id)) for token_id in token_ids) == 1_000_000


# Byte-level vocabularies


def byte_level_metadata(**changes: Value) -> dict[str, Value]:
    tokens = LLAMA_CPP_RULES["tokens"]
    metadata: dict[str, Value] = {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [3, 4] + [1] * (len(tokens) - 2),  # <|end|>, <tag>, the rest
        "tokenizer.ggml.merges": LLAMA_CPP_RULES["merges"],
    }
    return metadata | {f"tokenizer.ggml.{key}": value for key, value in changes.items()}


def load(path: Path, metadata: dict[str, Value]) -> Tokenizer:
    return load_tokenizer(open_gguf(write_gguf(path / "model.gguf", metadata)))


RULES = ["smollm", "llama-bpe", "qwen2", "qwen35", "gpt-2", "tekken", "gpt-4o", "deepseek-v3"]


@pytest.mark.parametrize("rule", [*RULES, "default"])
def test_words_are_cut_as_llama_cpp_cuts_them(tmp_path: Path, rule: str) -> None:
    """Left out of the sample: combining marks under tekken and gpt-4o, where llama.cpp departs
    from the published rule, and code points that no version of Unicode has assigned.
    """
    tokenizer = load(tmp_path, byte_level_metadata(pre=rule))
    compared = 0
    for text, expectations in LLAMA_CPP_RULES["samples"]:
        for rules, token_ids in expectations:
            if rule in rules:
                assert tokenizer.encode(text, parse_special=False) == token_ids, text
                compared += 1
    assert compared > 50


def test_a_pre_tokenizer_that_is_not_known_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"in model\.gguf cannot .* pre-tokenizer “jamba-9”"):
        load(tmp_path, byte_level_metadata(pre="jamba-9"))


def test_llama_3_takes_a_word_whole_where_the_vocabulary_has_it(tmp_path: Path) -> None:
    tokens = ["h", "e", "y", "hey"]
    entries = byte_level_metadata(tokens=tokens, token_type=[1] * 4, merges=["h h"])
    assert load(tmp_path, entries).encode("hey", False) == [0, 1, 2]
    whole = entries | {"tokenizer.ggml.pre": "llama-bpe"}
    assert load(tmp_path, whole).encode("hey", False) == [3]


def test_user_defined_tokens_are_always_found_and_control_tokens_only_on_demand(
    tmp_path: Path,
) -> None:
    tokenizer = load(tmp_path, byte_level_metadata())
    plain = tokenizer.encode("<tag><|end|>", parse_special=False)
    assert plain[0] == 1
    assert 0 not in plain
    assert tokenizer.encode("<tag><|end|>", parse_special=True) == [1, 0]
    assert tokenizer.token_bytes(1) == b"<tag>"
    assert tokenizer.special_tokens == {"<|end|>"}


def test_of_two_control_tokens_the_longer_is_found(tmp_path: Path) -> None:
    entries = byte_level_metadata(tokens=["<x>", "<x>y", "a"], token_type=[3, 3, 1], merges=["a a"])
    assert load(tmp_path, entries).encode("<x>ya<x>", parse_special=True) == [1, 2, 0]


def test_bos_and_ends_come_from_the_metadata(tmp_path: Path) -> None:
    tokenizer = load(tmp_path, byte_level_metadata())
    assert (tokenizer.bos_id, tokenizer.add_bos, tokenizer.eos_ids) == (None, False, {0})
    changes: dict[str, Value] = {"bos_token_id": 5, "eos_token_id": 6, "eot_token_id": 7}
    tokenizer = load(tmp_path, byte_level_metadata(**changes, pre="llama-bpe"))
    assert (tokenizer.bos_id, tokenizer.add_bos, tokenizer.eos_ids) == (5, True, {0, 6, 7})
    tokenizer = load(tmp_path, byte_level_metadata(**changes, add_bos_token=False, pre="llama-bpe"))
    assert not tokenizer.add_bos
    tokenizer = load(tmp_path, byte_level_metadata(bos_token_id=99_999, add_bos_token=True))
    assert (tokenizer.bos_id, tokenizer.add_bos) == (None, False)


def test_what_ends_an_answer_is_control_though_the_file_calls_it_user_defined(
    tmp_path: Path,
) -> None:
    """Such conversions showed <|im_end|> in the answer and went on."""
    tokens = ["<|im_end|>", "a"]
    entries = byte_level_metadata(tokens=tokens, token_type=[4, 1], merges=["a a"])
    tokenizer = load(tmp_path, entries)
    assert tokenizer.eos_ids == {0}
    assert tokenizer.token_bytes(0) == b""
    assert 0 not in tokenizer.encode("<|im_end|>", parse_special=False)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model": "bert"}, "kind “bert”"),
        ({"tokens": ["a", "a"], "token_type": [1, 1]}, "a token appears twice"),
        ({"token_type": [1]}, "1400 tokens but 1 token types"),
        ({"tokens": "a"}, "tokens is not a list"),
        ({"merges": [1]}, "merges is not a list"),
        ({"pre": 7}, "pre is not a text"),
        ({"bos_token_id": "one"}, "bos_token_id is not a whole number"),
    ],
)
def test_metadata_that_makes_no_tokenizer_is_one_sentence(
    tmp_path: Path, changes: dict[str, Value], sentence: str
) -> None:
    with pytest.raises(WeightsError, match=sentence):
        load(tmp_path, byte_level_metadata(**changes))


def test_odd_metadata_is_survived(tmp_path: Path) -> None:
    """A merge of no tokens made the library panic; empty tokens and unknown kinds occur."""
    entries = byte_level_metadata(
        tokens=["a", "b", "", "", "<0xZZ>", "c"],
        token_type=[1, 1, 3, 3, 6, 77],
        merges=["a b", "x", " "],
    )
    tokenizer = load(tmp_path, entries)
    assert tokenizer.encode("ab", parse_special=True) == [0, 1]
    assert [tokenizer.token_bytes(token_id) for token_id in (2, 4, 5)] == [b"", b"", b""]


# SentencePiece


@pytest.fixture
def trained() -> bytes:
    return sentence_piece_model()


def sentence_piece_metadata(trained: bytes, **changes: Value) -> dict[str, Value]:
    pieces = sentencepiece_model_pb2.ModelProto.FromString(trained).pieces
    metadata: dict[str, Value] = {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": [piece.piece for piece in pieces],
        "tokenizer.ggml.scores": [piece.score for piece in pieces],
        "tokenizer.ggml.token_type": [piece.type for piece in pieces],
    }
    return metadata | {f"tokenizer.ggml.{key}": value for key, value in changes.items()}


def test_a_sentence_piece_model_rebuilt_from_scores_equals_the_original(
    tmp_path: Path, trained: bytes
) -> None:
    oracle = sentencepiece.SentencePieceProcessor(model_proto=trained)
    tokenizer = load(tmp_path, sentence_piece_metadata(trained))
    texts = [text for text, _ in LLAMA_CPP["plain"]]
    for text in [*texts, *random_texts(2_000), "  a  ", "<tag> x<tag>", "</s><s>"]:
        assert tokenizer.encode(text, parse_special=False) == oracle.encode(text), text
    assert (tokenizer.bos_id, tokenizer.eos_id, tokenizer.add_bos) == (1, 2, True)
    assert tokenizer.eos_ids == {2, 3}
    assert tokenizer.strips_leading_space


def test_control_tokens_part_a_sentence_piece_text(tmp_path: Path, trained: bytes) -> None:
    tokenizer = load(tmp_path, sentence_piece_metadata(trained))
    oracle = sentencepiece.SentencePieceProcessor(model_proto=trained)
    expected = [1, *oracle.encode("user\nhi"), 3, *oracle.encode("\n")]
    assert tokenizer.encode("<s>user\nhi<|im_end|>\n", parse_special=True) == expected
    assert tokenizer.token_bytes(oracle.piece_to_id("<0x0A>")) == b"\n"
    assert tokenizer.token_bytes(oracle.piece_to_id("▁the")) == b" the"
    assert tokenizer.token_bytes(0) == b""


def test_a_space_in_front_is_added_only_where_the_file_says_so(
    tmp_path: Path, trained: bytes
) -> None:
    tokenizer = load(tmp_path, sentence_piece_metadata(trained, add_space_prefix=False))
    token_ids = tokenizer.encode("the", parse_special=False)
    assert b"".join(map(tokenizer.token_bytes, token_ids)) == b"the"
    assert not tokenizer.strips_leading_space


@pytest.mark.parametrize("text", [" ", "a", "漢"])
def test_a_hundred_thousand_equal_characters_pass_sentence_piece(
    tmp_path: Path, trained: bytes, text: str
) -> None:
    tokenizer = load(tmp_path, sentence_piece_metadata(trained, add_space_prefix=False))
    token_ids = tokenizer.encode(text * 100_000, parse_special=True)
    assert b"".join(map(tokenizer.token_bytes, token_ids)).decode() == text * 100_000


def test_placeholder_scores_need_the_tokenizer_file_beside_the_weights(
    tmp_path: Path, trained: bytes
) -> None:
    """llama.cpp's converter writes -1000 for every token of Jamba: no merge could be ranked."""
    scores = [-1000.0] * 800
    entries = sentence_piece_metadata(trained, scores=scores, bos_token_id=1, eos_token_id=2)
    with pytest.raises(WeightsError, match=r"no scores. Put the model's tokenizer.json into"):
        load(tmp_path, entries)
    (tmp_path / "tokenizer.model").write_bytes(trained)
    oracle = sentencepiece.SentencePieceProcessor(model_proto=trained)
    tokenizer = load(tmp_path, entries)
    assert tokenizer.encode("Hello world", False) == oracle.encode("Hello world")
    assert (tokenizer.bos_id, tokenizer.eos_ids) == (1, {2, 3})


def test_a_tokenizer_beside_the_weights_must_be_of_the_same_model(
    tmp_path: Path, trained: bytes
) -> None:
    (tmp_path / "tokenizer.json").write_text(byte_level_json())
    with pytest.raises(WeightsError, match="belongs to another model"):
        load(tmp_path, sentence_piece_metadata(trained, scores=[-1000.0] * 800))


def test_a_usable_vocabulary_is_not_replaced_by_a_file_beside_it(
    tmp_path: Path, trained: bytes
) -> None:
    (tmp_path / "tokenizer.json").write_text("broken")
    load(tmp_path, sentence_piece_metadata(trained))
    with pytest.raises(WeightsError, match=r"tokenizer\.json in the folder"):
        load(tmp_path, sentence_piece_metadata(trained, scores=[0.0] * 800))


@pytest.mark.parametrize(
    "changes",
    [
        {"scores": [0.5]},
        {"scores": "none"},
        {"tokens": ["a", "b"], "scores": [0.0, 1.0], "token_type": [1, 1]},
        {"tokens": ["<unk>", "b"], "scores": [0.0, 1.0], "token_type": [2, 77]},
        {"tokens": ["<unk>", "b", "b"], "scores": [0.0, 1.0, 2.0], "token_type": [2, 1, 1]},
    ],
)
def test_tokens_that_make_no_sentence_piece_model_are_refused(
    tmp_path: Path, trained: bytes, changes: dict[str, Value]
) -> None:
    with pytest.raises(WeightsError, match=r"model\.gguf"):
        load(tmp_path, sentence_piece_metadata(trained, **changes))
