"""A process that is killed at any moment of its work loses nodes at most."""

import random
import sys
import time

import pytest

from tests.inference.state.busy_process import BUDGET, CONVERSATIONS
from tests.inference.state.sessions import opened, restored
from tests.inference.state.test_faults import assert_in_order, start

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it knows no SIGKILL")

NUM_PROCESSES = 4  # are started at once, since that takes longer than the rest
KILLS = [pytest.param(40, id="40"), pytest.param(200, id="200", marks=pytest.mark.proof)]


def check_after_a_kill(folder):
    """Every node that is found is exact, also while others go on; how many there were."""
    tree = opened(folder, BUDGET)
    found = [restored(tree, tokens) for tokens in CONVERSATIONS]
    tree._store.close()
    return sum(restored is not None for restored in found)


def started(folder, first, *steps):
    processes = [start(folder, first + number, 10_000, *steps) for number in range(NUM_PROCESSES)]
    for process in processes:
        process.stdout.readline()
    return processes


@pytest.mark.parametrize("num_kills", KILLS)
def test_kills_at_random_moments(folder, num_kills):
    chance = random.Random(num_kills)
    num_restored = 0
    for first in range(0, num_kills, NUM_PROCESSES):
        for process in started(folder, first):
            time.sleep(chance.uniform(0, 0.05))
            process.kill()
            process.communicate()
            num_restored += check_after_a_kill(folder)
        opened(folder)
        assert list((folder / "unfinished").iterdir()) == []
    assert num_restored > num_kills
    assert_in_order(folder)


@pytest.mark.parametrize("num_kills", KILLS)
def test_kills_between_two_changes_of_the_folder(folder, num_kills):
    """A file is in its place and not in the index yet, or the other way round."""
    for first in range(0, num_kills, NUM_PROCESSES):
        for process in started(folder, first, 1 + first % 37):
            process.communicate(timeout=60)
            assert process.returncode == -9
            check_after_a_kill(folder)
        opened(folder)
        assert list((folder / "unfinished").iterdir()) == []
    assert_in_order(folder)
