from hypothesis import given
from hypothesis import strategies as st

from inference.stop_strings import StopStrings


def run(pieces, stops):
    filter_ = StopStrings(stops)
    out = "".join(filter_.add(piece) for piece in pieces)
    return out + filter_.finish(), filter_.stopped


def test_the_answer_ends_before_the_stop_string():
    assert run(["Hello\n", "User: hi"], ["\nUser:"]) == ("Hello", True)


def test_a_stop_string_in_pieces_is_never_shown():
    filter_ = StopStrings(["<end>"])
    assert [filter_.add(piece) for piece in ("a<", "en", "d>b")] == ["a", "", ""]
    assert filter_.stopped


def test_what_only_looked_like_a_stop_string_comes_out():
    assert run(["a<en", "ough"], ["<end>"]) == ("a<enough", False)
    assert run(["a<en"], ["<end>"]) == ("a<en", False)


def test_the_stop_that_is_complete_first_wins():
    assert run(["one two three"], ["three", "two"]) == ("one ", True)
    assert run(["ab<"], ["ab<", "b"]) == run(["ab", "<"], ["ab<", "b"]) == ("a", True)


def test_empty_stop_strings_are_ignored():
    assert run(["text"], [""]) == ("text", False)


texts = st.text(alphabet="ab", max_size=5)


@given(st.lists(texts, max_size=8), st.lists(texts.filter(bool), max_size=3))
def test_how_the_text_is_cut_into_pieces_makes_no_difference(pieces, stops):
    whole = "".join(pieces)
    result = run(pieces, stops)
    assert result == run([whole], stops) == run(list(whole), stops)
    assert result[1] == any(stop in whole for stop in stops)
