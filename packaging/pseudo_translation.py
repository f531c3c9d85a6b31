"""English in disguise, which shows what no translation would: what is cut off, what isn't
translated, what is put together from pieces, and what isn't mirrored.
"""

import re

from PySide6.QtCore import QObject, QTranslator

_ACCENTED = str.maketrans("aeiouycnsAEIOUYCNS", "åéîöûýçñšÅÉÎÖÛÝÇÑŠ")
_VALUES = re.compile(r"(\{[^{}]*\}|%L?n|\n)")
_LONGER = 0.4
_RTL_MARK = "\u200f"


class PseudoTranslator(QTranslator):
    """is_rtl: marked as written from right to left; else 40 % longer, accented, in brackets."""

    def __init__(self, parent: QObject, *, is_rtl: bool = False) -> None:
        super().__init__(parent)
        self._is_rtl = is_rtl

    def isEmpty(self) -> bool:  # noqa: N802
        return False

    def translate(self, context: str, source: str, *_: object) -> str | None:
        if source == "QT_LAYOUT_DIRECTION" or context == "QShortcut" or not source.strip():
            return None
        return _RTL_MARK + source if self._is_rtl else pseudo(source)


def pseudo(source: str) -> str:
    """The values in it, and the space around it, stay."""
    words = source.strip()
    accented = "".join(
        piece if index % 2 else piece.translate(_ACCENTED)
        for index, piece in enumerate(_VALUES.split(words))
    )
    length = round(_LONGER * len(_VALUES.sub("", words)))
    return source.replace(words, f"[{accented} {('lorem ' * length)[:length].strip()}]", 1)
