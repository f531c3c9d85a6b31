"""How much memory and disk the snapshot tree may take."""

from dataclasses import dataclass
from typing import Self

import psutil


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of the tensors in memory and of the files, and what stays free on the disk."""

    ram_bytes: int
    disk_bytes: int = 8 << 30
    leave_free_bytes: int = 5 << 30

    @classmethod
    def of_this_machine(cls) -> Self:
        """An eighth of the physical memory, at most 2 GiB."""
        return cls(min(psutil.virtual_memory().total // 8, 2 << 30))
