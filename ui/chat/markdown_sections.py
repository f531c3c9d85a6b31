"""Cuts a long text where its Markdown may be read in parts, without reading it.

Knows no Qt. A part begins after an empty line with a line that continues nothing: outside of code,
and neither indented nor an item of a list.
"""

import re
from collections.abc import Iterator

_FENCE = re.compile(r"( *)(`{3,}|~{3,})(.*)")
_ITEM = re.compile(r" {0,3}(?:[-+*]|\d{1,9}[.)])(?:[ \t]|$)|\[\^")
_CONTINUED = re.compile(r"[ \t]|[-+*][ \t]*$|[-+*][ \t]|\d{1,9}[.)]|\[\^|>")


def sections(text: str, size: int) -> list[str]:
    """The text in parts that are at least `size` characters long, but for the last."""
    return list(_sections(text, size))


def _sections(text: str, size: int) -> Iterator[str]:
    start = position = 0
    fence = ""  # the ticks that would close the one that is open
    is_fence_in_list = is_in_list = False
    is_after_empty = False
    for line in text.splitlines(keepends=True):
        is_fresh = is_after_empty and not _CONTINUED.match(line) and bool(line.strip())
        if fence and is_fence_in_list and is_fresh:
            fence = ""  # the list has ended, and its code with it
        if not fence and is_fresh:
            is_in_list = False
            if position - start >= size:
                yield text[start:position]
                start = position
        if not fence and _ITEM.match(line):
            is_in_list = True
        match = _FENCE.match(line.rstrip())
        if match and fence:
            if match[2].startswith(fence) and not match[3]:
                fence = ""
        elif match and (is_in_list or len(match[1]) <= 3) and _opens(match):
            fence = match[2]
            is_fence_in_list = is_in_list and bool(match[1])
        is_after_empty = not line.strip()
        position += len(line)
    yield text[start:]


def _opens(match: re.Match[str]) -> bool:
    return match[2][0] != "`" or "`" not in match[3]
