"""The hybrid decoder against transformers' Jamba, on random models of many shapes.

A multi-token forward with a cache ignores the recurrent state in transformers 5.23, so that the
oracle is asked one-shot prompts, or one token at a time.
"""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from inference.architectures import read_config
from inference.formats.gguf import open_gguf
from inference.torch_backend.language_model import TorchSession
from inference.torch_backend.model import Decoder
from inference.torch_backend.weights import Weights
from tests.inference.jamba_files import random_jamba, write_jamba_gguf

pytestmark = pytest.mark.filterwarnings("ignore")  # transformers' own

PROJECT = Path(__file__).parents[3]
TOLERANCE = 1e-4
CONFIGURATIONS = {
    "one KV head": {"num_key_value_heads": 1},
    "two KV heads, tied": {"num_key_value_heads": 2, "tie_word_embeddings": True},
    "all KV heads": {"num_key_value_heads": 4},
    "d_state 8": {"mamba_d_state": 8, "mamba_dt_rank": 5},
    "four experts": {"num_experts": 4, "num_experts_per_tok": 2},
    "sixteen experts, tied": {
        "num_experts": 16,
        "num_experts_per_tok": 2,
        "tie_word_embeddings": True,
        "mamba_d_state": 8,
    },
    "d_conv 3, attention first": {"mamba_d_conv": 3, "attn_layer_offset": 0},
    "attention everywhere": {"attn_layer_period": 1, "attn_layer_offset": 0},
    "Mamba everywhere but once in eight": {
        "num_hidden_layers": 8,
        "attn_layer_period": 8,
        "attn_layer_offset": 4,
        "hidden_size": 96,
        "num_key_value_heads": 1,
    },
}


def load(path) -> Decoder:
    file = open_gguf(path)
    weights = Weights(file.path, file.tensors)
    list(weights.read())
    return Decoder(weights, read_config(file))


def all_logits(decoder, token_ids, chunk=None, state=None):
    state = state or decoder.new_state(torch.float32)
    chunk = chunk or len(token_ids)
    pieces = [token_ids[at : at + chunk] for at in range(0, len(token_ids), chunk)]
    with torch.inference_mode():
        return torch.cat([decoder.logits(decoder(piece, state)) for piece in pieces])


def tokens(length, seed=1):
    return torch.randint(3, 300, (length,), generator=torch.Generator().manual_seed(seed)).tolist()


@pytest.mark.parametrize("name", CONFIGURATIONS)
@pytest.mark.parametrize("length", [1, 2, 37])
def test_one_shot_logits_equal_those_of_transformers(tmp_path, name, length):
    theirs = random_jamba(**CONFIGURATIONS[name])
    decoder = load(write_jamba_gguf(theirs, tmp_path / "jamba.gguf"))
    token_ids = tokens(length)
    with torch.inference_mode():
        expected = theirs(torch.tensor([token_ids])).logits[0]
    difference = (all_logits(decoder, token_ids) - expected).abs().max().item()
    assert expected.abs().max() > 0.5  # or the difference would mean little
    assert difference <= TOLERANCE


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_one_token_at_a_time_equals_transformers_with_its_cache(tmp_path, name):
    theirs = random_jamba(**CONFIGURATIONS[name])
    decoder = load(write_jamba_gguf(theirs, tmp_path / "jamba.gguf"))
    token_ids = tokens(9)
    cache, expected = None, []
    with torch.inference_mode():
        for token_id in token_ids:
            output = theirs(torch.tensor([[token_id]]), past_key_values=cache, use_cache=True)
            cache = output.past_key_values
            expected.append(output.logits[0, -1])
    difference = (all_logits(decoder, token_ids, 1) - torch.stack(expected)).abs().max().item()
    assert difference <= TOLERANCE


@pytest.fixture(scope="module")
def hybrid(tmp_path_factory):
    path = tmp_path_factory.mktemp("hybrid") / "jamba.gguf"
    return load(write_jamba_gguf(random_jamba(), path))


@pytest.mark.parametrize("chunk", [1, 3, 64, 511, 512])
def test_reading_in_chunks_equals_one_shot(hybrid, chunk):
    """The convolution's state too: dropped, it would spoil the first tokens of each chunk."""
    token_ids = tokens(600)
    chunked = all_logits(hybrid, token_ids, chunk)
    torch.testing.assert_close(chunked, all_logits(hybrid, token_ids), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("cut", [1, 2, 3, 50])
def test_a_saved_state_continues_bit_for_bit(hybrid, tmp_path, cut):
    token_ids = tokens(60)
    whole = TorchSession(hybrid)
    whole.read(token_ids[:cut])
    whole.save(tmp_path / "state.safetensors")
    loaded = TorchSession(hybrid)
    loaded.load(tmp_path / "state.safetensors")
    assert loaded.num_tokens == cut
    for token_id in token_ids[cut:]:
        assert (whole.read([token_id]) == loaded.read([token_id])).all()
    for ours, theirs in zip(whole.state, loaded.state, strict=True):
        assert all(torch.equal(a, theirs.tensors()[name]) for name, a in ours.tensors().items())


CONTINUE = """
import sys
from pathlib import Path
import torch
from inference.torch_backend.language_model import TorchSession
from tests.inference.torch_backend.test_jamba_parity import load, tokens

torch.set_num_threads({num_threads})
session = TorchSession(load(Path({model!r})))
session.load(Path({state!r}))
for token_id in tokens(60)[{cut}:]:
    logits = session.read([token_id])
session.save(Path({result!r}))
"""


def test_a_new_process_continues_from_a_saved_state_bit_for_bit(tmp_path):
    model = write_jamba_gguf(random_jamba(), tmp_path / "jamba.gguf")
    session = TorchSession(load(model))
    session.read(tokens(60)[:31])
    session.save(tmp_path / "state.safetensors")
    program = CONTINUE.format(
        num_threads=torch.get_num_threads(),
        model=str(model),
        state=str(tmp_path / "state.safetensors"),
        cut=31,
        result=str(tmp_path / "result.safetensors"),
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=PROJECT)
    for token_id in tokens(60)[31:]:
        session.read([token_id])
    session.save(tmp_path / "uninterrupted.safetensors")
    result = (tmp_path / "result.safetensors").read_bytes()
    assert result == (tmp_path / "uninterrupted.safetensors").read_bytes()


def test_a_recurrent_state_is_never_cut_back(hybrid):
    """Asked for less than it has read, a hybrid starts again instead of going on wrongly."""
    session = TorchSession(hybrid)
    session.read(tokens(20))
    assert session.keep(20) == 20
    assert session.keep(7) == 0
    fresh = TorchSession(hybrid)
    assert (session.read(tokens(5)) == fresh.read(tokens(5))).all()


def test_a_state_has_one_size_but_for_the_keys_and_values(hybrid):
    session = TorchSession(hybrid)
    session.read(tokens(10))
    before = session.size_bytes
    session.read(tokens(200))
    assert session.size_bytes == before  # within one block of 256 tokens
    session.read(tokens(200))
    assert session.size_bytes == before + 256 * 2 * 2 * 16 * 2  # K and V, 2 heads of 16, 2 bytes


@pytest.mark.parametrize("type_name", ["F32", "F16", "BF16", "Q8_0", "Q5_0", "Q4_0", "Q4_1"])
@pytest.mark.parametrize("experts", [1, 4])
def test_matrices_that_stay_in_the_file_compute_what_dequantized_ones_do(
    tmp_path, monkeypatch, type_name, experts
):
    """Only models that are small in float32 are dequantized at load."""
    theirs = random_jamba(num_experts=experts, num_experts_per_tok=min(experts, 2))
    path = write_jamba_gguf(theirs, tmp_path / "jamba.gguf", type_name)
    resident = load(path)
    monkeypatch.setattr("inference.torch_backend.weights.RESIDENT_LIMIT_BYTES", 0)
    monkeypatch.setattr("inference.torch_backend.layers.BLOCK_ELEMENTS", 64 * 7)  # several blocks
    stored = load(path)
    token_ids = tokens(20)
    torch.testing.assert_close(
        all_logits(stored, token_ids), all_logits(resident, token_ids), rtol=0, atol=TOLERANCE
    )
