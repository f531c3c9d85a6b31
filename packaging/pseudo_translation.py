"""English in disguise, which shows what no translation would: what is cut off, what isn't
translated, what is put together from pieces, and what isn't mirrored.
"""

import re
from pathlib import Path

from PySide6.QtCore import QObject, QTranslator

_ACCENTED = str.maketrans("aeiouycnsAEIOUYCNS", "åéîöûýçñšÅÉÎÖÛÝÇÑŠ")
_VALUES = re.compile(r"(\{[^{}]*\}|%L?n|\n)")
_LONGER = 0.4
_RTL_MARK = "\u200f"


class PseudoTranslator(QTranslator):
    """is_rtl: marked as written from right to left; else 40 % longer, accented, in brackets.

    english: the compiled translation with the plural forms.
    """

    def __init__(self, parent: QObject, english: Path, *, is_rtl: bool = False) -> None:
        super().__init__(parent)
        self._is_rtl = is_rtl
        self._english = QTranslator(self)
        if not self._english.load(str(english)):
            raise FileNotFoundError(english)

    def isEmpty(self) -> bool:  # noqa: N802
        return False

    def translate(
        self, context: str, source: str, comment: str | None = None, n: int = -1
    ) -> str | None:
        if source == "QT_LAYOUT_DIRECTION" or context == "QShortcut" or not source.strip():
            return None
        words = self._english.translate(context, source, comment or "", n) or source
        return _RTL_MARK + words if self._is_rtl else pseudo(words)


def pseudo(source: str) -> str:
    """The values in it, and the space around it, stay."""
    words = source.strip()
    accented = "".join(
        piece if index % 2 else piece.translate(_ACCENTED)
        for index, piece in enumerate(_VALUES.split(words))
    )
    length = round(_LONGER * len(_VALUES.sub("", words)))
    return source.replace(words, f"[{accented} {('lorem ' * length)[:length].strip()}]", 1)
