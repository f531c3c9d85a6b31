"""Markdown that arrives in pieces gives the blocks of the whole."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ui.chat.clean_text import clean_text
from ui.chat.markdown import Code, Paragraph, Plain, Run, parse_units
from ui.chat.markdown_stream import MAX_UNIT, MarkdownStream, parse

BLOCKS = [
    "# ",
    "- ",
    "* ",
    "1. ",
    "7. ",
    "2) ",
    "> ",
    "---",
    "===",
    "```",
    "~~~",
    "``` py\n",
    "$$",
    "\\[",
    "[^1]: ",
]
TABLE = "\n| a | b |\n|---|--:|\n"
SPACES = ["  ", "   ", "    ", " ", "\n", "\n", "\n\n", "\t", "\r", "\r\n"]
INLINE = [
    "a",
    "b c",
    "|",
    "**",
    "`",
    "_",
    "[ ] ",
    "$",
    "[^1]",
    "\\",
    "&amp;",
    "<b>",
    "![i](http://x.y)",
    "😀",
    "\0",
]
PIECES = st.sampled_from([*BLOCKS, TABLE, *SPACES, *INLINE])
SOURCES = st.lists(PIECES, max_size=40).map("".join)


def stream_in_pieces(source, cuts, **options):
    stream = MarkdownStream(**options)
    places = [0, *sorted(cut for cut in cuts if cut < len(source)), len(source)]
    for start, end in pairwise(places):
        stream.feed(source[start:end])
        stream.pending()
    return stream.finish()


@given(SOURCES, st.lists(st.integers(0, 300)))
def test_any_cut_gives_the_blocks_of_the_whole(source, cuts):
    """Deltas end anywhere: inside a marker, between "\\r" and "\\n", in a fence."""
    assert stream_in_pieces(source, cuts) == parse(source)


@example("- a\n  ```\n  b\n  ```\n\nc\n```\nd\n```\n")
@example(" ```\na\n```\nb\n```\nc\n")
@example("> ```\n> a\n```\nb\n")
@example("1. a\n1. b\n\n   c\n1) d\n")
@example("a\n***\n- b\n---\nc\n---\n")
@given(SOURCES)
def test_freezing_changes_nothing(source):
    """With a checkpoint at every line, what was frozen must be what the whole text says."""
    frozen = stream_in_pieces(source, [], checkpoint=1)
    units = parse_units(clean_text(source), {})
    assert _trimmed(frozen) == _trimmed(block for unit in units for block in unit.blocks)


def _trimmed(blocks):
    """markdown-it drops a last line of blanks in an unclosed fence."""
    return [
        replace(block, text=block.text.rstrip()) if isinstance(block, Code) else block
        for block in blocks
    ]


@given(SOURCES)
def test_stable_blocks_never_change(source):
    stream = MarkdownStream(checkpoint=1)
    stable = []
    for character in source:
        stream.feed(character)
        assert stream.stable[: len(stable)] == stable
        stable = list(stream.stable)
    assert stream.finish()[: len(stable)] == stable


def test_a_line_end_may_be_cut_in_two():
    stream = MarkdownStream()
    for piece in ("a\r", "\nb\r", "c\n\r", "\nd\r"):
        stream.feed(piece)
    assert stream.finish() == parse("a\nb\nc\n\nd")


def test_numbering_goes_on_over_frozen_items():
    """Markdown counts from the first item, whatever numbers the others carry."""
    blocks = parse("5. item\n" * 200)
    assert [block.marker for block in blocks] == [f"{number}." for number in range(5, 205)]


def test_a_growing_list_is_not_read_again_from_its_start():
    stream = MarkdownStream()
    stream.feed("- item with some text\n\n" * 1_000)
    assert len(stream.stable) > 900
    assert len(stream.pending()) < 100


def test_a_growing_fence_is_one_block_on_show():
    stream = MarkdownStream()
    stream.feed("text\n```python\nx = 1\n" + "y\n" * 1_000)
    [code] = stream.pending()
    assert code.language == "python"
    assert stream.stable == [Paragraph((Run("text"),))]


def test_the_ticks_that_end_a_fence_are_never_shown_as_code():
    stream = MarkdownStream()
    stream.feed("```\nx\n``")
    assert stream.pending() == [Code("", "x")]


@pytest.mark.parametrize("marker", ["-", "=", "1", "1.", "#", "| --"])
def test_a_marker_alone_is_not_shown_yet(marker):
    """ "-" under a line would make it a heading for a moment, before "- item" is complete."""
    stream = MarkdownStream()
    stream.feed(f"Three things:\n{marker.split()[0]}")
    assert stream.pending() == [Paragraph((Run("Three things:"),))]


def test_a_definition_serves_the_links_that_follow_it():
    stream = MarkdownStream()
    stream.feed("[1]: https://a.b\n\n" + "text\n\n" * 500 + "[a][1]\n")
    assert stream.pending()[-1].runs == (Run("a", href="https://a.b"),)


def test_no_end_of_empty_lines_changes_nothing():
    """Small models run into them; the paragraph before was taken for too long to be formatted."""
    assert parse("**a**\n" + "\n" * 2_000 + "b") == parse("**a**\n\nb")


def test_one_endless_line_is_plain_while_it_comes():
    stream = MarkdownStream()
    stream.feed("# title\n")
    for _ in range(100):
        stream.feed("word " * 200)
    heading, plain = [*stream.stable, *stream.pending()]
    assert isinstance(plain, Plain)
    assert len(plain.text) > MAX_UNIT
    assert stream.finish() == [heading, Plain(plain.text.rstrip("\n"))]
