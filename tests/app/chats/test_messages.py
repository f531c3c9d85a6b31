"""Versions of messages: none is lost by an edit, a deletion or a branch."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.chats.model import TurnStats
from app.chats.search import search
from app.errors import AppError

STATS = TurnStats("stop", 10, 4, 20, 0.5, 1.25, 12)


@pytest.fixture
def chat_id(store):
    return store.create_chat("Be brief.").id


@pytest.fixture
def say(store, chat_id):
    def say(parent, role, text):
        return store.append_message(chat_id, parent and parent.id, role, text, model="Tiny")

    return say


@pytest.fixture
def tree(say):
    """q - a1 - q2 - (b1, b2) and q - a2, which is on show."""
    q = say(None, "user", "question")
    a1 = say(q, "assistant", "first")
    q2 = say(a1, "user", "further")
    b1, b2 = say(q2, "assistant", "one"), say(q2, "assistant", "two")
    a2 = say(q, "assistant", "second")
    return {"q": q, "a1": a1, "q2": q2, "b1": b1, "b2": b2, "a2": a2}


def leaf(store, chat_id):
    return store.chat(chat_id).leaf_id


def test_an_edit_is_a_version_beside_the_old_one(store, chat_id, tree):
    store.update_answer(tree["a1"].id, status="failed", error="Broke.", reasoning="Hm", stats=STATS)
    edited = store.edit_message(tree["a1"].id, "better")
    assert [m.id for m in store.siblings(edited.id)] == [tree["a1"].id, tree["a2"].id, edited.id]
    assert (edited.status, edited.error, edited.model) == ("complete", "", "Tiny")
    assert (edited.reasoning, edited.stats) == ("Hm", None)
    assert leaf(store, chat_id) == edited.id
    assert store.children(chat_id, edited.id) == []
    assert store.children(chat_id, tree["a1"].id) == [tree["q2"]]
    first = store.edit_message(tree["q"].id, "another question")
    assert (first.role, first.parent_id) == ("user", None)
    with pytest.raises(AppError, match="can't be empty"):
        store.edit_message(tree["q"].id, " ")


def test_forks_are_where_several_versions_follow(store, chat_id, tree):
    assert store.forks(chat_id) == {tree["q"].id, tree["q2"].id}
    store.delete_message(tree["b1"].id)
    store.edit_message(tree["q"].id, "another question")
    assert store.forks(chat_id) == {None, tree["q"].id}


def test_a_version_comes_back_with_what_was_last_on_show_below_it(store, chat_id, tree):
    assert store.show_version(chat_id, tree["a1"].id) == tree["b2"].id  # the newest
    store.show_version(chat_id, tree["b1"].id)
    store.show_version(chat_id, tree["a2"].id)
    assert leaf(store, chat_id) == tree["a2"].id
    assert store.show_version(chat_id, tree["a1"].id) == tree["b1"].id  # the last on show
    assert leaf(store, chat_id) == tree["b1"].id
    with pytest.raises(AppError, match="isn't one of chat"):
        store.show_version(store.create_chat().id, tree["a1"].id)


def test_a_deleted_message_takes_what_follows_it_and_comes_back_with_it(store, chat_id, tree):
    store.show_version(chat_id, tree["b1"].id)
    assert store.delete_message(tree["a1"].id) == tree["a2"].id
    assert leaf(store, chat_id) == tree["a2"].id
    assert store.siblings(tree["a2"].id) == [tree["a2"]]
    for word in ("first", "further", "two", "urthe"):
        assert search(store, word) == []
    for act in (
        lambda: store.set_leaf(chat_id, tree["b1"].id),
        lambda: store.show_version(chat_id, tree["q2"].id),
        lambda: store.append_message(chat_id, tree["b1"].id, "user", "x"),
        lambda: store.edit_message(tree["b1"].id, "x"),
        lambda: store.delete_message(tree["b1"].id),
        lambda: store.restore_message(tree["b1"].id),
    ):
        with pytest.raises(AppError, match="was deleted"):
            act()
    store.restore_message(tree["a1"].id)
    assert leaf(store, chat_id) == tree["b1"].id
    assert store.siblings(tree["a2"].id) == [tree["a1"], tree["a2"]]
    assert len(search(store, "further")) == 1


def test_what_was_deleted_before_stays_deleted(store, chat_id, tree):
    store.delete_message(tree["b1"].id)
    store.delete_message(tree["a1"].id)
    store.restore_message(tree["a1"].id)
    assert store.children(chat_id, tree["q2"].id) == [tree["b2"]]
    store.restore_message(tree["b1"].id)
    assert store.children(chat_id, tree["q2"].id) == [tree["b1"], tree["b2"]]


def test_after_a_deletion_the_nearest_is_on_show(store, chat_id, tree):
    assert store.delete_message(tree["b1"].id) == tree["a2"].id  # it wasn't on show
    third = store.edit_message(tree["a1"].id, "third")
    store.set_leaf(chat_id, tree["a2"].id)
    assert store.delete_message(tree["a2"].id) == tree["b2"].id  # the version before it
    assert store.delete_message(tree["a1"].id) == third.id  # else the one after it
    store.restore_message(tree["a1"].id)
    store.delete_message(third.id)
    store.set_leaf(chat_id, tree["b2"].id)
    assert store.delete_message(tree["b2"].id) == tree["q2"].id  # what it followed
    assert store.delete_message(tree["q"].id) is None
    assert leaf(store, chat_id) is None
    assert store.children(chat_id, None) == []


def test_deleted_messages_are_purged_in_time_and_their_words_with_them(
    store, chat_id, tmp_path, say
):
    question = say(None, "user", "kept words")
    say(say(question, "assistant", "secretanswer"), "user", "secretquestion")
    store.delete_message(store.children(chat_id, question.id)[0].id)
    store.purge_deleted()
    assert b"secretquestion" in b"".join(file.read_bytes() for file in tmp_path.glob("chats.db*"))
    # A clock that was set back: the child seems to be deleted later than its parent.
    store.rows("UPDATE messages SET deleted_at = '9999-01-01' WHERE content = 'secretquestion'")
    store.purge_deleted(timedelta(days=-1))
    content = b"".join(file.read_bytes() for file in tmp_path.glob("chats.db*"))
    assert b"secret" not in content
    assert b"kept words" in content
    with pytest.raises(AppError, match="no message"):
        store.restore_message(question.id + 1)


def test_a_branch_is_a_chat_of_its_own_with_all_that_belongs_to_it(store, chat_id, tree):
    store.update_answer(tree["a1"].id, stats=STATS, reasoning="Hm")
    folder = store.create_folder("Work")
    store.create_folder("Work")  # a name may come twice
    store.move_chats([chat_id], folder.id)
    store.rename(chat_id, "Plans")
    store.set_model(chat_id, "jamba")
    store.set_sampling(chat_id, {"temperature": 0, "seed": None})
    before = store.chat(chat_id)
    branch = store.branch_chat(tree["b1"].id)
    assert (branch.title, branch.folder_id, branch.system_prompt) == (
        "Plans (branch)", folder.id, "Be brief.",
    )  # fmt: skip
    assert (branch.model, branch.sampling) == ("jamba", {"temperature": 0, "seed": None})
    copied = store.branch(branch.leaf_id)
    original = store.branch(tree["b1"].id)
    assert [
        replace(new, id=old.id, chat_id=chat_id, parent_id=old.parent_id)
        for new, old in zip(copied, original, strict=True)
    ] == original
    assert copied[1].stats == STATS
    assert store.chat(chat_id) == before
    store.delete_message(copied[0].id)
    assert store.branch(tree["b1"].id) == original


def test_the_prompt_history_has_each_question_once_the_newest_first(store, say):
    for text in ("one", "two", "one", "three"):
        say(say(None, "user", text), "assistant", "answer")
    gone = say(None, "user", "gone")
    store.delete_message(gone.id)
    assert store.prompt_history() == ["three", "one", "two"]
    assert store.prompt_history(2) == ["three", "one"]
