"""When the window's garbage is collected: never in the middle of something, and not never."""

import gc
import weakref

import pytest
from PySide6.QtCore import QObject

from ui import garbage
from ui.garbage import Collector, collected_by

EVERYTHING = 2
WHAT_IS_NEW = 1


class Knot:
    """Ends only when it is collected."""

    def __init__(self):
        self.itself = self


@pytest.fixture
def parent(application):
    parent = QObject(application)
    yield parent
    parent.deleteLater()


def test_only_the_timer_collects(qtbot, parent):
    """Python's own collection may run on any thread, and in any frame."""
    with collected_by(parent):
        assert not gc.isenabled()
        assert gc.get_freeze_count()
        knot = weakref.ref(Knot())
        assert knot()
        qtbot.waitUntil(lambda: knot() is None)
    assert gc.isenabled()
    assert not gc.get_freeze_count()


class Clock:
    """Stands in for the time that goes by, and for the thread's part of it."""

    def __init__(self):
        self.now = 100.0
        self.work = 1.0


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(garbage, "perf_counter", lambda: clock.now)
    monkeypatch.setattr(garbage, "thread_time", lambda: clock.work)
    return clock


@pytest.fixture
def collected(monkeypatch, clock):
    """The generations that were collected; a full collection takes 20 ms."""
    generations = []

    def collect(generation=EVERYTHING):
        generations.append(generation)
        clock.now += 0.02 if generation == EVERYTHING else 0

    monkeypatch.setattr(garbage.gc, "collect", collect)
    return generations


@pytest.fixture
def spend(parent, clock, collected):
    """Lets seconds go by, of which the thread works a share; returns how many were full."""
    collector = Collector(parent)

    def spend(seconds, share):
        collected.clear()
        for _ in range(round(4 * seconds)):
            clock.now += 0.25
            clock.work += 0.25 * share
            collector.collect()
        return collected.count(EVERYTHING)

    yield spend
    collector.stop()


def test_nothing_old_is_collected_while_the_window_works(spend, collected):
    """A full collection was a gap of 56 ms while an answer streamed."""
    assert spend(60, share=0.3) == 0
    assert collected == [WHAT_IS_NEW] * 240


def test_everything_is_collected_once_the_window_rests(spend):
    spend(60, share=0.3)
    assert spend(2.5, share=0.001) == 0
    assert spend(2.5, share=0.001) == 1


def test_full_collections_are_as_far_apart_as_they_are_dear(spend):
    spend(15, share=0.001)
    assert spend(19, share=0.001) <= 1
    assert spend(60, share=0.001) in (3, 4)


def test_a_window_that_never_rests_is_collected_at_last(spend):
    assert spend(290, share=0.5) == 0
    assert spend(290, share=0.5) == 1
