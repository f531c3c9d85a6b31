"""Jamba folders as transformers saves them: the same logits, and every contradiction named."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from inference.errors import WeightsError
from inference.events import Message, Request, SamplingParams
from inference.local_engine import LocalEngine
from inference.model_source import open_model
from inference.torch_backend.model import Decoder
from inference.torch_backend.weights import Weights
from tests.inference.jamba_files import random_jamba, save_folder

pytestmark = pytest.mark.filterwarnings("ignore")  # transformers' own

IDS = torch.randint(3, 300, (40,), generator=torch.Generator().manual_seed(1)).tolist()


def decoder_of(folder) -> Decoder:
    source = open_model(folder)
    weights = Weights(source.path, source.tensors)
    list(weights.read())
    return Decoder(weights, source.config)


def largest_difference(decoder, model) -> float:
    with torch.inference_mode():
        ours = decoder.logits(decoder(IDS, decoder.new_state(torch.float32)))
        return (ours - model(torch.tensor([IDS])).logits[0]).abs().max().item()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"tie_word_embeddings": True, "num_key_value_heads": 1},
        {"num_experts": 4, "num_experts_per_tok": 2},
        {"num_experts": 16, "num_experts_per_tok": 2, "mamba_d_state": 8},
        {"mamba_conv_bias": False, "attn_layer_period": 2, "attn_layer_offset": 1},
    ],
)
def test_logits_equal_those_of_transformers(tmp_path, changes):
    model = random_jamba(**changes)
    assert largest_difference(decoder_of(save_folder(model, tmp_path)), model) <= 1e-4


def test_bfloat16_weights_are_read_exactly(tmp_path):
    model = random_jamba().to(torch.bfloat16)
    decoder = decoder_of(save_folder(model, tmp_path))
    assert largest_difference(decoder, model.float()) <= 1e-4


def test_a_folder_in_several_parts_loads_and_answers(tmp_path):
    folder = save_folder(random_jamba(), tmp_path, max_shard_size="100KB")
    assert len(list(folder.glob("model-*.safetensors"))) > 1
    request = Request((Message("user", "t5 t6"),), SamplingParams(temperature=0, max_tokens=3))
    finished = list(LocalEngine(folder).generate(request, lambda: False))[-1]
    assert finished.completion_tokens == 3


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"model_type": "llama"}, "model_type"),
        ({"hidden_act": "gelu"}, "hidden_act"),
        ({"hidden_size": "64"}, "hidden_size"),
        ({"num_attention_heads": 0}, "zero"),
        ({"intermediate_size": 97}, "ffn_"),
        ({"mamba_d_state": 8}, "ssm_x"),
        ({"attn_layer_offset": 1}, r"blk\.1"),
        ({"num_hidden_layers": 3}, r"blk\.3"),
        ({"num_hidden_layers": 5}, r"blk\.4"),
        ({"tie_word_embeddings": "yes", "vocab_size": 299}, "token_embd"),
        ({"rms_norm_eps": None}, "epsilon"),
        ({"rms_norm_eps": 10**400}, "epsilon"),
        ({"hidden_size": 10**400}, "hidden_size"),
        ({"num_hidden_layers": 2**30}, "num_hidden_layers"),
    ],
)
def test_a_config_that_contradicts_the_tensors_is_named(tmp_path, changed, sentence):
    folder = save_folder(random_jamba(), tmp_path)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changed))
    with pytest.raises(WeightsError, match=sentence):
        list(LocalEngine(folder).load())


def with_tensors(folder, changed):
    path = folder / "model.safetensors"
    save_file(load_file(path) | changed, path)
    return folder


@pytest.mark.parametrize("name", ["foo", "model.norm.weight", "blk.0.ssm_a", "token_embd.weight"])
def test_a_surplus_tensor_is_named_as_in_the_folder(tmp_path, name):
    """One that has a name of GGUF would take the place of the model's own."""
    folder = with_tensors(save_folder(random_jamba(), tmp_path), {name: torch.ones(2)})
    with pytest.raises(WeightsError, match=f"the tensor {name}"):
        open_model(folder)


def test_experts_stacked_as_transformers_keeps_them_load_too(tmp_path):
    model = random_jamba(num_experts=4, num_experts_per_tok=2)
    folder = save_folder(model, tmp_path, save_original_format=False)
    assert any("gate_up_proj" in name for name in load_file(folder / "model.safetensors"))
    assert largest_difference(decoder_of(folder), model) <= 1e-4


def test_experts_in_both_forms_are_refused(tmp_path):
    folder = save_folder(random_jamba(num_experts=4), tmp_path, save_original_format=False)
    one = {"model.layers.1.feed_forward.experts.0.up_proj.weight": torch.ones(96, 64)}
    with pytest.raises(WeightsError, match="does not know"):
        open_model(with_tensors(folder, one))


def test_a_head_in_the_folder_is_used_though_the_config_says_tied(tmp_path):
    """Published configs disagree with their weights; transformers then uses the head too."""
    model = random_jamba(tie_word_embeddings=False)
    folder = save_folder(model, tmp_path)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"tie_word_embeddings": True}))
    assert largest_difference(decoder_of(folder), model) <= 1e-4


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_or_broken_file_is_named(tmp_path, name):
    folder = save_folder(random_jamba(), tmp_path)
    (folder / name).write_bytes(b"{broken")
    with pytest.raises(WeightsError, match=name.replace(".", r"\.")):
        list(LocalEngine(folder).load())
    (folder / name).unlink()
    with pytest.raises(WeightsError):
        list(LocalEngine(folder).load())
