"""Which weights file a name means."""

import pytest

from app.errors import AppError
from app.models import local
from app.models.local import find_model, installed_models
from app.paths import data_paths


@pytest.fixture(autouse=True)
def embedded(tmp_path, monkeypatch):
    folder = tmp_path / "embedded"
    folder.mkdir()
    monkeypatch.setattr(local, "embedded_models_dir", lambda: folder)
    return folder


@pytest.fixture
def paths():
    return data_paths()


@pytest.fixture
def models(paths, embedded):
    """One embedded model, three added ones."""
    add(embedded, "SmolLM2-135M.Q4_1.gguf")
    add(paths.models_dir, "jamba-3b-Q4_K_M.gguf", "jamba-3b-F16.gguf", "ai21/Mini.GGUF")
    return paths


def add(folder, *names):
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"GGUF")


def test_the_embedded_default_comes_first_then_the_added_ones_by_name(models, embedded):
    add(embedded, "another.gguf")
    assert [(model.id, model.embedded) for model in installed_models(models)] == [
        ("SmolLM2-135M.Q4_1", True),
        ("another", True),
        ("ai21/Mini", False),
        ("jamba-3b-F16", False),
        ("jamba-3b-Q4_K_M", False),
    ]
    assert {model.size_bytes for model in installed_models(models)} == {4}


def test_what_is_not_a_weights_file_is_not_listed(models):
    add(models.models_dir, "notes.txt", "._jamba-3b-F16.gguf", ".hidden.gguf", "gguf")
    (models.models_dir / "folder.gguf").mkdir()
    (models.models_dir / "dangling.gguf").symlink_to(models.root / "nowhere")
    (models.models_dir / "loop").symlink_to(models.models_dir)
    assert len(installed_models(models)) == 4


@pytest.mark.parametrize(
    ("name", "model_id"),
    [
        ("", "SmolLM2-135M.Q4_1"),
        ("SmolLM2-135M.Q4_1", "SmolLM2-135M.Q4_1"),
        ("SmolLM2-135M.Q4_1.gguf", "SmolLM2-135M.Q4_1"),
        ("smol", "SmolLM2-135M.Q4_1"),
        ("Jamba-3B-f", "jamba-3b-F16"),
        ("ai21/mini", "ai21/Mini"),
        ("mini", "ai21/Mini"),
    ],
)
def test_a_model_is_found_by_id_file_name_or_beginning(models, name, model_id):
    assert find_model(name, models).id == model_id


def test_a_whole_name_is_not_ambiguous(models):
    add(models.models_dir, "jamba.gguf")
    assert find_model("JAMBA", models).id == "jamba"


def test_without_an_embedded_model_the_first_installed_one_is_the_default(paths):
    add(paths.models_dir, "b.gguf", "a.gguf")
    assert find_model("", paths).id == "a"


def test_a_path_means_the_file_there(models, tmp_path, monkeypatch):
    add(tmp_path, "elsewhere/Tiny.gguf")
    monkeypatch.chdir(tmp_path)
    for name in ("elsewhere/Tiny.gguf", str(tmp_path / "elsewhere/Tiny.gguf")):
        model = find_model(name, models)
        assert (model.id, model.path) == ("Tiny", tmp_path / "elsewhere/Tiny.gguf")


def test_without_any_model_the_sentence_says_how_to_add_one(paths):
    for name in ("", "jamba"):
        with pytest.raises(AppError, match=r"put a GGUF file into .*--model FILE") as caught:
            find_model(name, paths)
        assert str(paths.models_dir) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("jamba", r"jamba can be any of jamba-3b-F16, jamba-3b-Q4_K_M"),
        ("gpt", r"no model gpt here: choose one of SmolLM2-135M\.Q4_1, ai21/Mini"),
        ("/nowhere/x.gguf", "no model /nowhere/x.gguf"),
        ("a\0b.gguf", "no model"),
        ("~nobody-of-that-name/x.gguf", "no model"),
        ("x" * 5000 + ".gguf", "no model"),
    ],
)
def test_what_is_not_clear_is_one_sentence(models, name, words):
    with pytest.raises(AppError, match=words):
        find_model(name, models)


def test_a_hugging_face_folder_is_a_model(models):
    folder = models.models_dir / "AI21-Jamba2-3B"
    add(
        folder,
        "config.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
    )
    listed = {model.id: model for model in installed_models(models)}
    assert listed["AI21-Jamba2-3B"].size_bytes == 8
    assert find_model("ai21-jamba", models).path == folder
    assert find_model(str(folder), models).path == folder


def test_a_folder_without_weights_is_no_model(models, tmp_path):
    add(tmp_path / "empty", "config.json", "pytorch_model.bin")
    with pytest.raises(AppError, match="There is no model"):
        find_model(str(tmp_path / "empty"), models)


def test_the_default_is_never_the_folder_one_happens_to_be_in(models, tmp_path, monkeypatch):
    """An empty name is also the path of the current folder."""
    add(tmp_path / "here", "config.json", "model.safetensors")
    monkeypatch.chdir(tmp_path / "here")
    assert find_model("", models).embedded


def test_a_folder_is_found_by_its_name_whatever_dots_it_has(models):
    """Its last dot begins no suffix."""
    add(models.models_dir / "ai21labs/AI21-Jamba-1.5-Mini", "config.json", "model.safetensors")
    assert find_model("ai21-jamba-1.5-mini", models).id == "ai21labs/AI21-Jamba-1.5-Mini"
