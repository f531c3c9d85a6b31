"""Whole layers at every CPU level against float64: norm, mixer or feed-forward, residual.

The matrices are float32, so that nothing is rounded but the keys and values; every size is odd
somewhere, and the state is carried over calls of any length.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.architectures.config import MambaConfig, ModelConfig, MoEConfig, Rope
from inference.formats.tensor import StoredTensor
from inference.kernels.library import levels
from inference.native_backend.language_model import load_language_model

pytestmark = pytest.mark.skipif(not levels(), reason="no CPU level runs here")

LEVELS = levels()
VOCAB = 40


def norm(x, weight, eps):
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + eps) * weight


def silu(x):
    return x / (1 + np.exp(-x))


def softmax(x):
    weights = np.exp(x - x.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


def fp16(x):
    return x.astype(np.float32).astype(np.float16).astype(np.float64)


class Exact:
    """The layers in float64, one whole text at a time."""

    def __init__(self, config, tensors):
        self.config = config
        self.w = {name: values.astype(np.float64) for name, values in tensors.items()}

    def __call__(self, token_ids):
        """(L, hidden) before the last norm."""
        x, eps = self.w["token_embd.weight"][token_ids], self.config.norm_eps
        for index, kind in enumerate(self.config.layer_kinds):
            prefix = f"blk.{index}."
            w = {name[len(prefix) :]: v for name, v in self.w.items() if name.startswith(prefix)}
            mixer = self.mamba if kind == "mamba" else self.attention
            x = x + mixer(norm(x, w["attn_norm.weight"], eps), w)
            x = x + self.ffn(norm(x, w["ffn_norm.weight"], eps), w)
        return x

    def mamba(self, u, w):
        sizes, eps = self.config.mamba, self.config.norm_eps
        x, z = np.split(u @ w["ssm_in.weight"].T, 2, axis=-1)
        seen = np.concatenate([np.zeros((sizes.d_conv - 1, sizes.d_inner)), x])
        taps = w["ssm_conv1d.weight"]
        x = sum(seen[k : k + len(x)] * taps[:, k] for k in range(sizes.d_conv))
        x = silu(x + w.get("ssm_conv1d.bias", 0))
        parts = x @ w["ssm_x.weight"].T
        dt, b, c = np.split(parts, [sizes.dt_rank, sizes.dt_rank + sizes.d_state], axis=-1)
        dt = norm(dt, w["ssm_dt_norm.weight"], eps) @ w["ssm_dt.weight"].T + w["ssm_dt.bias"]
        dt = np.logaddexp(0, dt)
        b, c = norm(b, w["ssm_b_norm.weight"], eps), norm(c, w["ssm_c_norm.weight"], eps)
        h, y = np.zeros((sizes.d_inner, sizes.d_state)), np.empty_like(x)
        for t in range(len(x)):
            h = np.exp(dt[t][:, None] * w["ssm_a"]) * h + (dt[t] * x[t])[:, None] * b[t]
            y[t] = h @ c[t] + w["ssm_d"] * x[t]
        return (y * silu(z)) @ w["ssm_out.weight"].T

    def attention(self, u, w):
        n, m, d = self.config.num_heads, self.config.num_kv_heads, self.config.head_dim
        q = self.rotated((u @ w["attn_q.weight"].T).reshape(-1, n, d))
        k = fp16(self.rotated((u @ w["attn_k.weight"].T).reshape(-1, m, d)))
        v = fp16((u @ w["attn_v.weight"].T).reshape(-1, m, d))
        mask = np.triu(np.full((len(u), len(u)), -np.inf), 1)
        heads = [
            softmax(q[:, h] @ k[:, h * m // n].T / math.sqrt(d) + mask) @ v[:, h * m // n]
            for h in range(n)
        ]
        return np.stack(heads, 1).reshape(len(u), n * d) @ w["attn_output.weight"].T

    def rotated(self, x):
        rope = self.config.rope
        if rope is None:
            return x
        angles = np.outer(
            np.arange(len(x)), rope.base ** (-np.arange(0, rope.num_dims, 2) / rope.num_dims)
        )
        turned = (x[..., 0 : rope.num_dims : 2] + 1j * x[..., 1 : rope.num_dims : 2]) * np.exp(
            1j * angles
        )[:, None]
        x = x.copy()
        x[..., 0 : rope.num_dims : 2], x[..., 1 : rope.num_dims : 2] = turned.real, turned.imag
        return x

    def ffn(self, x, w):
        if "ffn_gate_inp.weight" not in w:
            return self.swiglu(x, w["ffn_gate.weight"], w["ffn_up.weight"], w["ffn_down.weight"])
        shares, y = softmax(x @ w["ffn_gate_inp.weight"].T), np.zeros_like(x)
        for token, share in enumerate(shares):
            for expert in np.argsort(-share)[: self.config.moe.num_experts_used]:
                part = [w[f"ffn_{name}_exps.weight"][expert] for name in ("gate", "up", "down")]
                y[token] += share[expert] * self.swiglu(x[token], *part)
        return y

    @staticmethod
    def swiglu(x, gate, up, down):
        return (silu(x @ gate.T) * (x @ up.T)) @ down.T


def random_tensors(config, random):
    """float32 arrays under GGUF's names."""
    hidden, inner = config.hidden_size, config.ffn_size
    q_size, kv_size = (n * config.head_dim for n in (config.num_heads, config.num_kv_heads))

    def matrix(*shape):
        return random.normal(0, shape[-1] ** -0.5, shape)

    def near_one(size):
        return random.uniform(0.5, 1.5, size)

    tensors = {
        "token_embd.weight": random.standard_normal((VOCAB, hidden)),
        "output_norm.weight": near_one(hidden),
    }
    for index, kind in enumerate(config.layer_kinds):
        layer = {"attn_norm.weight": near_one(hidden), "ffn_norm.weight": near_one(hidden)}
        if kind == "mamba":
            s = config.mamba
            layer |= {
                "ssm_in.weight": matrix(2 * s.d_inner, hidden),
                "ssm_conv1d.weight": matrix(s.d_inner, s.d_conv),
                "ssm_conv1d.bias": random.standard_normal(s.d_inner),
                "ssm_x.weight": matrix(s.dt_rank + 2 * s.d_state, s.d_inner),
                "ssm_dt_norm.weight": near_one(s.dt_rank),
                "ssm_b_norm.weight": near_one(s.d_state),
                "ssm_c_norm.weight": near_one(s.d_state),
                "ssm_dt.weight": matrix(s.d_inner, s.dt_rank),
                "ssm_dt.bias": random.uniform(-5, 2, s.d_inner),
                "ssm_a": -np.exp(random.uniform(-3, 3, (s.d_inner, s.d_state))),
                "ssm_d": random.standard_normal(s.d_inner),
                "ssm_out.weight": matrix(hidden, s.d_inner),
            }
        else:
            layer |= {
                "attn_q.weight": 2 * matrix(q_size, hidden),
                "attn_k.weight": 2 * matrix(kv_size, hidden),
                "attn_v.weight": matrix(kv_size, hidden),
                "attn_output.weight": matrix(hidden, q_size),
            }
        if config.moe:
            count = config.moe.num_experts
            layer |= {
                "ffn_gate_inp.weight": matrix(count, hidden),
                "ffn_gate_exps.weight": matrix(count, inner, hidden),
                "ffn_up_exps.weight": matrix(count, inner, hidden),
                "ffn_down_exps.weight": matrix(count, hidden, inner),
            }
        else:
            layer |= {
                "ffn_gate.weight": matrix(inner, hidden),
                "ffn_up.weight": matrix(inner, hidden),
                "ffn_down.weight": matrix(hidden, inner),
            }
        tensors |= {f"blk.{index}.{name}": values for name, values in layer.items()}
    return {name: values.astype(np.float32) for name, values in tensors.items()}


def load(config, tensors, level, num_threads, tmp_path="model"):
    stored = {name: StoredTensor.of(name, values) for name, values in tensors.items()}
    loading = load_language_model(tmp_path, stored, config, level, num_threads)
    while True:
        try:
            next(loading)
        except StopIteration as end:
            return end.value


def last_logits(exact, token_ids):
    x = exact(token_ids)[-1]
    head = exact.w["token_embd.weight"]
    return norm(x, exact.w["output_norm.weight"], exact.config.norm_eps) @ head.T


def check(config, level, lengths, seed, tolerance):
    """Reads pieces of these lengths; compares the logits after each with the exact ones."""
    random = np.random.default_rng(seed)
    tensors = random_tensors(config, random)
    exact = Exact(config, tensors)
    token_ids = random.integers(VOCAB, size=sum(lengths))
    sessions = [load(config, tensors, level, threads).new_session() for threads in (1, 3)]
    end = 0
    for length in lengths:
        piece = token_ids[end : end + length].tolist()
        end += length
        one, three = (session.read(piece) for session in sessions)
        assert (one == three).all()  # the number of threads changes nothing
        np.testing.assert_allclose(one, last_logits(exact, token_ids[:end]), 0, tolerance)


def config_of(kinds, **changes):
    values = {
        "architecture": "jamba",
        "layer_kinds": kinds,
        "vocab_size": VOCAB,
        "context_length": 4096,
        "hidden_size": 24,
        "ffn_size": 40,
        "num_heads": 4,
        "num_kv_heads": 2,
        "head_dim": 6,
        "norm_eps": 1e-6,
        "mamba": MambaConfig(d_inner=48, d_state=16, d_conv=4, dt_rank=5),
    }
    return ModelConfig(**(values | changes))


@pytest.mark.parametrize("level", LEVELS)
@settings(max_examples=25, deadline=None)
@given(
    sizes=st.tuples(st.integers(1, 80), st.integers(1, 20), st.integers(1, 6), st.integers(1, 70)),
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=4),
    seed=st.integers(0, 2**32),
)
def test_mamba_of_any_size_in_any_pieces_is_that_of_float64(level, sizes, lengths, seed):
    check(config_of(("mamba",), mamba=MambaConfig(*sizes)), level, lengths, seed, 2e-4)


@pytest.mark.parametrize("level", LEVELS)
@settings(max_examples=25, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 4), st.sampled_from([2, 6, 16, 20, 64])),
    rotates=st.booleans(),
    lengths=st.lists(st.integers(1, 9) | st.integers(60, 140), min_size=1, max_size=4),
    seed=st.integers(0, 2**32),
)
def test_attention_of_any_shape_in_any_pieces_is_that_of_float64(
    level, shape, rotates, lengths, seed
):
    """Within what the rounding of a key or value to fp16 may tip: both round, but not always to
    the same side."""
    num_kv_heads, shared, head_dim = shape
    config = config_of(
        ("attention",),
        num_heads=num_kv_heads * shared,
        num_kv_heads=num_kv_heads,
        head_dim=head_dim,
        rope=Rope(10_000.0, head_dim) if rotates else None,
    )
    check(config, level, lengths, seed, 5e-3)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("lengths", [[520, 1, 1, 3, 4, 5], [1] * 3 + [700, 2, 130, 1]])
def test_attention_over_several_parts_of_the_cache(level, lengths):
    config = config_of(("attention",), num_heads=3, num_kv_heads=1, head_dim=8)
    check(config, level, lengths, 1, 5e-3)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("num_experts", [1, 4, 33])
def test_a_feed_forward_dense_or_of_experts(level, num_experts):
    moe = MoEConfig(num_experts, min(num_experts, 3)) if num_experts > 1 else None
    for seed in range(5):
        check(config_of(("mamba",), moe=moe, hidden_size=70), level, [1, 20, 3], seed, 5e-5)


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_no_number_reaches_the_logits(level):
    config = config_of(("mamba", "attention"))
    tensors = random_tensors(config, np.random.default_rng(2))
    tensors["blk.0.ssm_dt.bias"][3] = np.nan
    assert not np.isfinite(load(config, tensors, level, 2).new_session().read([1, 2])).all()


@pytest.mark.parametrize("level", LEVELS)
def test_a_long_text_needs_no_memory_for_its_scores(level):
    """4,000 tokens of 8 heads: all scores at once would be 512 MB."""
    import resource

    config = config_of(("attention",), num_heads=8, num_kv_heads=1, head_dim=16)
    tensors = random_tensors(config, np.random.default_rng(3))
    session = load(config, tensors, level, 2).new_session()
    session.read([1] * 100)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    session.read([1] * 4000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 << 10
