"""What markdown-it lacks: formulas between dollars or TeX's brackets, and footnotes.

Follows Pandoc for dollars, so that prices stay prices, and GitHub for footnotes. A formula never
goes over an empty line: whatever comes later, what stands before it is finished.
"""

import re
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

MAX_LABEL = 40  # characters
_CLOSING = {"$$": "$$", r"\[": r"\]", r"\(": r"\)"}
_LABEL = rf"\[\^([^\s\[\]^]{{1,{MAX_LABEL}}})\]"
_FOOTNOTE = re.compile(_LABEL)
_DEFINITION = re.compile(_LABEL + ":[ \t]*")
_INDENT = 4  # of what goes on a footnote


def add_rules(parser: MarkdownIt) -> None:
    interrupting = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    parser.block.ruler.before("fence", "formula", _formula_block, interrupting)
    parser.block.ruler.before("reference", "footnote", _footnote_block, interrupting)
    parser.inline.ruler.before("escape", "formula", _formula)
    parser.inline.ruler.before("link", "footnote", _footnote)


def footnote_key(label: str) -> str:
    """Under which a footnote stands among the links' definitions, whose own keys are upper case."""
    return f"footnote {label.casefold()}"


def _formula_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A formula that begins and ends with its lines; one without an end is a paragraph."""
    if state.is_code_block(start):
        return False
    first = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]].rstrip()
    closing = _CLOSING.get(first[:2])
    if closing is None or first.startswith(r"\("):
        return False
    place = first.find(closing, 2)
    if place >= 0 and place != len(first) - 2:
        return False
    if silent:
        return True
    line = start + 1
    is_closed = place >= 0
    while not is_closed and line < end and not state.isEmpty(line):
        text_start = state.bMarks[line] + state.tShift[line]
        is_code = state.src.startswith(("```", "~~~"), text_start)
        if is_code or state.sCount[line] < state.blkIndent:
            break
        is_closed = state.src[text_start : state.eMarks[line]].rstrip().endswith(closing)
        line += 1
    text = state.getLines(start, line, state.blkIndent, False).strip()
    state.line = line
    _push_formula(state, text, is_closed, [start, line])
    return True


def _push_formula(state: StateBlock, text: str, is_closed: bool, lines: list[int]) -> None:
    if is_closed and text[2:-2].strip():
        token = state.push("formula_block", "", 0)
        token.content = text[2:-2].strip()
        token.map = lines
        return
    state.push("paragraph_open", "p", 1).map = lines
    token = state.push("inline", "", 0)
    token.content = text
    token.map = lines
    token.children = []
    state.push("paragraph_close", "p", -1)


def _footnote_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`[^label]: text`, with what follows it indented."""
    if state.is_code_block(start):
        return False
    position = state.bMarks[start] + state.tShift[start]
    match = _DEFINITION.match(state.src, position, state.eMarks[start])
    if match is None:
        return False
    if silent:
        return True
    opening = state.push("footnote_open", "", 1)
    opening.content = match[1]
    before = (state.bMarks[start], state.tShift[start], state.sCount[start], state.parentType)
    state.bMarks[start] = match.end()
    state.tShift[start] = 0
    state.sCount[start] = state.blkIndent + _INDENT
    state.blkIndent += _INDENT
    state.parentType = "footnote"
    state.md.block.tokenize(state, start, end)
    state.blkIndent -= _INDENT
    state.bMarks[start], state.tShift[start], state.sCount[start], state.parentType = before
    opening.map = [start, state.line]
    state.push("footnote_close", "", -1)
    if not match[1].isdecimal():  # whose marks need no definition
        definitions: dict[str, Any] = state.env.setdefault("references", {})
        definition = {"title": "", "href": "", "map": [start, state.line]}
        definitions.setdefault(footnote_key(match[1]), definition)
    return True


def _formula(state: StateInline, silent: bool) -> bool:
    start = state.pos
    opening = state.src[start : start + 2]
    if opening in _CLOSING:
        end = state.src.find(_CLOSING[opening], start + 2, state.posMax)
        text = state.src[start + 2 : end].strip()
        if end < 0 or not text:
            return False
        _push_run(state, text, opening != r"\(", end + 2, silent)
        return True
    if opening[:1] != "$":
        return False
    end = _closing_dollar(state.src, start + 1, state.posMax)
    if end < 0:
        return False
    _push_run(state, state.src[start + 1 : end], False, end + 1, silent)
    return True


def _closing_dollar(text: str, start: int, end: int) -> int:
    """Where the formula ends, or -1: none has space inside its dollars, or a digit behind it."""
    if start >= end or text[start].isspace():
        return -1
    position = text.find("$", start, end)
    while position >= 0 and text[position - 1] == "\\":
        position = text.find("$", position + 1, end)
    if position <= start or text[position - 1].isspace():
        return -1
    is_price = text[position + 1 : position + 2].isdigit()
    return -1 if is_price else position


def _push_run(state: StateInline, text: str, is_display: bool, end: int, silent: bool) -> None:
    if not silent:
        token = state.push("formula", "", 0)
        token.content = text
        token.markup = "display" if is_display else "inline"
    state.pos = end


def _footnote(state: StateInline, silent: bool) -> bool:
    """A number is a footnote's in any case: its text may still come."""
    match = _FOOTNOTE.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    is_known = footnote_key(match[1]) in state.env.get("references", {})
    if not is_known and not match[1].isdecimal():
        return False
    if not silent:
        state.push("footnote_mark", "", 0).content = match[1]
    state.pos = match.end()
    return True
