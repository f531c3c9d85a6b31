"""The decoder on native kernels against transformers' Jamba and against the torch reference.

The weights are float32, so that no activation is rounded to 8 bits; keys and values are fp16 in
both of Eremo's decoders, which moves a logit by a few thousandths at most.
"""

import subprocess
import sys
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch

from inference.architectures import read_config
from inference.formats.gguf import open_gguf
from inference.formats.tensor import StoredTensor
from inference.kernels.library import PackedMatrix, levels
from inference.native_backend.language_model import NativeSession, load_language_model
from inference.native_backend.model import has_kernels
from inference.native_backend.weights import PackedWeights
from inference.torch_backend.language_model import TorchSession
from tests.embedded_model import EMBEDDED_MODEL
from tests.inference.jamba_files import random_jamba, write_jamba_gguf
from tests.inference.kernels.blocks import kernels
from tests.inference.torch_backend import test_jamba_parity
from tests.inference.torch_backend.test_jamba_parity import CONFIGURATIONS, tokens

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # transformers' own
    pytest.mark.skipif(not levels(), reason="no CPU level runs here"),
]

PROJECT = Path(__file__).parents[3]
FP16_TOLERANCE = 2e-2


def load(path, level="", num_threads=2):
    file = open_gguf(path)
    config = read_config(file)
    assert has_kernels(config)
    level = level or levels()[0]
    loading = load_language_model(file.path, file.tensors, config, level, num_threads)
    while True:
        try:
            next(loading)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize("level", levels())
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_logits_are_those_of_transformers_in_one_piece_and_token_by_token(tmp_path, name, level):
    theirs = random_jamba(**CONFIGURATIONS[name])
    model = load(write_jamba_gguf(theirs, tmp_path / "jamba.gguf"), level)
    token_ids = tokens(37)
    with torch.inference_mode():
        expected = theirs(torch.tensor([token_ids])).logits[0].numpy()
    whole = model.new_session().read(token_ids)
    np.testing.assert_allclose(whole, expected[-1], 0, FP16_TOLERANCE)
    session = model.new_session()
    steps = np.stack([session.read([token_id]) for token_id in token_ids])
    np.testing.assert_allclose(steps, expected, 0, FP16_TOLERANCE)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_jamba_gguf(random_jamba(), tmp_path_factory.mktemp("native") / "jamba.gguf")


@pytest.mark.parametrize("type_name", ["Q8_0", "Q4_0", "Q5_1", "BF16"])
def test_quantized_weights_give_the_logits_of_the_reference(tmp_path, type_name):
    """Activations of 8 bits move a logit by a fraction of what the weights' own rounding did."""
    jamba = random_jamba(intermediate_size=128)
    rounded = write_jamba_gguf(jamba, tmp_path / "rounded.gguf", type_name)
    exact = TorchSession(test_jamba_parity.load(rounded)).read(tokens(60))
    ours = load(rounded).new_session().read(tokens(60))
    assert np.abs(ours - exact).max() < 0.1 * exact.std() + 0.05
    assert np.corrcoef(ours, exact)[0, 1] > 0.999


@pytest.mark.parametrize("type_name", ["Q2_K", "Q3_K", "IQ4_NL"])
def test_types_without_kernels_are_kept_in_eight_bits(type_name):
    """Off by 1/225 of the largest of 32 weights at most, which is little beside such a type; or by
    what an fp16 scale can't hold."""
    random = np.random.default_rng(0)
    _, num_bytes = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[type_name]]
    columns = 32 if type_name == "IQ4_NL" else 256
    blocks = random.integers(0, 60, (40, num_bytes), np.uint8)  # no factor is huge or no number
    tensor = StoredTensor("w", (40, columns), type_name, blocks.reshape(-1))
    weights = PackedWeights(kernels(levels()[0]), [tensor])
    matrix = PackedMatrix(weights.memory(), "Q8_0", 40, columns)
    matrix.structure = weights.pack(tensor)
    ours = kernels(levels()[0]).linear(matrix, np.eye(columns, dtype=np.float32)).T
    exact = tensor.dequantize()
    largest = np.abs(exact).reshape(40, -1, 32).max(-1).repeat(32, axis=1)
    assert (np.abs(ours - exact) <= largest / 225 + 127 * 2.0**-25).all()


@pytest.mark.parametrize("level", levels())
@pytest.mark.parametrize("name", ["F32", "Q4_0", "experts", "SmolLM2"])
def test_what_is_read_in_pieces_equals_what_is_read_at_once_to_the_bit(tmp_path, name, level):
    """So that an answer doesn't depend on what was known before its prompt."""
    if name == "SmolLM2":
        path = EMBEDDED_MODEL
    else:
        parts = {"num_experts": 4} if name == "experts" else {"intermediate_size": 128}
        type_name = "Q4_0" if name == "Q4_0" else "F32"
        path = write_jamba_gguf(random_jamba(**parts), tmp_path / "jamba.gguf", type_name)
    # Attention's sums are made over parts of 512 tokens; a model of 135M takes its time.
    length, pieces = (560, (9, 600)) if name == "SmolLM2" else (1100, (3, 9, 600))
    model, token_ids, random = load(path, level), tokens(length), np.random.default_rng(0)
    whole = model.new_session().read(token_ids)
    for longest in pieces:
        session, start = model.new_session(), 0
        while start < len(token_ids):
            end = start + int(random.integers(1, longest + 1))
            logits = session.read(token_ids[start:end])
            start = end
        assert (logits == whole).all()


@pytest.mark.parametrize("cut", [1, 2, 3, 50])
def test_a_saved_state_continues_bit_for_bit(path, tmp_path, cut):
    model, token_ids = load(path), tokens(60)
    whole, loaded = model.new_session(), model.new_session()
    whole.read(token_ids[:cut])
    whole.save(tmp_path / "state.safetensors")
    loaded.read(tokens(9))  # what was there before doesn't matter
    loaded.load(tmp_path / "state.safetensors")
    assert loaded.num_tokens == cut
    for token_id in token_ids[cut:]:
        assert (whole.read([token_id]) == loaded.read([token_id])).all()


def test_the_reference_continues_from_a_native_state_and_the_other_way_round(path, tmp_path):
    """One form of stored states serves both, so that a change of kernels loses nothing."""
    native, reference = load(path).new_session(), TorchSession(test_jamba_parity.load(path))
    native.read(tokens(50))
    reference.read(tokens(50))
    for session in (native, reference):
        session.save(tmp_path / "state.safetensors")
        others = (NativeSession(native._model), TorchSession(reference._decoder))
        for other in others:
            other.load(tmp_path / "state.safetensors")
        ours, theirs = (other.read(tokens(5)) for other in others)
        np.testing.assert_allclose(ours, theirs, 0, FP16_TOLERANCE)


CONTINUE = """
from pathlib import Path
from tests.inference.native_backend.test_native_parity import load, tokens

session = load(Path({model!r})).new_session()
session.load(Path({state!r}))
for token_id in tokens(60)[31:]:
    session.read([token_id])
session.save(Path({result!r}))
"""


def test_a_new_process_continues_from_a_saved_state_bit_for_bit(path, tmp_path):
    session = load(path).new_session()
    session.read(tokens(60)[:31])
    session.save(tmp_path / "state.safetensors")
    names = {"state": "state", "result": "result"}
    paths = {key: str(tmp_path / f"{name}.safetensors") for key, name in names.items()}
    program = CONTINUE.format(model=str(path), **paths)
    subprocess.run([sys.executable, "-c", program], check=True, cwd=PROJECT)
    for token_id in tokens(60)[31:]:
        session.read([token_id])
    session.save(tmp_path / "uninterrupted.safetensors")
    assert (tmp_path / "result.safetensors").read_bytes() == (
        tmp_path / "uninterrupted.safetensors"
    ).read_bytes()


def test_a_recurrent_state_is_never_cut_back(path):
    session = load(path).new_session()
    first = session.read(tokens(20))
    assert session.keep(10) == 0
    assert (session.read(tokens(20)) == first).all()
    assert session.keep(20) == 20


def test_the_size_of_a_state(path):
    """4 layers of d_inner 128: three of Mamba, and keys and values of 256 tokens at a time."""
    session = load(path).new_session()
    session.read(tokens(10))
    mamba = 3 * 4 * (3 * 128 + 128 * 16)
    assert session.size_bytes == mamba + 2 * 2 * 256 * 2 * 16


def test_a_token_reads_the_weights_but_those_of_the_experts_that_it_does_not_use(tmp_path):
    """Else the time to read them would say that a mixture decodes faster than it can."""
    models = {}
    for used in (1, 2, 4):
        theirs = random_jamba(num_experts=4, num_experts_per_tok=used)
        models[used] = load(write_jamba_gguf(theirs, tmp_path / f"{used}.gguf"))
    read = {used: model.read_weights().size_bytes for used, model in models.items()}
    assert read[4] == models[4].model.weights.memory().size == models[1].model.weights.memory().size
    assert 0 < 2 * (read[2] - read[1]) == read[4] - read[2]
