"""Writes a GGUF tensor by tensor, in chunks, so that none has to be in memory whole.

The header is the `gguf` package's; its writer of tensors would want each as one array. Does not
know what the metadata or the tensors mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

import gguf
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

Bytes = npt.NDArray[np.uint8]


class NewTensor(Protocol):
    """What the header says of a tensor."""

    @property
    def name(self) -> str: ...

    @property
    def shape(self) -> tuple[int, ...]: ...  # slowest dimension first

    @property
    def type_name(self) -> str: ...

    @property
    def size_bytes(self) -> int: ...


T = TypeVar("T", bound=NewTensor)


def write_gguf(
    writer: gguf.GGUFWriter,
    path: Path,
    tensors: Sequence[T],
    chunks: Callable[[T], Iterable[Bytes]],
) -> None:
    """Write the file at `path`, which is the writer's too, with the metadata that it was given.

    chunks: the bytes of a tensor, in order; asked for as they are written.

    Raises:
        OSError: it can't be written; what there is of it is left behind.
    """
    for tensor in tensors:
        writer.add_tensor_info(
            tensor.name,
            tensor.shape,
            np.dtype(np.float32),
            tensor.size_bytes,
            gguf.GGMLQuantizationType[tensor.type_name],
        )
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
    finally:
        writer.close()
    with path.open("ab") as file:
        for tensor in tensors:
            file.write(bytes(-file.tell() % gguf.GGUF_DEFAULT_ALIGNMENT))
            for chunk in chunks(tensor):
                file.write(chunk.data)
        file.write(bytes(-file.tell() % gguf.GGUF_DEFAULT_ALIGNMENT))
