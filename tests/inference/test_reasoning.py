"""What is thinking and what is answer, wherever the text is cut and however the tags come."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inference.answer_stream import AnswerStream
from inference.events import Message, ReasoningDelta, TextDelta
from inference.formats.gguf import open_gguf
from inference.reasoning import ReasoningSplitter, opens_reasoning
from inference.tokenizer import load_tokenizer
from tests.embedded_model import EMBEDDED_MODEL
from tests.inference.gguf_files import write_gguf


def split(pieces, is_open=False):
    splitter = ReasoningSplitter(is_open)
    parts = [*map(splitter.add, pieces), splitter.finish()]
    return "".join(reasoning for reasoning, _ in parts), "".join(text for _, text in parts)


@pytest.mark.parametrize(
    ("answer", "reasoning", "text"),
    [
        ("<think>\nEasy.\n</think>\n\n4 it is.\n", "Easy.", "4 it is.\n"),
        ("\n<think>a\n\nb</think>c", "a\n\nb", "c"),
        ("<think>\n\n</think>\n\nHello", "", "Hello"),
        ("<think>never closed \n", "never closed", ""),
        ("<think>cut </thi", "cut </thi", ""),
        ("<think>a < b </ c</think>d", "a < b </ c", "d"),
        ("<think>a</think>", "a", ""),
        ("<think>a</think>b <think>c</think> d", "a", "b <think>c</think> d"),
        ("Well, <think>a</think>", "", "Well, <think>a</think>"),
        ("</think>a", "", "</think>a"),
        ("<thinker> ", "", "<thinker> "),
        ("  \n four\n", "", "  \n four\n"),
        (" <thi", "", " <thi"),
        ("", "", ""),
    ],
)
def test_an_answer_thinks_only_in_the_block_at_its_start(answer, reasoning, text):
    assert split([answer]) == split(answer) == (reasoning, text)


@pytest.mark.parametrize(
    ("answer", "reasoning", "text"),
    [
        ("Easy.\n</think>\n\n4", "Easy.", "4"),
        ("\n <think>\nEasy.</think>4", "Easy.", "4"),  # some models repeat the tag
        ("Easy", "Easy", ""),
        ("</think>\n4", "", "4"),
        (" <thi ", "<thi", ""),
        ("", "", ""),
    ],
)
def test_after_a_prompt_that_opens_the_thinking_an_answer_begins_inside(answer, reasoning, text):
    assert split([answer], is_open=True) == split(answer, is_open=True) == (reasoning, text)


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "<", "</th", "ink>", " ", "\n", "a"])),
    st.booleans(),
)
@example(["a ", "<", "/think> ", "b"], True)
def test_how_the_text_is_cut_into_pieces_makes_no_difference(pieces, is_open):
    whole = "".join(pieces)
    assert split(pieces, is_open) == split([whole], is_open) == split(whole, is_open)


def test_text_without_thinking_is_not_held_back():
    splitter = ReasoningSplitter(is_open=False)
    assert [splitter.add(piece)[1] for piece in ("<", "b>", " ", "<think>", "\n")] == [
        *("", "<b>", " ", "<think>", "\n")
    ]


def test_thinking_streams_and_keeps_only_what_may_be_its_end():
    splitter = ReasoningSplitter(is_open=True)
    pieces = ["\n", "one", " ", "two\n", "</", "b", "</think", ">\n", "\n", "x", " "]
    assert [splitter.add(piece) for piece in pieces] == [
        *[("", ""), ("one", ""), ("", ""), (" two", ""), ("", ""), ("\n</b", ""), ("", "")],
        *[("", ""), ("", ""), ("", "x"), ("", " ")],
    ]


# Tokens


@pytest.fixture(scope="module")
def plain():
    """A vocabulary without tokens of their own for the tags."""
    return load_tokenizer(open_gguf(EMBEDDED_MODEL))


@pytest.fixture(params=[3, 4], ids=["control", "user-defined"])
def tagged(request, tmp_path):
    """A vocabulary in which 2 and 3 are the tags; converters disagree on their kind."""
    letters = ["h", "i", "Ċ", "Ġ", "Ã", "©", "."]
    entries = {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "llama-bpe",
        "tokenizer.ggml.tokens": ["<s>", "</s>", "<think>", "</think>", *letters],
        "tokenizer.ggml.token_type": [3, 3, request.param, request.param, *[1] * len(letters)],
        "tokenizer.ggml.merges": ["h h"],
        "tokenizer.ggml.bos_token_id": 0,
        "tokenizer.ggml.eos_token_id": 1,
    }
    return load_tokenizer(open_gguf(write_gguf(tmp_path / "model.gguf", entries)))


def stream(tokenizer, prompt, answer, *stop):
    """What comes of the text `answer`: the reasoning, the text, and the stream itself."""
    made = AnswerStream(tokenizer, tokenizer.encode(prompt, parse_special=True), stop)
    events = []
    for token_id in tokenizer.encode(answer, parse_special=True):
        events += made.add(token_id)
        if made.stopped:
            break
    events += made.finish()
    assert all(event.text for event in events)
    reasoning = "".join(event.text for event in events if isinstance(event, ReasoningDelta))
    return reasoning, "".join(event.text for event in events if isinstance(event, TextDelta)), made


def test_tags_that_are_tokens_split_an_answer(tagged):
    """The bytes of a control token are empty: by its text alone the thinking would never end."""
    reasoning, text, made = stream(tagged, "hi", "<think>\nhi\n</think>\n\nih.")
    assert (reasoning, text) == ("hi", "ih.")
    assert made.reasoning_tokens == 6


def test_tags_of_several_tokens_split_an_answer(plain):
    reasoning, text, made = stream(plain, "Hello", "<think>\nEasy.\n</think>\n\nFour it is.")
    assert (reasoning, text) == ("Easy.", "Four it is.")
    assert 6 < made.reasoning_tokens < 20


def test_a_prompt_that_ends_with_an_open_tag_is_recognized(tagged, plain):
    for tokenizer in (tagged, plain):

        def is_open(prompt, tokenizer=tokenizer):
            return opens_reasoning(tokenizer, tokenizer.encode(prompt, parse_special=True))

        assert is_open("hi<think>\n")
        assert is_open("<think>")
        assert not is_open("hi")
        assert not is_open("hi<think>\n\n</think>\n\n")
        assert not is_open("<think>hi")
        assert not is_open("")


def test_an_answer_to_an_open_prompt_begins_inside(tagged):
    reasoning, text, made = stream(tagged, "hi<think>\n", "hi</think>ih")
    assert (reasoning, text, made.reasoning_tokens) == ("hi", "ih", 3)


def test_an_answer_without_thinking_has_no_tokens_of_it(tagged, plain):
    for tokenizer in (tagged, plain):
        assert stream(tokenizer, "hi", " hi.")[:2] == ("", " hi.")
        assert stream(tokenizer, "hi", " hi.")[2].reasoning_tokens == 0


def test_half_a_character_before_a_tag_is_shown_before_it(tagged):
    made = AnswerStream(tagged, [], ())
    half = tagged.encode("é", parse_special=False)[0]
    events = [event for token_id in (2, 4, half, 3, 5) for event in made.add(token_id)]
    reasoning = "".join(event.text for event in events if isinstance(event, ReasoningDelta))
    assert (reasoning, events[-1]) == ("h\ufffd", TextDelta("i"))


def test_a_stop_string_ends_the_text_and_not_the_thinking(tagged):
    reasoning, text, made = stream(tagged, "", "<think>hi.ih</think>ih.hi", ".")
    assert (reasoning, text, made.stopped) == ("hi.ih", "ih", True)
    reasoning, text, made = stream(tagged, "", "<think>hi.ih", ".")
    assert (reasoning, text, made.stopped) == ("hi.ih", "", False)


@pytest.mark.parametrize(
    ("begun", "rest", "expected"),
    [
        (Message("assistant", "", "two"), " and two</think>\n4", (" and two", "4")),
        (Message("assistant", "It is"), " <think>4", ("", " <think>4")),
    ],
)
def test_an_answer_goes_on_in_the_part_that_it_had_come_to(begun, rest, expected):
    """The space before the next word was dropped, as at the start of a part."""
    tokenizer = load_tokenizer(open_gguf(EMBEDDED_MODEL))
    made = AnswerStream(tokenizer, [], (), begun)
    token_ids = tokenizer.encode(rest, parse_special=True)
    deltas = [delta for token_id in token_ids for delta in made.add(token_id)]
    deltas += made.finish()
    reasoning = "".join(delta.text for delta in deltas if isinstance(delta, ReasoningDelta))
    text = "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))
    assert (reasoning, text) == expected
