"""English that is 40 % longer, accented and in brackets.

It shows what isn't translated, what is cut off, and what is put together from pieces.
"""

import re

from PySide6.QtCore import QTranslator

_ACCENTED = str.maketrans("aeiouycnsAEIOUYCNS", "åéîöûýçñšÅÉÎÖÛÝÇÑŠ")
_VALUES = re.compile(r"(\{[^{}]*\}|%L?n|\n)")
_LONGER = 0.4


class PseudoTranslator(QTranslator):
    def isEmpty(self) -> bool:  # noqa: N802
        return False

    def translate(self, context: str, source: str, *_: object) -> str | None:
        if source == "QT_LAYOUT_DIRECTION" or context == "QShortcut" or not source.strip():
            return None
        return pseudo(source)


def pseudo(source: str) -> str:
    """The values in it, and the space around it, stay."""
    words = source.strip()
    accented = "".join(
        piece if index % 2 else piece.translate(_ACCENTED)
        for index, piece in enumerate(_VALUES.split(words))
    )
    length = round(_LONGER * len(_VALUES.sub("", words)))
    return source.replace(words, f"[{accented} {('lorem ' * length)[:length].strip()}]", 1)
