"""The window speaks the language that was chosen: words, numbers, plural forms, direction."""

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, Qt
from PySide6.QtWidgets import QDialogButtonBox

from app.chats.model import TurnStats
from app.settings import Settings, SettingsFile
from ui import languages
from ui.amounts import number_text, seconds_text, tokens_text
from ui.chat.message_view import AnswerMessage, UserMessage
from ui.inspector.plots import Turn
from ui.sizes import size_text


@pytest.fixture
def italian(qapp):
    languages.install(qapp, "it")


def test_english_and_italian_are_there():
    assert languages.available()[0] == "en"
    assert "it" in languages.available()
    assert [languages.own_name(code) for code in ("en", "it")] == ["English", "Italiano"]


@pytest.mark.parametrize(
    ("number", "english", "italian"),
    [
        (0, "0 tokens", "0 token"),
        (1, "1 token", "1 token"),
        (2, "2 tokens", "2 token"),
        (21, "21 tokens", "21 token"),
        (1_234_567, "1,234,567 tokens", "1.234.567 token"),
    ],
)
def test_plural_forms(qapp, number, english, italian):
    assert tokens_text(number) == english
    languages.install(qapp, "it")
    assert tokens_text(number) == italian


def test_one_of_anything_is_no_plural_in_the_window(open_window):
    window = open_window(Settings())
    window.view.status.show_usage(1, None, None)
    assert window.view.status.state.text() == "1 token"
    window.view.status.show_reading(0, 1)
    assert window.view.status.state.text() == "Reading 0 of 1 token"
    window.inspector.show_turns([Turn(1, 0, 2)])
    assert window.inspector.reused.value == "1 token"
    assert window.inspector.read.value == "0 tokens"


@pytest.mark.usefixtures("italian")
def test_numbers_sizes_and_times_are_written_as_in_italian():
    assert number_text(12_345) == "12.345"
    assert number_text(0.5, 1) == "0,5"
    assert size_text(10_118_758) == "9,6 MiB"
    assert seconds_text(0.44) == "0,4 s"


@pytest.mark.usefixtures("italian")
def test_words_of_a_base_class_and_of_qt_are_translated(open_window, store):
    chat = store.create_chat()
    question = store.append_message(chat.id, None, "user", "Quanta acqua?")
    answer = store.append_message(chat.id, question.id, "assistant", "Tre parti.")
    store.update_answer(answer.id, stats=TurnStats("stop", 5, 0, 3, 0.5, 1.0), model="m")
    window = open_window()
    window.conversation.show_chat(chat.id)
    assert window.sidebar.search.placeholderText() == "Cerca"
    view = window.view.transcript.findChild(AnswerMessage)
    assert "prima parola 0,5 s" in view._row.accessibleName()
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    assert buttons.button(QDialogButtonBox.StandardButton.Cancel).text() == "Annulla"
    inherited = window.view.transcript.findChild(UserMessage)
    assert inherited.tr("Asking this reads {tokens}") == "Questa domanda fa leggere {tokens}"


def test_a_language_that_nobody_translated_is_english(qapp):
    languages.install(qapp, "xx")
    assert QCoreApplication.translate("ChatCommands", "Undo") == "Undo"
    assert tokens_text(2) == "2 tokens"
    assert QLocale().language() == QLocale.Language.English


def test_the_direction_goes_with_the_language(qapp, monkeypatch):
    """Also where Qt has no words of that language, by which it would choose."""
    monkeypatch.setattr(languages, "available", lambda: ["en", "it", "ur"])
    try:
        languages.install(qapp, "ur")
        assert qapp.layoutDirection() == Qt.LayoutDirection.RightToLeft
    finally:
        languages.install(qapp, "en")
    assert qapp.layoutDirection() == Qt.LayoutDirection.LeftToRight


def test_the_system_chooses_by_its_order_of_languages(qapp, monkeypatch):
    monkeypatch.setattr(QLocale, "uiLanguages", lambda _: ["de-DE", "de", "it-CH", "it", "en"])
    languages.install(qapp, languages.SYSTEM)
    assert QCoreApplication.translate("ChatCommands", "Undo") == "Annulla"


def test_a_language_is_kept_or_refused(paths):
    file = SettingsFile(paths.settings_file)
    file.save(Settings(language="it"))
    assert file.load().language == "it"
    paths.settings_file.write_text('language = "../../etc"\n', "utf-8")
    assert file.load().language == "system"
    assert "language" in file.problems[0]
