"""Temporary chats: everything that can be done with a chat, and nothing of it on disk."""

import pytest

from app.chats.documents import ChatDocuments
from app.chats.messages import Messages
from app.chats.search import search
from app.chats.store import ChatStore
from app.chats.temporary import Chats
from app.errors import AppError

SECRET = "pomegranate"


@pytest.fixture
def chats(tmp_path):
    with Chats(tmp_path / "chats.db") as chats:
        yield chats


@pytest.fixture
def chat(chats):
    """With a question and its answer."""
    chat = chats.create_temporary_chat(f"A system of {SECRET}")
    question = chats.append_message(chat.id, None, "user", f"Why {SECRET}?")
    chats.append_message(chat.id, question.id, "assistant", f"Because {SECRET}.")
    return chats.chat(chat.id)


def assert_not_on_disk(folder):
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if SECRET.encode() in file.read_bytes()]


def test_nothing_of_a_temporary_chat_is_on_disk(chats, chat, tmp_path):
    chats.rename(chat.id, f"Title {SECRET}")
    chats.set_draft(chat.id, f"Draft {SECRET}")
    chats.set_model(chat.id, f"Model {SECRET}")
    leaf = chats.message(chat.leaf_id)
    chats.edit_message(leaf.id, f"Another {SECRET}")
    chats.update_answer(leaf.id, content=f"One more {SECRET}")
    branch = chats.branch_chat(leaf.id)
    assert branch.is_temporary
    chats.delete_message(leaf.id)
    chats.restore_message(leaf.id)
    assert_not_on_disk(tmp_path)
    chats.close()
    assert_not_on_disk(tmp_path)


def test_a_temporary_chat_is_read_as_any_other(chats, chat):
    assert chat.is_temporary
    assert [message.content for message in chats.branch(chat.leaf_id)] == [
        f"Why {SECRET}?",
        f"Because {SECRET}.",
    ]
    assert [version.id for version in chats.siblings(chat.leaf_id)] == [chat.leaf_id]
    assert chats.temporary_chats() == [chat]


def test_lists_and_searches_are_about_what_is_on_disk(chats, chat):
    stored = chats.create_chat()
    chats.append_message(stored.id, None, "user", "An apple")
    assert [one.id for one in chats.chats()] == [stored.id]
    assert chats.ids() == [stored.id]
    assert search(chats, SECRET) == []
    assert chats.prompt_history() == ["An apple"]
    assert chat.id != stored.id


def test_some_of_each_are_deleted_and_brought_back_together(chats, chat):
    stored = chats.create_chat()
    chats.delete_chats([stored.id, chat.id])
    assert chats.chats() == chats.temporary_chats() == []
    chats.restore_chats([stored.id, chat.id])
    assert len(chats.chats()) == len(chats.temporary_chats()) == 1


def test_a_temporary_chat_that_is_kept_is_a_stored_one_with_all_its_versions(chats, chat):
    chats.edit_message(chat.leaf_id, "Another answer")
    kept = chats.keep(chat.id)
    assert not kept.is_temporary
    assert [one.id for one in chats.chats()] == [kept.id]
    assert [message.content for message in chats.siblings(kept.leaf_id)] == [
        f"Because {SECRET}.",
        "Another answer",
    ]
    assert chats.temporary_chats() == []
    with pytest.raises(AppError):
        chats.chat(chat.id)


def test_a_temporary_chat_is_in_no_folder(chats, chat):
    folder = chats.create_folder("Fruit")
    with pytest.raises(AppError):
        chats.move_chats([chat.id], folder.id)


def test_every_method_that_takes_a_number_knows_temporary_ones():
    """A new one that is forgotten would look for a temporary chat on disk."""
    folders = {"move_chats", "delete_chat", "restore_chat"}  # the last two call the routed ones
    taking = {
        name
        for kind in (ChatStore, Messages, ChatDocuments)
        for name, method in vars(kind).items()
        if not name.startswith("_")
        and callable(method)
        and method.__code__.co_varnames[1:2] in (("chat_id",), ("message_id",), ("chat_ids",))
    }
    assert len(taking) > 15
    assert taking - folders <= set(vars(Chats))
