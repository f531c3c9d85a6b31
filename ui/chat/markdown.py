"""Turns Markdown into a flat list of blocks: CommonMark, GitHub's extensions, and formulas.

Knows no Qt and no colours. HTML is text, images are links that nobody fetches, and only http, https
and mailto make a link. Blocks are flat, each with the lists and quotes around it, so that an answer
can grow at its end, and a hostile one can't nest without bound.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.token import Token

from ui.chat.markdown_rules import add_rules

MAX_NESTING = 32  # levels; a list takes two, a quote one
MAX_INLINE = 8_000  # characters of a paragraph
MAX_BRACKETS = 100  # in a paragraph: each costs as much as 300 letters
MAX_CELLS = 1_500
_SAFE_LINK = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
_TASK = re.compile(r"\[([ xX])\][ \t]+")

_STYLES = {"strong": "bold", "em": "italic", "s": "strike"}

Container = Literal["item", "quote"]
Alignment = Literal["left", "center", "right"]
Formula = Literal["", "inline", "display"]


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one style. "\\n" is a line break. That of a formula is its LaTeX."""

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    href: str = ""
    formula: Formula = ""
    is_footnote: bool = False  # the mark of one


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """`marker` is the bullet or number of the item that this paragraph opens, else ""."""

    runs: Runs
    level: int = 0  # of a heading, else 0
    containers: tuple[Container, ...] = ()  # outermost first
    marker: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    containers: tuple[Container, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    alignments: tuple[Alignment, ...]
    rows: tuple[tuple[Runs, ...], ...]  # the first is the header
    containers: tuple[Container, ...] = ()


@dataclass(frozen=True, slots=True)
class Code:
    language: str  # as written, "" where none is
    text: str
    containers: tuple[Container, ...] = ()


@dataclass(frozen=True, slots=True)
class Plain:
    """Source that is too large or too deep to be formatted."""

    text: str


Block = Paragraph | Rule | Table | Code | Plain


@dataclass(frozen=True, slots=True)
class Unit:
    """What stands at the top level: a block, or one item of a list."""

    line: int  # of the source, where it starts
    number: int | None  # of an item of an ordered list
    blocks: tuple[Block, ...]


def parse_units(
    source: str, environment: dict[str, Any], first_number: int | None = None
) -> list[Unit]:
    """The units of a source; `environment` holds markdown-it's link definitions and gains new ones.

    `first_number` is that of the first item, for a source that begins inside an ordered list.
    """
    tokens = _parser().parse(source, environment)
    if any(token.level >= MAX_NESTING - 1 for token in tokens):
        # markdown-it drops what is nested deeper: nothing may be lost.
        return [Unit(0, None, (Plain(source.rstrip("\n")),))]
    return list(_Flattening(source, environment, first_number).units(tokens))


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        """What is no link for markdown-it stays as it was written, its address in sight."""
        return _SAFE_LINK.match(url) is not None


@cache
def _parser() -> _Parser:
    parser = _Parser("commonmark", {"html": False, "maxNesting": MAX_NESTING})
    parser.enable(["table", "strikethrough"])
    add_rules(parser)
    # Inline text is parsed once it is known to be shown and small enough.
    parser.disable("inline")
    return parser


class _Flattening:
    """Walks the tokens once, keeping the containers around the current one."""

    def __init__(self, source: str, environment: dict[str, Any], first_number: int | None) -> None:
        self._lines = source.split("\n")
        self._environment = environment
        self._first_number = first_number
        self._containers: list[Container] = []
        self._numbers: list[int | None] = []  # of the next item, for each list around
        self._marker = ""  # of an item that shows nothing yet
        self._level = 0  # of the heading
        self._blocks: list[Block] = []

    def units(self, tokens: Sequence[Token]) -> Iterator[Unit]:
        line, number = 0, None
        position = 0
        while position < len(tokens):
            token = tokens[position]
            if _starts_unit(token):
                if self._blocks:
                    yield self._unit(line, number)
                line = token.map[0] if token.map else line
                number = self._numbers[-1] if self._numbers else None
            if token.type == "table_open":
                end = _closing(tokens, position)
                self._add_table(tokens[position : end + 1])
                position = end
            else:
                self._take(token)
            position += 1
        if self._blocks:
            yield self._unit(line, number)

    def _unit(self, line: int, number: int | None) -> Unit:
        blocks, self._blocks = tuple(self._blocks), []
        return Unit(line, number, blocks)

    def _take(self, token: Token) -> None:
        match token.type:
            case "heading_open":
                self._level = int(token.tag[1])
            case "heading_close":
                self._level = 0
            case "inline":
                self._add_paragraph(token.content)
            case "fence" | "code_block":
                text = token.content.removesuffix("\n")
                self._add(Code(code_language(token.info), text, self._around()))
            case "formula_block":
                self._add_runs((Run(token.content, formula="display"),))
            case "hr":
                self._add(Rule(self._around()))
            case _:
                self._take_container(token)

    def _take_container(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self._numbers.append(None)
            case "ordered_list_open":
                self._numbers.append(self._first(token))
            case "bullet_list_close" | "ordered_list_close":
                self._numbers.pop()
            case "list_item_open":
                self._open_item(token)
            case "footnote_open":
                self._show_marker()
                self._containers.append("item")
                self._marker = token.content
            case "blockquote_open":
                self._show_marker()
                self._containers.append("quote")
            case "list_item_close" | "blockquote_close" | "footnote_close":
                self._show_marker()
                self._containers.pop()

    def _first(self, token: Token) -> int:
        number, self._first_number = self._first_number, None
        return int(token.attrGet("start") or 1) if number is None else number

    def _open_item(self, token: Token) -> None:
        self._show_marker()
        self._containers.append("item")
        number = self._numbers[-1]
        if number is None:
            self._marker = "•" if len(self._numbers) == 1 else "◦"
        else:
            self._marker = f"{number}{token.markup}"
            self._numbers[-1] = number + 1

    def _show_marker(self) -> None:
        """Give an item that begins with anything but text a line for its marker."""
        if self._marker:
            self._add_paragraph("")

    def _add_paragraph(self, content: str) -> None:
        marker, self._marker = self._marker, ""
        if marker and (task := _TASK.match(content)):
            marker = "☐" if task[1] == " " else "☑"
            content = content[task.end() :]
        runs = parse_inline(content, self._environment)
        self._blocks.append(Paragraph(runs, self._level, self._around(), marker))

    def _add_runs(self, runs: Runs) -> None:
        marker, self._marker = self._marker, ""
        self._blocks.append(Paragraph(runs, 0, self._around(), marker))

    def _add(self, block: Block) -> None:
        self._show_marker()
        self._blocks.append(block)

    def _add_table(self, tokens: Sequence[Token]) -> None:
        cells = [token.content for token in tokens if token.type == "inline"]
        if len(cells) > MAX_CELLS:
            start, end = tokens[0].map or (0, 0)
            self._add(Plain("\n".join(self._lines[start:end])))
            return
        heads = [token for token in tokens if token.type == "th_open"]
        runs = [parse_inline(cell, self._environment) for cell in cells]
        width = len(heads)
        rows = tuple(tuple(runs[start : start + width]) for start in range(0, len(runs), width))
        self._add(Table(tuple(_alignment(head) for head in heads), rows, self._around()))

    def _around(self) -> tuple[Container, ...]:
        return tuple(self._containers)


def _starts_unit(token: Token) -> bool:
    if token.type == "list_item_open":
        return token.level == 1
    is_list = token.type in ("bullet_list_open", "ordered_list_open")
    return token.level == 0 and token.nesting >= 0 and token.type != "inline" and not is_list


def _closing(tokens: Sequence[Token], position: int) -> int:
    level = tokens[position].level
    while tokens[position].nesting >= 0 or tokens[position].level != level:
        position += 1
    return position


def _alignment(head: Token) -> Alignment:
    style = str(head.attrGet("style") or "")
    if style.endswith("right"):
        return "right"
    return "center" if style.endswith("center") else "left"


def code_language(info: str) -> str:
    """The language of a fence: the first word of what stands behind its ticks."""
    words = unescapeAll(info).split(maxsplit=1)
    return words[0][:40] if words else ""


def parse_inline(content: str, environment: dict[str, Any]) -> Runs:
    """The runs of a paragraph or cell; one that would take too long stays as it is written."""
    if not content:
        return ()
    if len(content) > MAX_INLINE or content.count("[") > MAX_BRACKETS:
        return (Run(content),)
    children: list[Token] = []
    _parser().inline.parse(content, _parser(), environment, children)
    return tuple(_merged(_runs(children)))


def _runs(tokens: Iterable[Token]) -> Iterator[Run]:
    style = Run("")
    for token in tokens:
        match token.type:
            case "text" | "text_special":
                yield replace(style, text=token.content)
            case "softbreak" | "hardbreak":  # a chat keeps the lines of its text
                yield replace(style, text="\n")
            case "code_inline":
                yield replace(style, text=token.content, code=True)
            case "formula":
                formula: Formula = "display" if token.markup == "display" else "inline"
                yield replace(style, text=token.content, formula=formula)
            case "footnote_mark":
                yield replace(style, text=token.content, is_footnote=True)
            case "image":
                yield _image(token, style)
            case _:
                style = _restyled(style, token)


def _image(token: Token, style: Run) -> Run:
    """In words, its address in sight: nobody fetches it."""
    address = str(token.attrGet("src") or "")
    text = f"{token.content} ({address})" if token.content else address
    return replace(style, text=text, href=style.href or address)


def _restyled(style: Run, token: Token) -> Run:
    """The style of what comes after that token."""
    if token.type == "link_open":
        return replace(style, href=str(token.attrGet("href") or ""))
    if token.type == "link_close":
        return replace(style, href="")
    name = _STYLES.get(token.tag)
    change: dict[str, Any] = {name: token.nesting > 0} if name else {}
    return replace(style, **change)


def _merged(runs: Iterable[Run]) -> Iterator[Run]:
    """Neighbours of one style as one run, without empty ones."""
    last: Run | None = None
    for run in runs:
        if not run.text:
            continue
        is_same = last and replace(last, text="") == replace(run, text="")
        if last and is_same and not run.formula and not run.is_footnote:
            last = replace(last, text=last.text + run.text)
            continue
        if last:
            yield last
        last = run
    if last:
        yield last
