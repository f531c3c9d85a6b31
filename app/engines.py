"""Which engine answers: the one function that the engine process is given to start with."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from inference.engine import Engine
from inference.local_engine import open_engine

if TYPE_CHECKING:
    from inference.quantization import Bits

FAKE_ENGINE_VARIABLE = "EREMO_FAKE_ENGINE"
"""For developers and testers: set to anything, no model is needed and the fake engine answers."""


DEVICE_VARIABLE = "EREMO_DEVICE"
"""cpu or cuda: goes before the setting, for one start of Eremo."""


def wished_device(setting: str, option: str | None = None) -> str:
    """What the command line, the environment or else the settings say; "" is automatic."""
    return option or os.environ.get(DEVICE_VARIABLE) or setting


def engine_factory(
    model_path: Path, num_threads: int = 0, device: str = "", bits: "Bits | None" = None
) -> Callable[[], Engine]:
    """A picklable way to make the engine of a weights file; 0 threads and "" are automatic.

    bits: quantize the weights at load; None takes them as they are.
    """
    if os.environ.get(FAKE_ENGINE_VARIABLE):
        from inference.fake import FakeEngine

        return FakeEngine
    return partial(open_engine, model_path, num_threads, device, bits)
