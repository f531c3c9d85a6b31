"""Chats as a whole, in the window: pinned, in folders, deleted together, temporary, found."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMessageBox

from app.settings import Settings, WindowState
from ui.palette import Palette
from ui.quit_dialog import QuitDialog
from ui.sidebar.chat_list import Chosen
from ui.sidebar.chat_list_model import Place

WIDE = Settings(window=WindowState(width=1000, height=600))
CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
SECRET = "pomegranate"


@pytest.fixture
def chats(store):
    """Their ids, the newest first."""
    made = []
    for title in ("Regex", "Budget", "Lease"):
        chat = store.create_chat()
        store.rename(chat.id, title)
        question = store.append_message(chat.id, None, "user", f"About the {title}")
        store.append_message(chat.id, question.id, "assistant", f"The boiler in the {title}")
        made.insert(0, chat.id)
    return made


def rows(window):
    model = window.sidebar.chat_list.model()
    return [model.index(row).data() for row in range(model.rowCount())]


def undo(window):
    window.notices._notices()[-1].button.click()


def choose(window, *chat_ids, folder_id=None):
    window.sidebar.chat_list.setFocus()
    window.sidebar.chat_list.choose(Chosen(chat_ids, folder_id))


def test_several_chats_are_deleted_by_a_key_and_brought_back(open_window, chats, qtbot):
    window = open_window(WIDE)
    window.conversation.show_chat(chats[0])
    choose(window, chats[0], chats[2])
    qtbot.keyClick(window.sidebar.chat_list, Qt.Key.Key_Delete)
    assert rows(window) == ["Today", "Budget"]
    assert window.conversation.chat is None
    assert window.notices.sentences() == ["2 chats were deleted."]
    undo(window)
    assert rows(window) == ["Today", "Lease", "Budget", "Regex"]
    assert window.conversation.chat.id == chats[0]


def test_delete_outside_of_the_list_deletes_no_chat(open_window, chats, qtbot):
    """As a shortcut of the window, the key would delete the chat wherever the focus is."""
    window = open_window(WIDE)
    window.conversation.show_chat(chats[0])
    window.view.composer.set_text("ab")
    window.view.composer.focus()
    qtbot.keyClick(window.view.composer.edit, Qt.Key.Key_Home)
    qtbot.keyClick(window.view.composer.edit, Qt.Key.Key_Delete)
    assert window.view.composer.text() == "b"
    window.view.header.toggle.setFocus()
    qtbot.keyClick(window.view.header.toggle, Qt.Key.Key_Delete)
    assert len(window.sidebar.chats()) == 3


def test_chats_are_pinned_and_unpinned_by_a_key(open_window, chats, qtbot, store):
    window = open_window(WIDE)
    window.conversation.show_chat(chats[2])
    qtbot.keyClick(window, Qt.Key.Key_P, CTRL_SHIFT)
    assert rows(window) == ["Pinned", "Regex", "Today", "Lease", "Budget"]
    assert store.chat(chats[2]).pinned
    choose(window, chats[2], chats[1])
    qtbot.keyClick(window.sidebar.chat_list, Qt.Key.Key_P, CTRL_SHIFT)
    assert rows(window) == ["Pinned", "Budget", "Regex", "Today", "Lease"]
    qtbot.keyClick(window.sidebar.chat_list, Qt.Key.Key_P, CTRL_SHIFT)
    assert rows(window) == ["Today", "Lease", "Budget", "Regex"]


def type_name(window, qtbot, name):
    *_, editor = window.sidebar.chat_list.findChildren(object, "titleEditor")
    editor.setText(name)
    qtbot.keyClick(editor, Qt.Key.Key_Return)


def test_a_folder_is_made_named_and_given_chats_by_the_keyboard(open_window, chats, qtbot, store):
    window = open_window(WIDE)
    qtbot.keyClick(window, Qt.Key.Key_D, CTRL_SHIFT)
    type_name(window, qtbot, "House")
    qtbot.waitUntil(lambda: "House" in rows(window))
    assert rows(window) == ["Folders", "House", "Today", "Lease", "Budget", "Regex"]
    window.conversation.show_chat(chats[1])
    choose(window, chats[1], chats[2])
    qtbot.keyClick(window.sidebar.chat_list, Qt.Key.Key_M, CTRL_SHIFT)
    palette = window.findChild(Palette)
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert rows(window) == ["Folders", "House", "Budget", "Regex", "Today", "Lease"]
    assert store.chat(chats[2]).folder_id == store.folders()[0].id


def test_f2_renames_the_folder_that_is_chosen(open_window, store, qtbot):
    folder = store.create_folder("House")
    window = open_window(WIDE)
    choose(window, folder_id=folder.id)
    qtbot.keyClick(window.sidebar.chat_list, Qt.Key.Key_F2)
    type_name(window, qtbot, "Home")
    qtbot.waitUntil(lambda: rows(window) == ["Folders", "Home"])


def test_a_deleted_folder_leaves_its_chats_and_comes_back_with_them(
    open_window, chats, store, qtbot
):
    first, second = store.create_folder("House"), store.create_folder("Work")
    store.move_chats(chats[:2], first.id)
    window = open_window(WIDE)
    choose(window, folder_id=first.id)
    qtbot.keyClick(window.sidebar.chat_list, Qt.Key.Key_Delete)
    assert rows(window) == ["Folders", "Work", "Today", "Lease", "Budget", "Regex"]
    store.delete_chats([chats[1]])
    store.purge_deleted(older_than=timedelta(days=-1))
    undo(window)
    assert rows(window) == ["Folders", "House", "Lease", "Work", "Today", "Regex"]
    assert store.folders()[1] == second


def test_what_is_dropped_goes_where_it_was_dropped(open_window, chats, store):
    first, second = store.create_folder("House"), store.create_folder("Work")
    window = open_window(WIDE)
    dropped = window.sidebar.dropped.emit
    dropped(Chosen((chats[0], chats[1])), Place(folder_id=second.id))
    assert rows(window) == ["Folders", "House", "Work", "Lease", "Budget", "Today", "Regex"]
    dropped(Chosen((chats[0],)), Place(is_pinned=True))
    assert rows(window)[:3] == ["Pinned", "Lease", "Folders"]
    dropped(Chosen((chats[0],)), Place(folder_id=first.id))
    dropped(Chosen((chats[1],)), Place())
    assert rows(window) == ["Folders", "House", "Lease", "Work", "Today", "Budget", "Regex"]
    dropped(Chosen(folder_id=second.id), Place(folder_id=first.id))
    assert rows(window)[:3] == ["Folders", "Work", "House"]


def test_a_folded_folder_is_folded_at_the_next_start(open_window, chats, store):
    folder = store.create_folder("House")
    store.move_chats(chats[:2], folder.id)
    window = open_window(WIDE)
    window.sidebar.toggle_folder(folder.id)
    again = open_window(Settings(window=window.state()))
    assert rows(again) == ["Folders", "House", "Today", "Regex"]


# Menus


def entries(menu):
    return {action.text(): action.shortcut().toString() for action in menu.actions()}


def test_what_is_typed_in_the_list_is_written_in_the_chat(open_window, chats, qtbot):
    window = open_window(WIDE)
    window.conversation.show_chat(chats[1])
    window.sidebar.chat_list.setFocus()
    qtbot.keyClicks(window.sidebar.chat_list, "so")
    assert window.view.composer.text() == "so"
    assert window.conversation.chat.id == chats[1]


def test_a_menu_has_the_words_and_keys_of_the_actions(open_window, chats):
    settings = replace(WIDE, shortcuts={"rename": "Ctrl+R", "delete": "Ctrl+D"})
    window = open_window(settings)
    assert entries(window.menus.menu_for(Chosen((chats[0],)))) == {
        "Rename this chat": "Ctrl+R",
        "Pin this chat": "Ctrl+Shift+P",
        "Move this chat to a folder": "",
        "Export this chat": "Ctrl+E",
        "": "",
        "Delete this chat": "Ctrl+D",
    }


def test_a_menu_acts_on_what_it_was_opened_on(open_window, chats, store):
    """And not on the chat on show; the entry handed over whether it was checked instead."""
    folder = store.create_folder("R & D")
    window = open_window(WIDE)
    window.conversation.show_chat(chats[0])
    menu = window.menus.menu_for(Chosen((chats[1], chats[2])))
    actions = {action.text(): action for action in menu.actions()}
    actions["Pin 2 chats"].trigger()
    assert [store.chat(chat_id).pinned for chat_id in chats] == [False, True, True]
    below = {action.text(): action for action in actions["Move 2 chats"].menu().actions()}
    below["R && D"].trigger()
    assert [store.chat(one).folder_id for one in chats] == [None, folder.id, folder.id]
    actions["Delete 2 chats"].trigger()
    assert [chat.id for chat in store.chats()] == [chats[0]]


def test_the_menu_of_a_folder(open_window, store):
    first, second = store.create_folder("House"), store.create_folder("Work")
    window = open_window(WIDE)
    menu = window.menus.menu_for(Chosen(folder_id=second.id))
    actions = {action.text(): action for action in menu.actions()}
    assert not actions["Move down"].isEnabled()
    actions["Move up"].trigger()
    assert store.folders() == [second, first]
    actions["Delete this folder"].trigger()
    assert store.folders() == [first]


def test_the_sidebar_shows_the_keys_that_the_user_chose(open_window):
    window = open_window(WIDE)
    assert window.sidebar._new_chat_keys.text() == "Ctrl N"
    window.shortcuts.apply({"new_chat": "Ctrl+Alt+C", "search": ""})
    assert window.sidebar._new_chat_keys.text() == "Ctrl Alt C"
    assert window.sidebar._search_keys.text() == ""


# Temporary chats


def answer(window, qtbot, text):
    with qtbot.waitSignal(window.conversation._thread.turn_ended):
        window.view.composer.submitted.emit(text)


def test_a_temporary_chat_is_marked_and_never_on_disk(open_window, store, tmp_path, paths, qtbot):
    window = open_window(WIDE, seconds_per_word=0)
    qtbot.keyClick(window, Qt.Key.Key_N, CTRL_SHIFT)
    assert window.view.header.temporary.isVisible()
    assert "temporary" in window.view.empty.sentence.text()
    assert rows(window) == ["Temporary", "New temporary chat"]
    answer(window, qtbot, f"Why {SECRET}?")
    assert rows(window) == ["Temporary", f"Why {SECRET}?"]
    assert window.view.header.title._full == f"Why {SECRET}?"
    store.set_draft(window.conversation.chat.id, f"Draft {SECRET}")
    window.conversation.reread_chat()
    window.chats.set_title(window.conversation.chat.id, f"Title {SECRET}")
    assert window.state().last_chat_id is None
    store.close()
    files = [one for folder in (tmp_path, paths.root) for one in folder.rglob("*")]
    assert store._path in files
    assert not [f for f in files if f.is_file() and SECRET.encode() in f.read_bytes()]


def test_an_empty_temporary_chat_goes_when_it_is_left(open_window, chats, store):
    window = open_window(WIDE)
    window.chats.new_temporary_chat()
    window.chats.go_to(chats[0])
    assert store.temporary_chats() == []
    assert rows(window)[0] == "Today"
    assert not window.view.header.temporary.isVisible()


def test_a_temporary_chat_can_be_left_and_come_back_to(open_window, chats, store, qtbot):
    window = open_window(WIDE, seconds_per_word=0)
    window.chats.new_temporary_chat()
    answer(window, qtbot, "hello there")
    [chat] = store.temporary_chats()
    window.chats.go_to(chats[0])
    window.chats.go_to(chat.id)
    assert window.view.header.temporary.isVisible()
    assert len(window.conversation.branch) == 2


def test_a_temporary_chat_is_kept_by_a_key(open_window, store, qtbot):
    window = open_window(WIDE, seconds_per_word=0)
    window.chats.new_temporary_chat()
    answer(window, qtbot, "hello there")
    qtbot.keyClick(window, Qt.Key.Key_K, CTRL_SHIFT)
    assert rows(window) == ["Today", "hello there"]
    assert [chat.id for chat in store.chats()] == [window.conversation.chat.id]
    assert not window.view.header.temporary.isVisible()
    answer(window, qtbot, "and again")
    assert len(store.branch(store.chats()[0].leaf_id)) == 4


def test_a_temporary_chat_is_pinned_only_after_it_was_kept(open_window, qtbot):
    window = open_window(WIDE, seconds_per_word=0)
    window.chats.new_temporary_chat()
    answer(window, qtbot, "hello there")
    window.chats.pin()
    window.folders.choose_folder()
    assert window.notices.sentences() == ["This chat is temporary. Keep it first."]
    assert rows(window)[0] == "Temporary"
    menu = window.menus.menu_for(window.chats.about())
    assert set(entries(menu)) == {
        *("Rename this chat", "Export this chat", "Keep this temporary chat"),
        *("", "Delete this chat"),
    }


def press(monkeypatch, name):
    """What the user clicks when they are asked; None: they must not be."""

    def exec_(self):
        assert name is not None
        self._pressed = getattr(self, name)

    monkeypatch.setattr(QuitDialog, "exec", exec_)
    monkeypatch.setattr(QuitDialog, "clickedButton", lambda self: self._pressed)


@pytest.mark.parametrize(
    ("name", "closes", "num_kept"), [("quit", True, 0), ("keep", True, 1), ("stay", False, 0)]
)
def test_what_would_be_lost_is_asked_about_before_the_window_closes(
    open_window, store, qtbot, monkeypatch, name, closes, num_kept
):
    window = open_window(WIDE, seconds_per_word=0)
    window.chats.new_temporary_chat()
    answer(window, qtbot, "hello there")
    press(monkeypatch, name)
    assert window.close() is closes
    assert len(store.chats()) == num_kept


def test_nobody_is_asked_where_nothing_would_be_lost(open_window, chats, monkeypatch):
    assert chats
    window = open_window(WIDE)
    window.chats.new_temporary_chat()
    press(monkeypatch, None)
    assert window.close()


def test_the_question_names_the_chat_and_closing_it_changes_nothing(open_window):
    window = open_window(WIDE)
    one, two = QuitDialog(["Lentils"], window), QuitDialog(["Lentils", "Rice"], window)
    assert "Lentils" in one.text()
    assert two.text().startswith("2 temporary chats")
    assert one.escapeButton() is one.stay
    assert isinstance(one, QMessageBox)


# What was found


def find(window, qtbot, words):
    window.sidebar.search.setText(words)
    qtbot.waitUntil(window.sidebar.results.isVisible)
    qtbot.keyClick(window.sidebar.search, Qt.Key.Key_Down)
    qtbot.keyClick(window.sidebar.results, Qt.Key.Key_Return)


def test_what_was_found_is_shown_on_the_version_that_has_it(open_window, chats, store, qtbot):
    old = store.chat(chats[0]).leaf_id
    for number in range(30):
        question = store.append_message(chats[0], store.chat(chats[0]).leaf_id, "user", "more")
        store.append_message(chats[0], question.id, "assistant", f"Answer {number}\n\n" * 9)
    store.edit_message(old, "Nothing of the kind")
    assert len(store.branch(store.chat(chats[0]).leaf_id)) == 2
    window = open_window(WIDE)
    window.conversation.show_chat(chats[0])
    find(window, qtbot, "boiler lease")
    assert window.conversation.branch[1].id == old
    assert len(window.conversation.branch) == 62
    transcript = window.view.transcript
    assert transcript.mark.isVisible()
    view = transcript._view_of(old)
    assert 0 <= view.mapTo(transcript, view.rect().topLeft()).y() < 100


def test_a_message_far_up_is_scrolled_to(open_window, chats, store, qtbot):
    for number in range(300):
        text = f"The kettle of {number}.\n\n" + "line\n\n" * (number % 7)
        leaf = store.chat(chats[0]).leaf_id
        store.append_message(chats[0], leaf, "user" if number % 2 else "assistant", text)
    window = open_window(WIDE)
    window.conversation.show_chat(chats[0])
    find(window, qtbot, "kettle 150")
    transcript = window.view.transcript
    found = next(m for m in window.conversation.branch if "of 150." in m.content)
    view = transcript._view_of(found.id)
    qtbot.wait(50)  # what is built around it must not move it
    assert 0 <= view.mapTo(transcript, view.rect().topLeft()).y() < 100


@pytest.mark.parametrize("paragraphs", [60, 3000], ids=["short", "long"])
@pytest.mark.parametrize("role", ["user", "assistant"])
def test_what_was_found_far_down_in_a_message_is_in_sight(
    open_window, chats, store, qtbot, paragraphs, role
):
    text = ["A line of no interest."] * paragraphs
    text[paragraphs * 2 // 3] = "Here is the **Kettle** at last."
    leaf = store.chat(chats[0]).leaf_id
    if role == "assistant":
        leaf = store.append_message(chats[0], leaf, "user", "more").id
    message = store.append_message(chats[0], leaf, role, "\n\n".join(text))
    window = open_window(WIDE)
    window.conversation.show_chat(chats[0])
    find(window, qtbot, "kettle")
    transcript = window.view.transcript
    view = transcript._view_of(message.id)
    top = view.mapTo(transcript, QPoint(0, view.place_of("Kettle"))).y()
    around = 0 if paragraphs == 60 else 2 * transcript.height()  # of an estimate
    assert -around < top < transcript.height() + around
    assert role == "user" or view.mapTo(transcript, QPoint(0, 0)).y() < 0


def test_what_was_found_waits_for_the_answer_that_is_written_there(
    open_window, chats, store, qtbot
):
    old = store.chat(chats[0]).leaf_id
    store.edit_message(old, "Nothing of the kind")
    window = open_window(WIDE, seconds_per_word=0.005)
    window.conversation.show_chat(chats[0])
    window.view.composer.submitted.emit("!words 100000")
    qtbot.waitUntil(lambda: window.conversation.answering_chat_id == chats[0])
    find(window, qtbot, "boiler lease")
    assert window.notices.sentences() == ["An answer is being written here. Stop it first."]
    assert old not in [message.id for message in window.conversation.branch]
    window.conversation.stop()
    qtbot.waitUntil(lambda: window.conversation.answering_chat_id is None)
