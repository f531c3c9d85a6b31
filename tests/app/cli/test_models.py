"""`eremo models`, and `--quantize` of the commands that load a model; with the real engine."""

import errno
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.recall.task import make_stream
from inference.formats.gguf import open_gguf
from tests.inference.tiny_model import write_tiny_model

RECALL = Path(__file__).parents[2] / "data" / "recall-jamba"
ASK = make_stream(np.random.default_rng(3), distance=400, num_facts=60)


@pytest.fixture(autouse=True)
def _real_engine(monkeypatch):
    monkeypatch.delenv("EREMO_FAKE_ENGINE")
    monkeypatch.setattr("app.bench.BANDWIDTH_BYTES", 1 << 20)


@pytest.fixture
def quantize(eremo):
    return lambda *arguments: eremo("models", "quantize", *map(str, arguments))


@pytest.fixture
def answer(eremo):
    def ask(model, *arguments):
        options = ("--temporary", "--temperature", "0", "--max-tokens", "4")
        question = ("--prompt", ASK.chat_text)
        return eremo("chat", "--model", str(model), *options, *question, *arguments)

    return ask


@pytest.fixture
def _models(paths):
    paths.create()
    write_tiny_model(paths.models_dir / "tiny.gguf")
    shutil.copytree(RECALL, paths.models_dir / "someone" / "recall")


@pytest.mark.usefixtures("_models")
def test_a_line_for_each_model(eremo, paths):
    *_, folder, file = eremo("models", "list").out.splitlines()
    folder_path, file_path = paths.models_dir / "someone" / "recall", paths.models_dir / "tiny.gguf"
    assert folder.split() == ["someone/recall", "2.0", "MiB", str(folder_path)]
    assert file.split() == ["tiny", "0.1", "MiB", str(file_path)]
    assert folder.index("2.0 MiB") == file.index("0.1 MiB")


@pytest.mark.usefixtures("_models")
def test_programs_get_one_object(eremo, paths):
    [result] = eremo("models", "list", "--json").json
    path = paths.models_dir / "tiny.gguf"
    assert result["models"][-1] == {
        "id": "tiny",
        "size_bytes": path.stat().st_size,
        "path": str(path),
        "embedded": False,
    }


@pytest.mark.parametrize(("bits", "type_name"), [((), "Q4_0"), (("--bits", "8"), "Q8_0")])
def test_a_quantized_model_recalls_what_its_original_does(
    quantize, answer, tmp_path, bits, type_name
):
    path = tmp_path / "small.gguf"
    result = quantize(RECALL, path, *bits, "--json")
    assert (result.code, result.err) == (0, "")
    assert result.json == [{"path": str(path), "size_bytes": path.stat().st_size}]
    assert open_gguf(path).tensors["output_norm.weight"].type_name == "F32"
    assert open_gguf(path).tensors["token_embd.weight"].type_name == type_name
    assert answer(path).out == f"{ASK.answer}\n"


@pytest.mark.usefixtures("_models")
def test_a_model_is_quantized_by_its_name_too(quantize, paths):
    path = paths.models_dir / "small.gguf"
    assert quantize("recall", path).out == f"{path} (0.3 MiB)\n"


@pytest.mark.parametrize("options", [(), ("--quantize", "8"), ("--quantize", "4")])
def test_a_folder_is_quantized_at_load(answer, options):
    result = answer(RECALL, *options)
    assert (result.code, result.out, result.err) == (0, f"{ASK.answer}\n", "")


def test_bench_says_the_quantization(eremo):
    few = ("--prompt-tokens", "4", "--completion-tokens", "1", "--repeat", "1", "--json")
    [report] = eremo("bench", "--model", str(RECALL), "--quantize", "4", *few).json
    assert (report["quantization"], report["quantize"]) == ("Q4_0", 4)
    assert report["size_bytes"] < 400_000


def test_a_file_that_is_there_is_replaced_only_when_told_to(quantize, tmp_path):
    path = tmp_path / "small.gguf"
    path.write_bytes(b"old")
    result = quantize(RECALL, path)
    assert (result.code, result.out) == (1, "")
    assert result.err == f"eremo: {path} is there already: choose another name, or add --force.\n"
    assert path.read_bytes() == b"old"
    assert quantize(RECALL, path, "--force").code == 0
    assert path.read_bytes()[:4] == b"GGUF"


@pytest.mark.parametrize(
    ("model", "file", "words"),
    [
        ("nothing", "x.gguf", "There is no model nothing here"),
        (RECALL, "absent/x.gguf", "No such file"),
        (RECALL, "folder.gguf", "a folder is in its place"),
        (RECALL, "", "has to end in .gguf"),
        (RECALL, "model.safetensors", "has to end in .gguf"),
        ("tiny", "x.gguf", "tiny.gguf is a GGUF file already"),
        (RECALL, "x" * 300 + ".gguf", "too long"),
    ],
)
@pytest.mark.parametrize("force", [(), ("--force",)])
@pytest.mark.usefixtures("_models")
def test_what_cannot_be_done_is_one_sentence(quantize, tmp_path, model, file, words, force):
    (tmp_path / "folder.gguf").mkdir()
    result = quantize(model, tmp_path / file, *force)
    assert (result.code, result.out) == (1, "")
    assert words in result.err
    assert result.err.count("\n") == 1
    assert "inside Eremo" not in result.err
    assert not list(tmp_path.glob("**/*.part"))
    assert list((tmp_path / "folder.gguf").iterdir()) == []


@pytest.mark.parametrize("command", ["chat", "bench"])
def test_what_is_quantized_already_is_said(eremo, command):
    """Q4_1 is what the embedded model has."""
    options = ("--temporary", "--prompt", "x") if command == "chat" else ()
    result = eremo(command, "--model", "smollm2", "--quantize", "4", *options)
    assert result.code == 1
    assert result.err == (
        "eremo: The model is already quantized (Q4_1). "
        "Use it as it is, or choose its original form.\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("models",),
        ("models", "quantize", "x"),
        ("models", "quantize", "x", "y.gguf", "--bits", "3"),
        ("chat", "--quantize", "5"),
        ("bench", "--quantize", "0"),
    ],
)
def test_wrong_usage_ends_with_code_2(eremo, arguments):
    assert eremo(*arguments).code == 2


def test_a_full_disk_is_one_sentence(quantize, tmp_path, monkeypatch):
    def fill(_writer, unfinished, _tensors, _chunks):
        unfinished.write_bytes(b"GGUF")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("inference.conversion.write_gguf", fill)
    result = quantize(RECALL, tmp_path / "small.gguf")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert result.err.startswith("eremo: The disk is full, so ")
    assert not list(tmp_path.glob("small*"))


IN_LITTLE_SPACE = """
import resource, sys
from app.cli.main import run
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
sys.exit(run(sys.argv[1:], None))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="it has no limit for a process's files")
def test_a_file_that_the_system_cuts_short_leaves_nothing(tmp_path):
    """Nothing is simulated here: the system refuses to write more than 200,000 bytes."""
    path = tmp_path / "small.gguf"
    command = [sys.executable, "-c", IN_LITTLE_SPACE, "models", "quantize", RECALL, path]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"eremo: {path} couldn't be written: File too large.\n"
    assert not list(tmp_path.glob("small*"))
