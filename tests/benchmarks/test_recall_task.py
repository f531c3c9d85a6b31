"""The recall task: what its examples promise to whoever measures with them."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from benchmarks.recall.task import KEYS, VALUES, Example, decode, encode, make_stream

FOLDER = Path(__file__).parents[1] / "data" / "recall-jamba"


def example(distance: int = 1000, seed: int = 7, **options: int) -> Example:
    return make_stream(np.random.default_rng(seed), distance, **options)


def facts(document: str) -> list[tuple[str, str]]:
    return [(word, after) for word, after in pairwise(document.split()) if word in KEYS]


def test_the_same_seed_makes_the_same_stream() -> None:
    assert example() == example()
    assert example(seed=7) != example(seed=8)


@pytest.mark.parametrize("distance", [1000, 4000])
def test_the_asked_fact_lies_at_the_distance(distance: int) -> None:
    e = example(distance)
    question_key = e.question.split()[1]
    words = [decode([token_id]) for token_id in e.token_ids]
    assert words[e.question_position] == question_key
    assert words[e.question_position - distance] == e.answer
    assert words[e.question_position - distance - 1] == question_key


def test_the_asked_fact_is_told_once_among_a_hundred_others() -> None:
    """A key told twice, or too few others, would make the recall easier than it is said to be."""
    e = example()
    told = facts(e.document)
    keys = [key for key, _ in told]
    assert len(set(keys)) == len(keys) == 160
    assert all(value in VALUES for _, value in told)
    assert told.count((e.question.split()[1], e.answer)) == 1
    assert len(told) - 1 - keys.index(e.question.split()[1]) >= 100


def test_too_many_facts_for_the_distance_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        example(distance=100, num_facts=100)
    with pytest.raises(ValueError, match="do not fit"):
        example(distance=10_000, num_facts=len(KEYS) + 1)


def test_the_tokenizer_reads_the_text_as_the_task_does() -> None:
    tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    e = example()
    assert tokenizer.encode(e.document).ids == encode(e.document)
    assert tokenizer.decode(encode(e.document)) == e.document
    odd = "the\triver  Kita 217\n\n ? unheard-of Kita"
    assert tokenizer.encode(odd).ids == encode(odd)


def test_the_chat_template_renders_what_the_task_calls_the_chat() -> None:
    jinja2 = pytest.importorskip("jinja2")
    config = json.loads((FOLDER / "tokenizer_config.json").read_text("utf-8"))
    tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    e = example()
    text = jinja2.Template(config["chat_template"]).render(
        messages=[{"role": "user", "content": e.chat_text}],
        bos_token=config["bos_token"],
        add_generation_prompt=True,
    )
    assert tokenizer.encode(text).ids == e.chat_token_ids
