"""What computes a model: the best kernels of this machine, unless something else is wished for."""

import subprocess
import sys
from pathlib import Path

import pytest

from inference.backends import describe_device, kernel_level, load_language_model
from inference.errors import InferenceError
from inference.kernels.library import levels
from inference.load_options import LoadOptions
from inference.model_source import open_model
from tests.inference.tiny_model import write_tiny_model

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def source(tmp_path):
    return open_model(write_tiny_model(tmp_path / "tiny.gguf"))


def load(source, device=""):
    loading = load_language_model(source, LoadOptions(1, device))
    while True:
        try:
            next(loading)
        except StopIteration as end:
            return end.value


def test_the_kernels_are_built_and_the_best_level_is_taken(source, monkeypatch):
    monkeypatch.delenv("EREMO_KERNELS", raising=False)
    assert levels(), "the kernels are not built: run `make setup`"
    model = load(source)
    assert (model.device, model.kernels) == ("cpu", levels()[0])


@pytest.mark.parametrize("level", levels())
def test_a_level_can_be_asked_for(source, monkeypatch, level):
    monkeypatch.setenv("EREMO_KERNELS", level)
    assert load(source).kernels == level


def test_the_reference_can_be_asked_for(source, monkeypatch):
    monkeypatch.setenv("EREMO_KERNELS", "reference")
    model = load(source)
    assert model.kernels == ""
    assert type(model).__name__ == "TorchLanguageModel"


def test_a_level_that_cannot_run_here_is_a_sentence(monkeypatch):
    monkeypatch.setenv("EREMO_KERNELS", "sse9")
    with pytest.raises(InferenceError, match=r"“sse9”, but this machine runs: .*reference"):
        kernel_level()


def test_without_a_library_plain_pytorch_computes(source, monkeypatch):
    monkeypatch.delenv("EREMO_KERNELS", raising=False)
    monkeypatch.setattr("inference.kernels.library.levels", list)
    assert load(source).kernels == ""


@pytest.fixture
def without_torch(monkeypatch):
    monkeypatch.delenv("EREMO_KERNELS", raising=False)
    monkeypatch.setattr("inference.backends.has_torch", lambda: False)


@pytest.mark.usefixtures("without_torch")
def test_without_pytorch_a_card_is_left_alone(source, monkeypatch):
    monkeypatch.setattr("inference.backends.has_card_driver", lambda: True)
    assert load(source).kernels == levels()[0]
    assert describe_device("") == "cpu"


@pytest.mark.usefixtures("without_torch")
def test_what_needs_pytorch_says_so_where_it_is_not_installed(source, monkeypatch):
    with pytest.raises(InferenceError, match=r"card needs PyTorch.*eremo\[torch\]"):
        load(source, "cuda")
    monkeypatch.setenv("EREMO_KERNELS", "reference")
    with pytest.raises(InferenceError, match=r"needs PyTorch.*eremo\[torch\]"):
        load(source)


def test_a_driver_without_a_card_leaves_the_kernels(source, monkeypatch):
    monkeypatch.delenv("EREMO_KERNELS", raising=False)
    monkeypatch.setattr("inference.backends.has_card_driver", lambda: True)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert load(source).kernels == levels()[0]


WITHOUT_LIBRARIES = """
import sys
from pathlib import Path
from inference.events import Message, Request, SamplingParams
from inference.local_engine import LocalEngine

engine = LocalEngine(Path(sys.argv[1]))
request = Request((Message("user", "hello"),), SamplingParams(temperature=0, max_tokens=3))
list(engine.generate(request, lambda: False))
sys.exit(" ".join({"torch", "gguf", "sentencepiece"} & sys.modules.keys()))
"""


@pytest.mark.skipif(not levels(), reason="no CPU level runs here")
def test_an_answer_on_the_kernels_needs_no_tensor_library(tmp_path):
    """It would take a second and 200 MB; the other two take 50 ms of every start."""
    path = write_tiny_model(tmp_path / "tiny.gguf")
    command = [sys.executable, "-c", WITHOUT_LIBRARIES, str(path)]
    result = subprocess.run(command, check=False, cwd=PROJECT, stderr=subprocess.PIPE, text=True)
    assert result.stderr.strip() == ""
