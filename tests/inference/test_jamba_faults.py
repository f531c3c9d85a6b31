"""Jamba files that are damaged or contradict themselves: named in a sentence, never computed."""

import numpy as np
import pytest

from inference.errors import InferenceError, WeightsError
from inference.events import Message, Request, SamplingParams
from inference.local_engine import LocalEngine
from tests.inference.gguf_files import write_gguf
from tests.inference.jamba_files import gguf_tensors, random_jamba
from tests.inference.tiny_model import CONTROL, byte_tokens

pytestmark = pytest.mark.filterwarnings("ignore")  # transformers' own

TOKENS = CONTROL + byte_tokens()


@pytest.fixture(scope="module")
def tensors():
    return gguf_tensors(random_jamba(vocab_size=len(TOKENS)))


def metadata():
    return {
        "jamba.block_count": 4,
        "jamba.context_length": 128,
        "jamba.embedding_length": 64,
        "jamba.feed_forward_length": 96,
        "jamba.attention.head_count": 4,
        "jamba.attention.head_count_kv": [0, 0, 2, 0],
        "jamba.attention.layer_norm_rms_epsilon": 1e-6,
        "jamba.ssm.conv_kernel": 4,
        "jamba.ssm.inner_size": 128,
        "jamba.ssm.state_size": 16,
        "jamba.ssm.time_step_rank": 8,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "smollm",
        "tokenizer.ggml.tokens": TOKENS,
        "tokenizer.ggml.token_type": [3] * len(CONTROL) + [1] * 256,
        "tokenizer.ggml.merges": ["a b"],
        "tokenizer.ggml.eos_token_id": 2,
    }


def write(path, tensors, changed=None, changed_tensors=None):
    entries = metadata() | (changed or {})
    arrays = tensors | (changed_tensors or {})
    return write_gguf(
        path,
        {key: value for key, value in entries.items() if value is not None},
        {name: array for name, array in arrays.items() if array is not None},
        architecture="jamba",
    )


def answer(engine):
    request = Request((Message("user", "hello"),), SamplingParams(temperature=0, max_tokens=4))
    return list(engine.generate(request, lambda: False))


def test_the_undamaged_file_answers(tmp_path, tensors):
    finished = answer(LocalEngine(write(tmp_path / "jamba.gguf", tensors)))[-1]
    assert finished.prompt_tokens > 0


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"jamba.attention.head_count_kv": [0, 0, 2]}, "3 layers have a number of KV heads"),
        ({"jamba.attention.head_count_kv": 2}, "head_count_kv"),
        ({"jamba.attention.head_count_kv": [0, 1, 2, 0]}, "different widths"),
        ({"jamba.attention.head_count_kv": [0, 0, 0, 0]}, "blk.2.ssm_in.weight"),
        ({"jamba.attention.head_count_kv": [0, 2, 2, 0]}, "blk.1.attn_q.weight"),
        ({"jamba.attention.head_count_kv": [0, 0, 3, 0]}, "3 KV heads"),
        ({"jamba.ssm.state_size": 8}, "ssm_x.weight"),
        ({"jamba.ssm.inner_size": 0}, "Mamba layers is zero"),
        ({"jamba.ssm.time_step_rank": None}, "time_step_rank"),
        ({"jamba.expert_count": 4, "jamba.expert_used_count": 5}, "5 of 4 experts"),
    ],
)
def test_metadata_that_can_not_be_true_is_named(tmp_path, tensors, changed, sentence):
    engine = LocalEngine(write(tmp_path / "jamba.gguf", tensors, changed))
    with pytest.raises(WeightsError, match=sentence):
        list(engine.load())


@pytest.mark.parametrize(
    ("changed_tensors", "sentence"),
    [
        ({"blk.0.ssm_a": None}, "lacks the tensor blk.0.ssm_a"),
        ({"blk.0.ssm_dt_norm.weight": None}, "blk.0.ssm_dt_norm.weight"),
        ({"blk.0.ssm_conv1d.weight": np.zeros((128, 5), np.float32)}, "blk.0.ssm_conv1d.weight"),
        ({"blk.0.attn_q.weight": np.zeros((64, 64), np.float32)}, "blk.0.attn_q.weight"),
        ({"blk.3.ffn_gate_inp.weight": np.zeros((4, 64), np.float32)}, "ffn_gate_inp"),
    ],
)
def test_a_missing_a_surplus_and_a_misshapen_tensor_are_named(
    tmp_path, tensors, changed_tensors, sentence
):
    engine = LocalEngine(write(tmp_path / "jamba.gguf", tensors, None, changed_tensors))
    with pytest.raises(WeightsError, match=sentence):
        list(engine.load())


def test_a_state_that_grows_without_bound_is_an_error_not_endless_garbage(tmp_path, tensors):
    """A positive A makes the recurrence explode instead of decay."""
    growing = {"blk.0.ssm_a": np.full((128, 16), 1e4, np.float32)}
    engine = LocalEngine(write(tmp_path / "jamba.gguf", tensors, None, growing))
    with pytest.raises(InferenceError, match="no numbers"):
        answer(engine)


def test_a_file_cut_anywhere_is_an_error_of_the_file(tmp_path, tensors):
    whole = write(tmp_path / "jamba.gguf", tensors).read_bytes()
    cut = tmp_path / "cut.gguf"
    for size in np.random.default_rng(1).integers(0, len(whole), 200):
        cut.write_bytes(whole[:size])
        with pytest.raises(WeightsError, match=r"cut\.gguf"):
            list(LocalEngine(cut).load())
