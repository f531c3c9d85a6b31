"""Sizes of memory and files as the window writes them."""

from PySide6.QtCore import QCoreApplication

_STEP = 1024


def size_text(size_bytes: int) -> str:
    """Three digits or more, in the unit that fits: "9.7 MiB", "1.84 GiB", "512 B"."""
    if size_bytes < _STEP:
        return QCoreApplication.translate("Sizes", "{size} B").format(size=size_bytes)
    if size_bytes < _STEP**2:
        shown = f"{size_bytes / _STEP:,.1f}"
        return QCoreApplication.translate("Sizes", "{size} KiB").format(size=shown)
    if size_bytes < _STEP**3:
        digits = 0 if size_bytes >= 100 * _STEP**2 else 1
        shown = f"{size_bytes / _STEP**2:,.{digits}f}"
        return QCoreApplication.translate("Sizes", "{size} MiB").format(size=shown)
    shown = f"{size_bytes / _STEP**3:,.2f}"
    return QCoreApplication.translate("Sizes", "{size} GiB").format(size=shown)
