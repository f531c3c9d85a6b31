"""The process that draws formulas: what it can't draw costs that formula, and no other."""

import os
import signal
import sys

import pytest

from ui.chat import formula_process
from ui.chat.formula import MAX_SOURCE, draw
from ui.chat.formula_process import FormulaProcess, drawing

pytest.importorskip("ziamath", reason="drawings need ziamath")


@pytest.fixture
def process():
    process = FormulaProcess()
    yield process
    process.close()


def test_it_draws_as_this_process_would(process):
    assert process.draw("x^2", False, 18) == draw("x^2", False, 18)
    assert process.draw(r"\unknown", False, 18) is None
    assert process.draw("y", True, 20) == draw("y", True, 20)


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGKILL")
def test_a_process_that_died_is_started_again(process):
    assert process.draw("x", False, 18)
    os.kill(process.process_id, signal.SIGKILL)
    assert process.draw("x^2", False, 18) is None
    assert process.draw("x^2", False, 18)


def test_a_process_that_takes_too_long_is_ended():
    process = FormulaProcess(patience_seconds=0)
    assert process.draw("x", False, 18) is None
    assert process.process_id is None


def test_no_process_starts_after_the_end(process):
    """Python's own end would wait for it."""
    process.close()
    assert process.draw("x", False, 18) is None
    assert process.process_id is None


def test_a_process_without_work_is_ended(monkeypatch, qtbot):
    """Its memory is given back; the next formula starts another."""
    processes = []
    real = formula_process.FormulaProcess

    def remembered():
        processes.append(real())
        return processes[-1]

    monkeypatch.setattr(formula_process, "FormulaProcess", remembered)
    monkeypatch.setattr(formula_process, "_REST_SECONDS", 0.05)
    monkeypatch.setattr(formula_process, "_jobs", formula_process._jobs.__wrapped__)
    jobs = formula_process._jobs()
    monkeypatch.setattr(formula_process, "_jobs", lambda: jobs)
    assert drawing("x_{71}", False, 18).result()
    qtbot.waitUntil(lambda: processes[0].process_id is None)
    assert drawing("x_{72}", False, 18).result()
    processes[0].close()


def test_a_refused_formula_reaches_no_process(monkeypatch):
    monkeypatch.setattr(formula_process, "_jobs", lambda: pytest.fail("it was drawn"))
    assert drawing("x" * (MAX_SOURCE + 1), True, 18).result() is None
    assert drawing(r"\def\a{\a\a}\a", True, 18).result() is None
