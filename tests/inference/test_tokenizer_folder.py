import json
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
import tokenizers
from tokenizers import decoders, normalizers, pre_tokenizers

from inference.errors import WeightsError
from inference.tokenizer import load_tokenizer_folder
from tests.inference.tokenizer_models import byte_level_json, metaspace_json, sentence_piece_model


@pytest.fixture
def trained() -> bytes:
    return sentence_piece_model()


def write_folder(folder: Path, tokenizer: str | bytes, **files: Any) -> Path:
    name = "tokenizer.json" if isinstance(tokenizer, str) else "tokenizer.model"
    content = tokenizer.encode() if isinstance(tokenizer, str) else tokenizer
    (folder / name).write_bytes(content)
    for stem, value in files.items():
        (folder / f"{stem}.json").write_text(json.dumps(value))
    return folder


def test_a_folder_with_a_byte_level_tokenizer_json(tmp_path: Path) -> None:
    tokenizer = load_tokenizer_folder(write_folder(tmp_path, byte_level_json()))
    text = "The quick brown fox jumps 👍🏽"
    token_ids = tokenizer.encode(text, parse_special=True)
    oracle = tokenizers.Tokenizer.from_str(byte_level_json())
    oracle.no_truncation()
    oracle.no_padding()
    assert token_ids == oracle.encode(text, add_special_tokens=False).ids
    assert b"".join(map(tokenizer.token_bytes, token_ids)).decode() == text
    assert (tokenizer.bos_id, tokenizer.add_bos) == (1400, True)
    assert tokenizer.eos_ids == {0}
    assert tokenizer.encode("<tag><|end|>", parse_special=True) == [1, 0]
    assert 0 not in tokenizer.encode("<tag><|end|>", parse_special=False)
    assert not tokenizer.strips_leading_space


def test_the_configuration_of_a_folder_names_what_begins_and_ends(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path,
        byte_level_json(),
        tokenizer_config={
            "bos_token": {"content": "<tag>"},
            "eos_token": "<|start|>",
            "add_bos_token": False,
        },
        generation_config={"eos_token_id": [7, 519, -1, "x"]},
        config={"eos_token_id": 8},
    )
    tokenizer = load_tokenizer_folder(folder)
    assert (tokenizer.bos_id, tokenizer.add_bos, tokenizer.eos_id) == (1, False, 1400)
    assert tokenizer.eos_ids == {0, 7, 8, 519, 1400}


def test_what_ends_an_answer_is_control_in_a_tokenizer_json_too(tmp_path: Path) -> None:
    backend = tokenizers.Tokenizer.from_str(byte_level_json())
    backend.add_tokens(["<|im_end|>"])
    tokenizer = load_tokenizer_folder(write_folder(tmp_path, backend.to_str()))
    assert tokenizer.encode("<|im_end|>", parse_special=True) == [1401]
    assert 1401 not in tokenizer.encode("<|im_end|>", parse_special=False)
    assert 1401 in tokenizer.eos_ids


@pytest.mark.parametrize("scheme", ["always", "first", "never"])
def test_a_space_in_front_follows_the_scheme_of_the_tokenizer_json(
    tmp_path: Path, scheme: str
) -> None:
    source = metaspace_json(scheme)
    tokenizer = load_tokenizer_folder(write_folder(tmp_path, source))
    oracle = tokenizers.Tokenizer.from_str(source)
    for text in ["a", "<s>a", "a<s>a", "<s> a b", "é<s>\n"]:
        assert tokenizer.encode(text, parse_special=True) == oracle.encode(text).ids, text
    assert tokenizer.strips_leading_space == (scheme != "never")
    assert tokenizer.token_bytes(6 + 0xC3) == b"\xc3"
    assert tokenizer.token_bytes(5) == b" a"


def test_a_llama_2_style_json_strips_the_space_that_its_normalizer_adds(tmp_path: Path) -> None:
    backend = tokenizers.Tokenizer.from_str(metaspace_json("never"))
    backend.pre_tokenizer = pre_tokenizers.Sequence([])
    backend.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    backend.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer = load_tokenizer_folder(write_folder(tmp_path, backend.to_str()))
    assert tokenizer.encode("a a", parse_special=True) == [5, 5]
    assert tokenizer.strips_leading_space


def test_a_folder_with_a_tokenizer_model(tmp_path: Path, trained: bytes) -> None:
    config = {"bos_token": "<s>", "eos_token": "</s>"}
    tokenizer = load_tokenizer_folder(write_folder(tmp_path, trained, tokenizer_config=config))
    oracle = sentencepiece.SentencePieceProcessor(model_proto=trained)
    assert tokenizer.encode("Hello world", True) == oracle.encode("Hello world")
    assert (tokenizer.bos_id, tokenizer.add_bos, tokenizer.eos_ids) == (1, True, {2, 3})


WITHOUT_ITS_UNKNOWN_TOKEN = (
    b'{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "unk_token": "lost"},'
    b' "normalizer": {"type": "Prepend", "prepend": "\xe2\x96\x81"}}'
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tokenizer.json", b""),
        ("tokenizer.json", b"{"),
        ("tokenizer.json", b"\xff\xfe"),
        ("tokenizer.json", b"[]"),
        ("tokenizer.json", b'{"model": 1}'),
        ("tokenizer.json", b"[" * 100_000),
        ("tokenizer.json", b'{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a a"]}}'),
        (
            "tokenizer.json",
            b'{"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}}',
        ),
        ("tokenizer.json", WITHOUT_ITS_UNKNOWN_TOKEN),
        ("tokenizer.model", b""),
        ("tokenizer.model", b"\xff garbage"),
    ],
)
def test_a_damaged_tokenizer_file_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError, match=name.replace(".", r"\.")):
        load_tokenizer_folder(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_a_damaged_configuration_is_named(tmp_path: Path, content: bytes) -> None:
    write_folder(tmp_path, byte_level_json())
    (tmp_path / "tokenizer_config.json").write_bytes(content)
    with pytest.raises(WeightsError, match=r"tokenizer_config\.json"):
        load_tokenizer_folder(tmp_path)


def test_parts_that_the_library_ignores_do_not_crash(tmp_path: Path) -> None:
    description = json.loads(byte_level_json())
    description["decoder"]["decoders"] = [1, {"decoders": 2}]
    load_tokenizer_folder(write_folder(tmp_path, json.dumps(description)))


def test_tokens_that_only_the_configuration_has_are_not_passed_over(
    tmp_path: Path, trained: bytes
) -> None:
    """A chat template's control tokens would be read as ordinary text."""
    config = {"added_tokens_decoder": {"800": {"content": "<|im_start|>", "special": True}}}
    write_folder(tmp_path, trained, tokenizer_config=config)
    with pytest.raises(WeightsError, match="lacks tokens that its configuration names"):
        load_tokenizer_folder(tmp_path)


def test_a_folder_without_a_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=f"{tmp_path.name} has no tokenizer"):
        load_tokenizer_folder(tmp_path)
