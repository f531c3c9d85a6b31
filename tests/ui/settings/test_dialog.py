"""The settings window: what it changes, and what it doesn't let anybody enter."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from app.settings import Settings, SettingsFile
from ui import fonts
from ui.settings.dialog import SettingsDialog


@pytest.fixture
def window(open_window):
    return open_window()


@pytest.fixture
def open_dialog(window, paths):
    dialogs = []

    def open_dialog(settings=None):
        dialog = SettingsDialog(settings or Settings(), paths, window.shortcuts, window)
        dialog.saved = []
        dialog.changed.connect(dialog.saved.append)
        dialog.show()
        dialogs.append(dialog)
        return dialog

    yield open_dialog
    for dialog in dialogs:
        dialog.reject()


def test_every_field_shows_its_setting_and_changes_nothing_by_being_shown(open_dialog):
    settings = Settings(
        system_prompt="be brief",
        temperature=1.25,
        top_k=40,
        seed=7,
        max_tokens=100,
        model_titles="never",
        threads=3,
        device="cpu",
        keep_state=False,
        state_ram_mib=512,
        theme="contrast",
        text_size=125,
    )
    dialog = open_dialog(settings)
    assert dialog.saved == []
    shown = {key: field.value() for key, field in dialog.fields.items()}
    assert shown == {key: getattr(settings, key) for key in shown}
    assert {"temperature", "top_p", "min_p", "repetition_penalty", "state_disk_mib"} <= set(shown)


def test_a_change_is_told_at_once_and_reset_brings_the_default_back(open_dialog):
    dialog = open_dialog()
    field = dialog.fields["temperature"]
    assert field.reset.isHidden()
    field.control.setValue(1.5)
    assert dialog.saved == [Settings(temperature=1.5)]
    field.reset.click()
    assert dialog.saved[-1] == Settings()


def test_a_value_out_of_range_cannot_be_entered(open_dialog, qtbot):
    dialog = open_dialog()
    dialog.show_page("generation")
    for key, typed in (("temperature", "99"), ("top_p", "0"), ("top_k", "-5"), ("seed", "x")):
        control = dialog.fields[key].control
        control.selectAll()
        qtbot.keyClicks(control, typed)
        qtbot.keyClick(control, Qt.Key.Key_Tab)
    for settings in dialog.saved:
        settings.sampling()  # raises where a value is refused


def test_no_value_is_a_word(open_dialog):
    dialog = open_dialog(Settings(seed=3))
    control = dialog.fields["seed"].control
    control.setValue(control.minimum())
    assert control.text() == "random"
    assert dialog.saved == [Settings()]


def test_a_model_is_added_where_it_lies(open_dialog, tmp_path):
    dialog = open_dialog()
    path = tmp_path / "Tiny.Q4_0.gguf"
    dialog.models.add(path)
    assert dialog.models.state.text().startswith("Tiny.Q4_0.gguf is no model")
    path.write_bytes(b"GGUF")
    dialog.models.add(path)
    assert dialog.saved[-1].model_paths == (str(path),)
    dialog.show_settings(dialog.saved[-1])
    rows = [dialog.models.models.item(i).text() for i in range(dialog.models.models.count())]
    assert any(row.startswith("Tiny.Q4_0 · 4 B") for row in rows)
    assert dialog.models.models.currentItem().text().startswith("Tiny.Q4_0")
    assert dialog.models.use.isEnabled()


def test_the_model_in_use_is_chosen_and_cannot_be_chosen_again(open_dialog):
    dialog = open_dialog()
    models = dialog.models
    models.show_models((), "SmolLM2-135M-Instruct.Q4_1")
    assert models.models.currentItem().text().endswith("in use")
    assert not models.use.isEnabled()
    models.show_models((), "")
    models.models.setCurrentRow(0)
    assert models.use.isEnabled()


def test_keys_in_use_are_refused_with_a_sentence(open_dialog, window):
    dialog = open_dialog()
    search = window.shortcuts.actions_by_id["search"]
    dialog.keyboard.bind(search, "Ctrl+K")
    assert dialog.keyboard.problem.text().startswith("Ctrl+K already does")
    assert dialog.saved == []
    dialog.keyboard.bind(search, "Ctrl+Shift+F")
    assert dialog.saved[-1].shortcuts == {"search": "Ctrl+Shift+F"}


def test_large_text_cuts_no_page_off_at_the_right(open_dialog, qtbot):
    """The keys' column and "Reset" lay outside of the window at 150 %."""
    fonts.set_text_size(150)
    try:
        dialog = open_dialog()
        dialog.resize(900, 600)
        for name in ("generation", "memory", "performance", "appearance", "keyboard"):
            dialog.show_page(name)
            area = dialog._stack.currentWidget()
            qtbot.wait(10)
            assert area.widget().minimumSizeHint().width() <= area.viewport().width(), name
    finally:
        fonts.set_text_size(100)


def test_what_is_kept_is_told_and_cleared(open_dialog, qtbot):
    dialog = open_dialog()
    qtbot.waitUntil(lambda: dialog.used.text() == "Used now: 0 B")
    assert not dialog.clear.isEnabled()


def test_paths_and_keys_survive_a_save(paths):
    file = SettingsFile(paths.settings_file)
    settings = Settings(model_paths=("/a.gguf", "/b"), shortcuts={"search": "Ctrl+J", "stop": ""})
    file.save(settings)
    assert file.load() == settings
    fewer = replace(settings, shortcuts={"stop": ""}, model_paths=())
    file.save(fewer)
    assert file.load() == fewer
