"""Folders, pins, drafts, titles and what a chat has of its own; saved prompts."""

import pytest

from app.chats.store import ChatStore
from app.errors import AppError
from inference.errors import InvalidRequestError


def names(store):
    return [folder.name for folder in store.folders()]


def test_folders_keep_their_order_and_their_chats(store, tmp_path):
    a, b, c = (store.create_folder(name) for name in ("A", " B\n", "C"))
    assert names(store) == ["A", "B", "C"]
    store.move_folder(c.id, 0)
    store.move_folder(a.id, 99)
    store.rename_folder(b.id, "Bee")
    assert names(store) == ["C", "Bee", "A"]
    chats = [store.create_chat().id for _ in range(3)]
    store.move_chats(chats[:2], b.id)
    with ChatStore(tmp_path / "chats.db") as again:
        assert [again.chat(chat_id).folder_id for chat_id in chats] == [b.id, b.id, None]
    store.move_chats(chats[:1], None)
    store.delete_folder(b.id)
    assert names(store) == ["C", "A"]
    assert {chat.id: chat.folder_id for chat in store.chats()} == dict.fromkeys(chats)


def test_pinned_chats_come_first(store):
    first, second, third = (store.create_chat().id for _ in range(3))
    store.set_pinned([first, second], True)
    assert [chat.id for chat in store.chats()] == [second, first, third]
    assert store.chat(first).pinned
    store.set_pinned([second], False)
    assert [chat.id for chat in store.chats()] == [first, third, second]


def test_several_chats_are_changed_together_or_not_at_all(store):
    ids = [store.create_chat().id for _ in range(3)]
    folder = store.create_folder("Work")
    for act in (
        lambda: store.delete_chats([*ids, 99]),
        lambda: store.move_chats([*ids, 99], folder.id),
        lambda: store.set_pinned([*ids, 99], True),
    ):
        with pytest.raises(AppError, match="no chat 99"):
            act()
    assert [(chat.folder_id, chat.pinned) for chat in store.chats()] == [(None, False)] * 3
    store.delete_chats(ids[:2])
    assert [chat.id for chat in store.chats()] == ids[2:]
    store.restore_chats(ids[:2])
    assert len(store.chats()) == 3


def test_a_chat_keeps_its_draft_model_and_sampling(store, tmp_path):
    chat = store.create_chat()
    assert (store.draft(chat.id), chat.model, chat.sampling) == ("", "", {})
    store.set_draft(chat.id, "Not yet\nsent \ud800")
    store.set_model(chat.id, "jamba")
    store.set_sampling(chat.id, {"temperature": 0.5, "max_tokens": None})
    with ChatStore(tmp_path / "chats.db") as again:
        assert again.draft(chat.id) == "Not yet\nsent \ufffd"
        kept = again.chat(chat.id)
    assert (kept.model, kept.sampling) == ("jamba", {"temperature": 0.5, "max_tokens": None})
    store.set_sampling(chat.id, {})
    assert store.chat(chat.id).sampling == {}


@pytest.mark.parametrize(
    "values",
    [
        {"temperature": 11},
        {"top_k": 1.5},
        {"seed": "1"},
        {"top_p": None},
        {"min_p": True},
        {"x": 1},
    ],
)
def test_sampling_that_no_engine_takes_is_refused(store, values):
    chat = store.create_chat()
    store.set_sampling(chat.id, {"top_k": 5})
    with pytest.raises(InvalidRequestError):
        store.set_sampling(chat.id, values)
    assert store.chat(chat.id).sampling == {"top_k": 5}


@pytest.mark.parametrize("text", ["not JSON", "5", "[" * 100_000])
def test_damaged_sampling_does_not_hide_the_chat(store, text):
    chat = store.create_chat()
    store.rows("UPDATE chats SET sampling = ?", (text,))
    assert store.chat(chat.id).sampling == {}
    store.rows("""UPDATE chats SET sampling = '{"top_k": 3, "temperature": 99, "later": 1}'""")
    assert store.chats()[0].sampling == {"top_k": 3}


def test_a_made_title_never_replaces_a_typed_one(store):
    chat = store.create_chat()
    assert store.rename(chat.id, "First words", typed=False).title == "First words"
    assert store.rename(chat.id, "Better", typed=False).title == "Better"
    assert store.rename(chat.id, "Mine").title_is_typed
    assert store.rename(chat.id, "Best", typed=False).title == "Mine"
    store.rename(chat.id, "")
    assert store.rename(chat.id, "Made", typed=False).title == "Made"


def test_saved_prompts_are_kept_by_name(store):
    second = store.create_prompt("summary", "Sum up:\n")
    first = store.create_prompt("  Letter ", "Write a letter")
    assert store.prompts() == [first, second]
    assert (first.name, second.text) == ("Letter", "Sum up:\n")
    store.change_prompt(first.id, "Zettel", "Write")
    assert [prompt.name for prompt in store.prompts()] == ["summary", "Zettel"]
    store.delete_prompt(second.id)
    assert [prompt.text for prompt in store.prompts()] == ["Write"]


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda store: store.folder(7), "no folder 7"),
        (lambda store: store.rename_folder(7, "x"), "no folder 7"),
        (lambda store: store.move_folder(7, 0), "no folder 7"),
        (lambda store: store.delete_folder(7), "no folder 7"),
        (lambda store: store.create_folder(" "), "needs a name"),
        (lambda store: store.move_chats([store.create_chat().id], 7), "no folder 7"),
        (lambda store: store.change_prompt(7, "x", "y"), "no saved prompt 7"),
        (lambda store: store.delete_prompt(7), "no saved prompt 7"),
        (lambda store: store.create_prompt("", "x"), "needs a name"),
        (lambda store: store.draft(7), "no chat 7"),
        (lambda store: store.set_draft(7, "x"), "no chat 7"),
        (lambda store: store.set_model(7, "x"), "no chat 7"),
        (lambda store: store.copy_of(7), "no chat 7"),
        (lambda store: store.edit_message(7, "x"), "no message 7"),
        (lambda store: store.delete_message(7), "no message 7"),
        (lambda store: store.restore_message(7), "no message 7"),
        (lambda store: store.siblings(7), "no message 7"),
        (lambda store: store.branch_chat(7), "no message 7"),
    ],
)
def test_what_is_not_there_is_one_sentence(store, act, words):
    with pytest.raises(AppError, match=words):
        act(store)
