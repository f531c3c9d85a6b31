"""Chooses what computes a model: a graphics card, the native kernels, or plain PyTorch.

Imports a tensor library only where one is needed: PyTorch takes a second and 200 MB.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from typing import TYPE_CHECKING

from inference.errors import InferenceError

if TYPE_CHECKING:
    from collections.abc import Generator

    from inference.events import LoadProgress
    from inference.language_model import LanguageModel
    from inference.load_options import LoadOptions
    from inference.model_source import ModelSource
    from inference.torch_backend.placement import Placement

KERNELS_VARIABLE = "EREMO_KERNELS"
"""A CPU level of the kernels instead of the best one, or "reference": plain PyTorch."""

REFERENCE = "reference"


def load_language_model(
    source: ModelSource, options: LoadOptions
) -> Generator[LoadProgress, None, LanguageModel]:
    """Read the weights; yields progress and returns the model.

    Raises:
        WeightsError: the weights don't make the model that they claim to be.
        InferenceError: there is no such device, or no such level of kernels.
    """
    placement = _card(options.device)
    level = "" if placement else kernel_level()
    if level and _has_kernels(source):
        return (yield from _load_native(source, options, level))
    return (yield from _load_with_torch(source, options.num_threads, placement))


def kernel_level() -> str:
    """The level that models run on; "" is plain PyTorch.

    Raises:
        InferenceError: the one that is asked for can't run here.
    """
    from inference.kernels.library import levels

    wanted = os.environ.get(KERNELS_VARIABLE, "")
    if wanted == REFERENCE:
        return ""
    if not wanted:
        return next(iter(levels()), "")
    if wanted not in levels():
        raise InferenceError(
            f"{KERNELS_VARIABLE} asks for “{wanted}”, but this machine runs: "
            f"{', '.join([*levels(), REFERENCE])}. Choose one of them."
        )
    return wanted


def has_card_driver() -> bool:
    """Whether it is worth asking PyTorch for a CUDA card."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


def has_torch() -> bool:
    """Whether PyTorch is installed; doesn't import it."""
    return importlib.util.find_spec("torch") is not None


def describe_device(device: str) -> str:
    """What a model would run on, for a person: "cpu", or the card's name and memory.

    Raises:
        InferenceError: there is no such device.
    """
    placement = _card(device)
    if placement is None:
        return "cpu"
    from inference.torch_backend.placement import describe

    return describe(placement)


def _card(device: str) -> Placement | None:
    """The graphics card to use, if one is. Without a driver for one, PyTorch isn't asked."""
    if device == "cpu" or (device == "" and not (has_torch() and has_card_driver())):
        return None
    _require_torch("A graphics card needs PyTorch")
    _prepare_torch()
    from inference.torch_backend.placement import ON_CPU, choose_placement

    placement = choose_placement(device)
    return None if placement == ON_CPU else placement


def _has_kernels(source: ModelSource) -> bool:
    from inference.native_backend.model import has_kernels

    return has_kernels(source.config)


def _load_native(
    source: ModelSource, options: LoadOptions, level: str
) -> Generator[LoadProgress, None, LanguageModel]:
    from inference.native_backend.language_model import load_language_model as load

    return (
        yield from load(
            *(source.path, source.tensors, source.config),
            *(level, options.num_threads, options.packed_dir),
        )
    )


def _load_with_torch(
    source: ModelSource, num_threads: int, placement: Placement | None
) -> Generator[LoadProgress, None, LanguageModel]:
    _require_torch("Without Eremo's kernels, which don't run this model here, it needs PyTorch")
    _prepare_torch()
    from inference.torch_backend.language_model import load_language_model as load
    from inference.torch_backend.placement import ON_CPU

    return (
        yield from load(
            source.path, source.tensors, source.config, num_threads, placement or ON_CPU
        )
    )


def _require_torch(reason: str) -> None:
    if not has_torch():
        raise InferenceError(
            f"{reason}, which isn't part of this installation. "
            'Install Eremo with it: pipx install "eremo[torch]"'
        )


def _prepare_torch() -> None:
    """Before torch is imported, which reads this: threads that wait by spinning take the core away
    from the one they wait for; prefill of a short prompt was up to fifteen times slower."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
