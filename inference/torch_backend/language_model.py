"""The torch decoder as the engine sees it: token ids in, NumPy logits out."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import psutil
import torch

from inference.architectures.config import ModelConfig
from inference.errors import OutOfMemoryError
from inference.events import LoadProgress
from inference.formats.gguf import GGUFFile
from inference.torch_backend.model import Decoder
from inference.torch_backend.weights import Weights


class TorchSession:
    """One cache a layer, all of the same length."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._cache = decoder.new_cache()

    @property
    def num_tokens(self) -> int:
        return self._cache[0].length

    def trim(self, num_tokens: int) -> None:
        for layer in self._cache:
            layer.trim(num_tokens)

    def read(self, token_ids: Sequence[int]) -> npt.NDArray[np.float32]:
        with torch.inference_mode(), out_of_memory_as_sentence():
            hidden = self._decoder(token_ids, self._cache)
            logits: npt.NDArray[np.float32] = self._decoder.logits(hidden[-1]).float().numpy()
        return logits


class TorchLanguageModel:
    def __init__(self, decoder: Decoder) -> None:
        self.config: ModelConfig = decoder.config
        self.decoder = decoder

    def new_session(self) -> TorchSession:
        return TorchSession(self.decoder)


def load_language_model(
    file: GGUFFile, config: ModelConfig, num_threads: int
) -> Generator[LoadProgress, None, TorchLanguageModel]:
    """Read the weights; yields progress and returns the model.

    num_threads: 0 takes the physical cores, which is where matrix products stop gaining.
    """
    torch.set_num_threads(num_threads or psutil.cpu_count(logical=False) or 1)
    with torch.inference_mode(), out_of_memory_as_sentence():
        weights = Weights(file)
        yield from weights.read()
        return TorchLanguageModel(Decoder(weights, config))


@contextmanager
def out_of_memory_as_sentence() -> Iterator[None]:
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise _out_of_memory() from error
    except RuntimeError as error:
        # The CPU allocator has no exception type of its own (torch 2.13).
        if "can't allocate memory" in str(error):
            raise _out_of_memory() from error
        raise


def _out_of_memory() -> OutOfMemoryError:
    return OutOfMemoryError(
        "There is not enough memory for this model and conversation. "
        "Close other programs or choose a smaller model."
    )
