"""Random Jambas in GGUF: of a true model's sizes and tensor types, but without its weights.

For measuring speed and memory, which don't depend on what the weights say. They are scaled so
that activations and states stay of order 1 however long the text is. Dense models only; the
tokenizer is copied from another GGUF.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import gguf
import numpy as np
import numpy.typing as npt

from inference.architectures.config import LayerKind, MambaConfig, ModelConfig
from inference.architectures.jamba import add_config
from inference.formats.gguf_writer import Bytes, write_gguf
from inference.tokenizer.vocabulary import TokenKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inference.formats.gguf import GGUFFile


def _attention_at(num_layers: int, *indices: int) -> tuple[LayerKind, ...]:
    return tuple("attention" if index in indices else "mamba" for index in range(num_layers))


JAMBA_3B = ModelConfig(
    architecture="jamba",
    layer_kinds=_attention_at(28, 7, 21),
    vocab_size=65_536,
    context_length=262_144,
    hidden_size=2560,
    ffn_size=8192,
    num_heads=20,
    num_kv_heads=1,
    head_dim=128,
    norm_eps=1e-6,
    mamba=MambaConfig(d_inner=5120, d_state=16, d_conv=4, dt_rank=160),
)
"""AI21's Jamba Reasoning 3B and Jamba2 3B."""

CHUNK_BLOCKS = 1 << 14


def write_synthetic_jamba(
    path: Path, config: ModelConfig, name: str, tokenizer: GGUFFile, seed: int = 0
) -> None:
    """Write a GGUF in the tensor types of Q4_K_M. The same seed gives the same bytes.

    `hidden_size`, `ffn_size` and `d_inner` have to be multiples of 256, `dt_rank` of 32, and
    `vocab_size` at least that of the tokenizer, which is padded with unused tokens.

    Raises:
        OSError: the file can't be written; what there is of it is left behind.
    """
    random = np.random.default_rng(seed)
    tensors = list(synthetic_tensors(config, random))
    writer = gguf.GGUFWriter(path, "jamba")
    add_config(writer, config)
    writer.add_name(name)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_K_M)
    _add_tokenizer(writer, tokenizer, config.vocab_size)
    write_gguf(writer, path, tensors, lambda tensor: tensor.chunks(random))


def _add_tokenizer(writer: gguf.GGUFWriter, source: GGUFFile, vocab_size: int) -> None:
    texts = source.strings("tokenizer.ggml.tokens")
    if len(texts) > vocab_size:
        raise ValueError(f"{len(texts)} tokens don't fit a vocabulary of {vocab_size}")
    unused = range(vocab_size - len(texts))
    kinds = source.integers("tokenizer.ggml.token_type")
    writer.add_tokenizer_model(source.string("tokenizer.ggml.model"))
    writer.add_tokenizer_pre(source.string("tokenizer.ggml.pre"))
    writer.add_token_list(texts + [f"<|unused_{number}|>" for number in unused])
    writer.add_token_types(kinds + [int(TokenKind.UNUSED)] * len(unused))
    writer.add_token_merges(source.strings("tokenizer.ggml.merges"))
    writer.add_eos_token_id(source.integer("tokenizer.ggml.eos_token_id"))
    writer.add_bos_token_id(source.integer("tokenizer.ggml.bos_token_id", default=1))
    writer.add_add_bos_token(False)
    if template := source.string("tokenizer.chat_template", default=""):
        writer.add_chat_template(template)


@dataclass(frozen=True, slots=True)
class _Values:
    """A float32 tensor."""

    name: str
    values: npt.NDArray[np.float32] = field(repr=False)
    type_name = "F32"

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    @property
    def size_bytes(self) -> int:
        return self.values.nbytes

    def chunks(self, _random: np.random.Generator) -> Iterator[Bytes]:
        yield self.values.astype("<f4").reshape(-1).view(np.uint8)


@dataclass(frozen=True, slots=True)
class _Matrix:
    """A quantized tensor of mean 0 and the given standard deviation."""

    name: str
    shape: tuple[int, int]
    type_name: str
    std: float

    @property
    def num_blocks(self) -> int:
        block_size, _ = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[self.type_name]]
        if self.shape[1] % block_size:
            raise ValueError(f"{self.name}: rows of {self.shape[1]} don't fit {self.type_name}")
        return math.prod(self.shape) // block_size

    @property
    def size_bytes(self) -> int:
        _, block_bytes = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[self.type_name]]
        return self.num_blocks * block_bytes

    def chunks(self, random: np.random.Generator) -> Iterator[Bytes]:
        for start in range(0, self.num_blocks, CHUNK_BLOCKS):
            count = min(CHUNK_BLOCKS, self.num_blocks - start)
            yield RANDOM_BLOCKS[self.type_name](random, count, self.std)


SyntheticTensor = _Values | _Matrix


def synthetic_tensors(
    config: ModelConfig, random: np.random.Generator
) -> Iterator[SyntheticTensor]:
    """Every tensor of the file, in its order; the small ones are drawn already."""
    hidden, vocab = config.hidden_size, config.vocab_size
    yield _Matrix("token_embd.weight", (vocab, hidden), "Q4_K", 1.0)
    yield _Matrix("output.weight", (vocab, hidden), "Q6_K", hidden**-0.5)
    yield _ones("output_norm.weight", hidden)
    # Each layer adds to the residual stream twice; so damped, that grows to order 1 in all.
    damping = (2 * len(config.layer_kinds)) ** -0.5
    for index, kind in enumerate(config.layer_kinds):
        prefix = f"blk.{index}"
        yield _ones(f"{prefix}.attn_norm.weight", hidden)
        if kind == "mamba":
            yield from _mamba(prefix, config, damping, random)
        else:
            yield from _attention(prefix, config, damping, _type_of_attn_v(config, index))
        yield _ones(f"{prefix}.ffn_norm.weight", hidden)
        more_bits = _has_more_bits(index, len(config.layer_kinds))
        yield from _ffn(prefix, config, damping, "Q6_K" if more_bits else "Q4_K")


def _mamba(
    prefix: str, config: ModelConfig, damping: float, random: np.random.Generator
) -> Iterator[SyntheticTensor]:
    """As Mamba initialises its layers: decay rates 1 to d_state, step sizes of 0.001 to 0.1."""
    assert config.mamba is not None
    hidden, sizes = config.hidden_size, config.mamba
    d_inner, d_state = sizes.d_inner, sizes.d_state
    yield _matrix(f"{prefix}.ssm_in.weight", 2 * d_inner, hidden)
    taps = random.uniform(-1, 1, (d_inner, sizes.d_conv)) / sizes.d_conv**0.5
    yield _values(f"{prefix}.ssm_conv1d.weight", taps)
    yield _values(f"{prefix}.ssm_conv1d.bias", random.uniform(-0.1, 0.1, d_inner))
    yield _matrix(f"{prefix}.ssm_x.weight", sizes.dt_rank + 2 * d_state, d_inner)
    yield _ones(f"{prefix}.ssm_dt_norm.weight", sizes.dt_rank)
    yield _ones(f"{prefix}.ssm_b_norm.weight", d_state)
    yield _ones(f"{prefix}.ssm_c_norm.weight", d_state)
    # Half of the usual deviation: the token moves a step size, the bias makes it.
    yield _Matrix(
        f"{prefix}.ssm_dt.weight", (d_inner, sizes.dt_rank), "Q5_0", 0.5 * sizes.dt_rank**-0.5
    )
    steps = np.exp(random.uniform(np.log(1e-3), np.log(1e-1), d_inner))
    yield _values(f"{prefix}.ssm_dt.bias", np.log(np.expm1(steps)))  # softplus's inverse
    yield _values(f"{prefix}.ssm_a", np.tile(-np.arange(1.0, d_state + 1), (d_inner, 1)))
    yield _ones(f"{prefix}.ssm_d", d_inner)
    yield _matrix(f"{prefix}.ssm_out.weight", hidden, d_inner, damping=damping)


def _attention(
    prefix: str, config: ModelConfig, damping: float, type_of_v: str
) -> Iterator[SyntheticTensor]:
    hidden, kv_size = config.hidden_size, config.num_kv_heads * config.head_dim
    q_size = config.num_heads * config.head_dim
    yield _matrix(f"{prefix}.attn_q.weight", q_size, hidden)
    yield _matrix(f"{prefix}.attn_k.weight", kv_size, hidden)
    yield _matrix(f"{prefix}.attn_v.weight", kv_size, hidden, type_of_v)
    yield _matrix(f"{prefix}.attn_output.weight", hidden, q_size, damping=damping)


def _ffn(
    prefix: str, config: ModelConfig, damping: float, type_of_down: str
) -> Iterator[SyntheticTensor]:
    hidden, inner = config.hidden_size, config.ffn_size
    yield _matrix(f"{prefix}.ffn_gate.weight", inner, hidden)
    yield _matrix(f"{prefix}.ffn_up.weight", inner, hidden)
    yield _matrix(f"{prefix}.ffn_down.weight", hidden, inner, type_of_down, damping)


def _matrix(
    name: str, num_out: int, num_in: int, type_name: str = "Q4_K", damping: float = 1.0
) -> _Matrix:
    """Keeps the variance of what it multiplies, but for the damping."""
    return _Matrix(name, (num_out, num_in), type_name, damping * num_in**-0.5)


def _values(name: str, values: npt.NDArray[np.float64]) -> _Values:
    return _Values(name, values.astype(np.float32))


def _ones(name: str, size: int) -> _Values:
    return _values(name, np.ones(size))


def _type_of_attn_v(config: ModelConfig, index: int) -> str:
    """Counted among the attention layers."""
    position = config.layer_kinds[:index].count("attention")
    count = config.layer_kinds.count("attention")
    return "Q6_K" if _has_more_bits(position, count) else "Q4_K"


def _has_more_bits(index: int, count: int) -> bool:
    """Which of `count` equal matrices Q4_K_M stores as Q6_K: at both ends, and every third.

    Source: use_more_bits in llama.cpp's quantization.
    """
    eighth = count // 8
    return index < eighth or index >= 7 * count // 8 or (index - eighth) % 3 == 2


# Blocks are random bytes whose scales are then set. In all types the mean is exactly 0 or differs
# in sign from block to block, since what all weights share would add up over a long row.

STEPS = np.arange(1, 5)  # how many times the block's scale a part of it is multiplied by
RMS_STEP = float(np.sqrt(np.mean(STEPS**2)))


def _random_q4_k(random: np.random.Generator, count: int, std: float) -> Bytes:
    """weight = d * scale * q - dmin * min, q in 0..15, with a 6-bit scale and min for each 32.

    With d = dmin, scale 2 s and min 15 s that is d * s * (2 q - 15), of mean 0.
    """
    blocks = _random_bytes(random, count, 144)
    d = std / (RMS_STEP * _deviation(np.arange(-15, 16, 2)))
    s = 1 + (blocks[:, 4:12] & 3)  # 1 to 4
    scales, mins = 2 * s, 15 * s
    blocks[:, 0:4] = _float16([d, d])
    blocks[:, 4:8] = scales[:, :4]  # its high bits are those of the later scales: none
    blocks[:, 8:12] = mins[:, :4] | (mins[:, 4:] >> 4) << 6
    blocks[:, 12:16] = scales[:, 4:] | (mins[:, 4:] & 15) << 4
    return blocks.reshape(-1)


def _random_q6_k(random: np.random.Generator, count: int, std: float) -> Bytes:
    """weight = d * scale * (q - 32), q in 0..63, with a signed 8-bit scale for each 16."""
    blocks = _random_bytes(random, count, 210)
    d = std / (RMS_STEP * _deviation(np.arange(-32, 32)))
    raw = blocks[:, 192:208]
    scales = (1 + (raw & 3)).astype(np.int8)
    blocks[:, 192:208] = np.where(raw & 4, scales, -scales).view(np.uint8)
    blocks[:, 208:210] = _float16([d])
    return blocks.reshape(-1)


def _random_q5_0(random: np.random.Generator, count: int, std: float) -> Bytes:
    """weight = d * (q - 16), q in 0..31."""
    blocks = _random_bytes(random, count, 22)
    d = std / _deviation(np.arange(-16, 16))
    blocks[:, 0:2] = np.where(blocks[:, :1] & 1, _float16([d]), _float16([-d]))
    return blocks.reshape(-1)


RANDOM_BLOCKS = {"Q4_K": _random_q4_k, "Q6_K": _random_q6_k, "Q5_0": _random_q5_0}


def _random_bytes(random: np.random.Generator, count: int, block_bytes: int) -> Bytes:
    """(count, block_bytes), to be changed"""
    flat = np.frombuffer(bytearray(random.bytes(count * block_bytes)), np.uint8)
    return flat.reshape(count, block_bytes)


def _deviation(values: npt.NDArray[np.int_]) -> float:
    """From 0, of a value that is drawn evenly."""
    return float(np.sqrt(np.mean(values**2)))


def _float16(values: list[float]) -> Bytes:
    return np.array(values, "<f2").view(np.uint8)
