"""Perplexity: the arithmetic, and a tiny model by the reference and by the kernels."""

import math
import sys

import numpy as np
import pytest

from benchmarks.engines.child import EREMO_MODULE, Child
from benchmarks.engines.probability import log_probability
from benchmarks.perplexity import PIECES, Row, perplexity, rows, scores, table, windows
from inference.kernels.library import levels
from tests.inference.tiny_model import write_tiny_model

TOKEN_IDS = np.random.default_rng(1).integers(3, 259, 100).tolist()


@pytest.fixture
def tiny(tmp_path):
    return write_tiny_model(tmp_path / "tiny.gguf")


def test_a_model_that_knows_nothing_is_as_perplexed_as_it_has_tokens():
    alike = [log_probability(np.full(50, 1e4, np.float32), token_id) for token_id in range(9)]
    assert perplexity(alike) == pytest.approx(50)
    assert perplexity([math.log(0.5), math.log(0.125)]) == pytest.approx(4)


def test_every_token_but_the_first_of_a_window_is_scored(tiny):
    assert windows([1, 2, 3, 4, 5], 2) == [[1, 2], [3, 4], [5]]
    with Child(sys.executable, EREMO_MODULE) as child:
        child.ask("open", path=str(tiny), threads=1, context_tokens=128)
        counts = [len(scores(child, windows(TOKEN_IDS, 40), size)) for size in PIECES]
    assert counts == [39 + 39 + 19, 5 + 5 + 2]


def test_the_kernels_are_as_perplexed_as_the_reference_by_token_and_in_pieces(tiny):
    """Pieces of the reference are cut out of all its scores: one place off would show here."""
    found = list(rows(tiny, windows(TOKEN_IDS, 60), 1, None, lambda _text: None))
    assert [(row.engine, row.piece_tokens) for row in found] == [
        (name, size) for name in ("reference", *levels()) for size in PIECES
    ]
    for row in found:
        assert row.ratio == pytest.approx(1, abs=1e-3)
    assert found[0].perplexity != pytest.approx(found[1].perplexity, rel=1e-2)


def test_the_table_has_a_line_for_each_engine_and_piece(tiny):
    lines = list(table(tiny, tiny, 2000, [Row("avx2", 7, 8.04, 8.0)]))
    assert lines[0] == "tiny.gguf, 2,000 tokens of tiny.gguf"
    assert lines[2].split() == ["avx2", "7", "8.0400", "1.00500"]
