"""A process that is killed at any moment of its work loses nodes at most."""

import random
import time

import pytest

from tests.inference.state.busy_process import BUDGET, CONVERSATIONS
from tests.inference.state.sessions import opened, restored
from tests.inference.state.test_faults import assert_in_order, start

NUM_PROCESSES = 4  # wait for their kill at once, since starting Python takes longer than the rest


@pytest.mark.parametrize(
    "num_kills", [pytest.param(40, id="40"), pytest.param(200, id="200", marks=pytest.mark.proof)]
)
def test_kills_at_random_moments(folder, num_kills):
    chance = random.Random(num_kills)
    num_restored, num_unfinished = 0, 0
    for first in range(0, num_kills, NUM_PROCESSES):
        processes = [start(folder, first + number, 10_000) for number in range(NUM_PROCESSES)]
        for process in processes:
            assert process.stdout.readline() == "started\n"
        for process in chance.sample(processes, NUM_PROCESSES):
            time.sleep(chance.uniform(0, 0.05))
            process.kill()
            process.communicate()
            num_restored += check_after_a_kill(folder)
        num_unfinished += len(list((folder / "unfinished").iterdir()))
        opened(folder)
        assert list((folder / "unfinished").iterdir()) == []
    assert num_restored > num_kills
    assert_in_order(folder)


def check_after_a_kill(folder):
    """Every node that is found is exact, also while others go on; how many there were."""
    tree = opened(folder, BUDGET)
    found = [restored(tree, tokens) for tokens in CONVERSATIONS]
    tree._store.close()
    return sum(restored is not None for restored in found)
