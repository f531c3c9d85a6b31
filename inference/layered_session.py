"""What the sessions of all backends have in common: one state a layer, all of the same length."""

from typing import Generic, Protocol, TypeVar


class LayerState(Protocol):
    length: int  # tokens

    @property
    def size_bytes(self) -> int: ...

    def can_trim(self, length: int) -> bool:
        """Whether the state after the first `length` tokens is still there."""

    def trim(self, length: int) -> None:
        """Go back to the state after the first `length` tokens."""


State = TypeVar("State", bound=LayerState)


class LayeredSession(Generic[State]):
    state: list[State]

    @property
    def num_tokens(self) -> int:
        return self.state[0].length

    @property
    def size_bytes(self) -> int:
        return sum(layer.size_bytes for layer in self.state)

    def keep(self, num_tokens: int) -> int:
        """See language_model.Session."""
        if not all(layer.can_trim(num_tokens) for layer in self.state):
            num_tokens = 0
        for layer in self.state:
            layer.trim(num_tokens)
        return num_tokens
