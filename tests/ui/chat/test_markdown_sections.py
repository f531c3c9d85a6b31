"""A text that is read in sections has the blocks that it has as a whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.chat.markdown_sections import sections
from ui.chat.markdown_stream import parse

LINES = [  # what opens, ends or continues something
    "", "", "", "text", "# Title", "- item", "  - deep", "1. one", "   more", "> quote", "```",
    "~~~", "  ```", "````", "    code", "| a | b |", "|---|---|", "$$", "---", "\\[", "[^1]: note",
]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "a\n\n```\nb\n\nc\n```\n\nd\n",
        "- a\n\n  ```\n  b\n\nc\n\nd\n",
        "1. a\n\n2. b\n\nc\n\n> d\n\ne\n",
        "[^1]: a\n\n    b\n\nc\n\nd",
        "    a\n\n    b\n\nc\n\nd",
    ],
)
def test_sections_read_as_the_whole(text):
    check(text)


@given(st.lists(st.sampled_from(LINES), max_size=14).map("\n".join))
def test_any_text_in_sections_reads_as_the_whole(text):
    check(text)


def check(text):
    parts = sections(text, 1)
    assert "".join(parts) == text
    assert [block for part in parts for block in parse(part)] == parse(text)


def test_paragraphs_are_cut_at_their_size():
    assert sections("a\n\nb\n\nc\n\nd\n", 4) == ["a\n\nb\n\n", "c\n\nd\n"]


def test_a_fence_without_an_end_is_one_section():
    assert len(sections("```\n" + "a\n\n" * 1_000, 10)) == 1
