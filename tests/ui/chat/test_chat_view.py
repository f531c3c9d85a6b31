import pytest

from inference.events import ModelInfo
from ui.chat.chat_view import ElidedLabel, Header, without_quantization

INFO = ModelInfo("Smollm2 135M 8k Mix1", "llama", "Q4_1", 134_515_008, 97_517_568, 8192)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("SmolLM2-135M-Instruct.Q4_1", "SmolLM2-135M-Instruct"),
        ("ai21/Jamba2-3B-q4_1", "Jamba2-3B"),
        ("Q4_1", "Q4_1"),
        ("my model", "my model"),
    ],
)
def test_a_models_name_does_not_repeat_its_quantization(name, shown):
    assert without_quantization(name, "Q4_1") == shown


def test_the_header_names_the_model_once_it_is_loaded(qtbot):
    header = Header()
    qtbot.addWidget(header)
    assert header.model.isHidden()
    header.show_model("SmolLM2-135M-Instruct.Q4_1", INFO)
    assert not header.model.isHidden()
    assert header.model.text() == "SmolLM2-135M-Instruct · Q4_1"
    assert "135 million parameters, 93 MiB" in header.model.toolTip()


def test_a_title_that_is_too_long_is_cut_and_named_whole(qtbot):
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.resize(120, 20)
    label.set_text("A very long title of a very long chat")
    assert label.text().endswith("…")
    assert label.accessibleName() == "A very long title of a very long chat"
    label.resize(800, 20)
    label.show()
    assert label.text() == "A very long title of a very long chat"


def test_a_title_is_never_read_as_markup(qtbot):
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.resize(800, 20)
    label.set_text("<b>bold</b>")
    assert label.text() == "<b>bold</b>"
    assert label.textFormat().name == "PlainText"
