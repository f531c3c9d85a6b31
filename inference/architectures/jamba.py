"""`jamba` in GGUF: Mamba layers with attention every so often, dense or mixture-of-experts.

Attention has no positions. Source: the key names of the GGUF specification and of llama.cpp's
converter, which stores A as -exp(A_log) and squeezes the convolution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.architectures.config import LayerKind, MambaConfig, ModelConfig, MoEConfig
from inference.errors import WeightsError

if TYPE_CHECKING:
    import gguf

    from inference.formats.gguf import GGUFFile


def read_config(file: GGUFFile) -> ModelConfig:
    """Raises: WeightsError where a key is missing, ill-typed or contradicts another."""
    hidden_size = file.integer("jamba.embedding_length")
    num_heads = file.integer("jamba.attention.head_count")
    kv_heads = _kv_heads_of_layers(file)
    return ModelConfig(
        architecture="jamba",
        layer_kinds=tuple(_kind(count) for count in kv_heads),
        vocab_size=file.tensor("token_embd.weight").shape[0],
        context_length=file.integer("jamba.context_length"),
        hidden_size=hidden_size,
        ffn_size=file.integer("jamba.feed_forward_length"),
        num_heads=num_heads,
        num_kv_heads=max(kv_heads, default=0) or num_heads,
        head_dim=hidden_size // max(num_heads, 1),
        norm_eps=file.number("jamba.attention.layer_norm_rms_epsilon"),
        mamba=MambaConfig(
            d_inner=file.integer("jamba.ssm.inner_size"),
            d_state=file.integer("jamba.ssm.state_size"),
            d_conv=file.integer("jamba.ssm.conv_kernel"),
            dt_rank=file.integer("jamba.ssm.time_step_rank"),
        ),
        moe=_read_moe(file),
    )


def _kv_heads_of_layers(file: GGUFFile) -> list[int]:
    """One number a layer; 0 is a Mamba layer."""
    counts = file.integers("jamba.attention.head_count_kv")
    if len(counts) != file.integer("jamba.block_count"):
        raise WeightsError(
            f"The description of the model in {file.path.name} is wrong: "
            f"{len(counts)} layers have a number of KV heads, but there are "
            f"{file.integer('jamba.block_count')} layers."
        )
    if len({count for count in counts if count}) > 1:
        raise WeightsError(
            f"{file.path.name} has attention layers of different widths, which this version of "
            "Eremo does not know. Choose another model."
        )
    return counts


def _kind(kv_heads: int) -> LayerKind:
    return "attention" if kv_heads else "mamba"


def _read_moe(file: GGUFFile) -> MoEConfig | None:
    num_experts = file.integer("jamba.expert_count", default=0)
    if num_experts <= 1:
        return None
    return MoEConfig(num_experts, file.integer("jamba.expert_used_count"))


def add_config(writer: gguf.GGUFWriter, config: ModelConfig) -> None:
    """The metadata that `read_config` reads, and what others ask of any model's file."""
    from gguf import GGML_QUANT_VERSION

    assert config.mamba is not None
    writer.add_type("model")
    writer.add_quantization_version(GGML_QUANT_VERSION)
    writer.add_block_count(len(config.layer_kinds))
    writer.add_context_length(config.context_length)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.ffn_size)
    writer.add_head_count(config.num_heads)
    writer.add_head_count_kv(
        [config.num_kv_heads if kind == "attention" else 0 for kind in config.layer_kinds]
    )
    writer.add_layer_norm_rms_eps(config.norm_eps)
    writer.add_ssm_conv_kernel(config.mamba.d_conv)
    writer.add_ssm_inner_size(config.mamba.d_inner)
    writer.add_ssm_state_size(config.mamba.d_state)
    writer.add_ssm_time_step_rank(config.mamba.dt_rank)
    writer.add_expert_count(config.moe.num_experts if config.moe else 1)
    writer.add_expert_used_count(config.moe.num_experts_used if config.moe else 1)
