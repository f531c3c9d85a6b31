"""What a chat is answered with: its own values, kept with it; the rest follows the settings."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QDialog

from app.settings import Settings
from inference.fake import FakeEngine, Script
from tests.ui.test_accessibility import unnamed
from ui.composer.chat_dialog import ChatDialog


class Recorded(FakeEngine):
    def __init__(self, **script):
        super().__init__(Script(**script))
        self.requests = []

    def generate(self, request, cancelled):
        self.requests.append(request)
        yield from super().generate(request, cancelled)


@pytest.fixture
def engine():
    return Recorded(estimated_seconds=3.0)


@pytest.fixture
def window(open_window, engine, qtbot):
    window = open_window(Settings(system_prompt="be brief", temperature=0.5), engine)
    with qtbot.waitSignal(window.conversation._thread.loaded):
        window.conversation._thread.load()
    return window


@pytest.fixture
def dialog(window):
    def opened():
        window.composing.open_chat_options()
        return window.findChild(ChatDialog)

    yield opened
    for left in window.findChildren(QDialog):
        left.reject()


def ask(window, qtbot, text):
    with qtbot.waitSignal(window.conversation._thread.turn_ended):
        window.view.composer.submitted.emit(text)


def test_a_chat_is_answered_with_its_own_values(window, engine, dialog, store, qtbot):
    ask(window, qtbot, "one")
    shown = dialog()
    shown.fields["temperature"].control.setValue(1.25)
    shown.fields["max_tokens"].control.setValue(7)
    shown.fields["system_prompt"].control.setPlainText("be kind")
    shown.reject()
    ask(window, qtbot, "two")
    asked = engine.requests[-1]
    assert (asked.sampling.temperature, asked.sampling.max_tokens) == (1.25, 7)
    assert asked.messages[0].content == "be kind"
    chat = store.chat(window.conversation.chat.id)
    assert dict(chat.sampling) == {"temperature": 1.25, "max_tokens": 7}
    assert window.composing.chat_button.text().endswith("•")
    window.new_chat()
    ask(window, qtbot, "three")
    assert engine.requests[-1].sampling.temperature == 0.5
    assert engine.requests[-1].messages[0].content == "be brief"
    assert not window.composing.chat_button.text().endswith("•")


def test_what_is_chosen_before_the_first_question_is_the_new_chats(
    window, engine, dialog, store, paths, qtbot
):
    shown = dialog()
    shown.fields["top_k"].control.setValue(40)
    shown.fields["system_prompt"].control.setPlainText("")
    shown.reject()
    assert paths.new_chat_file.exists()
    ask(window, qtbot, "one")
    assert engine.requests[-1].sampling.top_k == 40
    assert engine.requests[-1].messages[0].role == "user"
    assert dict(store.chat(window.conversation.chat.id).sampling) == {"top_k": 40}
    window.new_chat()
    assert window.conversation.system_prompt == "be brief"
    assert dict(window.conversation.options.sampling) == {}


def test_a_value_is_reset_to_that_of_the_settings_and_follows_it(
    window, engine, dialog, store, qtbot
):
    ask(window, qtbot, "one")
    shown = dialog()
    field = shown.fields["temperature"]
    field.control.setValue(1.25)
    assert "0.5" in field._default_label.text()
    field.reset.click()
    assert dict(store.chat(window.conversation.chat.id).sampling) == {}
    shown.reject()
    window.conversation.set_settings(replace(window.conversation.options.settings, temperature=0.1))
    ask(window, qtbot, "two")
    assert engine.requests[-1].sampling.temperature == 0.1


def test_another_system_prompt_tells_what_it_would_read(window, dialog, qtbot):
    ask(window, qtbot, "one two three")
    shown = dialog()
    shown.fields["system_prompt"].control.setPlainText("be kind and brief")
    qtbot.waitUntil(lambda: bool(shown.cost.text()))
    assert shown.cost.text() == (
        "With this system prompt the next question reads 11 tokens, about 3.0 s."
    )


def test_a_regenerated_answer_has_the_chats_values_too(window, engine, dialog, qtbot):
    ask(window, qtbot, "one")
    dialog().fields["min_p"].control.setValue(0.25)
    with qtbot.waitSignal(window.conversation._thread.turn_ended):
        window.conversation.retry(window.conversation.branch[-1].id)
    assert engine.requests[-1].sampling.min_p == 0.25


def test_a_branch_keeps_the_chats_values(window, dialog, store, qtbot):
    ask(window, qtbot, "one")
    dialog().fields["min_p"].control.setValue(0.25)
    branch = store.branch_chat(window.conversation.branch[-1].id)
    assert dict(branch.sampling) == {"min_p": 0.25}


def test_the_dialog_has_no_unnamed_control(dialog):
    assert unnamed(dialog()) == []


def test_the_model_of_a_chat_is_remembered_and_shown(window, dialog, store, paths, qtbot):
    (paths.models_dir / "other.gguf").write_bytes(b"GGUF")
    ask(window, qtbot, "one")
    field = dialog().fields["model"]
    field.control.setCurrentIndex(field.control.findData("other"))
    chat = window.conversation.chat
    assert store.chat(chat.id).model == "other"
    assert window.view.header.model.text() == "other"
    window.new_chat()
    assert window.view.header.model.text() == "fake · none"


def test_a_question_waits_for_the_chats_model(window, engine, store, start_thread, qtbot):
    ask(window, qtbot, "one")
    store.set_model(window.conversation.chat.id, "other")
    window.conversation.show_chat(window.conversation.chat.id)
    with qtbot.waitSignal(window.conversation.models.needed) as needed:
        window.view.composer.submitted.emit("two")
    assert needed.args == ["other"]
    assert len(engine.requests) == 1
    assert not window.view.composer.button.isEnabled()
    window.detach()
    assert window.view.status.state.text().startswith("Loading other")
    other = Recorded()
    thread = start_thread(other)
    with qtbot.waitSignal(thread.turn_ended):
        window.attach(thread, "other", "other")
    assert other.requests[0].messages[-1].content == "two"
    assert window.conversation.branch[-1].model == "other"


def test_a_model_that_is_gone_gives_the_question_back(window, store, qtbot):
    ask(window, qtbot, "one")
    store.set_model(window.conversation.chat.id, "gone")
    window.conversation.show_chat(window.conversation.chat.id)
    window.view.composer.set_text("two")
    window.conversation.models.needed.connect(
        lambda _: window.conversation.refuse_model("There is no model gone here.")
    )
    window.view.composer.submitted.emit("two")
    assert window.notices.sentences() == ["There is no model gone here."]
    assert window.view.composer.text() == "two"
    assert window.view.composer.button.isEnabled()
    window.notices._notices()[0].button.click()
    assert store.chat(window.conversation.chat.id).model == ""
    ask(window, qtbot, "two")
