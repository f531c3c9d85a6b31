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


def test_the_error_is_that_of_the_mean_difference():
    row = Row("avx2", 7, [-1.0, -2.0, -3.0, -2.0], [-1.1, -1.9, -3.1, -1.9])
    assert row.ratio == pytest.approx(1)
    assert row.error == pytest.approx(np.std([0.1, -0.1, 0.1, -0.1], ddof=1) / 2)
    assert Row("avx2", 1, [-2.0, -2.0], [-1.0, -1.0]).ratio == pytest.approx(math.e)


def test_every_token_but_the_first_of_a_window_is_scored_once(tiny):
    """Each after what comes before it in its window, however that was cut."""
    cut = windows(TOKEN_IDS, 40)
    assert list(map(len, cut)) == [40, 40, 20]
    with Child(sys.executable, EREMO_MODULE) as child:
        child.ask("open", path=str(tiny), threads=1, context_tokens=128)
        one_by_one, in_pieces = (scores(child, cut, size) for size in PIECES)
    assert len(one_by_one) == 39 + 39 + 19
    np.testing.assert_allclose(in_pieces, one_by_one, 0, 1e-4)


def test_the_kernels_are_as_perplexed_as_the_reference(tiny):
    """A score of another place, or of a state that wasn't empty, would show here."""
    found = list(rows(tiny, windows(TOKEN_IDS, 60), 1, None, lambda _text: None))
    expected = [("reference", 1), *((level, size) for level in levels() for size in PIECES)]
    assert [(row.engine, row.piece_tokens) for row in found] == expected
    for row in found:
        np.testing.assert_allclose(row.scores, found[0].scores, 0, 2e-2)
    assert np.ptp(found[0].scores) > 1  # or it would hardly matter which token is scored


def test_the_table_has_a_line_for_each_engine_and_piece(tiny):
    row = Row("avx2", 7, [-2.0, -2.0], [-1.0, -1.0])
    lines = list(table(tiny, tiny, 2000, [row]))
    assert lines[0] == "tiny.gguf, 2,000 tokens of tiny.gguf"
    assert lines[2].split() == ["avx2", "7", "7.3891", "2.71828", "0.00000"]
