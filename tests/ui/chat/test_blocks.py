"""Blocks as widgets: every state of a growing answer looks like that text shown at once."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QWidget

from ui.chat.blocks import BlockStack
from ui.chat.markdown_stream import MarkdownStream, parse
from ui.chat.source_view import CodeView, PlainView
from ui.chat.table_view import TableView
from ui.chat.text_view import TextView
from ui.theme import LIGHT

WIDTH = 600
PAGES = {
    "everything": """\
# Title

Some *text* with `code` and [a link](https://example.org/a).

1. one
   - deep

   still one
2. ```sh
   ls
   ```
3. three

> quoted
>
> - in a quote

---

| key | value |
|:--|--:|
| a | **1** |
| b c | 2 |

```python
def f():
    return 1
```

The end.
""",
    "headings that were paragraphs": "one\ntwo\n===\n\nthree\n---\n",
    "tables that were paragraphs": "text\na | b\n--|--\n1 | 2\n",
    "code that was a list": "- a\n```\nb\n```\n- c\n",
    "after an empty line": "a\n\n---\n\nb\n\n# c\n\n-\n- d\n\n1. > e\n",
    "cards in a row": "```\na\n```\n```\nb\n```\n",
}


@pytest.fixture
def new_stack(qtbot):
    def new_stack():
        stack = BlockStack(LIGHT)
        qtbot.addWidget(stack)
        return stack

    return new_stack


def snapshot(stack):
    """Kind, place and content of everything on show, and the height."""
    height = stack.fit(WIDTH)
    options = Qt.FindChildOption.FindDirectChildrenOnly
    parts = [part for part in stack.findChildren(QWidget, options=options) if not part.isHidden()]
    return height, sorted((part.y(), describe(part)) for part in parts)


def describe(part):
    text = part if isinstance(part, TextView) else part.findChild(CodeView)
    return type(part).__name__, part.geometry().getRect(), text.document().toHtml()


@pytest.mark.parametrize("name", PAGES)
def test_every_state_of_a_growing_answer_looks_like_its_text_at_once(new_stack, name):
    """Widgets are reused from state to state: none may keep what an earlier state wrote."""
    growing = new_stack()
    stream = MarkdownStream()
    num_stable = 0
    for number, character in enumerate(PAGES[name]):
        stream.feed(character)
        blocks = [*stream.stable, *stream.pending()]
        growing.replace_from(num_stable, blocks[num_stable:])
        num_stable = len(stream.stable)
        if number % 5 == 0 or number == len(PAGES[name]) - 1:
            at_once = new_stack()
            at_once.replace_from(0, blocks)
            assert snapshot(growing) == snapshot(at_once)


def test_prose_is_one_text_so_that_a_selection_spans_it(new_stack):
    stack = new_stack()
    stack.replace_from(0, parse("# a\n\nb\n\n- c\n- d\n\n> e\n\n---\n\nf"))
    [text] = stack.findChildren(TextView)
    text.selectAll()
    assert text.textCursor().selection().toPlainText() == "a\nb\n•\tc\n•\td\ne\n\nf"


def test_a_long_answer_is_several_texts(new_stack):
    """The layout of one text takes the longer the longer it is."""
    stack = new_stack()
    stack.replace_from(0, parse("paragraph\n\n" * 300))
    assert len(stack.findChildren(TextView)) > 3


def test_a_new_width_gives_a_new_height(new_stack):
    stack = new_stack()
    stack.replace_from(0, parse("word " * 100))
    assert stack.fit(300) > stack.fit(600)


def test_a_table_with_many_columns_scrolls_sideways(new_stack):
    stack = new_stack()
    for columns in (3, 14):
        stack.replace_from(0, parse("|column" * columns + "|\n" + "|-" * columns + "|\n"))
        stack.fit(WIDTH)
        table = stack.findChild(TableView)
        assert (table.document().textWidth() > WIDTH) == (columns == 14)


def test_code_with_long_lines_is_as_high_as_its_cut_lines(new_stack):
    stack = new_stack()
    stack.replace_from(0, parse("```\n" + "x" * 5_500 + "\n```"))
    text_height = stack.findChild(CodeView).document().size().height()
    assert text_height == 6 * 20
    assert stack.fit(WIDTH) > text_height


def test_plain_text_is_never_higher_than_a_part_of_the_window(new_stack):
    stack = new_stack()
    stack.replace_from(0, parse("x" * 20_000))
    assert stack.findChild(PlainView)
    assert stack.fit(WIDTH) < 600


def test_long_lines_of_code_wrap_where_the_user_wants_it(new_stack, qtbot):
    stack = new_stack()
    stack.replace_from(0, parse("```\n" + "word " * 60 + "\nshort\n```\n"))
    before = stack.fit(WIDTH)
    [wrap] = [b for b in stack.findChildren(QAbstractButton) if b.text() == "Wrap"]
    with qtbot.waitSignal(stack.grown):
        wrap.click()
    assert stack.fit(WIDTH) > before
    assert wrap.text() == "Don't wrap"
    wrap.click()
    assert stack.fit(WIDTH) == before


def test_code_without_long_lines_offers_no_wrap(new_stack):
    stack = new_stack()
    stack.replace_from(0, parse("```\nshort\n```\n"))
    stack.fit(WIDTH)
    assert all(b.isHidden() for b in stack.findChildren(QAbstractButton) if b.text() == "Wrap")


def test_a_list_from_right_to_left_stands_at_the_right(new_stack):
    stack = new_stack()
    stack.replace_from(0, parse("- עברית\n- english\n"))
    [view] = stack.text_views()
    first, second = (view.document().findBlockByNumber(number) for number in range(2))
    assert first.blockFormat().rightMargin() == second.blockFormat().leftMargin() > 0
    assert first.textDirection() == Qt.LayoutDirection.RightToLeft
