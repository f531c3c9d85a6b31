"""The embedded model's decoder, loaded once for all tests of the torch backend."""

import pytest

from inference.architectures import read_config
from inference.formats.gguf import open_gguf
from inference.torch_backend.language_model import load_language_model
from tests.embedded_model import EMBEDDED_MODEL


@pytest.fixture(scope="session")
def language_model():
    file = open_gguf(EMBEDDED_MODEL)
    loading = load_language_model(file.path, file.tensors, read_config(file), 0)
    while True:
        try:
            next(loading)
        except StopIteration as stop:
            return stop.value


@pytest.fixture(scope="session")
def decoder(language_model):
    return language_model.decoder
