"""Named tensors of a model, handed out once each with their shape checked.

Knows no tensor library: what a backend makes of a tensor is its own matter.
"""

from collections.abc import Mapping
from pathlib import Path

from inference.errors import WeightsError
from inference.formats.tensor import StoredTensor


class NamedTensors:
    """A model takes what it needs; what is left over at the end is a part that it doesn't know."""

    def __init__(self, path: Path, tensors: Mapping[str, StoredTensor]) -> None:
        self._path = path
        self._tensors = dict(tensors)

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def take(self, name: str, *shape: int) -> StoredTensor:
        """Raises: WeightsError when it is missing or of another shape."""
        tensor = self._tensors.pop(name, None)
        if tensor is None:
            raise WeightsError(
                f"{self._path.name} lacks the tensor {name}. Download the model again."
            )
        if tuple(tensor.shape) != shape:
            raise WeightsError(
                f"The tensor {name} of {self._path.name} has the shape {list(tensor.shape)} "
                f"instead of {list(shape)}. Download the model again."
            )
        return tensor

    def take_optional(self, name: str, *shape: int) -> StoredTensor | None:
        return self.take(name, *shape) if name in self else None

    def take_experts(self, prefix: str, name: str, count: int, *shape: int) -> list[StoredTensor]:
        """`count` matrices of one shape: stacked in one tensor, as in GGUF, or one by one."""
        if f"{prefix}.{name}_exps.weight" in self:
            stack = self.take(f"{prefix}.{name}_exps.weight", count, *shape)
            return [stack.part(index) for index in range(count)]
        return [self.take(f"{prefix}.{name}.{index}.weight", *shape) for index in range(count)]

    def check_all_taken(self) -> None:
        """A tensor that nobody took belongs to a variant which would be computed wrongly."""
        if self._tensors:
            raise WeightsError(
                f"{self._path.name} has a part that this version of Eremo does not know "
                f"(the tensor {min(self._tensors)}). Choose another model."
            )
