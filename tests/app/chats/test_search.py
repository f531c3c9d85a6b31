"""Searching: people type words, not syntax."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.chats.search import MATCH_END, MATCH_START, search


def add_chat(store, title, *texts):
    chat = store.create_chat()
    store.rename(chat.id, title)
    for text in texts:
        store.append_message(chat.id, store.chat(chat.id).leaf_id, "user", text)
    return store.chat(chat.id)


def marked(hit):
    return hit.snippet.replace(MATCH_START, "[").replace(MATCH_END, "]")


def test_a_word_of_a_message_is_found_with_its_place(store):
    chat = add_chat(store, "Physics", "What is gravity?", "And what\nis mass?")
    [hit] = search(store, "mass")
    assert (hit.chat, hit.message_id) == (chat, chat.leaf_id)
    assert marked(hit) == "And what is [mass]?"


def test_titles_come_first(store):
    spoken = add_chat(store, "Physics", "gravity gravity gravity")
    titled = add_chat(store, "On gravity", "hello")
    assert [(hit.chat.id, hit.message_id) for hit in search(store, "gravity")] == [
        (titled.id, None),
        (spoken.id, spoken.leaf_id),
    ]


@pytest.mark.parametrize(
    "text",
    ["Perché", "PERCHE", "perc", "no perche", 'hello "Perché"', "foo-bar", "c++", "?? hello"],
)
def test_case_accents_order_and_punctuation_do_not_matter(store, text):
    add_chat(store, "", "Perché no? hello foo-bar C++ code")
    assert len(search(store, text)) == 1


def test_all_the_words_have_to_be_there(store):
    add_chat(store, "", "apples and pears")
    assert search(store, "apples bananas") == []


def test_only_the_last_word_may_be_unfinished(store):
    add_chat(store, "", "apples and pears")
    assert len(search(store, "apples pe")) == 1
    assert marked(search(store, "apples pe")[0]) == "[apples] and [pears]"


@pytest.mark.parametrize("text", ["", "  \n", "\0"[:0]])
def test_nothing_is_found_by_nothing(store, text):
    add_chat(store, "Something", "text")
    assert search(store, text) == []


def test_languages_without_spaces_and_parts_of_words_are_found(store):
    add_chat(store, "", "私は東京に住んでいます", "antidisestablishmentarianism", "100% of a_b")
    assert marked(search(store, "東京")[0]) == "私は[東京]に住んでいます"
    assert marked(search(store, "ESTABLISH")[0]) == "antidis[establish]mentarianism"
    assert len(search(store, "00%")) == 1
    assert search(store, "0%0") == []  # % and _ are letters like others


def test_a_deleted_chat_is_not_found_until_it_is_restored(store):
    chat = add_chat(store, "Secret plan", "secret")
    store.delete_chat(chat.id)
    assert search(store, "secret") == search(store, "ecre") == []
    store.restore_chat(chat.id)
    assert len(search(store, "secret")) == 2


def test_the_index_follows_every_change(store):
    chat = add_chat(store, "old title", "old text")
    store.rename(chat.id, "new title")
    store.update_answer(chat.leaf_id, content="new text")
    assert search(store, "old") == []
    assert len(search(store, "new")) == 2
    store.purge_chats([chat.id])
    assert search(store, "new") == []
    store.rows("INSERT INTO messages_fts (messages_fts, rank) VALUES ('integrity-check', 1)")
    store.rows("INSERT INTO chats_fts (chats_fts, rank) VALUES ('integrity-check', 1)")


def test_there_are_at_most_as_many_hits_as_asked_for(store):
    for _ in range(5):
        add_chat(store, "same", "same")
    assert len(search(store, "same", limit=7)) == 7
    assert len(search(store, "ame", limit=2)) == 2


def test_a_snippet_is_short_and_around_the_match(store):
    add_chat(store, "", "x" * 100_000 + " needle " + "y" * 100_000)
    for text in ("needle", "eedl"):
        [hit] = search(store, text)
        assert len(hit.snippet) < 300
        assert hit.snippet.count(MATCH_START) == hit.snippet.count(MATCH_END) == 1


def test_a_language_without_spaces_is_found_within_a_run_beside_one_that_begins_with_it(store):
    add_chat(store, "東京の天気", "東京は大きい", "私は東京に住んでいます")
    assert [marked(hit) for hit in search(store, "東京")] == [
        "[東京]の天気",
        "私は[東京]に住んでいます",
        "[東京]は大きい",
    ]
    assert len(search(store, "京")) == 3


def test_many_titles_leave_room_for_messages(store):
    for _ in range(10):
        add_chat(store, "gravity", "gravity")
    hits = search(store, "gravity", limit=6)
    assert [hit.message_id is None for hit in hits] == [True] * 3 + [False] * 3
    assert [hit.message_id is None for hit in search(store, "ravit", limit=4)] == [
        True, True, False, False,
    ]  # fmt: skip


def test_a_single_letter_finds_the_newest(store):
    chat = add_chat(store, "", "an apple", "an ape", "nothing")
    assert [marked(hit) for hit in search(store, "a")] == ["[an] [ape]", "[an] [apple]"]
    assert search(store, "q") == []
    assert search(store, "+") == []
    store.append_message(chat.id, None, "user", "C++")
    assert len(search(store, "+")) == 1


def test_a_frequent_word_is_shown_newest_first(store, monkeypatch):
    monkeypatch.setattr("app.chats.search._MAX_RANKED", 3)
    chat = add_chat(store, "", "same same same", "same", "same")
    assert search(store, "same")[0].message_id == chat.leaf_id


@given(st.text(st.characters()) | st.text("\"*():^+-{}~ '\\%_aNEARORANDNOT", max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_text_is_syntax(store, text):
    search(store, text)


def test_a_whole_page_pasted_into_the_search_is_no_problem(store):
    add_chat(store, "", "word")
    assert len(search(store, "word " * 100_000)) == 1
    search(store, "(" * 100_000)
