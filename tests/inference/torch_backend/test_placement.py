"""Which device is chosen, and what its errors become; there is no card here."""

import functools
import os

import pytest
import torch

from inference.errors import DeviceFailedError, InferenceError, OutOfMemoryError
from inference.events import Finished, Message, Request, SamplingParams
from inference.load_options import LoadOptions
from inference.local_engine import LocalEngine
from inference.process import EngineProcess
from inference.torch_backend.ffn import SwiGLU
from inference.torch_backend.language_model import errors_as_sentences
from inference.torch_backend.placement import ON_CPU, choose_placement, describe, on_card
from tests.inference.tiny_model import write_tiny_model


@pytest.fixture
def _no_card(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def _card(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)


@pytest.mark.usefixtures("_no_card")
@pytest.mark.parametrize("name", ["", "cpu"])
def test_without_a_card_it_is_the_cpu(name):
    assert choose_placement(name) is ON_CPU
    assert describe(ON_CPU) == "cpu"


@pytest.mark.usefixtures("_card")
def test_a_card_is_used_unless_the_cpu_is_wished_for():
    on_first = on_card(torch.device("cuda", 0))
    assert choose_placement() == choose_placement("cuda") == on_first
    assert choose_placement("cpu") is ON_CPU
    assert (on_first.dtype, on_first.keeps_groups) == (torch.bfloat16, True)


@pytest.mark.usefixtures("_no_card")
@pytest.mark.parametrize(("version", "words"), [(None, "without CUDA"), ("13.0", "driver")])
def test_a_card_that_is_wished_for_and_missing_is_a_sentence(monkeypatch, version, words):
    monkeypatch.setattr(torch.version, "cuda", version)
    with pytest.raises(InferenceError, match=words) as info:
        choose_placement("cuda")
    assert 'choose the device "cpu"' in str(info.value)


def test_an_unknown_device_is_a_sentence():
    with pytest.raises(InferenceError, match='no device "tpu"'):
        choose_placement("tpu")


@pytest.mark.usefixtures("_no_card")
def test_the_engine_takes_the_device_that_it_is_told(tmp_path):
    path = write_tiny_model(tmp_path / "tiny.gguf")
    with pytest.raises(InferenceError, match="graphics card"):
        list(LocalEngine(path, LoadOptions(device="cuda")).load())
    engine = LocalEngine(path, LoadOptions(device="cpu"))
    list(engine.load())
    assert engine._model.language_model.device == "cpu"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
            OutOfMemoryError,
        ),
        (torch.AcceleratorError("CUDA error: out of memory"), OutOfMemoryError),
        (torch.AcceleratorError("CUDA error: device-side assert triggered"), DeviceFailedError),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
            OutOfMemoryError,
        ),
        (RuntimeError("a bug"), RuntimeError),
    ],
)
def test_errors_of_memory_and_of_the_card_become_sentences(error, kind):
    with pytest.raises(kind) as info, errors_as_sentences():
        raise error
    assert type(info.value) is kind


def fail(*_):
    raise torch.AcceleratorError("CUDA error: an illegal memory access was encountered")


def engine_of_a_failing_card(path, broken):
    """Runs in the child. The card fails while the file `broken` is there."""
    os.environ["EREMO_KERNELS"] = "reference"
    if broken.exists():
        SwiGLU.__call__ = fail
    return LocalEngine(path)


def test_an_error_of_the_card_in_the_engines_process_ends_it_and_a_new_one_answers(tmp_path):
    path, broken = write_tiny_model(tmp_path / "tiny.gguf"), tmp_path / "broken"
    broken.touch()
    engine = EngineProcess(functools.partial(engine_of_a_failing_card, path, broken))
    request = Request((Message("user", "hello"),), SamplingParams(max_tokens=2))
    try:
        with pytest.raises(DeviceFailedError, match="Try again"):
            list(engine.generate(request, lambda: False))
        broken.unlink()
        assert isinstance(list(engine.generate(request, lambda: False))[-1], Finished)
    finally:
        engine.close()
