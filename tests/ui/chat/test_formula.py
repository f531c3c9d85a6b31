"""Formulas: which text is one, how it is drawn, and that a hostile one costs a bounded amount."""

import pytest
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest

from ui.chat.blocks import BlockStack
from ui.chat.formula import draw
from ui.chat.formula_process import drawing
from ui.chat.markdown import Paragraph, Run
from ui.chat.markdown_stream import parse
from ui.theme import DARK, LIGHT

NEEDS_ZIAMATH = "drawings need ziamath"


def formulas(text):
    return [
        (run.text, run.formula)
        for block in parse(text)
        if isinstance(block, Paragraph)
        for run in block.runs
        if run.formula
    ]


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $6.",
        "$5,$6 or US$7",
        "from $20-$30",
        "a $ b $ c",
        r"\$x\$",
        "`$x$` and\n\n    $x$",
        "```\n$x$\n```",
        "$$ without an end",
        r"\( without an end",
        "$$\nstops at an empty line\n\n$$ and goes on",
    ],
)
def test_no_formula(text):
    assert formulas(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$x$", [("x", "inline")]),
        (r"**\(a_1*b*c\)**", [("a_1*b*c", "inline")]),
        (r"$\$5$ or $6", [(r"\$5", "inline")]),
        ("a $$x$$ b", [("x", "display")]),
        (r"a \[x\] b", [("x", "display")]),
        ("$$\nx\n- y\n= z\n$$", [("x\n- y\n= z", "display")]),
        ("text\n\\[\n# x\n\\]\ntext", [("# x", "display")]),
        ("1. a\n   $$\n   x\n   $$\n", [("x", "display")]),
        ("> $$\n> x\n> $$", [("x", "display")]),
    ],
)
def test_a_formula(text, expected):
    assert formulas(text) == expected


def test_a_formula_is_drawn_in_the_colour_of_its_text():
    pytest.importorskip("ziamath", reason=NEEDS_ZIAMATH)
    drawn = draw(r"\frac{1}{2}", False, 18)
    assert drawn.ascent > 0
    assert drawn.descent > 0
    svg = drawn.in_colour("#aabbcc")
    assert b"#aabbcc" in svg
    assert QSvgRenderer(svg).isValid()


@pytest.mark.parametrize(
    "source",
    [
        r"\frac{a",
        r"\unknown{x}",
        "a & b",
        "}{",
        r"x^x^x",
        "\\\\" * 300,
        "{" * 1_000,
        r"\text{<image href='file:///etc/passwd'/>}",
        r"\rule{100000em}{1000em}",
        r"\def\a{\a\a}\a",
        r"\newcommand{\a}{b}\a",
        r"\href{file:///etc/passwd}{x}",
        "x" * 100_000,
    ],
)
def test_what_cannot_be_drawn_is_none(source):
    assert draw(source, True, 18) is None


def test_the_work_of_a_formula_is_bounded():
    pytest.importorskip("ziamath", reason=NEEDS_ZIAMATH)
    deep = r"\frac{" * 30 + "1" + "}{2}" * 30  # would take minutes
    assert draw(deep, True, 18, max_steps=20_000) is None
    assert draw("x", True, 18) is not None


@pytest.fixture
def stack(qtbot):
    stack = BlockStack(LIGHT)
    qtbot.addWidget(stack)
    return stack


def test_what_cannot_be_drawn_stands_as_its_source(stack):
    stack.replace_from(0, parse(r"before $\unknown{x}$ after"))
    assert stack.text_views()[0].toPlainText() == r"before $\unknown{x}$ after"


def test_a_drawn_formula_is_copied_as_its_source(stack, qtbot):
    pytest.importorskip("ziamath", reason=NEEDS_ZIAMATH)
    stack.replace_from(0, parse("before $x^2$ and $$y$$ after\n"))
    stack.resize(600, stack.fit(600))
    stack.show()
    [view] = stack.text_views()
    qtbot.waitUntil(lambda: view.toPlainText().count("\ufffc") == 2)
    view.selectAll()
    QTest.keySequence(view, "Ctrl+C")
    assert QGuiApplication.clipboard().text() == "before $x^2$ and $$y$$ after"
    stack.apply_theme(DARK)
    assert has_colour(stack.grab().toImage(), QColor(DARK.ink))


def has_colour(image, colour):
    return any(
        image.pixelColor(x, y) == colour
        for x in range(image.width())
        for y in range(image.height())
    )


def test_formulas_in_a_table_and_the_growth_of_a_page(stack, qtbot):
    pytest.importorskip("ziamath", reason=NEEDS_ZIAMATH)
    text = "| a |\n|---|\n| $\\frac{\\frac{1}{2}}{\\frac{3}{4}}$ |\n"
    stack.replace_from(0, parse(text))
    before = stack.fit(600)
    with qtbot.waitSignal(stack.grown):
        pass
    assert stack.fit(600) > before


def test_a_footnote():
    text = "a[^1] b[^note] c[^none]\n\n[^1]: The *first*\n[^note]: The second\n\n    goes on\n"
    paragraph, first, second, rest = parse(text)
    marks = [run.text for run in paragraph.runs if run.is_footnote]
    assert marks == ["1", "note"]
    assert paragraph.runs[-1] == Run(" c[^none]")
    assert [block.marker for block in (first, second, rest)] == ["1", "note", ""]
    assert rest.containers == ("item",)


def test_a_drawing_stays_where_it_is_shown_when_others_push_it_out_of_memory(stack, qtbot):
    pytest.importorskip("ziamath", reason=NEEDS_ZIAMATH)
    stack.replace_from(0, parse("$x_{9}$"))
    height = stack.fit(600)
    [view] = stack.text_views()
    qtbot.waitUntil(lambda: view.toPlainText() == "\ufffc")
    drawn = view.document().idealWidth()
    drawing.cache_clear()
    view.document().markContentsDirty(0, 2)
    assert stack.fit(500) >= height - 1
    assert view.document().idealWidth() == pytest.approx(drawn)
