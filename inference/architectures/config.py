"""What a backend needs to know of a model to build its layers; no tensors and no file format."""

from dataclasses import astuple, dataclass
from typing import Literal

LayerKind = Literal["attention", "mamba"]


@dataclass(frozen=True, slots=True)
class Rope:
    """Rotary position embedding on interleaved pairs (0, 1), (2, 3), ... of each head.

    base: of the geometric series of frequencies.
    num_dims: how many of a head's dimensions are rotated, from the first.
    position_scale: positions are divided by it ("linear" scaling); 1 is off.
    """

    base: float
    num_dims: int
    position_scale: float = 1.0


@dataclass(frozen=True, slots=True)
class MambaConfig:
    """Mamba-1: d_inner channels with d_state numbers each, a convolution over d_conv tokens."""

    d_inner: int
    d_state: int
    d_conv: int
    dt_rank: int


@dataclass(frozen=True, slots=True)
class MoEConfig:
    """Of the layers whose feed-forward is a mixture of experts: those that have a router."""

    num_experts: int
    num_experts_used: int  # for each token


@dataclass(frozen=True, slots=True)
class ModelConfig:
    architecture: str
    layer_kinds: tuple[LayerKind, ...]
    vocab_size: int
    context_length: int  # tokens
    hidden_size: int
    ffn_size: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    norm_eps: float
    rope: Rope | None = None  # None: attention without positions
    mamba: MambaConfig | None = None  # None: no layer is Mamba
    moe: MoEConfig | None = None  # None: every feed-forward is dense

    def contradiction(self) -> str:
        """What can't be true of any model, or "". Keeps hostile sizes away from the backends."""
        sizes = (
            self.vocab_size,
            self.context_length,
            self.hidden_size,
            self.ffn_size,
            self.num_heads,
            self.num_kv_heads,
            self.head_dim,
            len(self.layer_kinds),
        )
        if min(sizes) < 1:
            return "a size is zero or negative"
        if self.num_heads % self.num_kv_heads:
            return f"{self.num_heads} query heads do not share {self.num_kv_heads} KV heads evenly"
        if not 0 <= self.norm_eps < 1:
            return f"the norm's epsilon is {self.norm_eps}"
        if "mamba" in self.layer_kinds and not self.mamba:
            return "its Mamba layers have no sizes"
        if self.mamba and min(astuple(self.mamba)) < 1:
            return "a size of its Mamba layers is zero or negative"
        if self.moe and not 1 <= self.moe.num_experts_used <= self.moe.num_experts:
            return f"it uses {self.moe.num_experts_used} of {self.moe.num_experts} experts"
        return self._contradiction_of_rope()

    def _contradiction_of_rope(self) -> str:
        rope = self.rope
        if rope and not (0 < rope.num_dims <= self.head_dim and rope.num_dims % 2 == 0):
            return f"{rope.num_dims} rotary dimensions do not fit heads of {self.head_dim}"
        if rope and not (rope.base > 0 and rope.position_scale > 0):
            return "the rotary frequencies are not positive"
        return ""
