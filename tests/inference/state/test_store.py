"""Who owns the nodes on disk, and which go first when room is needed."""

import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from inference.state import eviction
from inference.state.budget import Budget
from inference.state.store import StateStore
from tests.inference.state.sessions import (
    OTHER_MODEL,
    PLENTY,
    add,
    check,
    files,
    kv_of,
    new_tree,
    num_found,
    num_restored,
    opened,
    recurrent_of,
)

REPOSITORY = Path(__file__).parents[3]
A = list(range(10, 30))
B = [*A, *range(100, 110)]
C = [*A, *range(200, 215)]


def in_another_process(code, *arguments):
    """Run `code` with `store`, the one of the folder that is the first argument."""
    start = (
        "import sys; from pathlib import Path; from inference.state.store import StateStore\n"
        "store = StateStore(Path(sys.argv[1]))\n"
    )
    command = [sys.executable, "-W", "error", "-c", start + code, *map(str, arguments)]
    return subprocess.run(
        command, cwd=REPOSITORY, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def other(folder):
    """A tree on the same folder, as another process has it."""
    tree = opened(folder)
    yield tree
    tree.close()


# Owners


def test_a_release_removes_what_belongs_to_nobody_else(tree, store, folder):
    add(tree, A, "chat:1")
    add(tree, B, "chat:1")
    add(tree, C, "chat:2")
    tree.flush()
    assert tree.release("chat:1")
    assert num_found(tree, B) == len(A)
    assert len(files(folder)) == 4
    assert num_restored(tree, C) == len(C)
    assert store.usage().owner_bytes.keys() == {"chat:2"}
    tree.release("chat:2")
    assert (num_found(tree, C), files(folder), tree.ram_bytes) == (0, [], 0)
    assert store.usage().total_bytes == 0


def test_an_owner_may_be_added_to_what_is_there(tree, folder):
    add(tree, A, "chat:1")
    tree.own(tree.find(A, len(A)), tree.claim("document:x"))
    tree.flush()
    tree.release("chat:1")
    assert num_restored(tree, A) == len(A)
    tree.release("document:x")
    assert files(folder) == []


def test_another_process_releases(tree, folder):
    """The window removes a chat while the engine runs."""
    add(tree, A, "chat:1")
    add(tree, B, "chat:1")
    add(tree, C, "chat:2")
    tree.flush()
    in_another_process("assert 'numpy' not in sys.modules; store.release('chat:1')", folder)
    assert num_found(tree, B) == len(A)
    assert len(files(folder)) == 4
    in_another_process("store.release('chat:2')", folder)
    assert num_found(tree, C) == 0
    assert (files(folder), tree.ram_bytes) == ([], 0)


def test_what_was_restored_is_released_too(tree, other):
    """Its owner is one that this process never gave it."""
    add(tree, A, "chat:1")
    tree.flush()
    assert num_restored(other, A) == len(A)
    tree.release("chat:1")
    assert num_found(other, A) == 0
    assert other.ram_bytes == 0


def test_a_pending_write_brings_nothing_back(tree, other, folder, monkeypatch):
    write = tree._writer._write
    release = lambda *arguments: other.release("chat:1") and write(*arguments)  # noqa: E731
    monkeypatch.setattr(tree._writer, "_write", release)
    add(tree, A, "chat:1")
    tree.flush()
    assert files(folder) == []
    assert num_found(tree, A) == 0


def test_a_child_of_an_evicted_node_is_not_stored(tree, other, folder, monkeypatch):
    """Another process makes room between the look at the parent and the write of the child."""
    add(tree, A)
    tree.flush()
    write = tree._writer._write

    def evict_and_write(*arguments):
        other._store.set_budget(Budget(0, 0, 0))
        return write(*arguments)

    monkeypatch.setattr(tree._writer, "_write", evict_and_write)
    add(tree, B)
    tree.flush()
    assert files(folder) == []
    assert num_restored(tree, B) == len(B)


def test_a_request_that_goes_on_after_a_release_brings_nothing_back(tree, other, folder):
    claim = tree.claim("chat:1")
    other.release("chat:1")
    tree.find(A, len(A))
    tree.add(A, lambda start, end: kv_of(A, start, end), recurrent_of(A), claim)
    tree.flush()
    assert files(folder) == []


def test_what_is_owned_after_a_release_is_not(tree, other, folder):
    add(tree, A, "chat:1")
    claim = tree.claim("chat:2")
    other.release("chat:2")
    tree.own(tree.find(A, len(A)), claim)
    tree.flush()
    tree.release("chat:1")
    assert files(folder) == []


def test_an_owner_may_come_back(tree, folder):
    """A document that is read again."""
    add(tree, A, "document:x")
    tree.release("document:x")
    add(tree, A, "document:x")
    tree.flush()
    assert len(files(folder)) == 2


def test_a_release_that_fails_is_tried_again(tree, folder, monkeypatch):
    """On a full disk the first attempt makes the room that the second one needs."""
    add(tree, A)
    tree.flush()
    results = iter([sqlite3.OperationalError("database or disk is full"), None])

    def fails_once(*arguments):
        remove_unowned(*arguments)
        if error := next(results):
            raise error

    remove_unowned = eviction.remove_unowned
    monkeypatch.setattr(eviction, "remove_unowned", fails_once)
    assert tree.release("chat:1")
    assert files(folder) == []
    assert tree._store.usage().num_nodes == 0


def test_everything_is_cleared(tree, store, folder):
    add(tree, A)
    another_model = new_tree(store, fingerprint=OTHER_MODEL)
    add(another_model, A)
    tree.flush()
    another_model.flush()
    assert len(files(folder)) == 4
    in_another_process("store.clear()", folder)
    assert files(folder) == []
    assert (num_found(tree, A), num_found(another_model, A)) == (0, 0)
    assert another_model.ram_bytes == 0


def test_what_was_removed_can_not_be_read_in_the_index(tree, store, folder):
    """Token ids are what the user wrote."""
    secret = [1_234_567_000 + number for number in range(3000)]
    add(tree, secret)
    tree.flush()
    trace = secret[1000].to_bytes(4, "little")
    assert any(trace in path.read_bytes() for path in folder.glob("index*"))
    store.release("chat:1")
    assert not any(trace in path.read_bytes() for path in folder.glob("index*"))


def test_usage_adds_up(tree, store, folder):
    add(tree, A, "chat:1")
    add(tree, B, "chat:2")
    tree.flush()
    usage = store.usage()
    sizes = {
        kind: sum(p.stat().st_size for p in files(folder) if kind in p.name)
        for kind in ("kv", "recurrent")
    }
    assert (usage.num_nodes, usage.kv_bytes, usage.recurrent_bytes) == (2, *sizes.values())
    assert usage.owner_bytes["chat:2"] == usage.total_bytes > usage.owner_bytes["chat:1"]


# Budgets


def stored_bytes(folder):
    return sum(path.stat().st_size for path in files(folder))


@pytest.fixture
def leaf_bytes(tmp_path):
    """Of a node of 20 tokens."""
    tree = opened(tmp_path / "measure")
    add(tree, A)
    tree.close()
    return stored_bytes(tmp_path / "measure")


def filled(folder, budget, *runs, hybrid=True, **options):
    """Nothing is in memory, so that only the disk counts."""
    tree = opened(folder, Budget(0, *budget), hybrid, **options)
    for run in runs:
        add(tree, run, hybrid=hybrid)
        assert tree.flush()
    return tree


@pytest.mark.parametrize("hybrid", [True, False])
def test_the_least_recently_used_goes_first(folder, leaf_bytes, hybrid, monkeypatch):
    """Counted, not timed: a clock that jumps changes nothing."""
    monkeypatch.setattr(time, "time", lambda: random.uniform(0, 4e9))
    runs = [[number] * 20 for number in range(4)]
    tree = filled(folder, (4 * leaf_bytes, 0), *runs, hybrid=hybrid)
    for run in (runs[0], runs[2]):
        assert num_restored(tree, run) == 20
    one = stored_bytes(folder) // 4
    tree._store.set_budget(Budget(0, 3 * one + 100, 0))
    assert [num_found(tree, run) for run in runs] == [20, 0, 20, 20]
    tree._store.set_budget(Budget(0, 2 * one + 100, 0))
    assert [num_found(tree, run) for run in runs] == [20, 0, 20, 0]
    add(tree, [9] * 20, hybrid=hybrid)
    tree.flush()
    assert [num_found(tree, run) for run in (*runs, [9] * 20)] == [0, 0, 20, 0, 20]
    assert stored_bytes(folder) == tree._store.usage().total_bytes <= 2 * one + 100


def test_a_tombstone_keeps_what_its_children_need(folder):
    tree = filled(folder, (1 << 20, 0), A, B, C)
    usage = tree._store.usage()
    for tokens in (B, C):
        assert num_restored(tree, tokens)
    tree._store.set_budget(Budget(0, usage.total_bytes - 1, 0))
    assert [num_found(tree, tokens) for tokens in (A, B, C)] == [0, len(B), len(C)]
    assert [num_restored(tree, tokens) for tokens in (A, B, C)] == [0, len(B), len(C)]
    assert tree._store.usage().kv_bytes == usage.kv_bytes
    # B goes whole. Then A is of use to C only.
    tree._store.set_budget(Budget(0, tree._store.usage().total_bytes - 1, 0))
    assert [num_restored(tree, tokens) for tokens in (A, B, C)] == [0, 0, len(C)]
    tree._store.set_budget(Budget(0, tree._store.usage().total_bytes - 1, 0))
    assert files(folder) == []


def test_a_tombstone_gets_its_state_back(folder):
    tree = filled(folder, (1 << 20, 0), A, B)
    num_restored(tree, B)
    tree._store.set_budget(Budget(0, tree._store.usage().total_bytes - 1, 0))
    assert num_found(tree, A) == 0
    tree._store.set_budget(Budget(0, 1 << 20, 0))
    add(tree, A)
    tree.flush()
    assert num_restored(tree, A) == len(A)
    assert len(files(folder)) == 4


@pytest.mark.parametrize("hybrid", [True, False])
def test_never_a_parent_before_its_children(folder, hybrid):
    """Whatever is used in whatever order: what is in the index can be restored."""
    chance = random.Random(7)
    runs = [A, B, C, [*B, 1, 2], [*C, 3], [*B, 1, 2, 4, 5], [6] * 20, [*[6] * 20, 7]]
    tree = filled(folder, (1 << 20, 0), *runs, hybrid=hybrid)
    while size := tree._store.usage().total_bytes:
        num_restored(tree, chance.choice(runs))
        tree._store.set_budget(Budget(0, size - 1, 0))
        for run in runs:
            if match := tree.find(run, len(run)):
                check(tree.restore(match), run[: match.num_tokens])
        assert stored_bytes(folder) == tree._store.usage().total_bytes < size
    assert files(folder) == []


def test_a_parent_is_not_given_up_for_its_child(folder, leaf_bytes):
    """Otherwise both were lost."""
    tree = filled(folder, (leaf_bytes + 100, 0), A, B)
    assert num_restored(tree, B) == len(A)


def test_a_node_above_the_budget_is_not_stored(folder, leaf_bytes):
    tree = filled(folder, (leaf_bytes + 100, 0), A, list(range(1000)))
    assert num_restored(tree, A) == len(A)
    assert len(files(folder)) == 2


def disk_of(folder, size_bytes):
    """A disk on which nothing else is."""
    return lambda _path: SimpleNamespace(free=size_bytes - stored_bytes(folder))


def test_some_of_the_disk_stays_free(folder, leaf_bytes):
    """Older nodes go for it, but none where that would not be enough."""
    disk = disk_of(folder, 1_000_000)
    floor = 1_000_000 - 2 * leaf_bytes - 100
    runs = [[number] * 20 for number in range(4)]
    tree = filled(folder, (1 << 30, floor), *runs, disk_usage=disk)
    assert [num_restored(tree, run) for run in runs] == [0, 0, 20, 20]
    tree.close()
    tree = filled(folder, (1 << 30, 1_000_001), [8] * 20, disk_usage=disk)
    assert [num_restored(tree, run) for run in (*runs, [8] * 20)] == [0, 0, 20, 20, 0]
    tree._store.set_budget(Budget(0, 1 << 30, 1_000_001))
    assert num_restored(tree, runs[3]) == 20


def test_the_defaults_are_those_of_the_machine(monkeypatch):
    for total, expected in ((8 << 30, 1 << 30), (64 << 30, 2 << 30)):
        memory = SimpleNamespace(total=total)
        monkeypatch.setattr("inference.state.budget.psutil.virtual_memory", lambda m=memory: m)
        assert Budget.of_this_machine() == Budget(expected, 8 << 30, 5 << 30)


# Files and nodes


def test_a_file_without_a_node_goes_with_the_next_release(tree, folder):
    """A process was killed between putting it there and entering it."""
    add(tree, A)
    tree.flush()
    kept = files(folder)
    for path in kept:
        name = path.name.replace(path.name[:32], "f" * 32)
        path.with_name(name).write_bytes(path.read_bytes())
    other = kept[0].with_name("notes.txt")
    other.write_text("somebody's own")
    tree.release("chat:9")
    assert files(folder) == sorted([*kept, other])


def test_a_start_reads_no_files(tree, folder, monkeypatch):
    add(tree, A)
    tree.close()

    def refuse(*_arguments):
        raise AssertionError("the files were listed")

    monkeypatch.setattr("inference.state.folder.Folder.files", refuse)
    assert num_restored(opened(folder), A) == len(A)


def test_unfinished_files_of_dead_processes_go(folder):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    unfinished = folder / "unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / f"{dead.pid}-x").touch()
    (unfinished / "x").touch()
    store = StateStore(folder, PLENTY)
    with store.folder.new_file() as mine:
        mine.touch()
        StateStore(folder, PLENTY)
        assert list(unfinished.iterdir()) == [mine]
    assert list(unfinished.iterdir()) == []


def test_the_index_is_asked_with_indexes(tree, folder):
    """Thousands of nodes must not be gone through for each lookup."""
    add(tree, A)
    tree.flush()
    plan = sqlite3.connect(folder / "index.sqlite").execute(
        "EXPLAIN QUERY PLAN SELECT id FROM nodes WHERE parent = '' AND fingerprint = ''"
    )
    assert "USING INDEX nodes_by_parent" in str(plan.fetchall())
