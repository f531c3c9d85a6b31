"""Cuts a long text where its Markdown may be read in parts, without reading it.

Knows no Qt. A part begins after an empty line with a line that continues nothing: outside of code,
and neither indented nor an item of a list.
"""

import re
from collections.abc import Iterator

_FENCE = re.compile(r"( *)(`{3,}|~{3,})(.*)")
_ITEM = re.compile(r" {0,3}(?:[-+*]|\d{1,9}[.)])(?:[ \t]|$)")
_FOOTNOTE = re.compile(r" {0,3}\[\^")
_CONTINUED = re.compile(r"[ \t]|[-+*][ \t]*$|[-+*][ \t]|\d{1,9}[.)]|\[\^|>")

_ENDING = ("#", ">", "```", "~~~", "---", "***", "___")  # a list, without an empty line before


def sections(text: str, size: int) -> list[str]:
    """The text in parts that are at least `size` characters long, but for the last."""
    return list(_sections(text, size))


def _sections(text: str, size: int) -> Iterator[str]:
    start = position = 0
    state = _State()
    for line in text.splitlines(keepends=True):
        if state.take(line.rstrip("\n")) and position - start >= size:
            yield text[start:position]
            start = position
        position += len(line)
    yield text[start:]


class _State:
    """What is open after the lines taken so far."""

    def __init__(self) -> None:
        self._fence = ""  # the ticks that would close the code that is open
        self._fence_column = 0  # of what it is in; text before it ends the code
        self._item_column = 0  # where the text of the last item stands; 0 outside of lists
        self._is_after_empty = False

    def take(self, line: str) -> bool:
        """Whether a part may begin with this line."""
        is_empty = not line.strip()
        is_fresh = self._is_after_empty and not is_empty and not _CONTINUED.match(line)
        self._is_after_empty = is_empty
        if is_empty:
            return False
        indent = len(line) - len(line.lstrip(" "))
        if self._fence:
            if indent >= self._fence_column:
                self._close(line)
                return False
            self._fence = ""
        if is_fresh or line.startswith(_ENDING):
            self._item_column = 0
        self._open(line, indent)
        return is_fresh

    def _close(self, line: str) -> None:
        match = _FENCE.fullmatch(line.rstrip())
        if match and match[2].startswith(self._fence) and not match[3]:
            self._fence = ""

    def _open(self, line: str, indent: int) -> None:
        if item := _ITEM.match(line):
            self._item_column = item.end()
        elif _FOOTNOTE.match(line):
            self._item_column = 4
        match = _FENCE.fullmatch(line)
        if match is None or (match[2][0] == "`" and "`" in match[3]):
            return
        if indent < self._item_column:
            self._item_column = 0
        if self._item_column or indent <= 3:
            self._fence = match[2]
            self._fence_column = self._item_column
