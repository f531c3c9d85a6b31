"""Sizes of memory and files as the window writes them."""

from PySide6.QtCore import QCoreApplication

from ui.amounts import number_text

_STEP = 1024


def size_text(size_bytes: int) -> str:
    """Three digits or more, in the unit that fits: "9.7 MiB", "1.84 GiB", "512 B"."""
    if size_bytes < _STEP:
        return QCoreApplication.translate("Sizes", "{size} B").format(size=size_bytes)
    if size_bytes < _STEP**2:
        shown = number_text(size_bytes / _STEP, 1)
        return QCoreApplication.translate("Sizes", "{size} KiB").format(size=shown)
    if size_bytes < _STEP**3:
        digits = 0 if size_bytes >= 100 * _STEP**2 else 1
        shown = number_text(size_bytes / _STEP**2, digits)
        return QCoreApplication.translate("Sizes", "{size} MiB").format(size=shown)
    shown = number_text(size_bytes / _STEP**3, 2)
    return QCoreApplication.translate("Sizes", "{size} GiB").format(size=shown)
