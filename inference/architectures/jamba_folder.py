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
    "feed_forward.experts.down_proj": "ffn_down_exps.weight",
}
LAYER = re.compile(r"model\.layers\.(\d{1,4})\.(.+)")
MAX_LAYERS = 9_999  # as many as LAYER can number
MAX_SIZE = 2**31 - 1
EXPERT = re.compile(r"feed_forward\.experts\.(\d{1,4})\.(gate|up|down)_proj\.weight")


def read_config(config: Mapping[str, Any], path: Path) -> ModelConfig:
    """Raises: WeightsError where a value is missing, ill-typed or of a kind that isn't known."""

    def integer(key: str, default: int | None = None, most: int = MAX_SIZE) -> int:
        value = config.get(key, default)
        if type(value) is not int or value > most:
            raise WeightsError(
                f"The config.json of {path.name} has no usable whole number {key}. "
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
            _kind(index, period, offset)
            for index in range(integer("num_hidden_layers", most=MAX_LAYERS))
        ),
        vocab_size=integer("vocab_size"),
        context_length=integer("max_position_embeddings", 262_144),
        hidden_size=hidden_size,
        ffn_size=integer("intermediate_size"),
        num_heads=num_heads,
        num_kv_heads=num_heads if kv_heads is None else integer("num_key_value_heads"),
        head_dim=hidden_size // max(num_heads, 1),
        norm_eps=eps if isinstance(eps, float) else -1.0,
        mamba=MambaConfig(
            d_inner=integer("mamba_expand", 2) * hidden_size,
            d_state=integer("mamba_d_state", 16),
            d_conv=integer("mamba_d_conv", 4),
            dt_rank=math.ceil(hidden_size / 16) if dt_rank == "auto" else integer("mamba_dt_rank"),
        ),
        moe=MoEConfig(num_experts, integer("num_experts_per_tok")) if num_experts > 1 else None,
    )


def canonical_tensors(tensors: Mapping[str, StoredTensor], path: Path) -> dict[str, StoredTensor]:
    """The tensors under GGUF's names and in its forms.

    The head stays where there is one, whatever the config says of tying: so does transformers.

    Raises:
        WeightsError: a tensor isn't known, or is there in two forms.
    """
    renamed: dict[str, StoredTensor] = {}
    for name, tensor in tensors.items():
        forms = _canonical_forms(name, tensor)
        if not forms or not renamed.keys().isdisjoint(forms):
            raise WeightsError(
                f"{path.name} has a part that this version of Eremo does not know "
                f"(the tensor {name}). Choose another model."
            )
        renamed |= forms
    return renamed


def _canonical_forms(name: str, tensor: StoredTensor) -> dict[str, StoredTensor]:
    """Empty for a tensor that isn't known."""
    if name in FIXED_NAMES:
        return {FIXED_NAMES[name]: tensor}
    layer = LAYER.fullmatch(name)
    if not layer:
        return {}
    prefix, rest = f"blk.{layer[1]}", layer[2]
    if expert := EXPERT.fullmatch(rest):
        return {f"{prefix}.ffn_{expert[2]}.{expert[1]}.weight": tensor}
    if rest == "feed_forward.experts.gate_up_proj":
        return _gates_and_ups(prefix, tensor)
    if rest not in LAYER_NAMES:
        return {}
    new_name = f"{prefix}.{LAYER_NAMES[rest]}"
    change = CHANGES.get(rest)
    return {new_name: change(new_name, tensor) if change else tensor}


def _gates_and_ups(prefix: str, stack: StoredTensor) -> dict[str, StoredTensor]:
    """(experts, 2 ffn, hidden), each expert's gate before its up: how transformers 5 keeps them."""
    if len(stack.shape) != 3 or stack.shape[1] % 2:
        return {}
    count, ffn = stack.shape[0], stack.shape[1] // 2
    forms = {}
    for index in range(count):
        both = stack.part(index)
        forms[f"{prefix}.ffn_gate.{index}.weight"] = both.rows(0, ffn)
        forms[f"{prefix}.ffn_up.{index}.weight"] = both.rows(ffn, 2 * ffn)
    return forms


def _negative_exponential(name: str, tensor: StoredTensor) -> StoredTensor:
    return StoredTensor.of(name, -np.exp(tensor.dequantize()))


def _squeezed(name: str, tensor: StoredTensor) -> StoredTensor:
    """(d_inner, 1, d_conv) -> (d_inner, d_conv); what has another shape stays."""
    if len(tensor.shape) == 3 and tensor.shape[1] == 1:
        return StoredTensor.of(name, tensor.dequantize()[:, 0])
    return tensor


CHANGES: dict[str, Callable[[str, StoredTensor], StoredTensor]] = {
    "mamba.A_log": _negative_exponential,
    "mamba.conv1d.weight": _squeezed,
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
