"""The torch decoder as the engine sees it: token ids in, NumPy logits out."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil
import torch
from torch import Tensor

from inference.architectures.config import ModelConfig
from inference.errors import DeviceFailedError, out_of_memory
from inference.events import LoadProgress
from inference.formats.tensor import StoredTensor
from inference.layered_session import Array, LayeredSession, Tensors
from inference.torch_backend.model import Decoder
from inference.torch_backend.placement import ON_CPU, Placement
from inference.torch_backend.state import LayerState
from inference.torch_backend.weights import Weights


class TorchSession(LayeredSession[Tensor]):
    state: list[LayerState]

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self.state = decoder.new_state()

    def keep(self, num_tokens: int) -> int:
        """See language_model.Session."""
        with torch.inference_mode():  # what was made in this mode is changed in no other
            return super().keep(num_tokens)

    def restore(
        self, segments: Sequence[Tensors], recurrent: Tensors | None, num_tokens: int
    ) -> None:
        """See language_model.Session."""
        with torch.inference_mode(), errors_as_sentences():
            super().restore(segments, recurrent, num_tokens)

    def read(self, token_ids: Sequence[int]) -> npt.NDArray[np.float32]:
        with torch.inference_mode(), errors_as_sentences():
            hidden = self._decoder(list(token_ids), self.state)
            logits: npt.NDArray[np.float32] = self._decoder.logits(hidden[-1]).cpu().numpy()
        return logits

    def _to_array(self, tensor: Tensor) -> Array:
        array: Array = tensor.cpu().numpy()
        return array

    def _from_array(self, array: Array) -> Tensor:
        return torch.tensor(array)  # a copy: what comes from a snapshot may be read-only


class TorchLanguageModel:
    def __init__(self, decoder: Decoder) -> None:
        self.config: ModelConfig = decoder.config
        self.device = decoder.placement.device.type
        self.kernels = ""
        self.decoder = decoder

    def new_session(self) -> TorchSession:
        return TorchSession(self.decoder)

    def rest(self, cancelled: Callable[[], bool]) -> None:
        """Nothing is to be done."""

    def read_weights(self) -> None:
        """Which bytes PyTorch's operators read isn't known."""


def load_language_model(
    path: Path,
    tensors: Mapping[str, StoredTensor],
    config: ModelConfig,
    num_threads: int,
    placement: Placement = ON_CPU,
) -> Generator[LoadProgress, None, TorchLanguageModel]:
    """Read the weights; yields progress and returns the model.

    num_threads: 0 takes the physical cores, which is where matrix products stop gaining.
    """
    torch.set_num_threads(num_threads or psutil.cpu_count(logical=False) or 1)
    with torch.inference_mode(), errors_as_sentences():
        weights = Weights(path, tensors, placement)
        yield from weights.read()
        return TorchLanguageModel(Decoder(weights, config))


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """Raises: OutOfMemoryError, DeviceFailedError; what else comes is a bug and passes through."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise out_of_memory() from error
    except torch.AcceleratorError as error:
        if "out of memory" in str(error):  # of the driver, outside of torch's own allocator
            raise out_of_memory() from error
        raise DeviceFailedError(
            "The graphics card reported an error. Try again; if that doesn't help, "
            'start Eremo again with the device "cpu".'
        ) from error
    except RuntimeError as error:
        # The CPU allocator has no exception type of its own (torch 2.13).
        if "can't allocate memory" in str(error):
            raise out_of_memory() from error
        raise
