"""Named tensors of a model, handed out once each with their shape checked.

Small tensors become float32 at once. On the CPU matrices stay as they are stored, in the mapped
file, and are dequantized while they are used; a model that is small even in float32 is dequantized
at load instead, since it then answers several times faster. On a card they are copied there:
quantized where grouped_weights.py knows the type, else dense in the type that is computed with.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

from inference.events import LoadProgress
from inference.formats.tensor import StoredTensor
from inference.named_tensors import NamedTensors
from inference.torch_backend.grouped_weights import GROUPED_TYPES, GroupedWeights
from inference.torch_backend.placement import ON_CPU, Placement

Matrix = Tensor | StoredTensor | GroupedWeights

RESIDENT_LIMIT_BYTES = 1 << 30
"""Models up to this size in float32 are kept dequantized."""


class Weights:
    """A model takes what it needs; what is left over at the end is a part that it doesn't know."""

    def __init__(
        self, path: Path, tensors: Mapping[str, StoredTensor], placement: Placement = ON_CPU
    ) -> None:
        self.placement = placement
        self._named = NamedTensors(path, tensors)
        self._tensors = tensors
        self._resident: dict[str, Tensor | GroupedWeights] = {}

    def read(self) -> Iterator[LoadProgress]:
        """Dequantize or move to the card what is kept so; yields progress in bytes of the file."""
        total = sum(tensor.size_bytes for tensor in self._tensors.values())
        size_float32 = 4 * sum(tensor.num_elements for tensor in self._tensors.values())
        is_small = size_float32 <= RESIDENT_LIMIT_BYTES
        done = 0
        for name, tensor in self._tensors.items():
            if self.placement.keeps_groups:
                # What is float32 in the file waits: `take` wants it so, `take_matrix` doesn't.
                if len(tensor.shape) > 1 and tensor.type_name != "F32":
                    self._resident[name] = self._on_device(tensor)
            elif is_small:
                self._resident[name] = self._float32(tensor)
            done += tensor.size_bytes
            yield LoadProgress(done, total)

    def __contains__(self, name: str) -> bool:
        return name in self._named

    def take(self, name: str, *shape: int) -> Tensor:
        """A float32 tensor. Raises: WeightsError when it is missing or of another shape."""
        stored = self._named.take(name, *shape)
        resident = self._resident.pop(name, None)
        if isinstance(resident, Tensor) and resident.dtype == torch.float32:
            return resident
        return self._float32(stored)

    def take_optional(self, name: str, *shape: int) -> Tensor | None:
        return self.take(name, *shape) if name in self else None

    def take_matrix(self, name: str, *shape: int) -> Matrix:
        """As it is kept: dense, in groups, or as it is stored. Raises: like `take`."""
        stored = self._named.take(name, *shape)
        if name in self._resident:
            return self._resident.pop(name)
        return self._on_device(stored) if self.placement.keeps_groups else stored

    def take_experts(self, prefix: str, name: str, count: int, *shape: int) -> list[Matrix]:
        """`count` matrices of one shape: stacked in one tensor, as in GGUF, or one by one."""
        if f"{prefix}.{name}_exps.weight" not in self:
            return [
                self.take_matrix(f"{prefix}.{name}.{index}.weight", *shape)
                for index in range(count)
            ]
        stack = self.take_matrix(f"{prefix}.{name}_exps.weight", count, *shape)
        if isinstance(stack, Tensor):
            return list(stack)
        return [stack.part(index) for index in range(count)]

    def check_all_taken(self) -> None:
        """Raises: WeightsError for a tensor that nobody took."""
        self._named.check_all_taken()

    def _float32(self, stored: StoredTensor) -> Tensor:
        return torch.from_numpy(stored.dequantize()).to(self.placement.device)

    def _on_device(self, stored: StoredTensor) -> Tensor | GroupedWeights:
        if stored.type_name in GROUPED_TYPES:
            return GroupedWeights.of(stored, self.placement.device)
        dense = torch.from_numpy(stored.dequantize())
        return dense.to(self.placement.dtype).to(self.placement.device)
