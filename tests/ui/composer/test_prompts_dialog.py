import pytest
from PySide6.QtWidgets import QWidget

from app.errors import AppError
from tests.ui.test_accessibility import unnamed
from ui.composer.prompts_dialog import PromptsDialog


@pytest.fixture
def dialog(qtbot, store):
    parents = []

    def make():
        parent = QWidget()
        parents.append(parent)
        qtbot.addWidget(parent)
        parent.show()
        dialog = PromptsDialog(store, parent)
        dialog.show()
        return dialog

    return make


def names(dialog):
    return [dialog.names.item(row).text() for row in range(dialog.names.count())]


def test_a_prompt_is_made_named_and_written(dialog, store):
    dialog = dialog()
    assert not dialog.name.isEnabled()
    dialog.add.click()
    assert dialog.name.selectedText() == "New prompt"
    dialog.name.setText("Letter")
    dialog.text.setPlainText("Write to {{whom}}.")
    dialog.reject()
    assert [(p.name, p.text) for p in store.prompts()] == [("Letter", "Write to {{whom}}.")]


def test_a_change_is_stored_a_moment_later(dialog, store, qtbot):
    prompt = store.create_prompt("Letter", "Write.")
    dialog = dialog()
    dialog.text.setPlainText("Write a letter.")
    qtbot.waitUntil(lambda: store.prompt(prompt.id).text == "Write a letter.")
    qtbot.keyClicks(dialog.name, "s")
    qtbot.waitUntil(lambda: names(dialog) == ["Letters"])


def test_another_one_is_shown_without_losing_the_change(dialog, store):
    first, second = store.create_prompt("a", "one"), store.create_prompt("b", "two")
    dialog = dialog()
    dialog.text.setPlainText("one, changed")
    dialog.names.setCurrentRow(1)
    assert dialog.text.toPlainText() == "two"
    assert store.prompt(first.id).text == "one, changed"
    assert store.prompt(second.id).text == "two"


def test_a_deleted_prompt_can_be_brought_back(dialog, store):
    store.create_prompt("a", "one")
    store.create_prompt("b", "two")
    dialog = dialog()
    dialog.delete.click()
    assert [p.name for p in store.prompts()] == ["b"]
    assert dialog.problem.text() == "“a” was deleted."
    dialog.undo.click()
    assert [(p.name, p.text) for p in store.prompts()] == [("a", "one"), ("b", "two")]


def test_an_empty_name_is_refused_with_a_sentence_and_the_old_one_stays(dialog, store):
    prompt = store.create_prompt("a", "one")
    dialog = dialog()
    dialog.name.clear()
    dialog.save()
    assert dialog.problem.text() == "A saved prompt needs a name."
    assert store.prompt(prompt.id).name == "a"


def test_a_full_disk_is_a_sentence(dialog, store, monkeypatch):
    def fail(*_):
        raise AppError("The disk is full.")

    dialog = dialog()
    monkeypatch.setattr(store, "create_prompt", fail)
    dialog.add.click()
    assert dialog.problem.text() == "The disk is full."


def test_a_prompt_too_long_for_an_editor_keeps_its_text(dialog, store):
    prompt = store.create_prompt("Book", "word " * 100_000)
    dialog = dialog()
    assert not dialog.text.isEnabled()
    dialog.name.setText("The book")
    dialog.reject()
    assert store.prompt(prompt.id).name == "The book"
    assert len(store.prompt(prompt.id).text) == 500_000


def test_it_has_no_unnamed_control(dialog, store):
    store.create_prompt("a", "one")
    assert unnamed(dialog()) == []
