"""Chats to and from files in the window: the four formats opened again, imports, failures."""

import json
import re
import time

import pypdfium2
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFileDialog

from app.chats import import_beside as importing
from app.chats.export import exported
from app.chats.import_beside import import_beside
from app.documents.model import Document
from app.errors import AppError
from app.watched_process import Limits
from tests.effort import unit
from ui.sidebar.chat_list import Chosen
from ui.transfer.transfer import file_name

WAIT_MS = 20_000
ANSWER = """\
The landlord **pays**, unless `boiler -> leak != 0` holds; office & café, final efficiency, 1 < 2:

| Delay | Reduction |
|:------|----------:|
| day 4 | 15 % |

```python
def water(cups: float) -> float:
    return 3 * cups  # != 4 >= 2
```

- one
- two
"""


@pytest.fixture
def window(open_window):
    return open_window()


@pytest.fixture
def chat(store):
    """With everything in it that is shown of a chat."""
    chat = store.create_chat("Be <brief>.")
    store.rename(chat.id, "Who pays: the boiler?")
    store.attach_documents(chat.id, [Document("lease.pdf", "secret text", 10, 84)])
    question = store.append_message(chat.id, None, "user", "Who pays\n  when it breaks?")
    store.append_message(chat.id, question.id, "assistant", "An old version")
    answer = store.append_message(chat.id, question.id, "assistant", ANSWER, model="Tiny")
    store.update_answer(answer.id, reasoning="Let me see.", error="It broke.")
    return store.chat(chat.id)


@pytest.fixture
def export(window, monkeypatch, qtbot):
    def export(chat_ids, path, kind=""):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), kind))
        with qtbot.waitSignal(window.transfer._ended, timeout=WAIT_MS):
            window.transfer.export(chat_ids)
        qtbot.waitUntil(lambda: window.transfer._dialog is None)
        return window.notices.sentences()[-1]

    return export


@pytest.fixture
def import_file(window, monkeypatch, qtbot):
    def import_file(path):
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
        with qtbot.waitSignal(window.transfer._ended, timeout=WAIT_MS):
            window.transfer.import_chats()
        qtbot.waitUntil(lambda: window.transfer._dialog is None)
        return window.notices.sentences()[-1]

    return import_file


def pdf_text(path):
    document = pypdfium2.PdfDocument(path)
    pages = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return pages


def words_of(text):
    return re.sub(r"\s+", " ", text).strip()


@pytest.mark.parametrize("suffix", [".md", ".html", ".json"])
def test_a_chat_is_written_as_the_name_of_the_file_says(export, store, chat, tmp_path, suffix):
    path = tmp_path / f"chat{suffix}"
    assert export([chat.id], path).startswith(f"chat{suffix} was written (")
    kind = {".md": "markdown", ".html": "html", ".json": "json"}[suffix]
    assert path.read_text("utf-8") == exported(store, [chat.id], kind)


def test_all_of_the_text_can_be_taken_out_of_a_pdf(export, chat, tmp_path):
    path = tmp_path / "chat.pdf"
    assert export([chat.id], path).startswith("chat.pdf was written (")
    text = words_of("".join(pdf_text(path)))
    day = chat.created_at.astimezone().strftime("%Y-%m-%d")
    shown = f"""Who pays: the boiler? {day} System prompt Be <brief>. Documents lease.pdf (84 pages)
        You Who pays when it breaks? Tiny Thinking Let me see.
        The landlord pays, unless boiler -> leak != 0 holds; office & café, final efficiency, 1 < 2:
        Delay Reduction day 4 15 %
        def water(cups: float) -> float: return 3 * cups # != 4 >= 2
        one two It broke."""
    assert text == words_of(shown)


def test_a_long_chat_has_all_its_words_on_numbered_pages(export, store, tmp_path):
    chat = store.create_chat()
    leaf = None
    for number in range(60):
        role = "assistant" if number % 2 else "user"
        text = " ".join(f"w{number}x{word}" for word in range(60))
        leaf = store.append_message(chat.id, leaf and leaf.id, role, text)
    path = tmp_path / "long.pdf"
    export([chat.id], path)
    pages = pdf_text(path)
    assert len(pages) > 3
    assert f"2 / {len(pages)}" in pages[1]
    words = re.findall(r"w\d+x\d+", "\n".join(pages))
    assert words == [f"w{number}x{word}" for number in range(60) for word in range(60)]


def test_several_chats_are_one_file(export, store, chat, tmp_path):
    other = store.create_chat()
    store.append_message(other.id, None, "user", "Another one")
    export([chat.id, other.id], tmp_path / "all.pdf")
    pages = pdf_text(tmp_path / "all.pdf")
    assert "Another one" not in pages[0]
    assert "Another one" in pages[1]
    export([chat.id, other.id], tmp_path / "all.json")
    assert len(json.loads((tmp_path / "all.json").read_text("utf-8"))["chats"]) == 2


def test_a_menu_exports_the_chats_that_are_chosen(
    window, store, chat, tmp_path, monkeypatch, qtbot
):
    other = store.create_chat()
    store.append_message(other.id, None, "user", "Another one")
    path = tmp_path / "chats.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    menu = window.menus.menu_for(Chosen((chat.id, other.id)))
    entries = {action.text(): action for action in menu.actions()}
    with qtbot.waitSignal(window.transfer._ended, timeout=WAIT_MS):
        entries["Export 2 chats"].trigger()
    assert len(json.loads(path.read_text("utf-8"))["chats"]) == 2


def test_the_chosen_kind_makes_the_name(export, chat, tmp_path):
    export([chat.id], tmp_path / "a", "Web page (*.html)")
    assert (tmp_path / "a.html").is_file()
    (tmp_path / "b.md").write_text("mine")
    sentence = export([chat.id], tmp_path / "b", "Markdown (*.md)")
    assert "is there already" in sentence
    assert (tmp_path / "b.md").read_text() == "mine"


def test_a_typed_ending_counts_more_than_the_kind(export, chat, tmp_path):
    for name, kind, written in (
        ("a.html", "Markdown (*.md)", "a.html"),  # the kind was left as it was
        ("b.md", "Web page (*.html)", "b.html"),  # the proposed name was
        ("c.JSON", "", "c.JSON"),
    ):
        assert written in export([chat.id], tmp_path / name, kind)
        assert (tmp_path / written).is_file()


@pytest.mark.parametrize("suffix", [".md", ".pdf"])
def test_a_place_that_can_not_be_written_is_one_sentence(export, chat, tmp_path, suffix):
    sentence = export([chat.id], tmp_path / "no" / f"chat{suffix}")
    assert "couldn't be written" in sentence


def test_a_cancelled_export_leaves_no_file(window, store, chat, tmp_path, monkeypatch, qtbot):
    del store
    path = tmp_path / "chat.pdf"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    with qtbot.waitSignal(window.transfer._ended, timeout=WAIT_MS):
        window.transfer.export([chat.id])
        window.transfer._dialog.canceled.emit()
    qtbot.waitUntil(lambda: window.transfer._dialog is None)
    assert list(tmp_path.glob("chat*.p*")) == []
    assert window.notices.sentences() == []


def test_what_was_exported_comes_back(window, export, import_file, store, chat, tmp_path):
    path = tmp_path / "chats.json"
    export([chat.id], path)
    assert import_file(path) == "1 chat was imported."
    [back] = [other for other in store.chats() if other.id != chat.id]
    assert store.copy_of(back.id) == store.copy_of(chat.id)
    assert window.conversation.chat.id == back.id


def test_what_was_left_out_is_told(import_file, tmp_path):
    path = tmp_path / "conversations.json"
    parts = ["See?", {"asset_pointer": "image"}]
    message = {"author": {"role": "user"}, "content": {"content_type": "text", "parts": parts}}
    mapping = {"a": {"message": message, "parent": None, "children": []}}
    path.write_text(json.dumps([{"title": "A", "mapping": mapping}] * 2))
    assert import_file(path) == (
        "2 chats were imported. Only text is imported: 2 images, files or uses of tools were "
        "left out."
    )


@pytest.mark.parametrize("content", ["", "[[]]", "not JSON"])
def test_what_is_no_export_is_one_sentence(import_file, tmp_path, content):
    path = tmp_path / "file.json"
    path.write_text(content)
    assert "can't be imported" in import_file(path)


def test_a_cancelled_import_leaves_nothing_to_be_seen(store, chat, tmp_path, paths):
    path = tmp_path / "chats.json"
    folder = store.create_folder("Home")
    store.move_chats([chat.id], folder.id)
    chat = store.chat(chat.id)
    path.write_text(exported(store, [chat.id] * 3, "json"), "utf-8")
    seen = []
    result = import_beside(
        paths.database_file, path, lambda *step: seen.append(step), lambda: len(seen) == 2
    )
    assert result is None
    assert seen == [(1, 3), (2, 3)]
    assert (store.chats(), store.folders()) == ([chat], [folder])
    assert len(import_beside(paths.database_file, path, lambda *_: None, never).chat_ids) == 3


def test_an_import_that_takes_too_much_is_one_sentence(store, chat, tmp_path, paths, monkeypatch):
    path = tmp_path / "chats.json"
    path.write_text(exported(store, [chat.id], "json"), "utf-8")
    limits = Limits(num_bytes=1 << 20, silent_seconds=9.0, seconds=9.0)
    monkeypatch.setattr(importing, "LIMITS", limits)
    with pytest.raises(AppError, match=r"is too large to be imported|takes too much memory"):
        import_beside(paths.database_file, path, lambda *_: None, never)


def never():
    return False


def test_the_window_does_not_freeze_while_a_large_file_comes_in(import_file, tmp_path):
    message = {
        "author": {"role": "user"},
        "content": {"content_type": "text", "parts": ["x" * 999]},
    }
    mapping = {str(n): {"message": message, "parent": None, "children": []} for n in range(20)}
    path = tmp_path / "large.json"
    path.write_text(json.dumps([{"title": "A", "mapping": mapping}] * 500))
    gaps, last = [], time.perf_counter()

    def tick():
        nonlocal last
        now = time.perf_counter()
        gaps.append(now - last)
        last = now

    timer = QTimer(interval=8)
    timer.timeout.connect(tick)
    timer.start()
    assert import_file(path).startswith("500 chats were imported.")
    timer.stop()
    assert max(gaps) < 30 * unit()  # a busy machine; the reading alone takes longer in one go


@pytest.mark.parametrize(
    ("title", "name"),
    [("Who pays: a/b?", "Who pays a b"), ("..\\..\\x", "x"), ("\x00\n", ""), ("é" * 99, "é" * 80)],
)
def test_a_title_becomes_a_name_that_every_system_takes(title, name):
    assert file_name(title) == name


def test_the_actions_are_in_the_palette(window, chat, monkeypatch, tmp_path, qtbot):
    path = tmp_path / "chat.md"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    window.conversation.show_chat(chat.id)
    actions = {action.id: action for action in window.shortcuts.all()}
    for name in ("export", "export_all"):
        with qtbot.waitSignal(window.transfer._ended, timeout=WAIT_MS):
            actions[name].run()
        qtbot.waitUntil(lambda: window.transfer._dialog is None)
        assert path.is_file()
        path.unlink()
    assert "import" in actions
