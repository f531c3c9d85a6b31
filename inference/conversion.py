"""Writes a model from a Hugging Face folder as one GGUF file, quantized or as it is.

The file holds everything that the folder does: also its tokenizer.json, whole, since GGUF's own
form of a vocabulary can't hold every tokenizer. Other programs see a file without a vocabulary.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gguf

from inference.architectures.jamba import add_config
from inference.errors import WeightsError
from inference.formats.gguf_writer import Bytes, write_gguf
from inference.formats.model_folder import faults_of
from inference.formats.whole_file import whole_file
from inference.quantization import (
    TYPES,
    Bits,
    check_unquantized,
    recoded,
    size_in,
    type_for,
)
from inference.tokenizer.loading import EMBEDDED_JSON, EOS_IDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from inference.formats.tensor import StoredTensor
    from inference.model_source import ModelSource

EXPERT = re.compile(r"(blk\.\d+\.ffn_(?:gate|up|down))\.(\d+)\.weight")
FILE_TYPES = {
    "F32": gguf.LlamaFileType.ALL_F32,
    "F16": gguf.LlamaFileType.MOSTLY_F16,
    "BF16": gguf.LlamaFileType.MOSTLY_BF16,
    TYPES[4]: gguf.LlamaFileType.MOSTLY_Q4_0,
    TYPES[8]: gguf.LlamaFileType.MOSTLY_Q8_0,
}


@dataclass(frozen=True, slots=True)
class Converted:
    """A tensor of the new file: one of the model's, or the same of all experts in a stack."""

    name: str
    shape: tuple[int, ...]
    type_name: str
    parts: tuple[StoredTensor, ...]

    @property
    def size_bytes(self) -> int:
        return size_in(self.type_name, self.shape)

    def chunks(self) -> Iterator[Bytes]:
        for part in self.parts:
            yield from recoded(part, self.type_name)


def write_model(
    source: ModelSource,
    path: Path,
    bits: Bits | None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> None:
    """Write the model to `path`, which stays as it is until the new file is whole.

    bits: of the matrices; None keeps each in its type, so that nothing is lost.
    on_progress: told the bytes written and those of all tensors.

    Raises:
        WeightsError: the model can't be converted, or is damaged; nothing is written then.
        OSError: the file can't be written.
    """
    check_unquantized(source.tensors)
    tokenizer_json = _tokenizer_json(source)
    _check_complete(source)
    tensors = converted(source.tensors, bits)
    total = sum(tensor.size_bytes for tensor in tensors)
    done = 0

    def chunks(tensor: Converted) -> Iterator[Bytes]:
        nonlocal done
        for chunk in tensor.chunks():
            yield chunk
            done += chunk.size
            on_progress(done, total)

    with whole_file(path) as unfinished:
        writer = gguf.GGUFWriter(unfinished, "jamba")
        add_config(writer, source.config)
        writer.add_name(source.name)
        writer.add_file_type(FILE_TYPES[_main_type(tensors)])
        _add_tokenizer(writer, source, tokenizer_json)
        write_gguf(writer, unfinished, tensors, chunks)


def converted(tensors: Mapping[str, StoredTensor], bits: Bits | None) -> list[Converted]:
    """The file's tensors: GGUF stacks the experts of a layer, which a folder has one by one."""
    groups: dict[str, dict[int, StoredTensor]] = {}
    for name, tensor in tensors.items():
        expert = EXPERT.fullmatch(name)
        group_name = f"{expert[1]}_exps.weight" if expert else name
        groups.setdefault(group_name, {})[int(expert[2]) if expert else -1] = tensor
    return [_converted(name, group, bits) for name, group in groups.items()]


def _converted(name: str, group: Mapping[int, StoredTensor], bits: Bits | None) -> Converted:
    parts = tuple(group[index] for index in sorted(group))
    shape = parts[0].shape if -1 in group else (len(parts), *parts[0].shape)
    kinds = {type_for(name, part, bits) for part in parts}
    return Converted(name, shape, kinds.pop() if len(kinds) == 1 else "F32", parts)


def _main_type(tensors: list[Converted]) -> str:
    """Of the largest part of the bytes."""
    sizes = dict.fromkeys(FILE_TYPES, 0)
    for tensor in tensors:
        sizes[tensor.type_name] += tensor.size_bytes
    return max(sizes, key=sizes.__getitem__)


def _tokenizer_json(source: ModelSource) -> str:
    """Raises: WeightsError when the source isn't a folder with one."""
    if not source.path.is_dir():
        raise WeightsError(
            f"{source.path.name} is a GGUF file already. "
            "Choose the folder with the model's safetensors."
        )
    path = source.path / "tokenizer.json"
    if not path.is_file():
        raise WeightsError(
            f"The folder {source.path.name} has no tokenizer.json, which the new file needs. "
            "Put the model's tokenizer.json into it."
        )
    with faults_of(path):
        return path.read_text("utf-8")


def _check_complete(source: ModelSource) -> None:
    """A file that can't be loaded must not be written. Raises: WeightsError."""
    from inference.native_backend.model import check_complete

    check_complete(source.path, source.tensors, source.config)


def _add_tokenizer(writer: gguf.GGUFWriter, source: ModelSource, tokenizer_json: str) -> None:
    tokenizer = source.tokenizer
    writer.add_tokenizer_model("none")
    writer.add_vocab_size(source.config.vocab_size)
    writer.add_string(EMBEDDED_JSON, tokenizer_json)
    if tokenizer.bos_id is not None:
        writer.add_bos_token_id(tokenizer.bos_id)
    if tokenizer.eos_id is not None:
        writer.add_eos_token_id(tokenizer.eos_id)
    writer.add_array(EOS_IDS, sorted(tokenizer.eos_ids))
    writer.add_add_bos_token(tokenizer.add_bos)
    writer.add_chat_template(source.template.source)
