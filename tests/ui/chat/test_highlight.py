"""Colours of code."""

import pytest

from ui.chat.highlight import MAX_LINE, can_highlight, colours, find_lexer, load_lexer, spans
from ui.theme import THEMES

SOURCE = 'def f(x):\n    """Text\n    over lines."""\n    return x + 1  # note\n'


def words(source, language="python"):
    """The coloured parts of each line with their kinds."""
    lines = source.split("\n")
    return [
        [(lines[number][span.start : span.start + span.length], span.kind) for span in line]
        for number, line in enumerate(spans(source, find_lexer(language)))
    ]


def test_each_line_has_its_spans():
    coloured = words(SOURCE)
    assert len(coloured) == SOURCE.count("\n") + 1
    assert coloured[0] == [("def", "keyword"), ("f", "name")]
    assert coloured[2][-1] == ('    over lines."""', "string")
    assert ("# note", "comment") in coloured[3]


def test_empty_lines_around_the_code_move_nothing():
    assert words("\n\nx = 1\n\n")[2] == [("1", "number")]


def test_spans_count_as_qt_does():
    """An emoji is two units to Qt and one to Python."""
    [line] = spans("'😀' if x", find_lexer("python"))
    keyword = next(span for span in line if span.kind == "keyword")
    assert keyword.start == len("'__' ")


@pytest.mark.parametrize("language", ["", "no such language", "../etc", "text", "py\0thon"])
def test_an_unknown_language_has_no_colours(language):
    assert language == "text" or load_lexer(language).result() is None


def test_names_of_languages_are_taken_in_any_case():
    assert find_lexer("Python").name == find_lexer("py").name == "Python"


def test_what_would_take_too_long_stays_plain():
    assert can_highlight(SOURCE)
    assert not can_highlight("x" * (MAX_LINE + 1))
    assert not can_highlight("x\n" * 100_000)


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_every_colour_is_legible_on_code(theme):
    for colour in colours(theme).values():
        assert contrast(colour, theme.code) >= 4.5


def contrast(first, second):
    """Source: WCAG 2.2, contrast ratio."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
