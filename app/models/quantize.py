"""A model of fewer bits on disk, made of one in a Hugging Face folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.errors import AppError, writing_failed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from inference.quantization import Bits


def write_quantized(
    folder: Path,
    path: Path,
    bits: Bits,
    *,
    replace: bool,
    on_progress: Callable[[int, int], None],
) -> None:
    """Write the GGUF `path`; what is there stays until the new file is whole.

    on_progress: told the bytes written and those of the whole.

    Raises:
        AppError: the file is there already and isn't to be replaced, or can't be written.
        InferenceError: the model can't be quantized.
    """
    from inference.conversion import write_model
    from inference.model_source import open_model

    if path.suffix.lower() != ".gguf":
        raise AppError(f"The name of the new file has to end in .gguf, and {path} does not.")
    source = open_model(folder)
    try:
        if path.exists() and not path.is_dir() and not replace:
            raise AppError(f"{path} is there already: choose another name, or add --force.")
        write_model(source, path, bits, on_progress)
    except OSError as error:
        raise writing_failed(path, error) from error
