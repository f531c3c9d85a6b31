"""`python -m inference.kernels`: the check that every machine can run."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from inference.kernels import __main__ as installed
from inference.kernels.library import FORMATS, levels, take_rows

REPOSITORY = Path(__file__).parents[3]
needs_a_level = pytest.mark.skipif(not levels(), reason="no CPU level runs here")


def run(code="import runpy; runpy.run_module('inference.kernels', run_name='__main__')", **changes):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=REPOSITORY,
        env=os.environ | changes,
        capture_output=True,
        text=True,
        check=False,
    )


@needs_a_level
def test_each_level_gets_a_line():
    result = run()
    assert result.returncode == 0, result.stdout + result.stderr
    lines = result.stdout.splitlines()
    assert lines == [f"{level}: products are right for F32, F16, Q4_0, Q8_0" for level in levels()]


@needs_a_level
def test_it_needs_numpy_alone():
    """Or it could not say what is wrong where an installation is broken."""
    code = """
import sys
from inference.kernels.__main__ import main
main()
print(*sys.modules)
"""
    loaded = {name.partition(".")[0] for name in run(code).stdout.splitlines()[-1].split()}
    assert "numpy" in loaded
    assert not loaded & {"PySide6", "gguf", "psutil", "safetensors", "tokenizers", "torch"}


def test_a_missing_library_is_a_sentence(tmp_path):
    result = run(EREMO_KERNELS_LIBRARY=str(tmp_path / "missing.so"))
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.startswith("The kernels are not installed: ")


@pytest.mark.skipif(sys.platform != "linux", reason="names a library of Linux")
def test_another_library_is_a_sentence():
    result = run(EREMO_KERNELS_LIBRARY="libc.so.6")
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.startswith("libc.so.6 is of another version")


def test_a_machine_that_is_too_old_is_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(installed, "library", object)
    monkeypatch.setattr(installed, "levels", list)
    assert installed.main() == 1
    assert capsys.readouterr().out.startswith("This processor is too old")


@needs_a_level
@pytest.mark.parametrize("factor", [1.2, np.nan])
def test_wrong_products_are_found(factor, monkeypatch, capsys):
    linear = installed.Kernels.linear
    monkeypatch.setattr(
        installed.Kernels, "linear", lambda self, matrix, x: linear(self, matrix, x) * factor
    )
    monkeypatch.setattr(installed, "levels", lambda: levels()[:1])
    assert installed.main() == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first == f"{levels()[0]}: products are WRONG for F32, F16, Q4_0, Q8_0"
    assert "EREMO_KERNELS=reference" in last


@needs_a_level
@pytest.mark.parametrize("type_name", installed.MATRICES)
def test_its_matrices_are_those_of_gguf(type_name):
    import gguf

    blocks, weights = installed.MATRICES[type_name](np.random.default_rng(0))
    kind = gguf.GGMLQuantizationType(FORMATS[type_name])
    expected = gguf.dequantize(blocks.reshape(installed.ROWS, -1), kind)
    assert (expected.reshape(weights.shape) == weights).all()
    rows = take_rows(blocks, type_name, installed.COLUMNS, range(installed.ROWS))
    assert (rows == weights).all()
