"""Makes a stranger's text safe to lay out: what would act on the page becomes visible.

Knows nothing of Markdown.
"""

import re
from collections.abc import Iterable
from html import escape

# Control characters, noncharacters (Qt keeps some as marks of its own inside a document), object
# placeholders, lone surrogates, and the bidirectional overrides that make code read other than it
# runs. Marks that scripts and emoji need (U+200C to U+200F) stay.
_UNSAFE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffc\ufffe\uffff\ud800-\udfff]"
)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")


def clean_text(text: str) -> str:
    """The text with every kind of line end as "\\n" and every unsafe character as U+FFFD."""
    return _UNSAFE.sub("\ufffd", _LINE_ENDS.sub("\n", text))


def cut_lines(text: str, width: int) -> str:
    """The text with its lines cut at `width` characters, so that none is slow to lay out."""
    if len(text) <= width:
        return text
    lines = text.split("\n")
    return "\n".join(
        line if len(line) <= width else "\n".join(_pieces(line, width)) for line in lines
    )


def _pieces(line: str, width: int) -> list[str]:
    return [line[start : start + width] for start in range(0, len(line), width)]


def plain_lines(lines: Iterable[str]) -> str:
    """Text for a tooltip, which would take for HTML what looks like it."""
    return f"<qt>{'<br>'.join(map(escape, lines))}</qt>"
