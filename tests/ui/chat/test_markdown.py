"""Markdown as flat blocks: what is formatted, and what is rather shown as it is written."""

import time

import pytest

from tests.effort import unit
from ui.chat.clean_text import clean_text, cut_lines
from ui.chat.markdown import Code, Paragraph, Plain, Rule, Run, Table
from ui.chat.markdown_stream import MAX_UNIT, MarkdownStream, parse


def text_of(blocks):
    """All the text of some blocks, markers and styles left out."""
    return "\n".join(_texts(blocks))


def _texts(blocks):
    for block in blocks:
        if isinstance(block, Paragraph):
            yield "".join(run.text for run in block.runs)
        elif isinstance(block, Table):
            for row in block.rows:
                yield from ("".join(run.text for run in cell) for cell in row)
        elif not isinstance(block, Rule):
            yield block.text


def test_styles_become_runs():
    [paragraph] = parse("a *b* **c** ~~d~~ `e` ***f***")
    assert paragraph.runs == (
        Run("a "),
        Run("b", italic=True),
        Run(" "),
        Run("c", bold=True),
        Run(" "),
        Run("d", strike=True),
        Run(" "),
        Run("e", code=True),
        Run(" "),
        Run("f", bold=True, italic=True),
    )


def test_headings_keep_their_level():
    assert [block.level for block in parse("# One\n\nTwo\n---\n\n###### Six\n\ntext")] == [
        1,
        2,
        6,
        0,
    ]


def test_lines_of_a_paragraph_stay_lines():
    """A poem of a small model has no two spaces at the end of its lines."""
    assert parse("Roses\nare red  \nand so on")[0].runs == (Run("Roses\nare red\nand so on"),)


def test_nested_lists_are_flat_paragraphs_in_their_containers():
    blocks = parse("3. three\n4. four\n   - deep\n     > quoted\n")
    assert blocks == [
        Paragraph((Run("three"),), 0, ("item",), "3."),
        Paragraph((Run("four"),), 0, ("item",), "4."),
        Paragraph((Run("deep"),), 0, ("item", "item"), "◦"),
        Paragraph((Run("quoted"),), 0, ("item", "item", "quote")),
    ]


def test_tasks_show_whether_they_are_done():
    blocks = parse("- [ ] open\n- [x] done\n- [link](http://a.b)\n")
    assert [block.marker for block in blocks] == ["☐", "☑", "•"]
    assert text_of(blocks) == "open\ndone\nlink"


def test_an_item_that_begins_with_code_still_shows_its_number():
    blocks = parse("1. ```sh\n   ls\n   ```\n")
    assert blocks == [Paragraph((), 0, ("item",), "1."), Code("sh", "ls", ("item",))]


def test_a_table_keeps_its_alignments_and_inline_styles():
    [table] = parse("| a | b | c |\n|:-:|--:|---|\n| 1 | **2** | 3 |\n")
    assert table.alignments == ("center", "right", "left")
    assert table.rows[1] == ((Run("1"),), (Run("2", bold=True),), (Run("3"),))


def test_code_keeps_its_language_and_every_line():
    [code] = parse("~~~C++ linenums\n\n\tint x;\n\n~~~\n")
    assert code == Code("C++", "\n\tint x;\n")


def test_an_unclosed_fence_is_code_to_the_end():
    assert parse("```py\nx = 1\n\n# not a heading") == [Code("py", "x = 1\n\n# not a heading")]


def test_html_is_shown_as_text():
    source = "<script>alert(1)</script>\n\na <b>c</b>"
    assert text_of(parse(source)) == "<script>alert(1)</script>\na <b>c</b>"


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "ftp://a.b",
        "/etc",
        "JaVaScRiPt:x",
    ],
)
def test_only_web_and_mail_addresses_are_links(address):
    """Anything else stays as it was written, its address in sight."""
    source = f"[click]({address}) and ![picture]({address})"
    [paragraph] = parse(source)
    assert paragraph.runs == (Run(source),)


@pytest.mark.parametrize("address", ["http://a.b/c", "HTTPS://a.b", "mailto:a@b.c"])
def test_web_and_mail_addresses_are_links(address):
    [paragraph] = parse(f"[click]({address})")
    assert paragraph.runs[0].href.lower() == address.lower()


def test_an_image_is_its_description_and_address():
    [paragraph] = parse("![a cat](https://a.b/cat.png)")
    address = "https://a.b/cat.png"
    assert paragraph.runs == (Run(f"a cat ({address})", href=address),)


def test_plain_addresses_are_not_made_into_links():
    assert parse("see https://a.b")[0].runs == (Run("see https://a.b"),)


def test_a_link_may_stand_before_its_definition():
    assert parse("[a][1]\n\n[1]: https://a.b")[0].runs == (Run("a", href="https://a.b"),)


def test_what_acts_on_the_page_becomes_visible():
    """NUL and escape end up in terminals, overrides make code read other than it runs."""
    cleaned = clean_text("a\0b\x1b[31m\u202ec\ufdd0\ud800\r\nd\re\u2028f\tg")
    assert cleaned == "a\ufffdb\ufffd[31m\ufffdc\ufffd\ufffd\nd\ne\nf\tg"


def test_marks_that_emoji_and_scripts_need_stay():
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u200fא"
    assert clean_text(family) == family


def test_long_lines_are_cut_without_a_loss():
    assert cut_lines("abcde\nfg\nhijk", 2) == "ab\ncd\ne\nfg\nhi\njk"


BOMBS = {
    "quotes": ">" * 100_000,
    "quotes in lines": (">" * 200 + "a\n") * 500,
    "brackets": "[" * 100_000,
    "dollars": "$" * 100_000,
    "formulas without an end": r"\( a " * 20_000,
    "displays without an end": "$$\na\n\n" * 15_000,
    "escaped dollars": r"$a \$" * 20_000,
    "footnotes": "".join(f"[^{number}]: a[^{number}]\n" for number in range(5_000)),
    "named footnotes": "".join(f"[^a{number}]: b[^a{number}]\n" for number in range(3_000)),
    "footnotes in footnotes": "[^1]: " * 20_000,
    "images": "![" * 50_000,
    "brackets in short paragraphs": ("[" * 90 + "\n\n") * 150,
    "links": "[a](" * 25_000,
    "emphasis": "*a **b " * 14_000,
    "stars": "*" * 100_000,
    "ticks": "".join("`" * n + " " for n in range(1, 440)),
    "entities": "&#x41;" * 16_000,
    "list in list": "".join("  " * depth + "- a\n" for depth in range(300)),
    "lists in a line": "1. " * 30_000,
    "columns": "|a" * 2000 + "|\n" + "|-" * 2000 + "|\n" + "|b\n" * 20_000,
    "rows": "a|b\n-|-\n" + "|\n" * 50_000,
    "wide rows": "|a" * 31 + "|\n" + "|-" * 31 + "|\n" + "|b\n" * 20_000,
    "definitions": "[a]: x\n" * 14_000,
    "one line": "word " * 200_000,
    "fences": "```\n" * 25_000,
    "indented fences": " ```x\n" * 16_000,
    "nested fences": "- a\n" + "  ```x\n" * 14_000,
    "code": "```\n" + "x = 1\n" * 16_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_hostile_markdown_is_shown_in_slices_that_do_not_freeze(name):
    """Each slice is what the window reads between two frames; without the guards these take from
    one second to for ever."""
    stream = MarkdownStream()
    source = BOMBS[name]
    slowest = 0.0
    for start in range(0, len(source), 6_000):
        began = time.thread_time()
        stream.feed(source[start : start + 6_000])
        stream.pending()
        slowest = max(slowest, time.thread_time() - began)
    began = time.thread_time()
    blocks = stream.finish()
    assert max(slowest, time.thread_time() - began) < 100 * unit()
    assert blocks


def test_what_is_nested_too_deeply_is_shown_whole():
    """markdown-it drops what is nested deeper than its limit."""
    assert text_of(parse("> " * 100 + "the end")).endswith("the end")


def test_a_paragraph_that_is_too_long_is_plain_until_an_empty_line():
    long = "**word** " * (MAX_UNIT // 9 + 1)
    blocks = parse(f"**a**\n\n{long}\nmore\n\n**b**")
    assert isinstance(blocks[1], Plain)
    assert blocks[1].text == f"{long}\nmore"
    assert [type(block) for block in blocks] == [Paragraph, Plain, Paragraph]


def test_a_table_with_too_many_cells_is_plain():
    [block] = parse("|" + "a|" * 20 + "\n|" + "-|" * 20 + "\n" + ("|" + "b|" * 20 + "\n") * 100)
    assert isinstance(block, Plain)
    assert block.text.count("\n") == 101


@pytest.mark.parametrize("source", ["", "\n\n", " \t ", "|", "|-|", "[", "- ", "`", "\\", "\x00"])
def test_fragments_do_no_harm(source):
    parse(source)
