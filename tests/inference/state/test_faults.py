"""Damaged files, full disks, other processes and kills: what is lost is read again, no more."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from inference.state.budget import Budget
from tests.inference.state.sessions import (
    FINGERPRINT,
    add,
    files,
    num_found,
    num_restored,
    opened,
    restored,
)

REPOSITORY = Path(__file__).parents[3]
CHILD = "tests.inference.state.busy_process"
A = list(range(10, 30))
B = [*A, *range(100, 110)]
C = [*B, *range(200, 215)]


@pytest.fixture
def chain(folder):
    """Of three nodes on disk; gives a tree that has nothing in memory."""
    tree = opened(folder)
    for tokens in (A, B, C):
        add(tree, tokens)
    tree.close()
    tree._store.close()
    return opened(folder)


def file_of(tree, tokens, kind):
    node = tree.find(tokens, len(tokens)).chain[-1]
    return tree._store.folder.file(FINGERPRINT, node.id, kind)


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-100])


def empty(path):
    path.write_bytes(b"")


def replace_by_a_foreign_file(path):
    path.write_bytes(b"\x10\0\0\0\0\0\0\0" + b'{"a":"b"}       ' + bytes(100))


def replace_by_a_folder(path):
    path.unlink()
    path.mkdir()


def delete(path):
    path.unlink()


DAMAGES = [flip_a_byte, cut_off, empty, replace_by_a_foreign_file, replace_by_a_folder, delete]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_hangs_below_lost_keys_and_values_is_lost(chain, folder, damage):
    damage(file_of(chain, B, "kv"))
    assert num_restored(chain, C) == len(A)
    assert [path for path in files(folder) if path.is_file()] == files(folder)
    assert len(files(folder)) == 2
    assert chain._store.usage().num_nodes == 1
    assert add(chain, C) == [(len(A), len(C))]
    chain.close()
    assert num_restored(opened(folder), C) == len(C)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_node_without_its_state_still_leads_on(chain, folder, damage):
    damage(file_of(chain, B, "recurrent"))
    assert num_restored(chain, B) == len(A)
    assert num_restored(chain, C) == len(C)
    assert chain._store.usage().num_nodes == 3
    damage(file_of(chain, C, "recurrent"))
    restarted = opened(folder)
    # Nor is there a state at B any more: nothing but A is of use.
    assert num_restored(restarted, C) == len(A)
    assert restarted._store.usage().num_nodes == 1


def test_swapped_files_are_not_mistaken(chain):
    one, two = file_of(chain, B, "recurrent"), file_of(chain, C, "recurrent")
    content = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(content)
    assert num_restored(chain, C) == len(A)


def test_a_file_of_an_earlier_state_of_memory_is_not_needed(chain, folder):
    """What is in memory is not read from the disk again."""
    restored(chain, C)
    for path in files(folder):
        path.unlink()
    assert num_restored(chain, C) == len(C)


# A disk that fails


def full(*_arguments, **_options):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    "fault",
    ["os.fsync", "pathlib.Path.replace", "pathlib.Path.mkdir", "inference.state.store._enter"],
)
def test_a_full_disk_costs_only_time(chain, folder, monkeypatch, caplog, fault):
    before = files(folder)
    other = [5] * 20
    with monkeypatch.context() as faults:
        faults.setattr(fault, full)
        add(chain, other)
        add(chain, [*other, 1])
        assert chain.flush()
        assert num_restored(chain, [*other, 1]) == 21
        assert files(folder) == before
    assert "No space left" in caplog.text
    add(chain, [*other, 1, 2])
    chain.close()
    assert num_restored(opened(folder), [*other, 1, 2]) == 22


def test_a_bug_in_the_writer_does_not_stop_it(chain, folder, monkeypatch, caplog):
    with monkeypatch.context() as faults:
        faults.setattr("inference.state.writer.pack_snapshot", lambda *_: 1 // 0)
        add(chain, [5] * 20)
        assert chain.flush()
    assert "ZeroDivisionError" in caplog.text
    add(chain, [6] * 20)
    assert chain.flush()
    assert num_restored(opened(folder), [6] * 20) == 20


@pytest.fixture
def small_disk(tmp_path):
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    mount = tmp_path / "disk"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", mount]
    if shutil.which("mount") is None or subprocess.run(command, check=False).returncode:
        pytest.skip("this machine mounts no file system")
    yield mount
    subprocess.run(["umount", "-l", mount], check=True)


def test_a_disk_that_is_really_full(small_disk):
    """The index can't be written then either."""
    folder = small_disk / "state"
    tree = opened(folder, Budget(0, 1 << 30, 0), disk_usage=lambda _: SimpleNamespace(free=1 << 40))
    runs = [[number] * 2000 for number in range(60)]
    for number, run in enumerate(runs):
        add(tree, run, f"chat:{number}")
        add(tree, [*run, *A], f"chat:{number}")
        assert tree.flush()
    tree.close()
    tree._store.close()
    tree = opened(folder, Budget(0, 1 << 30, 0))
    lengths = [num_restored(tree, [*run, *A]) for run in runs]
    assert lengths[0] == 2020
    assert lengths[-1] in (0, 2000)
    for number in range(60):
        assert tree.release(f"chat:{number}")
    assert files(folder) == []
    assert tree._store.usage().num_nodes == 0
    assert num_found(tree, runs[0]) == 0
    add(tree, A)
    tree.flush()
    assert num_restored(tree, A) == len(A)


# Other processes


def start(folder, seed, rounds=60, *steps):
    """A process that works on the folder; see there."""
    command = [sys.executable, "-W", "error", "-m", CHILD, folder, seed, rounds, *steps]
    command = list(map(str, command))
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


def assert_in_order(folder):
    """Whatever the index knows can be restored exactly, and nothing else is there."""
    from tests.inference.state.busy_process import BUDGET, CONVERSATIONS, owner

    tree = opened(folder, BUDGET)
    for tokens in CONVERSATIONS:
        for length in range(5, len(tokens) + 1, 5):
            restored(tree, tokens[:length])
    usage = tree._store.usage()
    assert usage.total_bytes <= BUDGET.disk_bytes
    unfinished = list((folder / "unfinished").glob("*"))
    assert unfinished == []
    tree.release("nobody")
    assert sum(path.stat().st_size for path in files(folder)) <= usage.total_bytes
    for number in range(len(CONVERSATIONS)):
        tree.release(owner(number))
    assert tree._store.usage().num_nodes == 0
    assert files(folder) == []
    tree._store.close()


def test_two_processes_at_once(folder):
    processes = [start(folder, seed) for seed in (1, 2)]
    for process in processes:
        assert process.stdout.readline() == "started\n"
    for process in processes:
        output, _ = process.communicate(timeout=60)
        assert output.endswith("finished\n")
        assert process.returncode == 0
    assert_in_order(folder)
