"""Recall of the trained Jamba by Eremo's own engine, before and after its state went to disk.

Run: python -m benchmarks.recall.engine_recall FOLDER

A document is read once, in the engine's chunks, and its state is saved right before the question.
Every question goes on from there: in the same process, and in a new one that loads the state.
"""

import argparse
import copy
import multiprocessing
import tempfile
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.recall.task import BOS_ID, FIRST_KEY_ID, KEYS, QUESTION_ID, encode, make_stream
from inference.load_options import LoadOptions
from inference.local_engine import PREFILL_CHUNK_TOKENS, LoadedModel, load_model
from inference.native_backend.language_model import NativeSession

QUESTIONS = 10  # about the facts that are told first in a document
LEAD_TOKENS = 8 * (QUESTIONS - 1)  # of a stream: as many as bring those facts but the asked one
DOCUMENTS = {1000: 20, 4000: 20, 8000: 10, 32000: 4}
WEIGHTS = {"float32": None, "Q8_0": 8, "Q4_0": 4}


@dataclass(frozen=True, slots=True)
class Document:
    """`questions` are pairs of key and value, each told at least `distance` tokens before."""

    token_ids: list[int]
    questions: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Answers:
    """For each document, and each question about it.

    token_ids: the likeliest next tokens.
    checksums: of all logits; the answer alone would hardly show a Mamba state that was lost, since
        what this model recalls lies in the keys and values of its attention.
    """

    token_ids: list[list[int]]
    checksums: list[list[int]]
    seconds: float


def make_document(distance: int, number: int) -> Document:
    rng = np.random.default_rng((number, distance))
    token_ids = encode(make_stream(rng, distance, lead_tokens=LEAD_TOKENS).document)
    is_key = [FIRST_KEY_ID <= token_id < FIRST_KEY_ID + len(KEYS) for token_id in token_ids]
    places = [place for place, found in enumerate(is_key) if found][:QUESTIONS]
    questions = [(token_ids[place], token_ids[place + 1]) for place in places]
    # The question's own two tokens belong to the distance, as in the task.
    assert all(len(token_ids) + 1 - (place + 1) >= distance for place in places)
    return Document([BOS_ID, *token_ids], questions)


def documents(distance: int, count: int) -> list[Document]:
    return [make_document(distance, number) for number in range(count)]


def load(folder: Path, bits: int | None, threads: int) -> LoadedModel:
    loading = load_model(folder, LoadOptions(threads, bits=bits))
    while True:
        try:
            next(loading)
        except StopIteration as end:
            return end.value


def read_in_chunks(session: NativeSession, token_ids: list[int]) -> np.ndarray:
    """As the engine reads a prompt; the logits after the last token."""
    for start in range(0, len(token_ids), PREFILL_CHUNK_TOKENS):
        logits = session.read(token_ids[start : start + PREFILL_CHUNK_TOKENS])
    return logits


def logits_after(
    model: LoadedModel, session: NativeSession, document: Document
) -> Iterator[np.ndarray]:
    """Of each question, every one asked of the same state."""
    for key, _ in document.questions:
        asked = model.language_model.new_session()
        asked.state = copy.deepcopy(session.state)
        yield asked.read([QUESTION_ID, key])


def answers_of(
    folder: Path, bits: int | None, threads: int, plan: dict[int, int], states: Path
) -> dict[int, Answers]:
    """For each distance. Where a document's state isn't saved yet, it is read and saved."""
    model = load(folder, bits, threads)
    found = {}
    for distance, count in plan.items():
        started = time.monotonic()
        token_ids, checksums = [], []
        for number, document in enumerate(documents(distance, count)):
            session = model.language_model.new_session()
            saved = states / f"{distance}-{number}.safetensors"
            if saved.exists():
                session.load(saved)
            else:
                read_in_chunks(session, document.token_ids)
                session.save(saved)
            logits = list(logits_after(model, session, document))
            token_ids.append([int(scores.argmax()) for scores in logits])
            checksums.append([zlib.crc32(scores.tobytes()) for scores in logits])
        found[distance] = Answers(token_ids, checksums, time.monotonic() - started)
    return found


def in_a_new_process(function, *arguments):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(function, *arguments).result()


def recall(distance: int, answers: Answers) -> float:
    asked = documents(distance, len(answers.token_ids))
    hits = [
        given == value
        for document, token_ids in zip(asked, answers.token_ids, strict=True)
        for given, (_, value) in zip(token_ids, document.questions, strict=True)
    ]
    return sum(hits) / len(hits)


def rows(folder: Path, plan: dict[int, int], threads: int) -> Iterator[str]:
    for name, bits in WEIGHTS.items():
        with tempfile.TemporaryDirectory() as states:
            work = (folder, bits, threads, plan, Path(states))
            before = in_a_new_process(answers_of, *work)
            after = in_a_new_process(answers_of, *work)
        for distance, count in plan.items():
            yield (
                f"| {name} | {distance:,} | {count} | {count * QUESTIONS} "
                f"| {recall(distance, before[distance]):.0%} "
                f"| {recall(distance, after[distance]):.0%} "
                f"| {'yes' if after[distance].checksums == before[distance].checksums else 'no'} "
                f"| {before[distance].seconds:.0f} s |"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--distances", type=int, nargs="+", default=list(DOCUMENTS))
    parser.add_argument("--documents", type=int, help="of each distance")
    parser.add_argument("--threads", type=int, default=1, help="the model is too small for more")
    arguments = parser.parse_args()
    plan = {
        distance: arguments.documents or DOCUMENTS.get(distance, 2)
        for distance in arguments.distances
    }
    print(
        "| weights | tokens back | documents | questions | recall "
        "| in a new process | logits equal to the bit | reading |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for row in rows(arguments.folder, plan, arguments.threads):
        print(row, flush=True)


if __name__ == "__main__":
    main()
