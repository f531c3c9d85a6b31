"""Where the files of the nodes lie, and how they get there and go.

Knows names, not contents: which of them are wanted is the index's to say.
"""

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from inference.formats.whole_file import sync_folder
from inference.state.node import Kind

_NAME = re.compile(r"([0-9a-f]{32})\.(kv|recurrent)\.safetensors")


class NodeFile(NamedTuple):
    path: Path
    id: str
    kind: str


class Folder:
    """One directory for each model, and one for files that aren't whole yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._unfinished = path / "unfinished"

    def file(self, fingerprint: str, node_id: str, kind: Kind) -> Path:
        return self._model(fingerprint) / f"{node_id}.{kind}.safetensors"

    @contextmanager
    def new_file(self) -> Iterator[Path]:
        """A name to write to; whatever still has it at the end of the block is removed."""
        self._unfinished.mkdir(parents=True, exist_ok=True)
        path = self._unfinished / f"{os.getpid()}-{uuid.uuid4().hex}"
        try:
            yield path
        finally:
            with suppress(OSError):
                path.unlink()

    def place(self, unfinished: Path, fingerprint: str, node_id: str, kind: Kind) -> None:
        """Give a whole file its true name.

        Raises:
            OSError
        """
        path = self.file(fingerprint, node_id, kind)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.replace(path)

    def sync(self, fingerprint: str) -> None:
        sync_folder(self._model(fingerprint))

    def remove(self, fingerprint: str, node_id: str, *kinds: Kind) -> None:
        """What can't be removed stays, until `files` finds it without a node."""
        for kind in kinds:
            self.unlink(self.file(fingerprint, node_id, kind))

    def unlink(self, path: Path) -> None:
        with suppress(OSError):
            path.unlink()

    def files(self) -> Iterator[NodeFile]:
        """Every file that has the name of a node's."""
        for model in _listed(self.path):
            if model.is_dir() and model != self._unfinished:
                for path in _listed(model):
                    if match := _NAME.fullmatch(path.name):
                        yield NodeFile(path, match[1], match[2])

    def remove_orphans(self) -> None:
        """Remove unfinished files whose process is gone."""
        for path in _listed(self._unfinished):
            with suppress(OSError):
                if not _is_written(path):
                    self.unlink(path)

    def _model(self, fingerprint: str) -> Path:
        return self.path / fingerprint[:16]


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # there is none
        return []


def _is_written(path: Path) -> bool:
    """Whether the process that began the file still runs, rather than another of that number."""
    try:
        started = psutil.Process(int(path.name.partition("-")[0])).create_time()
    except psutil.AccessDenied:
        return True
    except (ValueError, psutil.Error):
        return False
    return started <= path.stat().st_mtime + 1
