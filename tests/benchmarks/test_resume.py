"""Going on after a restart: a whole run on a small hybrid, and what is printed of it."""

import json
import sys
from dataclasses import replace

import pytest

from benchmarks import resume
from benchmarks.resume import Settings, measure
from benchmarks.resuming.figures import (
    DiskFigures,
    Figures,
    MemoryFigures,
    PeerFigures,
    Resumption,
    table,
)
from inference.architectures.config import MambaConfig
from inference.formats.gguf import open_gguf
from inference.synthetic import JAMBA_3B, write_synthetic_jamba
from tests.inference.tiny_model import write_tiny_model

WAYS = ["next turn", "regenerate", "edit", "branch"]
MIB = 1 << 20
SMALL = replace(
    JAMBA_3B,
    layer_kinds=("mamba", "attention", "mamba"),
    vocab_size=512,
    context_length=16_384,
    hidden_size=256,
    ffn_size=256,
    num_heads=4,
    num_kv_heads=1,
    head_dim=64,
    mamba=MambaConfig(d_inner=512, d_state=8, d_conv=4, dt_rank=32),
)


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("resume")
    path = folder / "small.gguf"
    donor = open_gguf(write_tiny_model(folder / "tiny.gguf"))
    write_synthetic_jamba(path, SMALL, "Small", donor)
    settings = Settings(
        path, threads=1, tokens=1200, state_tokens=9000, repeat=2, chats=2, budget_bytes=MIB
    )
    return measure(settings, folder, lambda _text: None)


def test_every_way_on_is_measured_in_every_repeat(figures):
    assert list(figures.resumptions) == WAYS
    for found in figures.resumptions.values():
        assert len(found.restore_seconds) == len(found.first_token_seconds) == 2
        pairs = zip(found.restore_seconds, found.first_token_seconds, strict=True)
        assert all(0 < restore < first for restore, first in pairs)
        assert found.restored_disk_bytes > 0
        assert found.reused_tokens <= found.ideal < found.prompt_tokens


def test_what_is_reused_is_what_could_be_known(figures):
    """Up to one token, where a snapshot is on the other side of a control token."""
    for found in figures.resumptions.values():
        assert found.ideal - 1 <= found.reused_tokens <= found.ideal
    assert figures.resumptions["branch"].ideal < figures.resumptions["edit"].ideal


def test_the_random_state_is_found_whole(figures):
    assert figures.long_state.reused_tokens == 9000
    assert figures.long_state.reread_tokens == resume.NEW_TOKENS


def test_a_turn_adds_its_own_states_alone(figures):
    disk, state = figures.disk, 4 * 512 * (3 + 8) * 2  # float32, of two Mamba layers
    assert disk.branch_point_bytes == pytest.approx(state, rel=0.15)
    assert disk.token_bytes == pytest.approx(4 + 2 * 64 * 2, rel=0.15)
    assert 2 * state < disk.turn_bytes < 2 * state + disk.turn_tokens * 300 + 10_000
    if sys.platform == "linux":
        assert disk.turn_bytes < disk.turn_written_bytes < disk.turn_bytes + 2 * MIB


def test_memory_is_told_after_each_chat(figures):
    memory = figures.memory
    assert len(memory.chats_bytes) == len(memory.again_bytes) == 2
    assert min(memory.chats_bytes) > memory.loaded_bytes > 20e6


def test_all_of_it_is_json(figures):
    found = json.loads(json.dumps(figures.as_json()))
    assert list(found["eremo"]) == WAYS
    assert found["eremo"]["edit"]["reread_tokens"] > 0
    assert found["llamacpp"] is None


def test_the_table_tells_what_was_refused_and_what_not_measured():
    figures = Figures("m.gguf", 2, chat_tokens=8200)
    figures.resumptions["edit"] = Resumption(8210, 8150, 8152, None, 9, [0.1], [0.5, 0.7])
    refused = Resumption(8210, 0, is_cut=False, restore_seconds=[0.25])
    figures.peer = PeerFigures("0.3", 140.0, 0.5, 18 * MIB, True, {"edit": refused})
    figures.disk = DiskFigures(8200, 9, 90 * MIB, 10 * MIB, 1030.2, 60, 4, 20 * MIB, None)
    figures.memory = MemoryFigures(8200, 256 * MIB, 2048 * MIB, [2100 * MIB], [2400 * MIB])
    lines = "\n".join(" ".join(line.split()) for line in table(figures))
    assert (
        lines
        == """\
m.gguf, a chat of 8,200 tokens, 2 threads
prompt reused ideal re-read restore first token
edit 8,210 8,150 8,152 60 0.100 s 0.600 s (0.500-0.700)
llama.cpp, edit 8,210 0 8,210 0.250 s not measured
llama.cpp 0.3: chat read in 140.0 s, state of 18.0 MiB saved in 0.50 s, \
next token the same after loading it
llama.cpp refused to cut the state back for: edit
disk: 9 files, 90.0 MiB; a branch point 10.00 MiB, a token 1,030 B
a turn of 60 tokens: 4 files, 20.00 MiB; given to the system to write: not known
chats of 8,200 tokens in turn, budget 256 MiB: resident 2,048 MiB when loaded, \
then 2,100; each again: 2,400
above the model and the budget at most 96 MiB"""
    )
