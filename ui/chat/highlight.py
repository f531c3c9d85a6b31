"""Colours for source code: Pygments' tokens as spans per line, in one set of colours per theme.

Knows no widget. Pygments is imported when the first code block is shown, never at start-up.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ui.theme import Theme

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

MAX_SOURCE = 100_000  # characters; beyond it code stays plain
MAX_LINE = 1_000  # characters; lexers are at their worst in one long line

Kind = Literal["keyword", "name", "string", "number", "comment"]


class Span(NamedTuple):
    """A coloured part of one line, in UTF-16 units, as Qt counts."""

    start: int
    length: int
    kind: Kind


def colours(theme: Theme) -> dict[Kind, str]:
    """ "#rrggbb" for each kind, at least 4.5:1 on the theme's `code`."""
    return {
        "keyword": theme.accent,
        "name": "#8FB8E0" if theme.dark else "#2C5A8C",
        "string": theme.warn,
        "number": "#C9A2D8" if theme.dark else "#77478A",
        "comment": theme.ink3,
    }


def can_highlight(text: str) -> bool:
    return len(text) <= MAX_SOURCE and all(len(line) <= MAX_LINE for line in text.split("\n"))


@lru_cache(maxsize=64)
def load_lexer(language: str) -> "Future[Lexer | None]":
    """The lexer of that name, or None: on a thread, since the first of a language takes 60 ms."""
    return _loader().submit(find_lexer, language)


@cache
def _loader() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="lexers")


def find_lexer(language: str) -> "Lexer | None":
    """The lexer of that name, or None."""
    from pygments.lexers import find_lexer_class

    name = _lexer_names().get(language.lower())
    lexer_class = find_lexer_class(name) if name else None
    # By default Pygments strips empty lines, and the spans would slip.
    return lexer_class(stripnl=False, ensurenl=False) if lexer_class else None


@cache
def _lexer_names() -> dict[str, str]:
    """Pygments' own lexers by alias; the search for plug-ins reads every package's metadata."""
    from pygments.lexers import get_all_lexers

    return {
        alias: name for name, aliases, _, _ in get_all_lexers(plugins=False) for alias in aliases
    }


def spans(text: str, lexer: "Lexer") -> Iterator[list[Span]]:
    """The spans of each line in turn; a caller may stop between lines and go on later."""
    line: list[Span] = []
    column = 0
    for token_type, value in lexer.get_tokens(text):
        kind = _kind(token_type)
        for number, part in enumerate(value.split("\n")):
            if number:
                yield line
                line, column = [], 0
            length = len(part) if part.isascii() else len(part.encode("utf-16-le")) // 2
            if kind and length:
                line.append(Span(column, length, kind))
            column += length
    yield line


@cache
def _kind(token_type: "_TokenType") -> Kind | None:
    from pygments.token import Comment, Generic, Keyword, Literal, Name, Number, Operator, String

    kinds: tuple[tuple[Any, Kind], ...] = (
        (Keyword, "keyword"),
        (Operator.Word, "keyword"),
        (Name.Tag, "keyword"),
        (Generic.Inserted, "keyword"),
        (Name.Function, "name"),
        (Name.Class, "name"),
        (Name.Decorator, "name"),
        (Name.Attribute, "name"),
        (Name.Builtin, "name"),
        (Name.Namespace, "name"),
        (Number, "number"),
        (Literal, "string"),
        (String, "string"),
        (Generic.Deleted, "string"),
        (Comment, "comment"),
        (Generic.Heading, "comment"),
        (Generic.Prompt, "comment"),
    )
    return next((kind for parent, kind in kinds if token_type in parent), None)
