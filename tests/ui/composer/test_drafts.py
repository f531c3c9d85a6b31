"""The draft of each chat: kept over a switch, a quit and a crash, and gone once it was sent."""

import threading

import pytest
from PySide6.QtCore import Qt

from app.chats.new_chat import NewChatFile
from app.errors import AppError
from app.settings import Settings

LONG = "word " * 10_000


@pytest.fixture
def chats(store):
    ids = []
    for title in ("one", "two"):
        chat = store.create_chat()
        store.rename(chat.id, title)
        question = store.append_message(chat.id, None, "user", f"question {title}")
        store.append_message(chat.id, question.id, "assistant", "answer")
        ids.append(chat.id)
    return ids


def write(window, text):
    window.view.composer.edit.insertPlainText(text)


def text(window):
    return window.view.composer.draft().joined()


def test_each_chat_has_its_own_draft(open_window, chats):
    window = open_window()
    for chat_id, words in zip([*chats, None], ("in one", "in two", "in none"), strict=True):
        window.conversation.show_chat(chat_id)
        write(window, words)
    seen = []
    for chat_id in [*chats, None]:
        window.conversation.show_chat(chat_id)
        seen.append(text(window))
    assert seen == ["in one", "in two", "in none"]


def test_a_draft_is_on_disk_while_it_is_still_being_typed(open_window, store, chats, paths, qtbot):
    """A crash comes without warning, also to somebody who never rests."""
    window = open_window()
    window.conversation.show_chat(chats[0])

    def typed_on():
        write(window, "x")
        return store.draft(chats[0]).startswith("x")

    qtbot.waitUntil(typed_on, timeout=3000)
    window.conversation.show_chat(None)
    write(window, "a new one")
    qtbot.waitUntil(lambda: NewChatFile(paths.new_chat_file).value.draft == "a new one")


def test_drafts_are_there_at_the_next_start(open_window, chats):
    window = open_window()
    write(window, "in none ")
    window.conversation.show_chat(chats[0])
    write(window, " in one\n")
    window.close()
    again = open_window()
    assert text(again) == "in none "
    again.conversation.show_chat(chats[0])
    assert text(again) == " in one\n"


def test_a_long_paste_stays_apart_from_what_was_typed(open_window, chats):
    window = open_window()
    window.conversation.show_chat(chats[0])
    write(window, "Sum this up")
    window.view.composer.insert(LONG)
    window.conversation.show_chat(chats[1])
    assert text(window) == ""
    window.conversation.show_chat(chats[0])
    assert window.view.composer.draft() == ("Sum this up", (LONG,))
    window.close()
    again = open_window()
    again.conversation.show_chat(chats[0])
    assert text(again) == f"Sum this up\n\n{LONG}"


def test_what_was_sent_is_no_draft_any_more(open_window, store, paths, qtbot):
    window = open_window(seconds_per_word=0.0)
    write(window, "hello there")
    qtbot.waitUntil(lambda: paths.new_chat_file.exists())
    with qtbot.waitSignal(window.conversation._thread.turn_ended):
        qtbot.keyClick(window.view.composer.edit, Qt.Key.Key_Return)
    chat_id = window.conversation.chat.id
    window.conversation.drafts.flush()
    assert not paths.new_chat_file.exists()
    assert store.draft(chat_id) == ""
    window.new_chat()
    assert text(window) == ""


def test_a_question_on_its_way_leaves_no_draft_where_it_was_asked(open_window, qtbot, chats):
    """The chat was left before the question was stored."""
    window = open_window(load_steps=50, seconds_per_load_step=0.01)
    window.conversation._thread.load()
    write(window, "hello there")
    qtbot.keyClick(window.view.composer.edit, Qt.Key.Key_Return)
    window.conversation.show_chat(chats[0])
    qtbot.waitUntil(lambda: window.conversation.answering_chat_id is not None)
    window.new_chat()
    assert text(window) == ""


def test_what_is_typed_while_a_new_chat_begins_stays(open_window, store, qtbot):
    window = open_window(seconds_per_word=0.005)
    write(window, "!words 50")
    with qtbot.waitSignal(window.conversation._thread.turn_started):
        qtbot.keyClick(window.view.composer.edit, Qt.Key.Key_Return)
        write(window, " and more")
    assert text(window) == "!words 50 and more"
    window.conversation.drafts.flush()
    assert store.draft(window.conversation.chat.id) == "!words 50 and more"
    window.conversation.stop()


def test_a_message_that_waits_is_a_draft_after_a_crash(open_window, store, qtbot):
    window = open_window(seconds_per_word=0.005)
    write(window, "!words 100000")
    with qtbot.waitSignal(window.conversation._thread.text):
        qtbot.keyClick(window.view.composer.edit, Qt.Key.Key_Return)
    write(window, "and then?")
    qtbot.keyClick(window.view.composer.edit, Qt.Key.Key_Return)
    chat_id = window.conversation.chat.id
    assert text(window) == ""
    qtbot.waitUntil(lambda: store.draft(chat_id) == "and then?")
    window.conversation.stop()


def test_an_earlier_prompt_on_show_is_not_kept_as_a_draft(open_window, store, chats, qtbot):
    window = open_window()
    window.conversation.show_chat(chats[0])
    write(window, "mine")
    qtbot.keyClick(window.view.composer.edit, Qt.Key.Key_Up)
    assert text(window) == "question two"
    window.conversation.show_chat(chats[1])
    window.conversation.drafts.flush()
    assert store.draft(chats[0]) == "mine"


def test_typing_does_not_wait_for_a_busy_disk(open_window, store, chats, monkeypatch, qtbot):
    window = open_window()
    window.conversation.show_chat(chats[0])
    askers, free = [], threading.Event()

    def slow(*_):
        askers.append(threading.current_thread())
        free.wait(3)

    monkeypatch.setattr(store, "set_draft", slow)
    try:
        write(window, "words")
        qtbot.waitUntil(lambda: bool(askers))
        assert askers[0] is not threading.main_thread()
        write(window, " and more")
        assert text(window) == "words and more"
    finally:
        free.set()


def test_a_full_disk_is_told_once_and_tried_again(open_window, store, chats, monkeypatch, qtbot):
    window = open_window()
    window.conversation.show_chat(chats[0])

    def fail(*_):
        raise AppError("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(store, "set_draft", fail)
        write(window, "words")
        qtbot.waitUntil(lambda: window.notices.sentences() == ["The disk is full."])
        window.notices.clear()
        write(window, " more")
        window.conversation.drafts.flush()
        qtbot.wait(50)
        assert window.notices.sentences() == []
    write(window, "!")
    qtbot.waitUntil(lambda: store.draft(chats[0]) == "words more!")


def test_a_chat_that_was_removed_meanwhile_needs_no_draft(open_window, store, chats, qtbot):
    window = open_window()
    window.conversation.show_chat(chats[0])
    write(window, "words")
    store.purge_chats([chats[0]])
    window.conversation.show_chat(None)
    window.conversation.drafts.flush()
    qtbot.wait(50)
    assert window.notices.sentences() == []


def test_a_draft_of_a_new_chat_is_there_with_other_settings_too(open_window, paths):
    NewChatFile(paths.new_chat_file).change(draft="a draft", system_prompt="own")
    window = open_window(Settings(system_prompt="the settings'"))
    assert text(window) == "a draft"
    assert window.conversation.system_prompt == "own"
