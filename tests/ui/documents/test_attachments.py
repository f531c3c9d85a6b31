"""Documents in the window: attached, counted, told to the fake engine, taken away."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog

from app.chats.model import TurnStats
from app.documents.model import Document, as_told, with_documents
from app.settings import Settings, WindowState
from tests.pdf_files import locked_pdf, pdf
from ui.documents.file_drop import FileDrop

WIDE = Settings(window=WindowState(width=1280, height=700), system_prompt="be brief")
NOTES = "one two three four"


@pytest.fixture
def window(open_window, qtbot):
    window = open_window(WIDE, keeps_prompts=True, estimated_seconds=2.0)
    window.resize(1280, 700)
    with qtbot.waitSignal(window.conversation._thread.loaded):
        window.conversation._thread.load()
    return window


@pytest.fixture
def notes(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text(NOTES)
    return path


@pytest.fixture
def lease(tmp_path):
    path = tmp_path / "lease.pdf"
    path.write_bytes(pdf("five six", "seven"))
    return path


@pytest.fixture
def attach(window, qtbot):
    def attach(*paths):
        with qtbot.waitSignals([window.attachments.changed] * len(paths), timeout=10_000):
            window.attachments.add(list(paths))

    return attach


def ask(window, qtbot, text):
    with qtbot.waitSignal(window.conversation._thread.turn_ended):
        window.view.composer.submitted.emit(text)


def names(window):
    return [document.name for document in window.view.documents.documents]


def facts(window):
    return [chip.facts for chip in window.view.documents.chips()]


def dropped_files(*paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def test_the_tokens_are_known_before_anything_is_sent(window, attach, notes, lease, qtbot):
    attach(notes, lease)
    assert names(window) == ["notes.txt", "lease.pdf"]
    counts = [len(as_told(d).split()) for d in window.view.documents.documents]
    wanted = [f"{counts[0]} tokens", f"2 pages · {counts[1]} tokens"]
    qtbot.waitUntil(lambda: facts(window) == wanted)
    total = len(with_documents("be brief", window.view.documents.documents).split())
    assert window.view.documents.cost.text().startswith(f"Before the answer {total} tokens are")
    assert "in about" in window.view.documents.cost.text()
    assert window.inspector.parts["documents"].value == str(sum(counts))
    assert window.view.header.documents.text() == "2 documents"


def test_the_first_question_takes_the_documents_along(window, store, attach, notes, qtbot):
    attach(notes)
    ask(window, qtbot, "what is it")
    chat = window.conversation.chat
    assert [document.text for document in store.documents(chat.id)] == [NOTES]
    assert names(window) == ["notes.txt"]
    assert window.view.documents.isHidden()  # the chat has begun
    window.view.header.documents.click()
    assert window.view.documents.isVisible()
    window.new_chat()
    assert names(window) == []
    assert window.view.header.documents.isHidden()


def test_a_second_chat_about_the_document_reuses_what_was_read(window, store, attach, notes, qtbot):
    attach(notes)
    ask(window, qtbot, "what is it")
    window.view.header.documents.click()
    [chip] = window.view.documents.chips()
    chip.new_chat_requested.emit()
    assert (window.conversation.chat, names(window)) == (None, ["notes.txt"])
    qtbot.waitUntil(lambda: "nothing of this has to be read again" in cost(window))
    ask(window, qtbot, "and when")
    told = len(with_documents("be brief", store.documents(window.conversation.chat.id)).split())
    assert window.conversation.branch[-1].stats.reused_tokens == told


def cost(window):
    return window.view.documents.cost.text()


def test_a_document_that_comes_later_tells_what_has_to_be_read_again(
    window, store, attach, notes, qtbot
):
    ask(window, qtbot, "hello you there")
    attach(notes)
    chat = window.conversation.chat
    assert [document.name for document in store.documents(chat.id)] == ["notes.txt"]
    total = len(with_documents("be brief", store.documents(chat.id)).split()) + 6
    qtbot.waitUntil(lambda: cost(window).startswith(f"Before the answer {total} tokens"))
    assert window.view.documents.isVisible()
    assert window.inspector.parts["conversation"].value == "6"


def test_a_document_is_taken_away(window, store, attach, notes, lease, qtbot):
    attach(notes)
    window.view.documents.chips()[0].close_button.click()
    assert names(window) == []
    assert window.view.documents.isHidden()
    ask(window, qtbot, "hello")
    attach(lease)
    window.view.documents.chips()[0].menu().actions()[1].trigger()
    assert store.documents(window.conversation.chat.id) == []
    assert names(window) == []


def test_the_same_text_is_attached_once(window, attach, notes):
    attach(notes, notes)
    assert names(window) == ["notes.txt"]


def test_each_chat_shows_its_own_documents(window, attach, notes, lease, qtbot):
    attach(notes)
    ask(window, qtbot, "hello")
    first = window.conversation.chat.id
    window.new_chat()
    attach(lease)
    window.conversation.show_chat(first)
    assert names(window) == ["notes.txt"]
    window.new_chat()
    assert names(window) == ["lease.pdf"]  # it still waits for its question


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"\0\1\2", "isn't text"), (locked_pdf(), "password"), (None, "isn't there")],
)
def test_a_file_that_can_not_be_read_is_one_notice(window, attach, tmp_path, content, words):
    path = tmp_path / "bad"
    if content is not None:
        path.write_bytes(content)
    attach(path)
    [sentence] = window.notices.sentences()
    assert words in sentence
    assert names(window) == []
    assert not window.view.documents.is_reading


def test_what_is_missing_of_a_document_is_told(window, attach, tmp_path):
    path = tmp_path / "mixed.pdf"
    path.write_bytes(pdf("text", ""))
    attach(path)
    assert "1 of the 2 pages" in window.notices.sentences()[0]
    assert names(window) == ["mixed.pdf"]


def test_too_many_files_at_once_are_refused(window, notes):
    window.attachments.add([notes] * 51)
    assert "at most 50" in window.notices.sentences()[0]
    assert not window.view.documents.is_reading


def test_documents_that_do_not_fit_are_told_before_the_send(window, attach, tmp_path, qtbot):
    path = tmp_path / "long.txt"
    path.write_text("word " * 9000)
    attach(path)
    qtbot.waitUntil(lambda: not window.view.limit.isHidden())
    assert "more than the model holds: the documents have 9,003 tokens" in window.view.limit.text()


def test_a_message_waits_for_a_file_that_is_being_read(window, notes, qtbot):
    composer = window.view.composer
    composer.set_text("what is it")
    with qtbot.waitSignal(window.attachments.changed):
        window.attachments.add([notes])
        composer.submitted.emit(composer.text())
        assert not window.conversation.asking.is_pending
        assert "still being read" in window.notices.sentences()[0]
    assert composer.text() == "what is it"
    ask(window, qtbot, composer.text())
    assert len(window.conversation.branch) == 2


def test_a_file_that_is_being_read_can_be_given_up(window, lease):
    window.attachments.add([lease, lease])
    for chip in window.view.documents.chips():
        chip.close_button.click()
    assert not window.view.documents.is_reading
    assert window.view.documents.isHidden()
    window.attachments.close()
    QApplication.processEvents()
    assert names(window) == []
    assert window.notices.sentences() == []


def test_files_are_chosen_in_a_dialog(window, notes, monkeypatch, qtbot):
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(notes)], ""))
    with qtbot.waitSignal(window.attachments.changed):
        window.view.composer.attach.click()
    assert names(window) == ["notes.txt"]


def test_files_are_pasted_and_not_written_out(window, notes, qtbot):
    QApplication.clipboard().setMimeData(dropped_files(notes))
    with qtbot.waitSignal(window.attachments.changed):
        window.view.composer.edit.paste()
    assert names(window) == ["notes.txt"]
    assert window.view.composer.text() == ""


def test_files_are_dropped_anywhere_on_the_conversation(window, notes, qtbot):
    view, mime = window.view, dropped_files(notes)
    sheet = view.findChild(FileDrop)
    actions, buttons = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 80), actions, mime, buttons, none)
    QApplication.sendEvent(view, enter)
    assert enter.isAccepted()
    assert sheet.isVisible()
    assert sheet.size() == view.size()
    QApplication.sendEvent(sheet, QDragEnterEvent(QPoint(5, 5), actions, mime, buttons, none))
    QApplication.sendEvent(sheet, QDragLeaveEvent())
    assert sheet.isHidden()
    QApplication.sendEvent(view, QDragEnterEvent(QPoint(5, 5), actions, mime, buttons, none))
    with qtbot.waitSignal(window.attachments.changed):
        drop = QDropEvent(QPointF(5, 5), actions, mime, buttons, none)
        QApplication.sendEvent(sheet, drop)
    assert sheet.isHidden()
    assert names(window) == ["notes.txt"]


def test_files_over_the_composer_are_the_conversations_to_take(window, notes):
    """An edit would move them out of their folder where the system proposes that."""
    mime = dropped_files(notes)
    enter = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.MoveAction, mime, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(window.view.composer.edit.viewport(), enter)
    assert window.view.findChild(FileDrop).isVisible()


def test_what_is_no_file_can_not_be_dropped(window):
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/a.pdf")])
    enter = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    enter.ignore()
    QApplication.sendEvent(window.view, enter)
    assert not window.view.findChild(FileDrop).isVisible()


def test_the_speed_of_earlier_answers_serves_until_there_is_one(open_window, store, notes, qtbot):
    chat = store.create_chat()
    question = store.append_message(chat.id, None, "user", "x")
    answer = store.append_message(chat.id, question.id, "assistant", "y", model="fake")
    store.update_answer(answer.id, stats=TurnStats("stop", 200, 0, 1, 400.0, 1.0))
    assert store.seconds_per_token("fake") == 2.0
    assert store.seconds_per_token("other") is None
    window = open_window(WIDE, seconds_per_word=0.001)
    with qtbot.waitSignal(window.conversation._thread.loaded):
        window.conversation._thread.load()
    with qtbot.waitSignal(window.attachments.changed):
        window.attachments.add([notes])
    total = len(with_documents("be brief", [Document("notes.txt", NOTES, 1)]).split())
    qtbot.waitUntil(lambda: f"in about {2 * total} s" in cost(window))


def test_a_larger_text_keeps_what_waits(window, open_window, attach, notes):
    attach(notes)
    again = open_window(WIDE)
    again.attachments.take_over(window.attachments)
    assert names(again) == ["notes.txt"]


def test_names_with_marks_of_direction_are_shown_as_they_are(window, attach, tmp_path):
    path = tmp_path / "a\u202etxt.exe & b"
    path.write_text("text")
    attach(path)
    [chip] = window.view.documents.chips()
    assert "\u202e" not in chip.button.text()
    assert "&&" in chip.button.text()
