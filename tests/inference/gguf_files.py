"""Writes small GGUF files for tests, with the `gguf` package's own writer."""

from collections.abc import Mapping
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt

Value = str | int | float | bool | list[str] | list[int] | list[float]


def write_gguf(
    path: Path,
    metadata: Mapping[str, Value] | None = None,
    tensors: Mapping[str, npt.NDArray[np.float32]] | None = None,
    type_name: str = "F32",
    architecture: str = "llama",
) -> Path:
    """Every tensor is quantized to `type_name`. The writer leaves out empty texts and lists."""
    writer = gguf.GGUFWriter(path, architecture)
    for key, value in (metadata or {}).items():
        add_value(writer, key, value)
    kind = gguf.GGMLQuantizationType[type_name]
    for name, values in (tensors or {}).items():
        writer.add_tensor(name, gguf.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def add_value(writer: gguf.GGUFWriter, key: str, value: Value) -> None:
    match value:
        case bool():
            writer.add_bool(key, value)
        case int():
            writer.add_uint32(key, value)
        case float():
            writer.add_float32(key, value)
        case str():
            writer.add_string(key, value)
        case list():
            writer.add_array(key, value)
