"""Which engine answers: the one function that the engine process is given to start with."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from app.kept_state import state_budget, state_dir
from app.paths import DataPaths
from app.settings import Settings
from inference.engine import Engine
from inference.load_options import LoadOptions
from inference.local_engine import open_engine

FAKE_ENGINE_VARIABLE = "EREMO_FAKE_ENGINE"
"""For developers and testers: set to anything, no model is needed and the fake engine answers."""


DEVICE_VARIABLE = "EREMO_DEVICE"
"""cpu or cuda: goes before the setting, for one start of Eremo."""


def wished_device(setting: str, option: str | None = None) -> str:
    """What the command line, the environment or else the settings say; "" is automatic."""
    return option or os.environ.get(DEVICE_VARIABLE) or setting


def load_options(settings: Settings, paths: DataPaths) -> LoadOptions:
    """How the settings want a model to be loaded."""
    return LoadOptions(
        num_threads=settings.threads,
        device=wished_device(settings.device),
        context_length=settings.context_length,
        packed_dir=paths.cache_dir / "packed" if settings.keep_packed_weights else None,
        state_dir=state_dir(settings, paths),
        state_budget=state_budget(settings),
    )


def engine_factory(model_path: Path, options: LoadOptions) -> Callable[[], Engine]:
    """A picklable way to make the engine of a weights file."""
    if os.environ.get(FAKE_ENGINE_VARIABLE):
        from inference.fake import FakeEngine

        return FakeEngine
    return partial(open_engine, model_path, options)
