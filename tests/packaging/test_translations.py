"""No sentence of the window is left in English, and none is translated that is gone."""

import ast
import re
import shutil
from xml.etree import ElementTree

import pytest

from tests.packaging.scripts import ROOT, PseudoTranslator, translations

UPDATE = "`make translations` brings the files up to date and names what has no translation"
VALUES = re.compile(r"\{[^{}]*\}|%L?n")


def messages(ts):
    """Every message as its context, source and translations, which are none where it lacks them."""
    found = []
    for context in ElementTree.parse(ts).getroot().iter("context"):
        for message in context.iter("message"):
            translation = message.find("translation")
            forms = [form.text or "" for form in translation.iter("numerusform")]
            is_whole = translation.get("type") is None
            found.append(
                (
                    context.findtext("name"),
                    message.findtext("source"),
                    (forms or [translation.text or ""]) if is_whole else [],
                )
            )
    return found


@pytest.fixture(scope="module")
def updated(tmp_path_factory):
    """The files as an update would leave them."""
    folder = tmp_path_factory.mktemp("translations")
    for path in translations.FOLDER.iterdir():
        if path.suffix != ".qm":
            shutil.copy(path, folder)
    translations.update(folder)
    return folder


@pytest.mark.parametrize("name", ["sentences.txt", "eremo_en.ts", "eremo_it.ts"])
def test_the_files_hold_what_the_code_says(updated, name):
    committed, wanted = (folder / name for folder in (translations.FOLDER, updated))
    if name.endswith(".txt"):
        assert committed.read_text("utf-8") == wanted.read_text("utf-8"), UPDATE
    else:
        assert {m[:2] for m in messages(committed)} == {m[:2] for m in messages(wanted)}, UPDATE


@pytest.mark.parametrize("name", ["eremo_en.ts", "eremo_it.ts"])
def test_nothing_is_without_a_translation(updated, name):
    assert translations.unfinished(updated / name) == [], UPDATE


@pytest.mark.parametrize("name", ["eremo_en.ts", "eremo_it.ts"])
def test_a_translation_keeps_the_values_and_the_space_around(name):
    """A value that is missing or misspelled would end in a KeyError, in one language only."""
    for context, source, forms in messages(translations.FOLDER / name):
        for form in forms:
            values = sorted(VALUES.findall(source))
            assert sorted(VALUES.findall(form)) == values, (context, source)
            around = [text[: len(text) - len(text.lstrip())] for text in (source, form)]
            assert around[0] == around[1], (context, source)
            assert form.count("\n") == source.count("\n"), (context, source)
            assert "!" not in form, (context, source)


def test_a_sentence_that_is_new_is_found_without_a_translation(tmp_path):
    shutil.copy(translations.FOLDER / "eremo_it.ts", tmp_path)
    text = (tmp_path / "eremo_it.ts").read_text("utf-8")
    (tmp_path / "eremo_it.ts").write_text(text.replace("<source>Undo<", "<source>Undone<"), "utf-8")
    translations.update(tmp_path)
    assert "Undo" in translations.unfinished(tmp_path / "eremo_it.ts")


def test_values_in_the_sentences_of_the_layers_below_get_names():
    code = """
raise AppError(f"{path.name} and {other.name} are {total:,} bytes, but {error.strerror or error}.")
raise AppError("A folder needs a name.")
raise ValueError("not for the user")
problem = sentence("true or false")
raise AppError(f"{problem}.")
"""
    found = list(translations._sentences_in(ast.parse(code), is_reader=False))
    assert found == [
        "{name} and {name2} are {total} bytes, but {reason}.",
        "A folder needs a name.",
        "true or false",
    ]


SHOWN = {  # what is given to these calls is read by the user
    *("setText", "setToolTip", "setPlaceholderText", "setAccessibleName", "setWindowTitle"),
    *("setAccessibleDescription", "setSpecialValueText", "setSuffix", "setPrefix", "setTitle"),
    *("setInformativeText", "setStatusTip", "setWhatsThis", "setLabelText", "setButtonText"),
    *("addAction", "addMenu", "addItem", "addItems", "addButton", "addTab", "addRow", "tell"),
    *("QLabel", "QPushButton", "QCheckBox", "QRadioButton", "QAction", "QToolButton", "QGroupBox"),
    *("QListWidgetItem", "QTreeWidgetItem", "TextButton", "Row", "Action", "critical", "warning"),
    *("information", "question", "getOpenFileName", "getSaveFileName", "getText", "drawText"),
    *("getOpenFileNames", "getExistingDirectory", "set_words", "show_value"),
}
PLACES = {"Action": slice(1, 2), "Row": slice(0, 1)}  # of the words, beside ids and colours
NAMES = {"Eremo"}  # the same in every language


def untranslated(tree):
    """Words in a call that shows them, which don't pass through a translation."""
    found = []
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and name_of(call) in SHOWN and not is_logging(call):
            arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
            if place := PLACES.get(name_of(call)):
                arguments = call.args[place]
            found += [
                (call.lineno, words)
                for argument in arguments
                for words in words_in(argument)
                if words.strip(" ·") not in NAMES
            ]
    return found


def words_in(node):
    if isinstance(node, ast.Call):
        # A translation; or another call, whose own arguments aren't shown.
        return words_in(node.func.value) if name_of(node) == "format" else []
    if isinstance(node, ast.Constant):
        is_shown = isinstance(node.value, str) and re.search("[A-Za-z]{2}", node.value)
        return [node.value] if is_shown else []
    if isinstance(node, ast.IfExp):
        return words_in(node.body) + words_in(node.orelse)
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.JoinedStr | ast.FormattedValue | ast.List):
        return [words for child in ast.iter_child_nodes(node) for words in words_in(child)]
    return []


def name_of(call):
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def is_logging(call):
    return ast.unparse(call.func).startswith(("logger.", "logging."))


def test_every_word_of_the_window_can_be_translated():
    found = {
        path.relative_to(ROOT).as_posix(): words
        for path in sorted((ROOT / "ui").rglob("*.py"))
        if (words := untranslated(ast.parse(path.read_text("utf-8"))))
    }
    assert found == {}


def test_words_that_cannot_be_translated_are_found():
    code = """
label.setText("Some words")
label.setText(f"{count} words")
label.setText("one" if count == 1 else self.tr("many"))
label.setText(self.tr("Some words"))
label.setText("{n} words".format(n=1))
logger.warning("Some words")
"""
    assert [line for line, _ in untranslated(ast.parse(code))] == [2, 3, 4, 6]


def contexts(tree):
    """Each call of the free function `tr`, and whether it is inside of a class."""
    inside = {
        id(node)
        for owner in ast.walk(tree)
        if isinstance(owner, ast.ClassDef)
        for node in ast.walk(owner)
    }
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "tr":
            yield call.lineno, id(call) in inside


def test_words_inside_of_a_class_are_translated_by_it():
    """lupdate files them under the class, where a free `tr` doesn't look."""
    found = [
        (path.name, line)
        for path in sorted((ROOT / "ui").rglob("*.py"))
        for line, is_inside in contexts(ast.parse(path.read_text("utf-8")))
        if is_inside
    ]
    assert found == []


def test_words_are_literals_that_lupdate_finds():
    """A name, an f-string or a `.format` inside of the call leaves nothing to translate."""
    found = [
        (path.name, call.lineno)
        for path in sorted((ROOT / "ui").rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and not isinstance(source_of(call), ast.Constant)
    ]
    allowed = {"languages.py", "sentences.py"}  # which pass on what others have named
    assert [place for place in found if place[0] not in allowed] == []


def source_of(call):
    """What the call translates, if it does."""
    if name_of(call) == "tr" and call.args:
        return call.args[0]
    if ast.unparse(call.func) == "QCoreApplication.translate":
        return call.args[1]
    return ast.Constant(None)


@pytest.mark.parametrize(("number", "words"), [(1, "%Ln token"), (2, "%Ln tokens")])
def test_the_pseudo_translation_has_the_plural_forms(qapp, number, words):
    """The pictures from right to left showed "token(s)"."""
    compiled = {path.name: path for path in translations.compile_all()}
    translator = PseudoTranslator(qapp, compiled["eremo_en.qm"], is_rtl=True)
    context, source = next(
        (context, source)
        for context, source, forms in messages(translations.FOLDER / "eremo_en.ts")
        if forms == ["%Ln token", "%Ln tokens"]
    )
    assert translator.translate(context, source, None, number) == f"\u200f{words}"
