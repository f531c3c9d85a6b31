"""What the sessions of all backends have in common: one state a layer, all of the same length.

Outside a session its state is NumPy arrays under the names `{layer}.{part}`: keys and values,
which can be cut by tokens, and the recurrent states, which exist only where they were taken.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from safetensors import safe_open
from safetensors.numpy import save_file

Array = npt.NDArray[np.generic]
Tensors = Mapping[str, Array]
Tensor = TypeVar("Tensor")

ALL = slice(None)
"""Every token."""


class LayerState(Protocol[Tensor]):
    """Keys and values, (num_kv_heads, length, head_dim) each, or a recurrent state."""

    length: int  # tokens
    is_recurrent: bool

    @property
    def size_bytes(self) -> int: ...

    def can_trim(self, length: int) -> bool:
        """Whether the state after the first `length` tokens is still there."""

    def trim(self, length: int) -> None:
        """Go back to the state after the first `length` tokens."""

    def tensors(self, tokens: slice = ALL) -> dict[str, Tensor]:
        """What has to be stored of these tokens, exactly as it is computed with.

        Of a recurrent state that is always everything.
        """

    def restore(self, segments: Sequence[Mapping[str, Tensor]], length: int) -> None:
        """Take over what `tensors` of other states gave, one after the other, as `length` tokens.

        Of a recurrent state there is one.
        """


class LayeredSession(ABC, Generic[Tensor]):
    state: Sequence[LayerState[Tensor]]

    @property
    def num_tokens(self) -> int:
        return self.state[0].length

    @property
    def size_bytes(self) -> int:
        return sum(layer.size_bytes for layer in self.state)

    @property
    def recurrent_bytes(self) -> int:
        return sum(layer.size_bytes for layer in self.state if layer.is_recurrent)

    def can_keep(self, num_tokens: int) -> bool:
        """See language_model.Session."""
        return all(layer.can_trim(num_tokens) for layer in self.state)

    def keep(self, num_tokens: int) -> int:
        """See language_model.Session."""
        if not self.can_keep(num_tokens):
            num_tokens = 0
        for layer in self.state:
            layer.trim(num_tokens)
        return num_tokens

    def keys_and_values(self, start: int, end: int) -> dict[str, Array]:
        """See language_model.Session."""
        return self._tensors(False, slice(start, end))

    def recurrent_state(self) -> dict[str, Array] | None:
        """See language_model.Session."""
        return self._tensors(True) or None

    def restore(
        self, segments: Sequence[Tensors], recurrent: Tensors | None, num_tokens: int
    ) -> None:
        """See language_model.Session."""
        for index, layer in enumerate(self.state):
            layer.trim(0)
            sources = [recurrent or {}] if layer.is_recurrent else segments
            names = layer.tensors()
            layer.restore(
                [
                    {name: self._from_array(source[f"{index}.{name}"]) for name in names}
                    for source in sources
                ],
                num_tokens,
            )

    def save(self, path: Path) -> None:
        """Write the whole state, exactly. Which tokens it has read is the caller's to know."""
        tensors = self.keys_and_values(0, self.num_tokens) | (self.recurrent_state() or {})
        contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
        save_file(contiguous, path, metadata={"num_tokens": str(self.num_tokens)})

    def load(self, path: Path) -> None:
        """Take over what `save` wrote of a session of the same model, on whatever backend."""
        with safe_open(path, framework="np") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            self.restore([tensors], tensors, int(file.metadata()["num_tokens"]))

    def _tensors(self, is_recurrent: bool, tokens: slice = ALL) -> dict[str, Array]:
        return {
            f"{index}.{name}": self._to_array(tensor)
            for index, layer in enumerate(self.state)
            if layer.is_recurrent == is_recurrent
            for name, tensor in layer.tensors(tokens).items()
        }

    @abstractmethod
    def _to_array(self, tensor: Tensor) -> Array: ...

    @abstractmethod
    def _from_array(self, array: Array) -> Tensor: ...
