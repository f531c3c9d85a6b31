"""From a file's metadata to the layers of a model."""

from pathlib import Path

from inference.architectures import jamba, llama
from inference.architectures.config import ModelConfig
from inference.errors import WeightsError
from inference.formats.gguf import GGUFFile

READERS = {"jamba": jamba.read_config, "llama": llama.read_config}


def read_config(file: GGUFFile) -> ModelConfig:
    """Raises: WeightsError for an architecture that isn't known, or contradictory metadata."""
    reader = READERS.get(file.architecture)
    if reader is None:
        raise WeightsError(
            f"{file.path.name} holds a model of the architecture “{file.architecture}”, which "
            f"this version of Eremo cannot run. It runs: {', '.join(sorted(READERS))}."
        )
    return checked(reader(file), file.path)


def checked(config: ModelConfig, path: Path) -> ModelConfig:
    """Raises: WeightsError when the config can't be true of any model."""
    if error := config.contradiction():
        raise WeightsError(f"The description of the model in {path.name} is wrong: {error}.")
    return config
