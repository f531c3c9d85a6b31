"""Everything that a model brings, from a GGUF file or from a Hugging Face folder alike.

Opens and checks; reads no weights and computes nothing.
"""

import gc
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from inference.architectures import checked, jamba_folder, read_config
from inference.architectures.config import ModelConfig
from inference.chat_template import ChatTemplate
from inference.events import ModelInfo
from inference.formats.gguf import open_gguf
from inference.formats.model_folder import read_json
from inference.formats.safetensors import open_safetensors_folder
from inference.formats.tensor import StoredTensor
from inference.tokenizer import Tokenizer, load_tokenizer, load_tokenizer_folder


@dataclass(frozen=True, slots=True)
class ModelSource:
    path: Path
    name: str
    config: ModelConfig
    tensors: Mapping[str, StoredTensor]  # under GGUF's names
    tokenizer: Tokenizer
    template: ChatTemplate

    @property
    def size_bytes(self) -> int:
        return sum(tensor.size_bytes for tensor in self.tensors.values())

    def describe(self) -> ModelInfo:
        bytes_by_type: Counter[str] = Counter()
        for tensor in self.tensors.values():
            bytes_by_type[tensor.type_name] += tensor.size_bytes
        return ModelInfo(
            name=self.name,
            architecture=self.config.architecture,
            quantization=bytes_by_type.most_common(1)[0][0],
            num_parameters=sum(tensor.num_elements for tensor in self.tensors.values()),
            size_bytes=self.size_bytes,
            context_length=self.config.context_length,
        )


def open_model(path: Path) -> ModelSource:
    """Raises: WeightsError, InferenceError (an unusable chat template)."""
    with _without_collector():
        return _open_folder(path) if path.is_dir() else _open_gguf(path)


@contextmanager
def _without_collector() -> Iterator[None]:
    """While a vocabulary is made and kept: it would go through all of it, and through all modules,
    again and again, a fifth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _open_gguf(path: Path) -> ModelSource:
    file = open_gguf(path)
    config = read_config(file)
    tokenizer = load_tokenizer(file)
    template = ChatTemplate.from_gguf(file, tokenizer)
    name = file.string("general.name", default=path.stem)
    return ModelSource(path, name, config, file.tensors, tokenizer, template)


def _open_folder(folder: Path) -> ModelSource:
    settings = read_json(folder / "config.json")
    config = checked(jamba_folder.read_config(settings, folder), folder)
    tensors = jamba_folder.canonical_tensors(open_safetensors_folder(folder), folder)
    tokenizer = load_tokenizer_folder(folder)
    template = ChatTemplate.from_folder(folder, tokenizer)
    return ModelSource(folder, folder.name, config, tensors, tokenizer, template)
