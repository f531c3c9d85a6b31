"""Recall of the trained Jamba by distance. Run: python -m benchmarks.recall.evaluate FOLDER"""

import argparse
import time
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.recall.export import read_folder
from benchmarks.recall.model import Jamba
from benchmarks.recall.task import make_stream

BATCH_TOKENS = 16384


def recall(model: Jamba, distance: int, num_examples: int, seed: int, as_chat: bool) -> float:
    """The share of questions whose likeliest next word is the right value."""
    rng = np.random.default_rng((seed, distance))
    examples = (make_stream(rng, distance) for _ in range(num_examples))
    batch_size = max(1, BATCH_TOKENS // distance)
    hits = 0
    while batch := list(islice(examples, batch_size)):
        token_ids = torch.tensor([e.chat_token_ids if as_chat else e.token_ids for e in batch])
        answers = torch.tensor([e.answer_id for e in batch])
        hits += int((last_logits(model, token_ids).argmax(-1) == answers).sum())
    return hits / num_examples


@torch.inference_mode()
def last_logits(model: Jamba, token_ids: Tensor) -> Tensor:
    """(batch, vocab_size)"""
    batch, length = token_ids.shape
    return model(token_ids, torch.arange(1, batch + 1) * length - 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--distances", type=int, nargs="+", default=[1000, 2000, 4000, 8000])
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    model = read_folder(arguments.folder)
    print(f"{'distance':>8} {'plain':>7} {'chat':>7} {'seconds':>8}")
    for distance in arguments.distances:
        start = time.monotonic()
        plain, chat = (
            recall(model, distance, arguments.examples, arguments.seed, as_chat)
            for as_chat in (False, True)
        )
        print(f"{distance:8} {plain:7.1%} {chat:7.1%} {time.monotonic() - start:8.0f}", flush=True)


if __name__ == "__main__":
    main()
