"""The random model: what is in the file, and that it computes sensible numbers."""

import subprocess
import sys
from dataclasses import replace

import gguf
import numpy as np
import pytest

from inference.architectures import read_config
from inference.architectures.config import MambaConfig
from inference.formats.gguf import open_gguf
from inference.load_options import LoadOptions
from inference.local_engine import load_model
from inference.synthetic import JAMBA_3B, synthetic_tensors, write_synthetic_jamba
from inference.tokenizer import load_tokenizer
from tests.inference.tiny_model import write_tiny_model

SMALL = replace(
    JAMBA_3B,
    layer_kinds=("mamba", "attention", "mamba", "attention"),
    vocab_size=512,
    context_length=4096,
    hidden_size=256,
    ffn_size=768,
    num_heads=4,
    num_kv_heads=2,
    head_dim=64,
    norm_eps=2.0**-20,
    mamba=MambaConfig(d_inner=512, d_state=8, d_conv=4, dt_rank=32),
)


@pytest.fixture(scope="module")
def donor(tmp_path_factory):
    """The file whose tokenizer is taken, of 259 tokens."""
    return open_gguf(write_tiny_model(tmp_path_factory.mktemp("donor") / "tiny.gguf"))


@pytest.fixture(scope="module")
def small(tmp_path_factory, donor):
    path = tmp_path_factory.mktemp("synthetic") / "small.gguf"
    write_synthetic_jamba(path, SMALL, "Small", donor)
    return path


def matrices_of_jamba_3b() -> dict[str, tuple[tuple[int, ...], str]]:
    """As AI21's Q4_K_M has them."""
    table = {
        "token_embd.weight": ((65536, 2560), "Q4_K"),
        "output.weight": ((65536, 2560), "Q6_K"),
    }
    for layer in range(28):
        with_more_bits = layer in (0, 1, 2, 5, 8, 11, 14, 17, 20, 23, 24, 25, 26, 27)
        matrices = {
            "ffn_gate.weight": ((8192, 2560), "Q4_K"),
            "ffn_up.weight": ((8192, 2560), "Q4_K"),
            "ffn_down.weight": ((2560, 8192), "Q6_K" if with_more_bits else "Q4_K"),
        }
        if layer in (7, 21):
            matrices |= {
                "attn_q.weight": ((2560, 2560), "Q4_K"),
                "attn_k.weight": ((128, 2560), "Q4_K"),
                "attn_v.weight": ((128, 2560), "Q6_K" if layer == 21 else "Q4_K"),
                "attn_output.weight": ((2560, 2560), "Q4_K"),
            }
        else:
            matrices |= {
                "ssm_in.weight": ((10240, 2560), "Q4_K"),
                "ssm_x.weight": ((192, 5120), "Q4_K"),
                "ssm_dt.weight": ((5120, 160), "Q5_0"),
                "ssm_out.weight": ((2560, 5120), "Q4_K"),
            }
        table |= {f"blk.{layer}.{name}": entry for name, entry in matrices.items()}
    return table


def test_jamba_3b_has_the_tensors_of_the_published_file():
    tensors = list(synthetic_tensors(JAMBA_3B, np.random.default_rng(0)))
    assert len({tensor.name for tensor in tensors}) == len(tensors) == 463
    quantized = {
        tensor.name: (tensor.shape, tensor.type_name)
        for tensor in tensors
        if tensor.type_name != "F32"
    }
    assert quantized == matrices_of_jamba_3b()
    shapes = {tensor.name: tensor.shape for tensor in tensors}
    assert shapes["blk.0.ssm_conv1d.weight"] == (5120, 4)
    assert shapes["blk.0.ssm_a"] == (5120, 16)
    for name in ("ssm_conv1d.bias", "ssm_dt.bias", "ssm_d"):
        assert shapes[f"blk.0.{name}"] == (5120,)
    norms = {name.removeprefix("blk.0."): shape for name, shape in shapes.items() if "norm" in name}
    assert norms["ssm_dt_norm.weight"] == (160,)
    assert norms["ssm_b_norm.weight"] == norms["ssm_c_norm.weight"] == (16,)
    assert norms["attn_norm.weight"] == norms["ffn_norm.weight"] == norms["output_norm.weight"]


def test_the_file_describes_the_sizes_that_were_asked_for(small):
    file = open_gguf(small)
    assert read_config(file) == SMALL
    assert file.string("general.name") == "Small"
    assert file.integers("jamba.attention.head_count_kv") == [0, 2, 0, 2]
    names = {tensor.name: tensor.tensor_type.name for tensor in gguf.GGUFReader(small).tensors}
    assert names == {name: tensor.type_name for name, tensor in file.tensors.items()}


def test_matrices_have_no_mean_and_keep_the_variance_of_what_they_multiply(small):
    """A common offset of all weights would add up over a row, and the activations would grow."""
    damping = 8**-0.5
    for name, tensor in open_gguf(small).tensors.items():
        if tensor.type_name == "F32":
            continue
        weights = tensor.dequantize()
        expected = {"token_embd": 1.0, "ssm_dt": 0.5 * 32**-0.5}.get(
            name.split(".")[-2], weights.shape[1] ** -0.5
        )
        if any(word in name for word in ("ssm_out", "attn_output", "ffn_down")):
            expected *= damping
        assert weights.std() == pytest.approx(expected, rel=0.05), name
        assert abs(weights.mean()) < 5 * expected * weights.size**-0.5, name


def test_mamba_layers_begin_as_the_paper_has_them(small):
    file = open_gguf(small)
    assert (file.tensor("blk.0.ssm_a").dequantize() == -np.arange(1, 9)).all()
    steps = np.log1p(np.exp(file.tensor("blk.0.ssm_dt.bias").dequantize()))
    assert 0.9e-3 < steps.min() < 2e-3
    assert 0.05 < steps.max() < 0.11
    for name in ("ssm_d", "attn_norm.weight", "ffn_norm.weight", "ssm_dt_norm.weight"):
        assert (file.tensor(f"blk.0.{name}").dequantize() == 1).all()


def loaded(path):
    loading = load_model(path, LoadOptions(1))
    while True:
        try:
            next(loading)
        except StopIteration as end:
            return end.value


def test_numbers_stay_of_order_one_however_long_the_text(small):
    session = loaded(small).language_model.new_session()
    random = np.random.default_rng(1)
    for tokens in (random.integers(512, size=1024), np.full(512, 7)):
        logits = session.read(tokens.tolist())
        assert 0.7 < logits.std() < 1.4
        assert abs(logits).max() < 6
        for state in (session.state[0].ssm, session.state[2].ssm):
            assert 0.005 < state.std() < 1
            assert abs(state).max() < 5


def test_the_tokenizer_is_the_donors_with_tokens_that_never_occur(small, donor):
    ours, theirs = load_tokenizer(open_gguf(small)), load_tokenizer(donor)
    text = "a 42 <|im_end|> <|unused_0|> è"
    assert ours.vocab_size == 512
    assert ours.encode(text, parse_special=True) == theirs.encode(text, parse_special=True)
    assert ours.eos_ids == theirs.eos_ids
    assert ours.token_text(259) == "<|unused_0|>"
    assert ours.token_bytes(259) == b""


def test_the_seed_decides_every_byte(tmp_path, small, donor):
    again, other = tmp_path / "again.gguf", tmp_path / "other.gguf"
    write_synthetic_jamba(again, SMALL, "Small", donor)
    write_synthetic_jamba(other, SMALL, "Small", donor, seed=1)
    assert again.read_bytes() == small.read_bytes()
    assert other.stat().st_size == again.stat().st_size
    assert other.read_bytes() != again.read_bytes()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"vocab_size": 100}, "259 tokens don't fit a vocabulary of 100"),
        ({"ffn_size": 800}, "rows of 800 don't fit Q4_K"),
    ],
)
def test_sizes_that_cannot_be_written_are_refused(tmp_path, donor, changes, words):
    path = tmp_path / "model.gguf"
    with pytest.raises(ValueError, match=words):
        write_synthetic_jamba(path, replace(SMALL, **changes), "Small", donor)
    assert not path.exists()


def test_writing_needs_no_tensor_library():
    code = "import sys, inference.synthetic; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
