"""The trained Jamba recalls with Eremo's own engine, also after its state went to disk."""

from pathlib import Path

import pytest

from benchmarks.recall.engine_recall import QUESTIONS, answers_of, in_a_new_process, recall

FOLDER = Path(__file__).parents[1] / "data" / "recall-jamba"
DISTANCE, PLAN = 1000, {1000: 2}


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    return tmp_path_factory.mktemp("states")


@pytest.fixture(scope="module")
def answers(states):
    return answers_of(FOLDER, None, 1, PLAN, states)[DISTANCE]


def test_it_recalls_a_thousand_tokens_back(answers):
    assert [len(token_ids) for token_ids in answers.token_ids] == [QUESTIONS] * PLAN[DISTANCE]
    assert recall(DISTANCE, answers) >= 0.95


def test_a_new_process_recalls_the_same_from_the_saved_states(answers, states):
    assert len(list(states.iterdir())) == PLAN[DISTANCE]
    again = in_a_new_process(answers_of, FOLDER, None, 1, PLAN, states)[DISTANCE]
    assert again.token_ids == answers.token_ids
    assert again.checksums == answers.checksums  # what it says shows little of a lost Mamba state
