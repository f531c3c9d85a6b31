"""A process that adds, restores, evicts and releases, for tests that run several or kill it.

python -m tests.inference.state.busy_process FOLDER SEED ROUNDS [STEPS]

With STEPS it kills itself right after so many changes of the folder.
"""

import itertools
import os
import random
import signal
import sys
from pathlib import Path

from inference.state.budget import Budget
from tests.inference.state.sessions import add, opened, restored

BUDGET = Budget(6_000, 60_000, 0)
# Each shares its beginning with others.
CONVERSATIONS = [
    [number % 2, number % 3, *range(number, number + 40)] for number in range(0, 60, 5)
]


def owner(number):
    return f"chat:{number}"


def work(folder, seed, rounds):
    chance = random.Random(seed)
    tree = opened(folder, BUDGET)
    sys.stdout.write("started\n")
    sys.stdout.flush()
    for _ in range(rounds):
        number = chance.randrange(len(CONVERSATIONS))
        tokens = CONVERSATIONS[number][: chance.randrange(5, 43, 5)]
        match chance.randrange(8):
            case 0:
                tree.release(owner(number))
            case 1:
                tree.flush()
            case 2 | 3:
                restored(tree, tokens)
            case _:
                add(tree, tokens, owner(number))
    tree.close()
    sys.stdout.write("finished\n")


def die_after(steps):
    """Between two changes that belong together is where a kill leaves the most disorder."""
    counter = itertools.count(1)

    def fatal(change):
        def changed(*arguments, **options):
            result = change(*arguments, **options)
            if next(counter) >= steps:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return changed

    Path.replace, Path.unlink, os.fsync = map(fatal, (Path.replace, Path.unlink, os.fsync))


if __name__ == "__main__":
    if sys.argv[4:]:
        die_after(int(sys.argv[4]))
    work(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
