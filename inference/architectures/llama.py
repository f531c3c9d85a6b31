"""`llama` in GGUF: every layer is attention with rotary positions and a SwiGLU feed-forward.

Source: the key names of the GGUF specification. llama.cpp's converter stores the rows of Q and K
such that rotary pairs are interleaved.
"""

from inference.architectures.config import LayerKind, ModelConfig, Rope
from inference.errors import WeightsError
from inference.formats.gguf import GGUFFile


def read_config(file: GGUFFile) -> ModelConfig:
    """Raises: WeightsError where a key is missing, ill-typed or of a kind that isn't known."""
    attention: LayerKind = "attention"
    hidden_size = file.integer("llama.embedding_length")
    num_heads = file.integer("llama.attention.head_count")
    head_dim = file.integer("llama.attention.key_length", default=hidden_size // max(num_heads, 1))
    return ModelConfig(
        architecture="llama",
        layer_kinds=(attention,) * file.integer("llama.block_count"),
        vocab_size=file.tensor("token_embd.weight").shape[0],
        context_length=file.integer("llama.context_length"),
        hidden_size=hidden_size,
        ffn_size=file.integer("llama.feed_forward_length"),
        num_heads=num_heads,
        num_kv_heads=file.integer("llama.attention.head_count_kv", default=num_heads),
        head_dim=head_dim,
        norm_eps=file.number("llama.attention.layer_norm_rms_epsilon"),
        rope=_read_rope(file, head_dim),
    )


def _read_rope(file: GGUFFile, head_dim: int) -> Rope:
    scaling = file.string("llama.rope.scaling.type", default="none")
    if scaling not in ("none", "linear"):
        raise WeightsError(
            f"{file.path.name} stretches its context by “{scaling}”, which this version of Eremo "
            "does not know. Choose another model."
        )
    factor = file.number("llama.rope.scaling.factor", default=1.0) if scaling == "linear" else 1.0
    return Rope(
        base=file.number("llama.rope.freq_base", default=10_000.0),
        num_dims=file.integer("llama.rope.dimension_count", default=head_dim),
        position_scale=factor,
    )
