"""What runs on a card, without one: its settings on the CPU, and its devices on "meta".

The reference is the same decoder in float32, which the parity tests hold to transformers.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.testing import assert_close
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from benchmarks.recall.task import make_stream
from inference.architectures import read_config
from inference.formats.gguf import open_gguf
from inference.model_source import open_model
from inference.synthetic import write_synthetic_jamba
from inference.torch_backend import int4_weights
from inference.torch_backend.attention import one_per_query
from inference.torch_backend.grouped_weights import GroupedWeights
from inference.torch_backend.int4_weights import Int4Weights
from inference.torch_backend.language_model import TorchSession
from inference.torch_backend.layers import Embedding, Linear
from inference.torch_backend.model import Decoder
from inference.torch_backend.placement import ON_CPU, Placement, on_card
from inference.torch_backend.weights import Weights
from tests.inference.jamba_files import random_jamba, write_jamba_gguf
from tests.inference.test_synthetic import SMALL
from tests.inference.tiny_model import write_tiny_model
from tests.inference.torch_backend.int4_card import int4pack_mm

RECALL = Path(__file__).parents[2] / "data" / "recall-jamba"
CPU, META = torch.device("cpu"), torch.device("meta")
CARD = on_card(CPU)
EXACT = Placement(CPU, torch.float32, keeps_groups=True)
BFLOAT16 = 0.08
"""Root mean square of the differences, of that of the logits. Random Jambas amplify each rounding
of 2^-8: transformers' own in bfloat16 differs from its float32 by 0.076."""
WHOLE_TYPES = ["F32", "F16", "BF16"]
QUANTIZED = ["Q8_0", "Q5_0", "Q5_1", "Q4_0", "Q4_1"]  # what the gguf package can make
K_TYPES = "Q4_K and Q6_K"
MODELS = [*WHOLE_TYPES, *QUANTIZED, K_TYPES, "four experts", "stacked Q4_0", "llama", "llama Q8_0"]


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    """Writes a small random model of each kind, once."""
    folder = tmp_path_factory.mktemp("models")
    tiny = write_tiny_model(folder / "llama.gguf")

    def write(name):
        path = folder / f"{name}.gguf"
        if path.exists():
            return path
        match name:
            case "four experts":
                return write_jamba_gguf(random_jamba(num_experts=4, num_experts_per_tok=2), path)
            case "stacked Q4_0":
                model = random_jamba(num_experts=4, num_experts_per_tok=2)
                return write_jamba_gguf(model, path, "Q4_0")
            case "llama Q8_0":
                return write_tiny_model(path, type_name="Q8_0")
            case "Q4_K and Q6_K":
                write_synthetic_jamba(path, SMALL, "Small", open_gguf(tiny))
                return path
        return write_jamba_gguf(random_jamba(), path, name)

    return write


@pytest.fixture
def _operator_on_the_cpu(monkeypatch):
    monkeypatch.setattr(int4_weights, "int4_operator", lambda _device: int4pack_mm)


def load(path, placement=ON_CPU) -> Decoder:
    file = open_gguf(path)
    weights = Weights(file.path, file.tensors, placement)
    with torch.inference_mode():
        list(weights.read())
        return Decoder(weights, read_config(file))


def tokens(length):
    return torch.randint(3, 250, (length,), generator=torch.Generator().manual_seed(1)).tolist()


def logits(decoder, *lengths):
    """Of all positions, read in pieces of these lengths."""
    state, token_ids = decoder.new_state(), tokens(sum(lengths))
    pieces = []
    with torch.inference_mode():
        for length in lengths:
            pieces.append(decoder.logits(decoder(token_ids[:length], state)))
            del token_ids[:length]
    return torch.cat(pieces)


def relative(ours, expected):
    return ((ours - expected).norm() / expected.norm()).item()


def matrices(decoder):
    """What every Linear and Embedding of the decoder holds."""
    return {
        type(part._matrix) for part in parts_of(decoder) if isinstance(part, Linear | Embedding)
    }


def parts_of(thing):
    yield thing
    for value in vars(thing).values() if hasattr(thing, "__dict__") else ():
        for each in value if isinstance(value, list) else [value]:
            if type(each).__module__.startswith("inference.torch_backend"):
                yield from parts_of(each)


@pytest.mark.parametrize("name", MODELS)
def test_weights_in_groups_give_the_logits_of_the_reference(model_file, name):
    """In float32: nothing of the weights is lost on their way to a card."""
    decoder = load(model_file(name), EXACT)
    assert_close(logits(decoder, 9, 1), logits(load(model_file(name)), 9, 1), rtol=0, atol=1e-4)
    assert (GroupedWeights in matrices(decoder)) == ("Q" in name)


@pytest.mark.parametrize("name", MODELS)
def test_in_bfloat16_the_logits_are_near_those_of_the_reference(model_file, name, record_property):
    decoder = load(model_file(name), CARD)
    ours, expected = logits(decoder, 9, 1, 1), logits(load(model_file(name)), 9, 1, 1)
    difference = relative(ours, expected)
    record_property("difference", f"{difference:.1e}")
    assert ours.dtype == torch.float32
    assert 1e-4 < difference <= BFLOAT16  # in float32 it would be smaller


@pytest.mark.usefixtures("_operator_on_the_cpu")
@pytest.mark.parametrize("name", ["Q4_0", "Q4_1", K_TYPES, "stacked Q4_0"])
def test_with_the_int4_product_too(model_file, name, record_property):
    """The prompt is longer than the operator takes, the tokens after it are not."""
    decoder = load(model_file(name), CARD)
    assert Int4Weights in matrices(decoder)
    lengths = (int4_weights.MAX_PRODUCT_ROWS + 6, 2, 1)
    ours, expected = logits(decoder, *lengths), logits(load(model_file(name)), *lengths)
    difference = relative(ours, expected)
    record_property("difference", f"{difference:.1e}")
    assert difference <= BFLOAT16


def test_a_trained_jamba_recalls_in_bfloat16_what_it_does_in_float32():
    """Random weights have nothing to recall, and amplify what is rounded."""
    source = open_model(RECALL)
    weights = Weights(source.path, source.tensors, CARD)
    decoder = Decoder(weights, source.config)
    for seed in range(3):
        example = make_stream(np.random.default_rng(seed), distance=400, num_facts=60)
        with torch.inference_mode():
            hidden = decoder(
                example.token_ids[: example.question_position + 1], decoder.new_state()
            )
            assert decoder.logits(hidden[-1]).argmax() == example.answer_id


@pytest.mark.usefixtures("_operator_on_the_cpu")
@pytest.mark.parametrize("is_tied", [False, True])
def test_the_head_is_exact(tmp_path, is_tied):
    """Neither rounded scales nor bfloat16: the logits decide between near ties."""
    model = random_jamba(vocab_size=304, tie_word_embeddings=is_tied)  # of whole tiles
    path = write_jamba_gguf(model, tmp_path / "jamba.gguf", "Q4_0")
    hidden = torch.randn(64)
    expected = load(path).logits(hidden)
    assert_close(load(path, CARD).logits(hidden), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_the_residual_stream_stays_in_bfloat16(model_file, name):
    """One float32 summand would make it float32 from there on, and every product slow."""
    decoder = load(model_file(name), CARD)
    state, x = decoder.new_state(), decoder.embedding([3, 4, 5])
    for layer, layer_state in zip(decoder.layers, state, strict=True):
        assert x.dtype == torch.bfloat16
        with torch.inference_mode():
            x = layer(x, layer_state, decoder.rotations(0, 3))
    assert x.dtype == torch.bfloat16


@pytest.mark.parametrize("name", ["F32", K_TYPES, "llama"])
def test_products_in_several_blocks_are_those_in_one(model_file, name, monkeypatch):
    expected = logits(load(model_file(name), CARD), 9)
    monkeypatch.setattr("inference.torch_backend.layers.CARD_BLOCK_ELEMENTS", 1)  # a tile
    assert_close(logits(load(model_file(name), CARD), 9), expected, rtol=0, atol=0.02)


def test_states_are_float32_and_keys_and_values_two_bytes(model_file):
    for layer in load(model_file("Q4_0"), CARD).new_state():
        for name, tensor in layer.tensors().items():
            wanted = torch.float32 if name in ("conv", "ssm") else torch.float16
            assert tensor.dtype == wanted


def test_a_saved_state_continues_bit_for_bit(model_file, tmp_path):
    decoder = load(model_file("Q4_0"), CARD)
    whole = TorchSession(decoder)
    whole.read(tokens(12)[:8])
    whole.save(tmp_path / "state.safetensors")
    loaded = TorchSession(decoder)
    loaded.load(tmp_path / "state.safetensors")
    for token_id in tokens(12)[8:]:
        row = loaded.read([token_id])
        assert row.dtype == np.float32
        assert (whole.read([token_id]) == row).all()


def test_keys_and_values_that_are_repeated_attend_as_shared_ones_do():
    q = torch.randn(1, 6, 3, 8)
    keys, values = torch.randn(2, 2, 5, 8)
    repeated = functional.scaled_dot_product_attention(
        q, one_per_query(keys, 6)[None], one_per_query(values, 6)[None]
    )
    shared = functional.scaled_dot_product_attention(q, keys[None], values[None], enable_gqa=True)
    assert_close(repeated, shared)
    single = torch.randn(1, 5, 8)
    assert one_per_query(single, 6).data_ptr() == single.data_ptr()  # no copy


class OneDevice(TorchDispatchMode):
    """Refuses every operation that a tensor of another device takes part in."""

    def __torch_dispatch__(self, func, _types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves((args, kwargs, result)):
            assert not isinstance(tensor, torch.Tensor) or tensor.device == META, func
        return result


@pytest.mark.parametrize(
    "name", [name for name in MODELS if name not in ("four experts", "stacked Q4_0")]
)
def test_no_tensor_is_made_on_another_device(model_file, name):
    """A forgotten `device=` makes a tensor on the CPU, and nobody here has a card to notice.

    Meta tensors hold no numbers, so that no expert can be chosen.
    """
    decoder = load(model_file(name), on_card(META))
    state = decoder.new_state()
    with torch.inference_mode(), OneDevice():
        for token_ids in ([3, 4, 5, 6], [7], [8, 9]):
            rows = decoder.logits(decoder(token_ids, state))
            assert rows.shape == (len(token_ids), decoder.config.vocab_size)
            assert rows.dtype == torch.float32
    assert all(t.device == META for layer in state for t in layer.tensors().values())


FACTORIES = {
    *(torch.tensor, torch.as_tensor, torch.zeros, torch.ones, torch.empty, torch.full),
    *(torch.arange, torch.linspace, torch.eye, torch.rand, torch.randn, torch.randint),
}


class DeviceIsNamed(TorchFunctionMode):
    """Refuses to make a tensor without being told where."""

    def __torch_function__(self, func, _types, args=(), kwargs=None):
        assert func not in FACTORIES or (kwargs or {}).get("device") is not None, func
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("name", MODELS)
def test_whatever_makes_a_tensor_says_where(model_file, name):
    """As above, with numbers: the experts and the loading of the weights too."""
    with DeviceIsNamed():
        decoder = load(model_file(name), CARD)
        state = decoder.new_state()
        with torch.inference_mode():
            decoder.logits(decoder([3, 4, 5], state))
            decoder.logits(decoder([6], state))
