"""Reads Markdown that arrives in pieces, and never reads a finished part twice.

Knows no Qt. Lines are taken one by one whatever the pieces, so that every way of cutting a text
gives the same blocks. What is finished is decided at checkpoints whose distance doubles while one
block lasts: the cost of a text stays proportional to its length.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from ui.chat.clean_text import clean_text
from ui.chat.markdown import Block, Code, Plain, Unit, code_language, parse_units

MAX_UNIT = 16_000  # characters of one block or item; beyond it is plain text
MAX_UNIT_LINES = 200
MAX_BARS = 24  # in a line: the cells of a table are its columns times its rows
MAX_TWO_PASSES = 15_000  # characters; beyond, a link may not stand before its definition
_MAX_EMPTY_LINES = 20  # one after the other; a model that runs wild may write no end of them
_CHECKPOINT = 1_000  # characters
_CHECKPOINT_LINES = 40
_FENCE = re.compile(r"( {0,3})(`{3,}|~{3,})(.*)")
# A line that may still become anything: shown as it is, "-" would make a heading of its paragraph.
_MARKER_ALONE = re.compile(r"[ \t]*(?:[-=+*#>`~_|:$]{1,80}|\d{1,9}[.)]?)[ \t]*")


@dataclass(slots=True)
class _Fence:
    """A code block at the top level whose end has not come yet."""

    indent: int
    ticks: str
    language: str
    lines: list[str] = field(default_factory=list)

    def closes(self, line: str) -> bool:
        end = _FENCE.fullmatch(line)
        return bool(end and end[2].startswith(self.ticks) and not end[3].strip(" \t"))

    def add(self, line: str) -> None:
        spaces = len(line) - len(line.lstrip(" "))
        if spaces < self.indent and line.startswith("\t", spaces):
            line = " " * 4 + line[spaces + 1 :]
            spaces = self.indent
        self.lines.append(line[min(spaces, self.indent) :])

    def block(self) -> Code:
        return Code(self.language, "\n".join(self.lines))


def _opening(line: str) -> _Fence | None:
    match = _FENCE.fullmatch(line)
    if match is None or (match[2][0] == "`" and "`" in match[3]):
        return None
    return _Fence(len(match[1]), match[2], code_language(match[3]))


class MarkdownStream:
    """`stable` only grows; `pending()` is what follows it for now."""

    def __init__(
        self, references: dict[str, Any] | None = None, checkpoint: int = _CHECKPOINT
    ) -> None:
        self.stable: list[Block] = []
        self.references: dict[str, Any] = dict(references or {})  # as markdown-it keeps them
        self._first_checkpoint = checkpoint
        self._held = ""  # a "\r" whose "\n" may still come
        self._line = ""  # not complete yet
        self._fence: _Fence | None = None
        self._plain: list[str] = []  # lines of a block that is too large, until an empty line
        self._num_empty = 0  # lines, one after the other
        self._reset_tail([], None)

    def feed(self, text: str) -> None:
        text = self._held + text
        self._held = "\r" if text.endswith("\r") else ""
        text = self._line + clean_text(text.removesuffix("\r") if self._held else text)
        *lines, self._line = text.split("\n")
        for line in lines:
            self._take(line)

    def finish(self) -> list[Block]:
        """End the text and return all its blocks."""
        if self._held:
            self.feed("\n")
        if self._line:
            line, self._line = self._line, ""
            self._take(line)
        if self._fence:
            self._end_fence()
        elif self._plain:
            self._end_plain()
        self._settle_all()
        return self.stable

    def pending(self) -> list[Block]:
        """The blocks after the stable ones, as if the text ended here."""
        if self._fence:
            return [self._pending_code(self._fence)]
        if self._plain:
            return [Plain("\n".join([*self._plain, self._line]))]
        if _is_oversized(self._line):
            return [*_blocks(self._units("".join(self._tail))), Plain(self._line)]
        line = "" if _MARKER_ALONE.fullmatch(self._line) else self._line
        return _blocks(self._units("".join(self._tail) + line))

    def _pending_code(self, fence: _Fence) -> Code:
        if not self._line or fence.ticks.startswith(self._line.strip()):
            return fence.block()
        shown = _Fence(fence.indent, fence.ticks, fence.language, fence.lines.copy())
        shown.add(self._line)
        return shown.block()

    def _take(self, line: str) -> None:
        if self._fence:
            if self._fence.closes(line):
                self._end_fence()
            else:
                self._fence.add(line)
        elif self._plain:
            if line.strip():
                self._plain.append(line)
            else:
                self._end_plain()
        else:
            self._take_markdown(line)

    def _take_markdown(self, line: str) -> None:
        self._num_empty = 0 if line.strip() else self._num_empty + 1
        if self._num_empty > _MAX_EMPTY_LINES:
            return
        fence = _opening(line)
        if fence and not fence.indent and not self._indented_fence:
            self._settle_all()
            self._fence = fence
        elif _is_oversized(line):
            self._settle_all()
            self._plain = [line]
        else:
            self._indented_fence |= fence is not None
            self._tail.append(line + "\n")
            self._tail_size += len(line) + 1
            if self._tail_size >= self._checkpoint or len(self._tail) >= self._checkpoint_lines:
                self._settle()

    def _settle(self) -> None:
        """Make everything but the last unit stable: more lines can change only that one."""
        environment = {"references": dict(self.references)}
        units = parse_units("".join(self._tail), environment, self._number)
        if not units:
            units = [Unit(0, None, ())]
        last = units[-1]
        self.stable += _blocks(units[:-1])
        for label, reference in environment["references"].items():
            if label not in self.references and reference["map"][1] <= last.line:
                self.references[label] = reference
        self._reset_tail(self._tail[last.line :], last.number)
        if fence := _opening(self._tail[0].removesuffix("\n")):
            self._reopen(fence)
        elif self._tail_size > MAX_UNIT or len(self._tail) > MAX_UNIT_LINES:
            self._plain = [line.removesuffix("\n") for line in self._tail]
            self._reset_tail([], None)

    def _reopen(self, fence: _Fence) -> None:
        """Go on line by line in a fence that was only now seen to be at the top level."""
        lines = [line.removesuffix("\n") for line in self._tail[1:]]
        self._reset_tail([], None)
        self._fence = fence
        for line in lines:
            self._take(line)

    def _settle_all(self) -> None:
        environment = {"references": self.references}
        if self._tail:
            self.stable += _blocks(parse_units("".join(self._tail), environment, self._number))
        self._reset_tail([], None)

    def _units(self, source: str) -> list[Unit]:
        return parse_units(source, {"references": dict(self.references)}, self._number)

    def _end_fence(self) -> None:
        if self._fence:
            self.stable.append(self._fence.block())
        self._fence = None

    def _end_plain(self) -> None:
        self.stable.append(Plain("\n".join(self._plain).rstrip("\n")))
        self._plain = []

    def _reset_tail(self, lines: list[str], number: int | None) -> None:
        """Begin anew with these complete lines, each with its end."""
        self._tail = lines
        self._tail_size = sum(map(len, lines))
        self._number = number
        self._indented_fence = any(
            (fence := _opening(line.removesuffix("\n"))) and fence.indent for line in lines
        )
        self._checkpoint = min(max(self._first_checkpoint, 2 * self._tail_size), MAX_UNIT + 1)
        self._checkpoint_lines = min(max(_CHECKPOINT_LINES, 2 * len(lines)), MAX_UNIT_LINES + 1)


def _is_oversized(line: str) -> bool:
    return len(line) > MAX_UNIT or line.count("|") > MAX_BARS


def _blocks(units: list[Unit]) -> list[Block]:
    return [block for unit in units for block in unit.blocks]


def parse(text: str) -> list[Block]:
    """The blocks of a whole text; links may stand before their definitions."""
    stream = MarkdownStream()
    stream.feed(text)
    blocks = stream.finish()
    if not stream.references or len(text) > MAX_TWO_PASSES:
        return blocks
    second = MarkdownStream(stream.references)
    second.feed(text)
    return second.finish()
