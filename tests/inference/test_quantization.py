"""Quantizing at load: which tensors, to which values, in how much memory."""

import tracemalloc

import gguf
import numpy as np
import pytest
import torch

from inference.errors import WeightsError
from inference.events import LoadProgress, Message, ModelLoaded, Request, SamplingParams
from inference.formats.tensor import StoredTensor
from inference.load_options import LoadOptions
from inference.local_engine import LocalEngine
from inference.model_source import open_model
from inference.quantization import quantize, recoded
from tests.embedded_model import EMBEDDED_MODEL
from tests.inference.jamba_files import random_jamba, save_folder

RANDOM = np.random.default_rng(0)


def quantized(tensors, bits):
    *progress, last = (steps := list(run(quantize(tensors, bits))))
    assert all(isinstance(step, LoadProgress) for step in progress)
    assert [step.done for step in progress] == sorted(step.done for step in progress)
    assert progress[-1].done == progress[-1].total
    assert len(steps) > len(tensors)
    return last


def run(generator):
    """What it yields, and then what it returns."""
    yield (yield from generator)


def matrix(values, name="blk.0.ffn_up.weight"):
    return {name: StoredTensor.of(name, np.asarray(values, np.float32))}


@pytest.fixture(scope="module")
def mixture(tmp_path_factory):
    """bfloat16, with dense and mixture-of-experts layers, Mamba and attention."""
    model = random_jamba(num_experts=4, num_experts_per_tok=2, expert_layer_offset=1)
    return save_folder(model.to(torch.bfloat16), tmp_path_factory.mktemp("mixture"))


IN_4_BITS = {
    *("token_embd", "output", "attn_q", "attn_k", "attn_v", "attn_output"),
    *("ssm_in", "ssm_x", "ssm_out", "ffn_gate", "ffn_up", "ffn_down"),
}
IN_FLOAT32 = {
    *("attn_norm", "ffn_norm", "output_norm", "ssm_dt_norm", "ssm_b_norm", "ssm_c_norm"),
    *("ssm_conv1d", "ssm_a", "ssm_d", "ffn_gate_inp"),
}


def test_the_tensors_that_llama_cpp_quantizes_are_quantized(mixture):
    """Norms, taps, decay rates, biases and routers would cost more in quality than in memory.

    Here dt_rank is 8: rows that no group of 32 fits stay as they are.
    """
    kinds = {}
    for name, tensor in quantized(open_model(mixture).tensors, 4).items():
        parts = [part for part in name.split(".") if part not in ("blk", "weight", "bias")]
        word = next(part for part in parts if not part.isdigit())
        kinds.setdefault((word, name.endswith("bias")), set()).add(tensor.type_name)
    expected = {(word, False): {"Q4_0"} for word in IN_4_BITS}
    expected |= {(word, False): {"F32"} for word in IN_FLOAT32}
    expected |= {("ssm_conv1d", True): {"F32"}, ("ssm_dt", True): {"F32"}}
    assert kinds == expected | {("ssm_dt", False): {"BF16"}}


@pytest.mark.parametrize(("bits", "type_name"), [(4, "Q4_0"), (8, "Q8_0")])
def test_the_values_are_those_of_the_gguf_package_whatever_the_blocks(monkeypatch, bits, type_name):
    values = RANDOM.normal(0, 1, (3, 37, 64)).astype(np.float32)
    monkeypatch.setattr("inference.quantization.BLOCK_ELEMENTS", 64 * 5)
    [tensor] = quantized(matrix(values, "blk.0.ffn_up_exps.weight"), bits).values()
    whole = gguf.quantize(values, gguf.GGMLQuantizationType[type_name])
    assert (tensor.shape, tensor.type_name) == (values.shape, type_name)
    assert (tensor.raw() == whole.reshape(-1)).all()
    step = np.abs(values).max() / {4: 8, 8: 127}[bits]
    assert np.abs(tensor.dequantize() - values).max() <= 1.01 * step


def test_what_is_not_quantized_is_exact(mixture):
    source = open_model(mixture)
    for name, tensor in quantized(source.tensors, 8).items():
        if tensor.type_name in ("F32", "BF16"):
            assert (tensor.dequantize() == source.tensors[name].dequantize()).all(), name


def test_no_more_than_a_block_is_ever_there_in_float32(monkeypatch):
    """A model of billions of parameters in float32 would not fit the memory."""
    monkeypatch.setattr("inference.quantization.BLOCK_ELEMENTS", 1 << 16)  # 256 KiB
    raw = np.zeros(2 << 21, np.uint8)
    tensor = StoredTensor("embedding", (1 << 13, 256), "BF16", raw)  # 8 MiB in float32
    tracemalloc.start()
    try:
        for chunk in recoded(tensor, "Q4_0"):
            assert chunk.size == (1 << 16) // 32 * 18
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 << 20


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e6])
@pytest.mark.parametrize("bits", [4, 8])
def test_values_without_a_scale_are_refused(value, bits):
    """They would become NaN or infinite for a whole group, and every answer nonsense."""
    values = RANDOM.normal(0, 1, (4, 32))
    values[2, 5] = value
    with pytest.raises(WeightsError, match=r"blk\.0\.ffn_up\.weight .*cannot be quantized"):
        quantized(matrix(values), bits)


@pytest.mark.parametrize("bits", [4, 8])
def test_values_too_small_for_a_scale_become_zero(bits):
    values = np.full((1, 64), 1e-40)
    values[0, 32:] = 0
    [tensor] = quantized(matrix(values), bits).values()
    assert (tensor.dequantize() == 0).all()


def test_a_quantized_model_is_not_quantized_again():
    engine = LocalEngine(EMBEDDED_MODEL, LoadOptions(bits=4))
    with pytest.raises(WeightsError, match=r"already quantized \(Q4_1\)"):
        list(engine.load())


@pytest.mark.parametrize(("bits", "type_name"), [(4, "Q4_0"), (8, "Q8_0")])
@pytest.mark.parametrize(
    ("kernels", "resident_bytes"), [("", 0), ("reference", 1 << 30), ("reference", 0)]
)
def test_the_engine_quantizes_at_load(
    mixture, monkeypatch, bits, type_name, kernels, resident_bytes
):
    """In plain PyTorch large models multiply with what is quantized; small ones are dequantized
    again."""
    monkeypatch.setenv("EREMO_KERNELS", kernels)
    monkeypatch.setattr("inference.torch_backend.weights.RESIDENT_LIMIT_BYTES", resident_bytes)
    engine = LocalEngine(mixture, LoadOptions(1, bits=bits))
    *_, loaded = engine.load()
    assert isinstance(loaded, ModelLoaded)
    assert loaded.info.quantization == type_name
    request = Request((Message("user", "abc"),), SamplingParams(temperature=0, max_tokens=3))
    assert list(engine.generate(request, lambda: False))[-1].completion_tokens == 3
