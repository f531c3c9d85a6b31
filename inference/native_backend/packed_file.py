"""Packed weights kept on disk, so that the next load of a model is a map of one file.

A convenience that may be lost at any time: whatever is wrong with a file, the weights are packed
again. Files are found by the fingerprint of the weights, and hold a checksum of all their bytes.
"""

import logging
import shutil
import struct
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from inference.fingerprint import fingerprint
from inference.formats.tensor import StoredTensor
from inference.formats.whole_file import whole_file
from inference.kernels.library import LAYOUT_VERSION, Bytes, Kernels

logger = logging.getLogger(__name__)

SUFFIX = ".packed"
MAGIC = b"EREMOPAK"
HEADER = struct.Struct("<8sIQQ32s")  # magic, version of the layout, bytes, checksum, fingerprint
HEADER_BYTES = 4096  # the weights begin at a page

BUDGET_BYTES = 8 << 30
LEAVE_FREE_BYTES = 5 << 30


class PackedFile:
    """The place of one model's packed weights in a folder."""

    def __init__(self, folder: Path, tensors: Mapping[str, StoredTensor], kernels: Kernels) -> None:
        self._id = fingerprint(tensors)
        self._kernels = kernels
        # Eremos of other versions have their own file beside it.
        self.path = folder / f"{self._id[:32]}-{LAYOUT_VERSION}{SUFFIX}"

    def open(self) -> Bytes | None:
        """The weights, mapped and verified; None where there are none that can be used."""
        try:
            mapped = np.memmap(self.path, np.uint8, "r")
        except (OSError, ValueError):  # there is none; it is empty
            return None
        weights = np.asarray(mapped)[HEADER_BYTES:]
        if len(mapped) <= HEADER_BYTES or mapped[: HEADER.size].tobytes() != self._header(weights):
            logger.warning("%s can't be used and is made again", self.path)
            return None
        with suppress(OSError):
            self.path.touch()  # the least recently used one goes first
        return weights

    def keep(self, weights: Bytes) -> None:
        """Write the file, unless there is no room for it; older ones may have to go."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if not self._make_room(HEADER_BYTES + len(weights)):
                return
            with whole_file(self.path) as unfinished, unfinished.open("wb") as file:
                file.write(self._header(weights).ljust(HEADER_BYTES, b"\0"))
                file.write(weights.data)
        except OSError:
            logger.warning("the packed weights can't be kept", exc_info=True)

    def _header(self, weights: Bytes) -> bytes:
        checksum = self._kernels.checksum(weights)
        identity = bytes.fromhex(self._id)
        return HEADER.pack(MAGIC, LAYOUT_VERSION, len(weights), checksum, identity)

    def _make_room(self, size_bytes: int) -> bool:
        """Whether so much fits into the budget and onto the disk, after older files are gone."""
        others = sorted(
            (file for file in self.path.parent.glob(f"*{SUFFIX}") if file != self.path),
            key=lambda file: file.stat().st_mtime,
        )
        kept = sum(file.stat().st_size for file in others)
        while others and kept + size_bytes > BUDGET_BYTES:
            oldest = others.pop(0)
            kept -= oldest.stat().st_size
            oldest.unlink()
        free = shutil.disk_usage(self.path.parent).free
        return size_bytes <= BUDGET_BYTES and size_bytes + LEAVE_FREE_BYTES <= free
