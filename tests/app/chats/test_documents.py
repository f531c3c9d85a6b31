"""Documents in the chats' file: one text once, for as long as a chat has it."""

import pytest

from app.chats.export import exported
from app.documents.model import Document
from app.errors import AppError

LEASE = Document("lease.pdf", "The tenant pays.\n" * 50, 12_345, 2)
NOTES = Document("notes.txt", "Call the landlord.", 18)


def texts(store):
    return [row[0] for row in store.rows("SELECT text FROM documents")]


def test_documents_come_back_in_their_order(store):
    chat = store.create_chat()
    store.attach_documents(chat.id, [LEASE])
    store.attach_documents(chat.id, [NOTES, LEASE])
    assert store.documents(chat.id) == [LEASE, NOTES]
    store.detach_document(chat.id, LEASE)
    assert store.documents(chat.id) == [NOTES]
    assert texts(store) == [NOTES.text]


def test_a_text_is_stored_once_whatever_its_names(store):
    one, other = store.create_chat(), store.create_chat()
    renamed = Document("copy.pdf", LEASE.text, 1, None)
    store.attach_documents(one.id, [LEASE])
    store.attach_documents(other.id, [renamed])
    assert texts(store) == [LEASE.text]
    assert (store.documents(one.id), store.documents(other.id)) == ([LEASE], [renamed])


def test_a_text_goes_with_the_last_chat_that_has_it(store, tmp_path):
    one, other = store.create_chat(), store.create_chat()
    for chat in (one, other):
        store.attach_documents(chat.id, [LEASE])
    store.purge_chats([one.id])
    assert store.documents(other.id) == [LEASE]
    store.delete_chat(other.id)
    assert texts(store) == [LEASE.text]  # it can be restored
    store.purge_chats([other.id])
    assert texts(store) == []
    assert b"The tenant pays" not in (tmp_path / "chats.db").read_bytes()


def test_a_branch_and_a_copy_have_the_documents(store):
    chat = store.create_chat()
    store.attach_documents(chat.id, [LEASE, NOTES])
    question = store.append_message(chat.id, None, "user", "Who pays?")
    assert store.documents(store.branch_chat(question.id).id) == [LEASE, NOTES]
    assert store.copy_of(chat.id).documents == (LEASE, NOTES)
    assert len(texts(store)) == 2


@pytest.mark.parametrize("export_format", ["markdown", "html"])
def test_an_export_to_be_read_names_the_documents(store, export_format):
    chat = store.create_chat()
    store.attach_documents(chat.id, [LEASE, NOTES])
    text = exported(store, [chat.id], export_format)
    assert "lease.pdf" in text
    assert "notes.txt" in text
    assert "The tenant pays" not in text


def test_a_chat_that_is_gone_is_one_sentence(store):
    with pytest.raises(AppError, match="There is no chat 7"):
        store.attach_documents(7, [LEASE])
    assert texts(store) == []
