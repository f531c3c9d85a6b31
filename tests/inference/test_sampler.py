"""The sampler on vocabularies of four tokens, where every answer can be worked out by hand."""

import numpy as np
import pytest

from inference.errors import InferenceError, InvalidRequestError
from inference.events import SamplingParams
from inference.sampler import Sampler

HALVES = np.log(np.array([0.5, 0.25, 0.15, 0.1], dtype=np.float32))


def draws(params: SamplingParams, logits=HALVES, recent=(), count=4000) -> list[float]:
    sampler = Sampler(params)
    drawn = [sampler.sample(logits, recent) for _ in range(count)]
    return [drawn.count(token) / count for token in range(len(logits))]


def plain(**changes) -> SamplingParams:
    return SamplingParams(**({"temperature": 1.0, "top_p": 1.0, "seed": 7} | changes))


def test_temperature_zero_takes_the_likeliest_and_the_first_of_equals():
    sampler = Sampler(plain(temperature=0.0))
    assert sampler.sample(HALVES, []) == 0
    assert sampler.sample(np.array([1, 3, 3, 2], dtype=np.float32), []) == 1


def test_draws_follow_the_probabilities():
    assert draws(plain()) == pytest.approx([0.5, 0.25, 0.15, 0.1], abs=0.03)


def test_temperature_sharpens():
    squares = np.array([0.5, 0.25, 0.15, 0.1]) ** 2
    assert draws(plain(temperature=0.5)) == pytest.approx(squares / squares.sum(), abs=0.03)


def test_top_k_keeps_the_k_likeliest():
    assert draws(plain(top_k=2)) == pytest.approx([2 / 3, 1 / 3, 0, 0], abs=0.03)


def test_top_k_larger_than_the_vocabulary_keeps_all():
    assert draws(plain(top_k=99))[3] > 0


def test_top_p_keeps_the_token_that_reaches_p():
    """Dropping the token that crosses the line would leave less than p."""
    assert draws(plain(top_p=0.6)) == pytest.approx([2 / 3, 1 / 3, 0, 0], abs=0.03)


def test_top_p_never_leaves_nothing():
    assert draws(plain(top_p=1e-9)) == [1, 0, 0, 0]


def test_min_p_is_relative_to_the_likeliest():
    assert draws(plain(min_p=0.4)) == pytest.approx([2 / 3, 1 / 3, 0, 0], abs=0.03)


def test_repetition_penalty_lowers_positive_and_negative_logits_alike():
    logits = np.array([2.0, 1.9, -1.0, -1.1], dtype=np.float32)
    greedy = Sampler(plain(temperature=0.0, repetition_penalty=1.5))
    assert greedy.sample(logits, [0]) == 1
    assert greedy.sample(logits - 3, [0, 0, 0]) == 1


def test_repetition_penalty_looks_at_the_last_tokens_only():
    logits = np.array([2.0, 1.9, -1.0, -1.1], dtype=np.float32)
    greedy = Sampler(plain(temperature=0.0, repetition_penalty=1.5))
    assert greedy.sample(logits, [0] + [3] * 64) == 0


def test_a_seed_repeats_the_draws():
    def run(seed):
        sampler = Sampler(plain(seed=seed))
        return [sampler.sample(HALVES, []) for _ in range(50)]

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_the_models_logits_are_left_as_they_were():
    """The engine keeps them; a penalty applied twice would change the next draw."""
    logits = HALVES.copy()
    Sampler(plain(repetition_penalty=2.0)).sample(logits, [0, 1])
    np.testing.assert_array_equal(logits, HALVES)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_an_error_not_endless_garbage(value):
    logits = HALVES.copy()
    logits[2] = value
    with pytest.raises(InferenceError, match="damaged"):
        Sampler(plain()).sample(logits, [])


@pytest.mark.parametrize(
    "bad",
    [
        {"temperature": -0.1},
        {"temperature": float("nan")},
        {"top_k": -1},
        {"top_p": 0.0},
        {"top_p": 1.1},
        {"min_p": -0.1},
        {"repetition_penalty": 0.0},
        {"seed": -1},
        {"max_tokens": 0},
    ],
)
def test_a_value_out_of_range_is_named(bad):
    with pytest.raises(InvalidRequestError, match=next(iter(bad))):
        SamplingParams(**bad)
