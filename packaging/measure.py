"""Prints how soon a packaged Eremo can be used, and how much memory it takes at rest.

    python packaging/measure.py build/package/eremo/eremo [--runs 7] [--cold]

Each run is a new window on an empty profile, with the embedded model. "Usable" is when the window
has painted and handles keys; the model is loaded after it. --cold empties the page cache before
each run, as after the computer's own start; that needs root on Linux. "Begun" is when the answer's
first words were shown; how long it is differs from run to run. Memory is that of all its
processes a second after the answer and a formula, what they share counted once.
"""

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

from smoke_test import FailedError, Run, check_run, display, profile, run_window

EVENTS = ("painted", "usable", "loaded", "begun")
CACHES = Path("/proc/sys/vm/drop_caches")
TARGET_SECONDS = 1.5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("command", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--cold", action="store_true")
    arguments = parser.parse_args()
    runs = []
    try:
        for _ in range(arguments.runs):
            if arguments.cold:
                subprocess.run(["sync"], check=True)
                CACHES.write_text("3")
            runs.append(measure(arguments.command))
    except FailedError as error:
        print(f"A run failed: {error}", file=sys.stderr)
        return 1
    for event in EVENTS:
        print(f"{event:9} after {spread([run.seconds(event) for run in runs])} s")
    speeds = [speed(run) for run in runs]
    print(f"answered  at {spread(speeds, 0)} tokens/s while it was shown")
    memory = [run.memory["total"] / 2**20 for run in runs]
    largest = [run.memory["largest"] / 2**20 for run in runs]
    print(f"at rest   {spread(memory, 0)} MiB, of which the largest process {spread(largest, 0)}")
    usable = statistics.median(run.seconds("usable") for run in runs)
    print(f"target    {TARGET_SECONDS} s until it is usable: {usable:.2f} s")
    return 0 if usable < TARGET_SECONDS else 1


def measure(command: Path) -> Run:
    with profile(Path("/")) as (folder, inside), display() as environment:
        arguments = ["--data-dir", str(inside / "data")]
        run = run_window([str(command), *arguments], environment, folder, inside)
        check_run(run, folder)
        return run


def speed(run: Run) -> float:
    """Tokens/s from the first words on show to the end of the answer."""
    stats = run.events["answered"]["stats"]
    return stats["completion_tokens"] / (run.seconds("answered") - run.seconds("begun"))


def spread(values: list[float], digits: int = 2) -> str:
    """Median (lowest to highest)."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


if __name__ == "__main__":
    sys.exit(main())
