"""Named tensors of a weights file, handed out once each with their shape checked."""

from collections.abc import Iterator

import torch
from torch import Tensor

from inference.errors import WeightsError
from inference.events import LoadProgress
from inference.formats.gguf import GGUFFile


class Weights:
    """A model takes what it needs; what is left over at the end is a part that it doesn't know."""

    def __init__(self, file: GGUFFile) -> None:
        self._file = file
        self._tensors: dict[str, Tensor] = {}

    def read(self) -> Iterator[LoadProgress]:
        """Dequantize every tensor to float32."""
        total = sum(tensor.size_bytes for tensor in self._file.tensors.values())
        done = 0
        for name, tensor in self._file.tensors.items():
            self._tensors[name] = torch.from_numpy(tensor.dequantize())
            done += tensor.size_bytes
            yield LoadProgress(done, total)

    def take(self, name: str, *shape: int) -> Tensor:
        """Raises: WeightsError when the tensor is missing or of another shape."""
        tensor = self.take_optional(name, *shape)
        if tensor is None:
            raise WeightsError(
                f"{self._file.path.name} lacks the tensor {name}. Download the file again."
            )
        return tensor

    def take_optional(self, name: str, *shape: int) -> Tensor | None:
        tensor = self._tensors.pop(name, None)
        if tensor is not None and tuple(tensor.shape) != shape:
            raise WeightsError(
                f"The tensor {name} of {self._file.path.name} has the shape "
                f"{list(tensor.shape)} instead of {list(shape)}. Download the file again."
            )
        return tensor

    def check_all_taken(self) -> None:
        """A tensor that nobody took belongs to a variant which would be computed wrongly."""
        if self._tensors:
            raise WeightsError(
                f"{self._file.path.name} has a part that this version of Eremo does not know "
                f"(the tensor {min(self._tensors)}). Choose another model."
            )
