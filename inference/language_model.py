"""What a backend offers to the engine: sessions that read tokens and give the logits after them."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from inference.architectures.config import ModelConfig


class Session(Protocol):
    """One sequence of tokens and what the model keeps of it."""

    @property
    def num_tokens(self) -> int:
        """Tokens read so far."""

    def keep(self, num_tokens: int) -> int:
        """Forget everything after the first `num_tokens`; returns how many are kept.

        Fewer than asked for where a layer is recurrent: such a state can't be cut back, so that
        nothing is left of it.
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

    def read_weights(self) -> WeightsRead | None:
        """Measure it now; None where it can't be measured."""
