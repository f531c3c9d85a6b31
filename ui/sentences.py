"""What comes from below the window in English, such as an error, in the window's language.

The layers below know nothing of languages, and a failed answer's sentence is stored. So the
sentences are recognized: resources/translations/sentences.txt lists them, with names for the
values in them, and packaging/translations.py writes that list from the code.
"""

import re
from functools import cache
from importlib.resources import files

from PySide6.QtCore import QCoreApplication, QLocale

_CONTEXT = "Sentences"
_MAX_CHARACTERS = 4_000  # no sentence is longer
_MAX_DEPTH = 3
_PLACE = re.compile(r"\{(\w+)\}")
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+")


def translated(sentence: str) -> str:
    """What isn't known, or isn't translated, stays as it is."""
    return _translated(sentence, _MAX_DEPTH)


def _translated(sentence: str, depth: int) -> str:
    if not depth or len(sentence) > _MAX_CHARACTERS:
        return sentence
    for pattern, template in _templates():
        if match := pattern.fullmatch(sentence):
            words = QCoreApplication.translate(_CONTEXT, template)
            values = {name: _value(text, depth) for name, text in match.groupdict().items()}
            return words.format(**values)
    return sentence


def _value(text: str, depth: int) -> str:
    """A part may be of several words that are known, or a number."""
    if _GROUPED.fullmatch(text):
        return QLocale().toString(int(text.replace(",", "")))
    return _translated(text, depth - 1)


@cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    """Those with the most words of their own first: another may be a part of them."""
    listed = files("resources").joinpath("translations", "sentences.txt").read_text("utf-8")
    templates = sorted(listed.splitlines(), key=lambda one: -len(_PLACE.sub("", one)))
    return [(_pattern(template), template) for template in templates]


def _pattern(template: str) -> re.Pattern[str]:
    pieces = _PLACE.split(template)  # every second one is a name
    for index, piece in enumerate(pieces):
        if index % 2:
            pieces[index] = f"(?P<{piece}>.+?)"
        else:
            pieces[index] = re.escape(piece.replace("{{", "{").replace("}}", "}"))
    return re.compile("".join(pieces), re.DOTALL)
