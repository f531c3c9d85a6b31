"""Jambas of transformers: as the folder it saves, as the GGUF of llama.cpp's converter."""

from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from tests.inference.tiny_model import CONTROL, byte_tokens

FIXED = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.final_layernorm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
IN_LAYER = {
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


def gguf_tensors(model) -> dict[str, np.ndarray]:
    """Every parameter of a JambaForCausalLM under its GGUF name, float32."""
    tensors = {}
    for name, parameter in model.state_dict().items():
        values = parameter.detach().float().numpy()
        if name == "lm_head.weight" and model.config.tie_word_embeddings:
            continue
        if name in FIXED:
            tensors[FIXED[name]] = values
            continue
        _, _, index, rest = name.split(".", 3)
        prefix = f"blk.{index}"
        if rest == "feed_forward.experts.gate_up_proj":  # (experts, 2 * ffn, hidden)
            gate, up = np.split(values, 2, axis=1)
            tensors[f"{prefix}.ffn_gate_exps.weight"] = np.ascontiguousarray(gate)
            tensors[f"{prefix}.ffn_up_exps.weight"] = np.ascontiguousarray(up)
            continue
        if rest == "mamba.A_log":
            values = -np.exp(values)
        if rest == "mamba.conv1d.weight":
            values = values[:, 0]
        tensors[f"{prefix}.{IN_LAYER[rest]}"] = values
    return tensors


def write_jamba_gguf(model, path: Path, type_name: str = "F32", tokens: list[str] | None = None):
    """Matrices of whole blocks in `type_name`, everything else in float32."""
    config = model.config
    writer = gguf.GGUFWriter(path, "jamba")
    kinds = config.layers_block_type
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(
        [config.num_key_value_heads if kind == "attention" else 0 for kind in kinds]
    )
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_ssm_conv_kernel(config.mamba_d_conv)
    writer.add_ssm_inner_size(config.mamba_expand * config.hidden_size)
    writer.add_ssm_state_size(config.mamba_d_state)
    writer.add_ssm_time_step_rank(config.mamba_dt_rank)
    writer.add_expert_count(config.num_experts)
    writer.add_expert_used_count(config.num_experts_per_tok)
    tokens = tokens or CONTROL + byte_tokens()
    tokens = tokens + [f"[unused {n}]" for n in range(config.vocab_size - len(tokens))]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3 if text in CONTROL else 1 for text in tokens])
    writer.add_token_merges(["a b"])
    writer.add_eos_token_id(2)
    for name, values in gguf_tensors(model).items():
        kind = gguf.GGMLQuantizationType[type_name]
        is_matrix = values.ndim > 1 and name.endswith(".weight") and "conv1d" not in name
        fits = values.shape[-1] % gguf.GGML_QUANT_SIZES[kind][0] == 0
        if not (is_matrix and fits):
            kind = gguf.GGMLQuantizationType.F32
        writer.add_tensor(name, gguf.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def save_folder(model, folder: Path, **options) -> Path:
    """With a tokenizer whose tokens are bytes."""
    model.save_pretrained(folder, **options)
    vocabulary = {text: number for number, text in enumerate(CONTROL + byte_tokens())}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(CONTROL)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def random_jamba(seed: int = 0, **changes):
    """A small JambaForCausalLM in float32, with every parameter random."""
    from transformers import JambaConfig, JambaForCausalLM

    torch.manual_seed(seed)
    sizes = {
        "vocab_size": 300,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "attn_layer_period": 4,
        "attn_layer_offset": 2,
        "num_experts": 1,
        "num_experts_per_tok": 1,
        "mamba_d_state": 16,
        "mamba_dt_rank": 8,
        "max_position_embeddings": 4096,
        "use_mamba_kernels": False,
        "tie_word_embeddings": False,
    }
    model = JambaForCausalLM(JambaConfig(**(sizes | changes))).float().eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:  # ones would hide a norm that is left out
                parameter.uniform_(0.5, 1.5)
            elif name.endswith(("conv1d.bias", "mamba.D")):
                parameter.normal_()
            elif parameter.ndim > 1 and "A_log" not in name:
                parameter.normal_(0, 1 / parameter.shape[-1] ** 0.5)
            elif name.endswith("dt_proj.bias"):
                parameter.uniform_(-4, 0)
    return model
