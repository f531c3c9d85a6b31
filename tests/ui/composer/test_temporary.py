"""What is written in a temporary chat is never on disk, and still isn't lost while it is there."""

from app.chats.new_chat import NewChatFile


def test_a_temporary_chats_draft_stays_in_memory(open_window, store, paths):
    window = open_window(seconds_per_word=0.0)
    chat = store.create_temporary_chat()
    window.conversation.show_chat(chat.id)
    window.view.composer.edit.insertPlainText("secret")
    window.conversation.drafts.flush()
    window.conversation.show_chat(None)
    assert window.view.composer.text() == ""
    window.conversation.drafts.flush()
    assert NewChatFile(paths.new_chat_file).value.draft == ""
    assert store.rows("SELECT count(*) FROM chats WHERE draft <> ''") == [(0,)]
    window.conversation.show_chat(chat.id)
    assert window.view.composer.text() == "secret"


def test_a_summary_of_a_temporary_chat_is_temporary(store):
    chat = store.create_temporary_chat()
    question = store.append_message(chat.id, None, "user", "one")
    store.append_message(chat.id, question.id, "assistant", "two")
    new = store.begin_from_summary(chat.id, "Summarize.", "secret", draft="more")
    assert new.is_temporary
    assert store.draft(new.id) == "more"
    assert store.chats() == []
