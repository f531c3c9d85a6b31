"""Where a model's tensors are and in which precision it computes: the CPU, or a CUDA card.

Knows no tensors; the layers ask it.
"""

from dataclasses import dataclass

import torch

from inference.errors import InferenceError, sentence


@dataclass(frozen=True, slots=True)
class Placement:
    """Decided once, before the weights are read.

    dtype: of the residual stream and of the matrix products. Norms, Mamba's convolution, scan and
        states, and the logits are float32 whatever it is.
    keeps_groups: quantized matrices stay so on the device, as GroupedWeights; False leaves them
        in the mapped file, or makes them float32 when they are small (weights.py).
    """

    device: torch.device
    dtype: torch.dtype
    keeps_groups: bool


ON_CPU = Placement(torch.device("cpu"), torch.float32, keeps_groups=False)
"""The reference: exact, as the parity tests have it."""


def on_card(device: torch.device) -> Placement:
    return Placement(device, torch.bfloat16, keeps_groups=True)


def choose_placement(device_name: str = "") -> Placement:
    """For "cpu" or "cuda"; "" takes the card where there is one.

    Raises:
        InferenceError: there is no such device, or no such name.
    """
    if device_name not in ("", "cpu", "cuda"):
        raise InferenceError(
            f'There is no device "{device_name}": choose "cpu" or "cuda", or leave it empty.'
        )
    if device_name == "cpu":
        return ON_CPU
    if torch.cuda.is_available():
        return on_card(torch.device("cuda", 0))
    if device_name == "cuda":
        raise InferenceError(_why_no_card())
    return ON_CPU


def describe(placement: Placement) -> str:
    """For a person: "cpu", or the card's name and memory."""
    if placement.device.type != "cuda":
        return placement.device.type
    card = torch.cuda.get_device_properties(placement.device)
    return f"cuda: {card.name}, {card.total_memory / 2**30:.1f} GiB"


def _why_no_card() -> str:
    if torch.version.cuda is None:
        return sentence(
            "The graphics card can't be used, since the installed PyTorch is made without CUDA. "
            'Install one with CUDA, or choose the device "cpu".'
        )
    return sentence(
        "No graphics card with CUDA was found. "
        'Install or update its driver, or choose the device "cpu".'
    )
