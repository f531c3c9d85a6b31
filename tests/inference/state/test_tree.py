"""What is found of tokens that were read, and given back exactly as it was."""

import threading
import time

import numpy as np
import pytest

from inference.state.budget import Budget
from inference.state.node import ROOT, new_node
from inference.state.store import StateStore
from tests.effort import at_most
from tests.inference.state.sessions import (
    FINGERPRINT,
    KV_BYTES,
    OTHER_MODEL,
    PLENTY,
    RECURRENT_BYTES,
    add,
    files,
    kv_of,
    new_tree,
    num_found,
    num_restored,
    opened,
    recurrent_of,
    restored,
)

A = list(range(10, 30))
B = [*A, *range(100, 110)]
C = [*A, *range(200, 215)]


@pytest.fixture(params=["memory", "disk"])
def warm(request, folder):
    """Gives a tree that finds what another one has added, in memory or from disk."""

    def reopened(tree):
        if request.param == "memory":
            return tree
        tree.close()
        return opened(folder, hybrid=tree._has_recurrent)

    return reopened


@pytest.fixture
def attention_tree(store):
    """Of a model without recurrent layers."""
    tree = new_tree(store, hybrid=False)
    yield tree
    tree.close()


def test_a_node_is_named_by_its_content():
    tokens = np.arange(5, dtype="<i4").tobytes()
    node = new_node(FINGERPRINT, ROOT, 0, tokens)
    assert node == new_node(FINGERPRINT, ROOT, 0, tokens)
    assert (node.length, node.end) == (5, 5)
    others = [
        new_node(OTHER_MODEL, ROOT, 0, tokens),
        new_node(FINGERPRINT, node.id, 0, tokens),
        new_node(FINGERPRINT, ROOT, 1, tokens),
        new_node(FINGERPRINT, ROOT, 0, tokens[:-4]),
    ]
    assert len({node.id, *(other.id for other in others)}) == 5


def test_two_processes_that_read_the_same_make_the_same_files(tmp_path):
    for name in ("one", "two"):
        tree = opened(tmp_path / name)
        add(tree, A, owner=f"chat:{name}")
        add(tree, B, owner=f"chat:{name}")
        tree.close()
    one, two = (
        [path.relative_to(tmp_path / name) for path in files(tmp_path / name)]
        for name in ("one", "two")
    )
    assert one == two
    assert len(one) == 4


def test_the_longest_prefix_is_found_and_restored(tree, warm):
    add(tree, A)
    add(tree, B)
    add(tree, C)
    tree = warm(tree)
    assert num_restored(tree, [*B, 1]) == len(B)
    assert num_restored(tree, [*C, 1]) == len(C)
    assert num_restored(tree, [*A, 1, 2]) == len(A)
    assert num_restored(tree, A) == len(A)
    assert restored(tree, [1, *A]) is None
    assert restored(tree, []) is None


def test_a_recurrent_state_is_found_only_where_it_was_saved(tree, warm):
    """Anything else would be a state after other tokens."""
    add(tree, A)
    add(tree, B)
    tree = warm(tree)
    assert num_restored(tree, [*B[:-1], 1]) == len(A)
    assert num_restored(tree, [*A[:-1], 1]) == 0
    assert num_found(tree, B, limit=len(B) - 1) == len(A)
    assert num_found(tree, A, limit=len(A) - 1) == 0


def test_keys_and_values_are_cut_where_no_layer_is_recurrent(attention_tree, warm):
    add(attention_tree, B, hybrid=False)
    tree = warm(attention_tree)
    assert num_restored(tree, [*A, 1]) == len(A)
    assert num_restored(tree, B[:3]) == 3
    assert num_found(tree, B, limit=len(B) - 1) == len(B) - 1
    assert num_found(tree, B, limit=0) == 0


@pytest.mark.parametrize("hybrid", [True, False])
def test_a_branch_shares_the_tokens_before_it(folder, hybrid, warm):
    """Also those inside another node's run: keys and values depend on what is before them only."""
    tree = opened(folder, hybrid=hybrid)
    assert add(tree, B, hybrid=hybrid) == [(0, len(B))]
    assert add(tree, C, hybrid=hybrid) == [(len(A), len(C))]
    longer = [*C[:-2], 7, 8, 9]
    assert add(tree, longer, hybrid=hybrid) == [(len(C) - 2, len(longer))]
    tree = warm(tree)
    for tokens in (B, C, longer):
        assert num_restored(tree, [*tokens, 1]) == len(tokens)


def test_a_state_inside_a_run_is_a_node_without_tokens(tree, warm):
    add(tree, B)
    assert add(tree, A) == [(len(A), len(A))]
    add(tree, C)
    tree = warm(tree)
    for tokens in (A, B, C):
        assert num_restored(tree, [*tokens, 1]) == len(tokens)


def test_what_is_there_is_not_taken_again(tree, store):
    add(tree, A)
    tree.flush()
    before = {path: path.stat().st_mtime_ns for path in files(store.folder.path)}
    assert add(tree, A) == []
    assert add(new_tree(store), A) == []
    tree.flush()
    assert {path: path.stat().st_mtime_ns for path in files(store.folder.path)} == before


def test_a_node_belongs_to_one_model(tree, store):
    add(tree, A)
    tree.flush()
    assert num_found(new_tree(store, fingerprint=OTHER_MODEL), A) == 0


def test_several_nodes_of_one_parent_may_match(tree, warm):
    for length in (3, 17, 9, len(A)):
        add(tree, A[:length])
    tree = warm(tree)
    for length in range(3, len(A)):
        assert num_restored(tree, [*A[:length], 1]) == max(n for n in (3, 9, 17) if n <= length)


def test_the_session_may_go_on_changing_its_arrays(tree):
    kv, recurrent = kv_of(A), recurrent_of(A)
    tree.add(A, lambda _start, _end: kv, recurrent, None)
    for tensor in (*kv.values(), *recurrent.values()):
        tensor[:] = 0
    found = restored(tree, A)
    for tensor in (*found.kv[0].values(), *found.recurrent.values()):
        with pytest.raises(ValueError, match="read-only"):
            tensor[:] = 0


@pytest.mark.parametrize("hybrid", [True, False])
def test_a_lookup_of_many_tokens_is_fast(folder, hybrid):
    """A loop over 100,000 tokens for each branch would take longer than the answer."""
    tokens = np.arange(100_000).tolist()
    tree = opened(folder, hybrid=hybrid)
    recurrent = recurrent_of(A) if hybrid else None
    empty = {"1.keys": np.zeros((1, 0, 4), np.float16)}
    for branch in range(8):
        for end in range(10_000, 100_001, 10_000):
            read = [*tokens[: end - 1], -branch]
            tree.add(read, lambda _start, _end: empty, recurrent, None)
    with at_most(units=50):
        assert num_found(tree, tokens, 99_998) >= 0


def test_memory_only_where_there_is_no_folder(tmp_path):
    tree = opened(None)
    add(tree, A)
    assert tree.flush()
    assert num_restored(tree, A) == len(A)
    assert list(tmp_path.iterdir()) == []
    tree.release("chat:2")
    assert num_found(tree, A) == len(A)
    tree.release("chat:1")
    assert num_found(tree, A) == 0


# Memory


def node_bytes(num_tokens):
    return num_tokens * KV_BYTES + RECURRENT_BYTES


def in_memory(num_tokens, *more):
    return StateStore(None, Budget(sum(map(node_bytes, (num_tokens, *more))), 0, 0))


def test_what_was_used_last_stays_in_memory():
    tree = new_tree(in_memory(20, 20))
    one, two, three = ([number] * 20 for number in (1, 2, 3))
    add(tree, one)
    add(tree, two)
    assert tree.ram_bytes == node_bytes(20) * 2
    restored(tree, one)
    add(tree, three)
    assert [num_found(tree, tokens) for tokens in (one, two, three)] == [20, 0, 20]
    assert tree.ram_bytes == node_bytes(20) * 2


def test_a_parent_stays_in_memory_as_long_as_its_children():
    """Without its keys and values they would be lost too; its recurrent state may go."""
    tree = new_tree(in_memory(20, 11))
    add(tree, A)
    add(tree, B)
    add(tree, [*B, 1])
    assert [num_found(tree, tokens) for tokens in (A, B, [*B, 1])] == [0, len(B), len(B) + 1]
    assert num_restored(tree, [*B, 1]) == len(B) + 1
    assert tree.ram_bytes <= node_bytes(20) + node_bytes(11)


def test_tombstones_go_with_what_they_led_to():
    tree = new_tree(in_memory(20, 10))
    add(tree, A)
    add(tree, B)
    add(tree, [*B, 1])
    other = [5] * 30
    add(tree, other)
    assert num_found(tree, [*B, 1]) == 0
    assert num_restored(tree, other) == 30
    assert tree.ram_bytes == node_bytes(30)


def test_what_was_found_may_be_lost_before_it_is_restored():
    tree = new_tree(in_memory(20))
    add(tree, A)
    match = tree.find(A, len(A))
    add(tree, [1] * 20)
    assert tree.restore(match) is None


def test_what_was_lost_from_memory_is_found_on_disk(folder):
    tree = opened(folder, Budget(0, 1 << 30, 0))
    for tokens in (A, B, C):
        add(tree, tokens)
    tree.flush()
    assert tree.ram_bytes == 0
    for tokens in (A, B, C):
        assert restored(tree, tokens).disk_bytes == node_bytes(len(tokens))
    assert tree.ram_bytes == 0


def test_what_was_restored_stays_in_memory(folder):
    tree = opened(folder)
    add(tree, A)
    add(tree, B)
    tree.close()
    tree = opened(folder)
    assert restored(tree, B).disk_bytes == node_bytes(len(B))
    assert restored(tree, B).disk_bytes == 0
    assert restored(tree, A).disk_bytes == RECURRENT_BYTES


# Temporary chats


def test_a_temporary_chat_is_never_on_disk(tree, store):
    add(tree, A)
    tree.flush()
    before = files(store.folder.path)
    add(tree, B, owner=None)
    assert num_restored(tree, B) == len(B)
    tree.flush()
    assert files(store.folder.path) == before
    assert store.usage().num_nodes == 1


def test_a_temporary_chat_can_be_forgotten(tree):
    add(tree, A)
    add(tree, B, owner=None)
    tree.release(None)
    assert num_found(tree, B) == len(A)
    assert tree.ram_bytes == node_bytes(len(A))


def test_what_a_stored_chat_reads_too_is_stored(tree, folder):
    add(tree, A, owner=None)
    add(tree, B, owner=None)
    add(tree, C, owner="chat:3")
    tree.close()
    tree = opened(folder)
    assert [num_restored(tree, tokens) for tokens in (A, B, C)] == [len(A), len(A), len(C)]


def test_a_temporary_chat_does_not_take_away_what_is_stored(tree, folder):
    add(tree, A)
    add(tree, A, owner=None)
    tree.release(None)
    tree.close()
    assert num_restored(opened(folder), A) == len(A)


def test_what_is_not_written_yet_is_found_in_memory(folder, monkeypatch):
    tree = opened(folder, Budget(0, 1 << 30, 0))
    may_write = threading.Event()
    write = tree._writer._store_chain
    monkeypatch.setattr(tree._writer, "_store_chain", lambda job: may_write.wait() and write(job))
    add(tree, A)
    assert restored(tree, A).disk_bytes == 0
    may_write.set()
    tree.flush()
    assert tree.ram_bytes == 0
    assert restored(tree, A).disk_bytes == node_bytes(len(A))


def test_pending_nodes_take_no_more_memory_than_the_budget(folder, monkeypatch):
    """A slow disk must not let them pile up."""
    budget = Budget(node_bytes(20) * 2, 1 << 30, 0)
    tree = opened(folder, budget)
    taken = []
    write = tree._writer._store_chain

    def slowly(job):
        time.sleep(0.02)
        write(job)

    monkeypatch.setattr(tree._writer, "_store_chain", slowly)
    for number in range(8):
        add(tree, [number] * 20)
        taken.append(tree.ram_bytes)
    assert max(taken) <= node_bytes(20) * 3
    tree.close()
    tree = opened(folder, PLENTY)
    assert all(num_restored(tree, [number] * 20) for number in range(8))
