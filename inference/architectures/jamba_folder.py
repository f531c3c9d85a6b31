"""`jamba` as Hugging Face publishes it: config.json, and tensors under transformers' names.

Turns both into what GGUF has, so that one model serves both. Source: transformers' JambaConfig
and the conversion of llama.cpp.
"""

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from inference.architectures.config import LayerKind, MambaConfig, ModelConfig, MoEConfig
from inference.errors import WeightsError
from inference.formats.tensor import StoredTensor

FIXED_NAMES = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.final_layernorm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
LAYER_NAMES = {
    "input_layernorm.weight": "attn_norm.weight",
    "pre_ff_layernorm.weight": "ffn_norm.weight",
    "self_attn.q_proj.weight": "attn_q.weight",
    "self_attn.k_proj.weight": "attn_k.weight",
    "self_attn.v_proj.weight": "attn_v.weight",
    "self_attn.o_proj.weight": "attn_output.weight",
    "mamba.in_proj.weight": "ssm_in.weight",
    "mamba.conv1d.weight": "ssm_conv1d.weight",
    "mamba.conv1d.bias": "ssm_conv1d.bias",
    "mamba.x_proj.weight": "ssm_x.weight",
    "mamba.dt_proj.weight": "ssm_dt.weight",
    "mamba.dt_proj.bias": "ssm_dt.bias",
    "mamba.dt_layernorm.weight": "ssm_dt_norm.weight",
    "mamba.b_layernorm.weight": "ssm_b_norm.weight",
    "mamba.c_layernorm.weight": "ssm_c_norm.weight",
    "mamba.A_log": "ssm_a",
    "mamba.D": "ssm_d",
    "mamba.out_proj.weight": "ssm_out.weight",
    "feed_forward.router.weight": "ffn_gate_inp.weight",
    "feed_forward.gate_proj.weight": "ffn_gate.weight",
    "feed_forward.up_proj.weight": "ffn_up.weight",
    "feed_forward.down_proj.weight": "ffn_down.weight",
}
LAYER = re.compile(r"model\.layers\.(\d{1,4})\.(.+)")
EXPERT = re.compile(r"feed_forward\.experts\.(\d{1,4})\.(gate|up|down)_proj\.weight")


def read_config(config: Mapping[str, Any], path: Path) -> ModelConfig:
    """Raises: WeightsError where a value is missing, ill-typed or of a kind that isn't known."""

    def integer(key: str, default: int | None = None) -> int:
        value = config.get(key, default)
        if type(value) is not int:
            raise WeightsError(
                f"The config.json of {path.name} has no whole number {key}. "
                "Download the model again."
            )
        return value

    _refuse_variants(config, path)
    hidden_size, num_heads = integer("hidden_size"), integer("num_attention_heads")
    kv_heads = config.get("num_key_value_heads")
    dt_rank = config.get("mamba_dt_rank", "auto")
    period, offset = integer("attn_layer_period"), integer("attn_layer_offset")
    num_experts = integer("num_experts", 1)
    eps = config.get("rms_norm_eps", 1e-6)
    return ModelConfig(
        architecture="jamba",
        layer_kinds=tuple(
            _kind(index, period, offset) for index in range(integer("num_hidden_layers"))
        ),
        vocab_size=integer("vocab_size"),
        context_length=integer("max_position_embeddings", 262_144),
        hidden_size=hidden_size,
        ffn_size=integer("intermediate_size"),
        num_heads=num_heads,
        num_kv_heads=num_heads if kv_heads is None else integer("num_key_value_heads"),
        head_dim=hidden_size // max(num_heads, 1),
        norm_eps=float(eps) if isinstance(eps, int | float) else -1.0,
        mamba=MambaConfig(
            d_inner=integer("mamba_expand", 2) * hidden_size,
            d_state=integer("mamba_d_state", 16),
            d_conv=integer("mamba_d_conv", 4),
            dt_rank=math.ceil(hidden_size / 16) if dt_rank == "auto" else integer("mamba_dt_rank"),
        ),
        moe=MoEConfig(num_experts, integer("num_experts_per_tok")) if num_experts > 1 else None,
    )


def canonical_tensors(
    tensors: Mapping[str, StoredTensor], is_tied: bool
) -> dict[str, StoredTensor]:
    """The tensors under GGUF's names and in its forms; unknown ones keep their own."""
    renamed: dict[str, StoredTensor] = {}
    for name, tensor in tensors.items():
        if is_tied and name == "lm_head.weight":
            continue
        new_name = canonical_name(name)
        change = CHANGES.get(new_name.rpartition(".")[2]) or CHANGES.get(new_name.split(".")[-2])
        renamed[new_name] = change(new_name, tensor) if change else tensor
    return renamed


def canonical_name(name: str) -> str:
    if name in FIXED_NAMES:
        return FIXED_NAMES[name]
    if layer := LAYER.fullmatch(name):
        index, rest = layer.groups()
        if expert := EXPERT.fullmatch(rest):
            return f"blk.{index}.ffn_{expert[2]}.{expert[1]}.weight"
        if rest in LAYER_NAMES:
            return f"blk.{index}.{LAYER_NAMES[rest]}"
    return name


def _negative_exponential(name: str, tensor: StoredTensor) -> StoredTensor:
    return StoredTensor.of(name, -np.exp(tensor.dequantize()))


def _squeezed(name: str, tensor: StoredTensor) -> StoredTensor:
    """(d_inner, 1, d_conv) -> (d_inner, d_conv); the bias, and what has another shape, stays."""
    if len(tensor.shape) == 3 and tensor.shape[1] == 1:
        return StoredTensor.of(name, tensor.dequantize()[:, 0])
    return tensor


CHANGES: dict[str, Callable[[str, StoredTensor], StoredTensor]] = {
    "ssm_a": _negative_exponential,  # stored as A_log
    "ssm_conv1d": _squeezed,
}


def _kind(index: int, period: int, offset: int) -> LayerKind:
    return "attention" if period > 0 and index % period == offset else "mamba"


def _refuse_variants(config: Mapping[str, Any], path: Path) -> None:
    wanted = {"model_type": "jamba", "hidden_act": "silu", "mamba_proj_bias": False}
    for key, value in wanted.items():
        if config.get(key, value if key != "model_type" else None) != value:
            raise WeightsError(
                f"The config.json of {path.name} says {key} = {config.get(key)!r}, which this "
                "version of Eremo cannot run. Choose another model."
            )
