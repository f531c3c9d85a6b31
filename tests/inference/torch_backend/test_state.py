import torch
from hypothesis import given
from hypothesis import strategies as st

from inference.architectures.config import MambaConfig
from inference.torch_backend.state import BLOCK_TOKENS, KVCache, MambaState


def filled(*lengths):
    cache = KVCache(2, 4, torch.float32)
    everything = torch.randn(2, sum(lengths), 4)
    at = 0
    for length in lengths:
        piece = everything[:, at : at + length]
        keys, values = cache.append(piece, -piece)
        at += length
    return cache, everything, keys, values


@given(st.lists(st.integers(1, 600), min_size=1, max_size=6))
def test_what_was_appended_comes_back_across_block_borders(lengths):
    cache, everything, keys, values = filled(*lengths)
    assert torch.equal(keys, everything)
    assert torch.equal(values, -everything)
    assert cache.length == sum(lengths)


def test_after_a_trim_new_tokens_take_the_place_of_the_old():
    cache, everything, _, _ = filled(10)
    cache.trim(4)
    new = torch.randn(2, 3, 4)
    keys, _ = cache.append(new, new)
    assert torch.equal(keys, torch.cat((everything[:, :4], new), dim=1))


def test_a_trim_beyond_the_end_changes_nothing():
    cache, *_ = filled(10)
    cache.trim(99)
    assert cache.length == 10


def test_memory_grows_in_blocks_not_by_doubling():
    """A long conversation must not hold twice what it needs."""
    cache, *_ = filled(BLOCK_TOKENS * 40)
    cache.append(torch.zeros(2, 1, 4), torch.zeros(2, 1, 4))
    tokens = cache.size_bytes // (2 * 2 * 4 * 4)
    assert tokens <= BLOCK_TOKENS * 40 * 9 / 8
    assert tokens % BLOCK_TOKENS == 0


def test_the_state_of_jamba_3b_has_the_size_that_its_design_promises():
    """9.65 MiB for 26 Mamba layers whatever the length, 1 KiB a token for two attention layers."""
    mamba = MambaState(MambaConfig(d_inner=5120, d_state=16, d_conv=4, dt_rank=160))
    assert round(26 * mamba.size_bytes / 2**20, 2) == 9.65
    cache = KVCache(1, 128, torch.float16)
    cache.append(torch.zeros(1, BLOCK_TOKENS, 128), torch.zeros(1, BLOCK_TOKENS, 128))
    assert 2 * cache.size_bytes == 1024 * BLOCK_TOKENS
