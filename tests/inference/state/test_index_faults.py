"""The index may be lost or damaged at any time: it is made again from the files."""

import random
import shutil
import sqlite3

import pytest

from inference.state.store import StateStore
from tests.inference.state.sessions import (
    PLENTY,
    add,
    files,
    new_tree,
    num_found,
    num_restored,
    opened,
    restored,
)

A = list(range(10, 30))
B = [*A, *range(100, 110)]
C = [*A, *range(200, 215)]
INSIDE = [*A, *range(100, 105)]


@pytest.fixture(params=[True, False], ids=["hybrid", "attention"])
def hybrid(request):
    return request.param


@pytest.fixture
def index(folder, hybrid):
    """Of a folder with four nodes; no process has it open."""
    tree = opened(folder, hybrid=hybrid)
    for tokens, owner in ((A, "chat:1"), (B, "chat:1"), (C, "chat:2"), (INSIDE, "chat:2")):
        add(tree, tokens, owner, hybrid)
    tree.close()
    tree._store.close()
    return folder / "index.sqlite"


def assert_nothing_is_lost(folder, hybrid):
    tree = opened(folder, hybrid=hybrid)
    for tokens in (A, B, C, INSIDE):
        assert num_restored(tree, [*tokens, 1]) == len(tokens)
    return tree


def delete(path):
    path.unlink()


def empty(path):
    path.write_bytes(b"")


def garbage(path):
    path.write_bytes(random.Random(1).randbytes(20_000))


def cut_off(path):
    path.write_bytes(path.read_bytes()[:5000])


def cut_off_in_the_header(path):
    path.write_bytes(path.read_bytes()[:50])


def another_programs(path):
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (text)")
    connection.close()


def without_tables(path):
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE nodes")
    connection.close()


def without_identity(path):
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM identity")
    connection.close()


def with_letters_that_are_none(path):
    """SQLite names them in its message."""
    path.write_bytes(
        path.read_bytes().replace(b"CREATE TABLE identity", b"CREATE T\xe8BLE identity")
    )


def with_letters_for_numbers(path):
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE nodes SET start = 'x', tokens = 'y'")
    connection.close()


@pytest.mark.parametrize(
    "damage",
    [
        delete,
        empty,
        garbage,
        cut_off,
        cut_off_in_the_header,
        another_programs,
        without_tables,
        without_identity,
        with_letters_for_numbers,
        with_letters_that_are_none,
    ],
)
def test_it_is_made_again_from_the_files(index, folder, hybrid, damage):
    before = files(folder)
    damage(index)
    tree = assert_nothing_is_lost(folder, hybrid)
    assert files(folder) == before
    usage = tree._store.usage()
    assert usage.total_bytes == sum(path.stat().st_size for path in before)
    assert usage.num_nodes == len({path.name[:32] for path in before})
    assert usage.owner_bytes.keys() == {"chat:1", "chat:2"}
    tree.release("chat:1")
    # Without recurrent layers INSIDE is no node: that chat's share in B is forgotten.
    expected = [len(A), len(C), len(INSIDE) if hybrid else len(A)]
    assert [num_restored(tree, tokens) for tokens in (A, C, INSIDE)] == expected
    tree.release("chat:2")
    assert files(folder) == []


def test_only_headers_are_read(index, folder, hybrid, monkeypatch):
    index.unlink()

    def refuse(*_arguments):
        raise AssertionError("a file was read whole")

    monkeypatch.setattr("inference.state.tree.read_snapshot", refuse)
    assert num_found(opened(folder, hybrid=hybrid), B) == len(B)


@pytest.mark.parametrize("seed", range(30))
def test_any_flipped_bytes_lose_nodes_at_most(index, folder, hybrid, seed):
    chance = random.Random(seed)
    damaged = bytearray(index.read_bytes())
    for _ in range(chance.choice([1, 3, 300])):
        damaged[chance.randrange(len(damaged))] ^= chance.randrange(1, 256)
    index.write_bytes(damaged)
    tree = opened(folder, hybrid=hybrid)
    for tokens in (A, B, C, INSIDE):
        restored(tree, [*tokens, 1])  # proves what it gives
        add(tree, tokens, "chat:3", hybrid)
        tree.flush()
        assert num_restored(tree, [*tokens, 1]) == len(tokens)
    tree.release("chat:3")
    tree._store.usage()
    tree.close()


def test_a_newer_version_is_left_alone(index, folder, hybrid):
    with sqlite3.connect(index) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before, content = files(folder), index.read_bytes()
    tree = opened(folder, hybrid=hybrid)
    add(tree, A, hybrid=hybrid)
    tree.flush()
    assert num_restored(tree, B) == len(A)
    assert not tree.release("chat:1")
    tree.close()
    assert (files(folder), index.read_bytes()) == (before, content)


def test_what_is_damaged_is_not_entered_again(index, folder, hybrid):
    """Nor is what hangs below it, or has been moved to another place."""
    kept = files(folder)
    moved = kept[0].parent.with_name("a" * 16)
    shutil.copytree(kept[0].parent, moved)
    tree = opened(folder, hybrid=hybrid)
    lost = tree.find(INSIDE, len(INSIDE)).chain
    tree._store.close()
    path = next(path for path in kept if path.name.startswith(f"{lost[0].id}.kv"))
    path.write_bytes(path.read_bytes()[:-1])
    index.unlink()
    tree = opened(folder, hybrid=hybrid)
    assert num_found(tree, B) == 0
    assert files(folder) == []


def test_a_process_that_has_the_old_index_open_goes_over_to_the_new_one(index, folder, hybrid):
    first = opened(folder, hybrid=hybrid)
    assert num_restored(first, B) == len(B)
    garbage(index)
    second = StateStore(folder, PLENTY)
    tree = new_tree(second, hybrid)
    assert num_restored(tree, C) == len(C)
    add(tree, [5] * 20, hybrid=hybrid)
    tree.flush()
    assert num_restored(first, [5] * 20) == 20
    second.release("chat:1")
    second.release("chat:2")
    assert num_found(first, C) == 0
    assert files(folder) == []


def test_what_was_released_while_the_index_was_replaced_is_let_go(index, folder, hybrid):
    """The log of releases is a new one then."""
    first = opened(folder, hybrid=hybrid)
    assert num_restored(first, B) == len(B)
    garbage(index)
    second = StateStore(folder, PLENTY)
    second.release("chat:1")
    second.release("chat:2")
    assert num_found(first, B) == 0
    assert first.ram_bytes == 0


def test_a_folder_that_can_not_be_made_costs_only_time(tmp_path, caplog):
    (tmp_path / "file").touch()
    tree = opened(tmp_path / "file" / "state")
    add(tree, A)
    assert tree.flush()
    assert num_restored(tree, A) == len(A)
    assert not tree.release("chat:1")
    assert num_found(tree, A) == 0
    assert len(caplog.records) == 1
