"""Trains the small Jamba for tests. Run: python -m benchmarks.recall.train FOLDER"""

import argparse
import math
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.recall import selective_scan
from benchmarks.recall.export import write_folder
from benchmarks.recall.model import Jamba
from benchmarks.recall.streams import IGNORED, make_streams
from benchmarks.recall.task import FIRST_VALUE_ID

NUM_WORKERS = 2  # threads, each with half of a batch


@dataclass(frozen=True)
class Stage:
    """Streams of one length, for `max_steps` or until the model recalls `enough` of the facts.

    rates: the learning rate at the first and after the last step, a straight line between.
    with_ends: see make_streams; from the very start it keeps the model from finding recall.
    """

    length: int
    batch: int
    max_steps: int
    enough: float = math.inf
    rates: tuple[float, float] = (3e-3, 3e-3)
    with_ends: bool = True


STAGES = (
    Stage(64, 64, 1500, enough=0.95, with_ends=False),
    Stage(128, 32, 1500, enough=0.95),
    Stage(256, 16, 800, enough=0.95),
    Stage(512, 8, 600, enough=0.97),
    Stage(1024, 4, 600, enough=0.97),
    Stage(2048, 4, 250, rates=(3e-3, 1e-3)),
    Stage(4096, 2, 250, rates=(1e-3, 0.0)),
)
WARM_UP_STEPS = 100
WEIGHT_DECAY = 0.05  # of matrices


class Trainer:
    def __init__(self, model: Jamba, seed: int) -> None:
        self.model = model
        self.parameters = list(model.parameters())
        self.rng = np.random.default_rng(seed)
        named = model.named_parameters()
        matrices = [p for name, p in named if p.ndim == 2 and not name.endswith("A_log")]
        others = [p for p in self.parameters if all(p is not matrix for matrix in matrices)]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": matrices, "weight_decay": WEIGHT_DECAY},
                {"params": others, "weight_decay": 0.0},
            ],
            betas=(0.9, 0.98),
        )
        self.pool = ThreadPoolExecutor(
            NUM_WORKERS, initializer=torch.set_num_threads, initargs=(1,)
        )
        self.num_steps = self.num_tokens = 0
        self.started = time.monotonic()

    def train(self, stage: Stage) -> None:
        recent: deque[float] = deque(maxlen=50)
        first, last = stage.rates
        for step in range(stage.max_steps):
            rate = first + (last - first) * step / stage.max_steps
            loss, recall = self.step(stage, rate * min(1.0, self.num_steps / WARM_UP_STEPS))
            recent.append(recall)
            average = sum(recent) / len(recent)
            if step % 25 == 0:
                print(
                    f"{self.minutes:5.1f} min {self.num_tokens / 1e6:5.2f}M tokens, "
                    f"length {stage.length} step {step}: loss {loss:.3f} recall {average:.3f}",
                    flush=True,
                )
            if len(recent) == recent.maxlen and average >= stage.enough:
                break

    @property
    def minutes(self) -> float:
        return (time.monotonic() - self.started) / 60

    def step(self, stage: Stage, rate: float) -> tuple[float, float]:
        """Mean loss of all targets, and the share of the asked values that were recalled."""
        streams = make_streams(self.rng, stage.batch, stage.length, stage.with_ends)
        token_ids, targets = (torch.from_numpy(array) for array in streams)
        halves = zip(token_ids.chunk(NUM_WORKERS), targets.chunk(NUM_WORKERS), strict=True)
        grads, losses, hits = zip(*self.pool.map(self.gradients, halves), strict=True)
        num_targets = int((targets != IGNORED).sum())
        for parameter, *partial in zip(self.parameters, *grads, strict=True):
            parameter.grad = torch.stack(partial).sum(0) / num_targets
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.num_steps += 1
        self.num_tokens += token_ids.numel()
        num_values = int((targets >= FIRST_VALUE_ID).sum())
        return sum(losses) / num_targets, sum(hits) / max(1, num_values)

    def gradients(self, streams: tuple[Tensor, Tensor]) -> tuple[tuple[Tensor, ...], float, int]:
        """Of the summed loss; with the loss, and how many values were recalled."""
        token_ids, targets = streams
        positions = (targets.flatten() != IGNORED).nonzero()[:, 0]
        targets = targets.flatten()[positions]
        logits = self.model(token_ids, positions)
        loss = functional.cross_entropy(logits, targets, reduction="sum")
        hits = int(((logits.argmax(-1) == targets) & (targets >= FIRST_VALUE_ID)).sum())
        return torch.autograd.grad(loss, self.parameters), loss.item(), hits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(1)
    selective_scan.check()
    model = Jamba()
    trainer = Trainer(model, arguments.seed)
    for stage in STAGES:
        trainer.train(stage)
        write_folder(model, arguments.folder)
    print(f"{trainer.num_tokens / 1e6:.1f}M tokens in {trainer.minutes:.0f} minutes")


if __name__ == "__main__":
    main()
