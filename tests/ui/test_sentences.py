"""What the layers below say reaches the user in the window's language."""

import pytest
from PySide6.QtWidgets import QLabel

from app.errors import writing_failed
from app.settings import SettingsFile
from inference.errors import InferenceError, WeightsError, out_of_memory
from inference.events import SamplingParams
from inference.formats.mapped_file import damaged
from ui import languages
from ui.chat.message_parts import FailureCard
from ui.sentences import translated


@pytest.fixture
def italian(qapp):
    languages.install(qapp, "it")


@pytest.mark.usefixtures("italian")
def test_a_sentence_is_translated_with_its_values(tmp_path):
    full = writing_failed(tmp_path / "chats.db", OSError(28, "No space left on device"))
    assert translated(str(full)) == (
        f"Il disco è pieno, quindi non è stato possibile scrivere {tmp_path}/chats.db: "
        "libera dello spazio."
    )
    assert translated(str(out_of_memory())).startswith("Non c'è abbastanza memoria")


@pytest.mark.usefixtures("italian")
def test_so_is_a_sentence_within_a_sentence(tmp_path):
    error = damaged(tmp_path / "a.gguf", "its entry llama.rope is not a list of whole numbers")
    assert translated(str(error)) == (
        "a.gguf è danneggiato: la sua voce llama.rope non è un elenco di numeri interi. "
        "Scarica di nuovo il file."
    )


@pytest.mark.usefixtures("italian")
def test_numbers_in_a_sentence_are_written_as_the_language_does():
    sentence = (
        "This conversation is 12,345 tokens long, but the model holds 8,192. "
        "Shorten the message or start a new chat."
    )
    assert "lunga 12.345 token, ma il modello ne contiene 8192." in translated(sentence)


@pytest.mark.usefixtures("italian")
def test_the_settings_problems_are_known(paths):
    paths.settings_file.write_text('top_k = -1\ntheme = "pink"\n', "utf-8")
    file = SettingsFile(paths.settings_file)
    file.load()
    first, second = (translated(problem) for problem in file.problems)
    assert first == (
        "L'impostazione top_k deve essere un numero intero tra 0 e 9223372036854775807: "
        "vale il valore predefinito."
    )
    assert 'deve essere "system", "light", "dark" o "contrast": vale' in second


@pytest.mark.usefixtures("italian")
def test_a_request_that_cannot_be_served_says_so_in_italian():
    with pytest.raises(InferenceError) as caught:
        SamplingParams(temperature=11)
    assert translated(str(caught.value)) == "Il valore di temperature deve essere tra 0 e 10."


@pytest.mark.usefixtures("italian")
@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "Something that nobody listed.",
        "{path} is full of {braces} and %n.",
        "x" * 1_000_000,
        "È già in italiano.",
    ],
)
def test_what_is_not_known_stays_as_it_is(sentence):
    assert translated(sentence) == sentence


@pytest.mark.usefixtures("italian")
def test_braces_in_a_value_are_no_places():
    assert translated("{0}{path} is empty. Download the file again.").startswith(
        "{0}{path} è vuoto"
    )


def test_in_english_every_sentence_is_as_it_was():
    sentence = str(WeightsError("a.gguf is empty. Download the file again."))
    assert translated(sentence) == sentence


@pytest.mark.usefixtures("italian")
def test_notices_and_answers_that_failed_are_translated(open_window, store):
    chat = store.create_chat()
    question = store.append_message(chat.id, None, "user", "How much water?")
    answer = store.append_message(chat.id, question.id, "assistant", "Three")
    store.update_answer(answer.id, status="failed", error=str(out_of_memory()))
    window = open_window()
    window.conversation.show_chat(chat.id)
    card = window.view.transcript.findChild(FailureCard)
    assert card.findChild(QLabel).text().startswith("Non c'è abbastanza memoria")
    window.notices.tell("A folder needs a name.")
    assert window.notices.sentences() == ["Una cartella deve avere un nome."]
