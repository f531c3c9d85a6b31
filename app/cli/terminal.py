"""Writing to a terminal or a pipe: plain text, JSON, and a line that comes and goes."""

import json
import os
import re
import sys
from datetime import datetime

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def prepare_streams() -> None:
    """No text can stop the program, whatever a stream's encoding.

    A windowed program on Windows has no streams: they are None.
    """
    for stream, errors in (
        (sys.stdin, "replace"),
        (sys.stdout, "backslashreplace"),
        (sys.stderr, "backslashreplace"),
    ):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors=errors)


def printable(text: str, keep: str = "") -> str:
    """`text` without what a terminal would obey: a chat may have been pasted from anywhere."""
    return _CONTROL.sub(
        lambda match: match[0] if match[0] in keep else "\N{REPLACEMENT CHARACTER}",
        text.replace("\r\n", "\n"),
    )


def complain(sentence: object) -> None:
    print(f"eremo: {printable(str(sentence))}", file=sys.stderr, flush=True)


def print_json(value: object) -> None:
    """One line."""
    print(json.dumps(value, default=_iso_format), flush=True)


def readable_size(num_bytes: int) -> str:
    mebibytes = num_bytes / 2**20
    return f"{mebibytes / 1024:,.1f} GiB" if mebibytes >= 1024 else f"{mebibytes:,.1f} MiB"


def is_terminal(stream: object) -> bool:
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty())


def has_style(stream: object) -> bool:
    """Whether it shows dimmed letters. Source: no-color.org."""
    return (
        is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


def _iso_format(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


class ProgressLine:
    """A line on standard error that is rewritten in place; nothing unless that is a terminal."""

    def __init__(self) -> None:
        self._shown = ""

    def show(self, text: str) -> None:
        if text != self._shown and is_terminal(sys.stderr):
            sys.stderr.write("\r\x1b[K" + text)
            sys.stderr.flush()
            self._shown = text

    def clear(self) -> None:
        self.show("")
