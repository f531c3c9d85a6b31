"""Work in a process of its own: what it tells, and how it is ended."""

import psutil
import pytest

from app.watched_process import Limits, TooMuchError, WorkFailedError, messages_of
from tests.app import watched_work as work

PLENTY = Limits(num_bytes=1 << 30, silent_seconds=30.0, seconds=30.0)
MIB = 1 << 20


def never():
    return False


def start(function, *args, limits=PLENTY, cancelled=never):
    return messages_of(function, *args, limits=limits, cancelled=cancelled)


def test_what_is_sent_comes_in_its_order_until_the_work_is_done():
    assert list(start(work.count, 3)) == [0, 1, 2]


def test_a_crash_is_told_after_what_came_before():
    messages = start(work.crash)
    assert next(messages) == "before"
    with pytest.raises(WorkFailedError):
        next(messages)


@pytest.mark.parametrize("name", ["silent_seconds", "seconds"])
def test_too_much_time_ends_it(name):
    limits = Limits(**{"num_bytes": 1 << 30, "silent_seconds": 30.0, "seconds": 30.0, name: 0.5})
    messages = start(work.sleep, limits=limits)
    process = psutil.Process(next(messages))
    with pytest.raises(TooMuchError) as caught:
        next(messages)
    assert caught.value.what == "time"
    assert not process.is_running()


@pytest.mark.parametrize("num_mib", [250, 5000])  # within what it may address, and beyond
def test_too_much_memory_ends_it(num_mib):
    limits = Limits(num_bytes=200 * MIB, silent_seconds=30.0, seconds=30.0)
    with pytest.raises(TooMuchError) as caught:
        list(start(work.take, num_mib * MIB, limits=limits))
    assert caught.value.what == "memory"


def test_a_cancel_ends_it_soon():
    seen = []
    seen.extend(start(work.sleep, cancelled=lambda: bool(seen)))  # else its silence ends it
    assert not psutil.pid_exists(seen[0])


def test_who_looks_no_further_ends_it():
    messages = start(work.sleep)
    process_id = next(messages)
    messages.close()
    assert not psutil.pid_exists(process_id)


def test_what_it_prints_stays_out_of_the_answers(capfd):
    assert list(start(work.write_something)) == ["done"]
    assert capfd.readouterr() == ("", "")
