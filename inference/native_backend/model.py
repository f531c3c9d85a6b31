"""A model's layers as the kernels' structures: every matrix packed, every vector in its place.

Computes nothing. The mathematics is that of inference/torch_backend/model.py, which is also the
oracle of the kernels.
"""

import ctypes
import math
from collections import Counter
from collections.abc import Generator, Mapping
from pathlib import Path

import numpy as np

from inference.architectures.config import MambaConfig, ModelConfig, MoEConfig, Rope
from inference.events import LoadProgress
from inference.formats.tensor import StoredTensor
from inference.kernels import structures
from inference.kernels.library import (
    FORMATS,
    MAX_STEP_RANK,
    Floats,
    Kernels,
    grouped,
    take_rows,
)
from inference.named_tensors import NamedTensors
from inference.native_backend.packed_file import PackedFile
from inference.native_backend.weights import PackedWeights

Rotation = tuple[Floats, Floats]  # cosines, sines: (L, rotated pairs)


def has_kernels(config: ModelConfig) -> bool:
    """Whether the kernels can compute this model; they have a bound that no published one meets."""
    if config.mamba and config.mamba.dt_rank > MAX_STEP_RANK:
        return False
    return not (config.rope and config.head_dim % 2)


class Model:
    """structure: points into `weights`, and to `parts`, which only have to stay alive."""

    def __init__(
        self,
        kernels: Kernels,
        config: ModelConfig,
        weights: PackedWeights,
        structure: structures.Model,
        parts: list[object],
        table: StoredTensor,
        frequencies: Floats | None,
        idle_bytes: int,
    ) -> None:
        self.kernels = kernels
        self.config = config
        self.weights = weights
        self.structure = structure
        self._parts = parts
        self._table = table
        self._frequencies = frequencies  # of the rotary positions
        self._idle_bytes = idle_bytes  # of the experts that a token doesn't use

    @property
    def token_bytes(self) -> int:
        """Of the packed matrices, what is read for each token."""
        return self.weights.used_bytes - self._idle_bytes

    def embed(self, token_ids: list[int]) -> Floats:
        """(L, hidden)"""
        table = self._table
        if table.type_name in FORMATS:
            return take_rows(table.raw(), table.type_name, table.shape[1], token_ids)
        return table.dequantize_rows(token_ids)

    def rotation(self, start: int, end: int) -> Rotation | None:
        """Of the positions; None for a model without."""
        if self._frequencies is None or self.config.rope is None:
            return None
        scale = np.float32(self.config.rope.position_scale)
        positions = np.arange(start, end, dtype=np.float32) / scale
        angles = np.outer(positions, self._frequencies)
        return np.cos(angles), np.sin(angles)


def build_model(
    kernels: Kernels,
    path: Path,
    tensors: Mapping[str, StoredTensor],
    config: ModelConfig,
    packed_dir: Path | None = None,
) -> Generator[LoadProgress, None, Model]:
    """Pack the weights; yields progress in bytes of the file and returns the model.

    packed_dir: where the packed weights are kept for the next time; None keeps none.

    Raises:
        WeightsError: a tensor is missing, left over or of another shape.
    """
    sizes = Counter[str]()  # bytes of each layer
    for name, tensor in tensors.items():
        sizes[_layer_of(name)] += tensor.size_bytes
    kept = PackedFile(packed_dir, tensors, kernels) if packed_dir else None
    packed = kept.open() if kept else None
    matrices = [tensor for tensor in tensors.values() if len(tensor.shape) > 1]
    weights = PackedWeights(kernels, matrices, packed)
    builder = _Builder(weights, NamedTensors(path, tensors), config)
    done = 0
    layers = (structures.Layer * len(config.layer_kinds))()
    for index in range(len(config.layer_kinds)):
        builder.fill_layer(layers[index], index)
        done += sizes[f"blk.{index}"]
        yield LoadProgress(done, sizes.total())
    structure = builder.finish(layers)
    if kept and packed is None:
        kept.keep(weights.memory())
    yield LoadProgress(sizes.total(), sizes.total())
    return Model(
        *(kernels, config, weights, structure),
        *(builder.parts, builder.table, builder.frequencies, builder.idle_bytes),
    )


def check_complete(path: Path, tensors: Mapping[str, StoredTensor], config: ModelConfig) -> None:
    """That `build_model` would find all that it needs; packs nothing.

    Raises:
        WeightsError: a tensor is missing, left over or of another shape.
    """
    builder = _Builder(_Unpacked(), NamedTensors(path, tensors), config)
    layers = (structures.Layer * len(config.layer_kinds))()
    for index in range(len(config.layer_kinds)):
        builder.fill_layer(layers[index], index)
    builder.finish(layers)


class _Unpacked:
    """In the place of PackedWeights where nothing will be computed."""

    used_bytes = 0

    def pack(self, tensor: StoredTensor) -> structures.Matrix:
        return self.pack_by_turns(tensor)[0]

    def pack_by_turns(self, *tensors: StoredTensor) -> list[structures.Matrix]:
        shapes = [tensor.shape for tensor in tensors]
        return [structures.Matrix(rows=rows, columns=columns) for rows, columns in shapes]

    def keep(self, values: Floats, width: int = 0) -> int:
        del values, width
        return 0

    keep_channels = keep


def _layer_of(name: str) -> str:
    """`blk.3` of `blk.3.ffn_up.weight`"""
    return ".".join(name.split(".")[:2])


class _Builder:
    def __init__(
        self, weights: PackedWeights | _Unpacked, named: NamedTensors, config: ModelConfig
    ) -> None:
        self._weights = weights
        self._named = named
        self._config = config
        self.parts: list[object] = []
        self.idle_bytes = 0
        self.table = named.take("token_embd.weight", config.vocab_size, config.hidden_size)
        self.frequencies = self._frequencies(config.rope) if config.rope else None

    def finish(self, layers: "ctypes.Array[structures.Layer]") -> structures.Model:
        vocab, hidden = self._config.vocab_size, self._config.hidden_size
        # A file without an output matrix ties it to the embedding.
        head = self._named.take_optional("output.weight", vocab, hidden) or self.table
        structure = structures.Model(
            layers=layers,
            norm=self._vector("output_norm.weight", hidden),
            head=self._weights.pack(head),
            num_layers=len(layers),
            hidden=hidden,
            norm_eps=self._config.norm_eps,
        )
        self.parts.append(layers)
        self._named.check_all_taken()
        return structure

    def fill_layer(self, layer: structures.Layer, index: int) -> None:
        prefix, hidden = f"blk.{index}", self._config.hidden_size
        layer.mixer_norm = self._vector(f"{prefix}.attn_norm.weight", hidden)
        if self._config.layer_kinds[index] == "mamba":
            assert self._config.mamba
            layer.mamba = self._kept(self._mamba(prefix, self._config.mamba))
        else:
            layer.attention = self._kept(self._attention(prefix))
        layer.ffn_norm = self._vector(f"{prefix}.ffn_norm.weight", hidden)
        layer.ffn = self._ffn(prefix)

    def _mamba(self, prefix: str, sizes: MambaConfig) -> structures.Mamba:
        hidden, d_inner, d_state = self._config.hidden_size, sizes.d_inner, sizes.d_state
        keep, keep_channels = self._weights.keep, self._weights.keep_channels
        w_in = self._named.take(f"{prefix}.ssm_in.weight", 2 * d_inner, hidden)
        taps = self._named.take(f"{prefix}.ssm_conv1d.weight", d_inner, sizes.d_conv)
        bias = self._named.take_optional(f"{prefix}.ssm_conv1d.bias", d_inner)
        no_bias = np.zeros(d_inner, np.float32)
        w_x = self._matrix(f"{prefix}.ssm_x.weight", sizes.dt_rank + 2 * d_state, d_inner)
        rates = self._named.take(f"{prefix}.ssm_a", d_inner, d_state).dequantize()
        in_x, in_z = self._weights.pack_by_turns(
            w_in.rows(0, d_inner), w_in.rows(d_inner, 2 * d_inner)
        )
        return structures.Mamba(
            in_x=in_x,
            in_z=in_z,
            x=w_x,
            dt=self._matrix(f"{prefix}.ssm_dt.weight", d_inner, sizes.dt_rank),
            out=self._matrix(f"{prefix}.ssm_out.weight", hidden, d_inner),
            taps=keep(grouped(taps.dequantize().T)),
            conv_bias=keep_channels(bias.dequantize() if bias else no_bias),
            dt_norm=self._vector(f"{prefix}.ssm_dt_norm.weight", sizes.dt_rank),
            b_norm=self._vector(f"{prefix}.ssm_b_norm.weight", d_state),
            c_norm=self._vector(f"{prefix}.ssm_c_norm.weight", d_state),
            dt_bias=keep_channels(self._named.take(f"{prefix}.ssm_dt.bias", d_inner).dequantize()),
            rates=keep(grouped(rates.T * np.float32(math.log2(math.e)))),
            direct=keep_channels(self._named.take(f"{prefix}.ssm_d", d_inner).dequantize()),
            d_inner=d_inner,
            d_state=d_state,
            d_conv=sizes.d_conv,
            dt_rank=sizes.dt_rank,
        )

    def _attention(self, prefix: str) -> structures.Attention:
        config = self._config
        hidden, head_dim = config.hidden_size, config.head_dim
        q_size, kv_size = config.num_heads * head_dim, config.num_kv_heads * head_dim
        return structures.Attention(
            q=self._matrix(f"{prefix}.attn_q.weight", q_size, hidden),
            k=self._matrix(f"{prefix}.attn_k.weight", kv_size, hidden),
            v=self._matrix(f"{prefix}.attn_v.weight", kv_size, hidden),
            o=self._matrix(f"{prefix}.attn_output.weight", hidden, q_size),
            num_heads=config.num_heads,
            num_kv_heads=config.num_kv_heads,
            head_dim=head_dim,
            rotary_dims=config.rope.num_dims if config.rope else 0,
        )

    def _ffn(self, prefix: str) -> structures.Ffn:
        config = self._config
        hidden, inner = config.hidden_size, config.ffn_size
        router = f"{prefix}.ffn_gate_inp.weight"
        if config.moe and router in self._named:
            return self._mixture(prefix, router, config.moe)
        gate = self._named.take(f"{prefix}.ffn_gate.weight", inner, hidden)
        up = self._named.take(f"{prefix}.ffn_up.weight", inner, hidden)
        down = self._named.take(f"{prefix}.ffn_down.weight", hidden, inner)
        expert = self._kept(self._expert(gate, up, down))
        return structures.Ffn(experts=expert, num_experts=1, num_used=1)

    def _expert(
        self, gate: StoredTensor, up: StoredTensor, down: StoredTensor
    ) -> structures.Expert:
        both = self._weights.pack_by_turns(gate, up)
        return structures.Expert(*both, self._weights.pack(down))

    def _mixture(self, prefix: str, router: str, moe: MoEConfig) -> structures.Ffn:
        hidden, inner, count = self._config.hidden_size, self._config.ffn_size, moe.num_experts
        gates = self._named.take_experts(prefix, "ffn_gate", count, inner, hidden)
        ups = self._named.take_experts(prefix, "ffn_up", count, inner, hidden)
        downs = self._named.take_experts(prefix, "ffn_down", count, hidden, inner)
        experts = (structures.Expert * count)()
        before = self._weights.used_bytes
        for index, matrices in enumerate(zip(gates, ups, downs, strict=True)):
            experts[index] = self._expert(*matrices)
        expert_bytes = (self._weights.used_bytes - before) // count
        self.idle_bytes += (count - moe.num_experts_used) * expert_bytes
        self.parts.append(experts)
        return structures.Ffn(
            router=self._matrix(router, count, hidden),
            experts=experts,
            num_experts=count,
            num_used=moe.num_experts_used,
        )

    def _matrix(self, name: str, rows: int, columns: int) -> structures.Matrix:
        return self._weights.pack(self._named.take(name, rows, columns))

    def _vector(self, name: str, size: int) -> int:
        return self._weights.keep(self._named.take(name, size).dequantize())

    def _frequencies(self, rope: Rope) -> Floats:
        exponents = np.arange(0, rope.num_dims, 2, dtype=np.float32) / np.float32(rope.num_dims)
        frequencies = np.float32(rope.base) ** -exponents
        # Llama 3.1 and later store divisors of the frequencies to reach beyond their training.
        factors = self._named.take_optional("rope_freqs.weight", rope.num_dims // 2)
        return frequencies / factors.dequantize() if factors else frequencies

    def _kept(self, part: "ctypes.Structure") -> "ctypes._Pointer[ctypes.Structure]":
        self.parts.append(part)
        return ctypes.pointer(part)
