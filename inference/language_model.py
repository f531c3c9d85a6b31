"""What a backend offers to the engine: sessions that read tokens and give the logits after them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from inference.architectures.config import ModelConfig
from inference.layered_session import Tensors


class Session(Protocol):
    """One sequence of tokens and what the model keeps of it."""

    @property
    def num_tokens(self) -> int:
        """Tokens read so far."""

    @property
    def size_bytes(self) -> int:
        """Of what it keeps in memory."""

    @property
    def recurrent_bytes(self) -> int:
        """Of that, what is of one size for ever."""

    def keep(self, num_tokens: int) -> int:
        """Forget everything after the first `num_tokens`; returns how many are kept.

        Fewer than asked for where a layer is recurrent: such a state can't be cut back, so that
        nothing is left of it.
        """

    def can_keep(self, num_tokens: int) -> bool:
        """Whether `keep` would keep as many."""

    def keys_and_values(self, start: int, end: int) -> Tensors:
        """Of the tokens from `start` up to `end`: (num_kv_heads, end - start, head_dim) each.

        Views of what the session works on: copy what has to stay.
        """

    def recurrent_state(self) -> Tensors | None:
        """After the last token, as it is computed with; None where no layer is recurrent."""

    def restore(
        self, segments: Sequence[Tensors], recurrent: Tensors | None, num_tokens: int
    ) -> None:
        """Go to the state that is told by other sessions' keys and values, one after the other,
        and the recurrent state after `num_tokens`, which they are. Copied.
        """

    def read(self, token_ids: Sequence[int]) -> npt.NDArray[np.float32]:
        """Append tokens; the (vocab,) logits after the last of them.

        Raises:
            OutOfMemoryError, DeviceFailedError: the session is then undefined.
        """


class WeightsRead(NamedTuple):
    """How long it took to read, once and without computing, what each token needs of the weights.

    No token can be decoded faster.
    """

    size_bytes: int
    seconds: float


class LanguageModel(Protocol):
    config: ModelConfig
    device: str  # that it runs on: "cpu" or "cuda"
    kernels: str  # the CPU level of the native kernels, or "" for PyTorch's own

    def new_session(self) -> Session: ...

    def rest(self, cancelled: Callable[[], bool]) -> None:
        """While nobody waits: what makes it faster and takes time. Goes on where it was stopped."""

    def read_weights(self) -> WeightsRead | None:
        """Measure it now; None where it can't be measured."""
