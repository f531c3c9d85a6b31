"""The kept states in a folder, seen from outside."""

import os
import shutil
from pathlib import Path
from typing import NamedTuple

from inference.state.header import read_node

SUFFIX = ".safetensors"


class KeptFiles(NamedTuple):
    """Sizes in bytes, by path inside the folder; num_tokens: of all nodes, whatever they share."""

    kv: dict[str, int]
    recurrent: dict[str, int]
    num_tokens: int

    @property
    def sizes(self) -> dict[str, int]:
        return self.kv | self.recurrent


def kept_files(folder: Path) -> KeptFiles:
    """Without the index."""
    kv = sorted(folder.rglob(f"*.kv{SUFFIX}"))
    recurrent = sorted(folder.rglob(f"*.recurrent{SUFFIX}"))
    num_tokens = sum(read_node(path)[0].length for path in kv)
    return KeptFiles(_sizes(kv, folder), _sizes(recurrent, folder), num_tokens)


def copy_states(source: Path, target: Path) -> Path:
    """For one more process to go on from. The files of the nodes never change: they are linked."""

    def copy(old: str, new: str) -> None:
        if old.endswith(SUFFIX):
            os.link(old, new)
        else:
            shutil.copy2(old, new)

    shutil.copytree(source, target, copy_function=copy)
    return target


def read_into_page_cache(folder: Path) -> None:
    for path in folder.rglob(f"*{SUFFIX}"):
        path.read_bytes()


def _sizes(paths: list[Path], folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_size for path in paths}
