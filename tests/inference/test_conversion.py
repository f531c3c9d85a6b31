"""From a Hugging Face folder to one GGUF file: nothing is lost, and nothing half done is left."""

import errno
import json

import gguf
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from inference.conversion import write_model
from inference.errors import WeightsError
from inference.events import Message
from inference.formats.gguf import open_gguf
from inference.load_options import LoadOptions
from inference.local_engine import load_model
from inference.model_source import open_model
from inference.tokenizer import load_tokenizer
from tests.embedded_model import EMBEDDED_MODEL
from tests.inference.gguf_files import write_gguf
from tests.inference.jamba_files import random_jamba, save_folder
from tests.inference.tiny_model import metadata, write_tiny_model
from tests.inference.tokenizer_models import byte_level_json, sentence_piece_model

IDS = torch.randint(3, 300, (40,), generator=torch.Generator().manual_seed(1)).tolist()
TEXTS = ["", "a b\n\tè 👍🏽", "<|im_start|>user\nx<|im_end|>", "<|endoftext|>", " 42"]


def loaded(path, bits=None):
    loading = load_model(path, LoadOptions(1, bits=bits))
    while True:
        try:
            next(loading)
        except StopIteration as end:
            return end.value


def logits(path, bits=None):
    session = loaded(path, bits).language_model.new_session()
    return np.stack([session.read(IDS[:30]), *(session.read([i]) for i in IDS[30:])])


def write_json(path, changes):
    content = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(content | changes))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Its tokenizer, template and ends are all of the kind that GGUF's own keys can't hold."""
    folder = save_folder(random_jamba(), tmp_path_factory.mktemp("folder"))
    names = {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "add_bos_token": True}
    template = "{% for message in messages %}[{{ message.content }}]{{ eos_token }}{% endfor %}"
    write_json(folder / "tokenizer_config.json", names | {"chat_template": template})
    write_json(folder / "generation_config.json", {"eos_token_id": [2, 9, 7, 8]})
    return folder


@pytest.fixture(scope="module")
def converted(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("converted") / "model.gguf"
    write_model(open_model(folder), path, None)
    return path


@pytest.mark.parametrize(
    ("dtype", "changes"),
    [
        (torch.float32, {}),
        (torch.bfloat16, {"tie_word_embeddings": True, "num_key_value_heads": 1}),
        (torch.float16, {"num_experts": 16, "num_experts_per_tok": 2, "mamba_d_state": 8}),
        (torch.float32, {"num_experts": 4, "num_experts_per_tok": 2, "expert_layer_offset": 1}),
    ],
)
def test_without_quantization_the_logits_are_equal_to_the_bit(tmp_path, dtype, changes):
    folder = save_folder(random_jamba(**changes).to(dtype), tmp_path / "folder")
    write_model(open_model(folder), tmp_path / "model.gguf", None)
    assert (logits(tmp_path / "model.gguf") == logits(folder)).all()


@pytest.mark.parametrize("experts", [1, 4])
@pytest.mark.parametrize("bits", [4, 8])
def test_quantized_on_disk_equals_quantized_at_load(tmp_path, bits, experts):
    model = random_jamba(num_experts=experts, num_experts_per_tok=min(experts, 2))
    folder = save_folder(model.to(torch.bfloat16), tmp_path / "folder")
    write_model(open_model(folder), tmp_path / "model.gguf", bits)
    assert (logits(tmp_path / "model.gguf") == logits(folder, bits)).all()


def test_experts_that_are_stacked_already_are_written_alike(tmp_path):
    model = random_jamba(num_experts=4, num_experts_per_tok=2)
    files = []
    for original in (True, False):
        folder = save_folder(model, tmp_path / f"{original}" / "x", save_original_format=original)
        files.append(folder.parent / "model.gguf")
        write_model(open_model(folder), files[-1], 8)
    one_by_one, stacked = (open_gguf(file).tensors for file in files)
    assert one_by_one.keys() == stacked.keys()
    for name, tensor in one_by_one.items():
        assert (tensor.raw() == stacked[name].raw()).all(), name


def test_everything_but_the_weights_is_that_of_the_folder_too(folder, converted):
    theirs, ours = open_model(folder), open_model(converted)
    for text in TEXTS:
        for parse_special in (True, False):
            expected = theirs.tokenizer.encode(text, parse_special)
            assert ours.tokenizer.encode(text, parse_special) == expected
    assert ours.tokenizer.eos_ids == theirs.tokenizer.eos_ids == {0, 2, 7, 8, 9}
    for name in ("bos_id", "eos_id", "add_bos", "vocab_size", "special_tokens"):
        assert getattr(ours.tokenizer, name) == getattr(theirs.tokenizer, name), name
    assert (ours.tokenizer.bos_id, ours.tokenizer.eos_id, ours.tokenizer.add_bos) == (1, 2, True)
    assert ours.template.render([Message("user", "x")]) == "[x]<|im_end|>"
    assert ours.name == theirs.name
    assert ours.describe() == theirs.describe()


def test_other_programs_find_what_they_need(folder, converted):
    """llama.cpp loads a model without a vocabulary by these keys; it did, by hand."""
    reader = gguf.GGUFReader(converted)
    found = {name: field.contents() for name, field in reader.fields.items()}
    assert found["general.architecture"] == "jamba"
    assert found["general.file_type"] == gguf.LlamaFileType.ALL_F32
    assert (found["tokenizer.ggml.model"], found["jamba.vocab_size"]) == ("none", 300)
    assert found["tokenizer.huggingface.json"] == (folder / "tokenizer.json").read_text()
    assert found["jamba.attention.head_count_kv"] == [0, 0, 2, 0]
    assert found["jamba.ssm.time_step_rank"] == 8
    assert found["jamba.expert_count"] == 1
    kinds = {tensor.name: tensor.tensor_type.name for tensor in reader.tensors}
    assert kinds["blk.0.ssm_a"] == kinds["token_embd.weight"] == "F32"


def test_a_folder_with_neither_bos_nor_eos_converts(tmp_path):
    folder = save_folder(random_jamba(), tmp_path / "folder")
    write_json(folder / "config.json", {"bos_token_id": None, "eos_token_id": None})
    (folder / "generation_config.json").unlink(missing_ok=True)
    write_model(open_model(folder), tmp_path / "model.gguf", 4)
    ours, theirs = open_model(tmp_path / "model.gguf"), open_model(folder)
    assert (ours.tokenizer.bos_id, ours.tokenizer.eos_id) == (None, None)
    assert ours.tokenizer.eos_ids == theirs.tokenizer.eos_ids
    assert ours.template.source == theirs.template.source


def test_progress_goes_up_to_the_size_of_the_tensors(folder, tmp_path):
    steps = []
    write_model(open_model(folder), tmp_path / "m.gguf", 8, lambda *step: steps.append(step))
    size = sum(tensor.size_bytes for tensor in open_gguf(tmp_path / "m.gguf").tensors.values())
    assert steps == sorted(steps)
    assert {total for _, total in steps} == {size}
    assert steps[0][0] < steps[-1][0] == size


def refused(path, target, words):
    with pytest.raises(WeightsError, match=words):
        write_model(open_model(path), target, 4)
    assert not list(target.parent.glob("target*"))


def test_what_is_no_folder_in_safetensors_is_refused(tmp_path):
    refused(EMBEDDED_MODEL, tmp_path / "target.gguf", r"already quantized \(Q4_1\)")
    tiny = write_tiny_model(tmp_path / "tiny.gguf")
    refused(tiny, tmp_path / "target.gguf", r"tiny\.gguf is a GGUF file already")


def test_a_folder_with_a_tokenizer_model_alone_is_refused(tmp_path):
    folder = save_folder(random_jamba(), tmp_path / "folder")
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer.model").write_bytes(sentence_piece_model())
    refused(folder, tmp_path / "target.gguf", "Put the model's tokenizer.json into it")


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("model.layers.1.feed_forward.experts.2.up_proj.weight", None, r"ffn_up\.2\.weight"),
        ("model.final_layernorm.weight", None, r"output_norm\.weight"),
        ("model.layers.0.mamba.in_proj.weight", torch.zeros(4, 64), r"ssm_in\.weight"),
        ("model.layers.0.mamba.in_proj.weight", torch.full((256, 64), torch.nan), "quantized"),
    ],
)
def test_a_damaged_folder_is_refused_and_nothing_written(tmp_path, name, values, words):
    """Found out at load alone, the mistake would have cost a conversion."""
    changes = {"num_experts": 4, "num_experts_per_tok": 2, "expert_layer_offset": 1}
    folder = save_folder(random_jamba(**changes), tmp_path / "folder")
    weights = load_file(folder / "model.safetensors")
    assert name in weights
    weights |= {name: values}
    save_file(
        {key: value for key, value in weights.items() if value is not None},
        folder / "model.safetensors",
    )
    refused(folder, tmp_path / "target.gguf", words)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(folder, tmp_path, monkeypatch):
    path = tmp_path / "model.gguf"
    path.write_bytes(b"old")

    def fill(_writer, unfinished, _tensors, _chunks):
        unfinished.write_bytes(b"GGUF")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("inference.conversion.write_gguf", fill)
    with pytest.raises(OSError, match="No space"):
        write_model(open_model(folder), path, 4)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_every_truncation_of_the_file_is_noticed(converted, tmp_path):
    whole = converted.read_bytes()
    path = tmp_path / "cut.gguf"
    for size in [*range(0, 4000, 97), *range(4000, len(whole) - 32, 9973)]:
        path.write_bytes(whole[:size])
        with pytest.raises(WeightsError):
            open_model(path)


# The embedded tokenizer.json is read where GGUF's own form can't be used.


def tokenizer_of(path, **changed):
    entries = metadata() | {key.replace("__", "."): value for key, value in changed.items()}
    entries = {key: value for key, value in entries.items() if value is not None}
    return load_tokenizer(open_gguf(write_gguf(path / "x.gguf", entries)))


def test_an_embedded_json_takes_the_place_of_a_vocabulary_without_scores(tmp_path):
    """As converters write it for Jamba: placeholder scores that rank nothing."""
    tokenizer = tokenizer_of(
        tmp_path,
        tokenizer__ggml__model="llama",
        tokenizer__ggml__scores=[-1000.0] * 259,
        tokenizer__huggingface__json=byte_level_json(),
    )
    assert tokenizer.encode("<tag>", parse_special=True) == [1]


def test_a_usable_vocabulary_comes_before_an_embedded_json(tmp_path):
    ours = tokenizer_of(tmp_path, tokenizer__huggingface__json=byte_level_json())
    assert ours.vocab_size == 259


@pytest.mark.parametrize("content", ["{", "[]", "[" * 100_000, '{"model": 1}', 7, ["a"]])
def test_a_damaged_embedded_json_is_one_sentence(tmp_path, content):
    with pytest.raises(WeightsError, match=r"x\.gguf"):
        tokenizer_of(tmp_path, tokenizer__ggml__model="none", tokenizer__huggingface__json=content)


def test_ends_beyond_the_vocabulary_are_left_out(tmp_path):
    tokenizer = tokenizer_of(tmp_path, eremo__eos_token_ids=[-1, 5, 10**9])
    assert tokenizer.eos_ids == {0, 2, 5}


def test_ends_of_another_type_are_one_sentence(tmp_path):
    with pytest.raises(WeightsError, match="list of whole numbers"):
        tokenizer_of(tmp_path, eremo__eos_token_ids=["a"])
