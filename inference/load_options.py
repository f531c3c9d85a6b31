"""How a model is loaded, as one value that crosses a pipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from inference.quantization import Bits
    from inference.state.budget import Budget


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """
    num_threads: 0 takes the physical cores.
    device: "cpu" or "cuda"; "" takes a card where there is one.
    bits: quantize the weights, which then are in memory; None takes them as they are.
    packed_dir: where the kernels' form of the weights is kept for the next load; None keeps none.
    state_dir: where snapshots of the state are kept; None keeps them in memory only.
    state_budget: how much memory and disk they may take; None goes by the machine.
    context_length: tokens at most; 0 takes what the model was made for.
    """

    num_threads: int = 0
    device: str = ""
    bits: Bits | None = None
    packed_dir: Path | None = None
    state_dir: Path | None = None
    state_budget: Budget | None = None
    context_length: int = 0
