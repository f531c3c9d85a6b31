"""The small files of a folder as Hugging Face publishes models: JSON, and what else is text.

Does not know what is in them.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from inference.errors import WeightsError


def read_json(path: Path) -> dict[str, Any]:
    """Empty when there is no such file.

    Raises:
        WeightsError: it can't be read or is no JSON object.
    """
    if not path.is_file():
        return {}
    with faults_of(path):
        content = json.loads(path.read_text("utf-8"))
        if not isinstance(content, dict):
            raise ValueError("it is not a JSON object")
        return content


@contextmanager
def faults_of(path: Path) -> Iterator[None]:
    """Makes a WeightsError, with the file's name, of what goes wrong with it."""
    try:
        yield
    except (OSError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise WeightsError(
            f"{path.name} in the folder {path.parent.name} cannot be used: {reason}. "
            "Download the file again."
        ) from error
