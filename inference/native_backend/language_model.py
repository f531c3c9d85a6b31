"""The decoder on native kernels as the engine sees it: token ids in, NumPy logits out."""

from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference.architectures.config import ModelConfig
from inference.events import LoadProgress
from inference.formats.tensor import StoredTensor
from inference.kernels import structures
from inference.kernels.library import Kernels
from inference.language_model import WeightsRead
from inference.layered_session import Array, LayeredSession, Tensors
from inference.native_backend.model import Model, build_model
from inference.native_backend.state import KVCache, LayerState, MambaState


class NativeSession(LayeredSession[Array]):
    state: list[LayerState]

    def __init__(self, model: Model) -> None:
        self._model = model
        self.state = [_new_state(model.config, kind) for kind in model.config.layer_kinds]
        self._places = (structures.State * len(self.state))()  # of the state in memory
        self._capacity = 0  # tokens that they hold for

    def read(self, token_ids: Sequence[int]) -> npt.NDArray[np.float32]:
        model, start = self._model, self.num_tokens
        end = start + len(token_ids)
        self._reserve(end)
        x = model.embed(list(token_ids))
        rotation = model.rotation(start, end)
        logits = model.kernels.forward(model.structure, self._places, x, start, rotation)
        for layer in self.state:
            layer.length = end
        return logits

    def restore(
        self, segments: Sequence[Tensors], recurrent: Tensors | None, num_tokens: int
    ) -> None:
        super().restore(segments, recurrent, num_tokens)
        self._capacity = 0  # the arrays may have moved

    def _reserve(self, length: int) -> None:
        if length > self._capacity:
            for index, layer in enumerate(self.state):
                self._places[index] = layer.reserve(length)
            self._capacity = min(layer.capacity for layer in self.state)

    def _to_array(self, tensor: Array) -> Array:
        return tensor

    def _from_array(self, array: Array) -> Array:
        return array


class NativeLanguageModel:
    def __init__(self, model: Model) -> None:
        self.config: ModelConfig = model.config
        self.device = "cpu"
        self.kernels = model.kernels.level
        self.model = model

    def new_session(self) -> NativeSession:
        return NativeSession(self.model)

    def rest(self, cancelled: Callable[[], bool]) -> None:
        self.model.weights.make_pages_large(cancelled)

    def read_weights(self) -> WeightsRead:
        """Reads as many bytes as a token's weights have, of the same memory, by all threads."""
        memory = self.model.weights.memory()[: self.model.token_bytes]
        return WeightsRead(memory.size, self.model.kernels.read_seconds(memory))


def load_language_model(
    path: Path,
    tensors: Mapping[str, StoredTensor],
    config: ModelConfig,
    level: str,
    num_threads: int,
    packed_dir: Path | None = None,
) -> Generator[LoadProgress, None, NativeLanguageModel]:
    """Pack the weights; yields progress and returns the model.

    num_threads: 0 takes the physical cores; more of them gain nothing where the memory's bandwidth
    is the limit.
    packed_dir: where the packed weights are kept for the next time; None keeps none.
    """
    kernels = Kernels(level, num_threads or _physical_cores())
    model = yield from build_model(kernels, path, tensors, config, packed_dir)
    return NativeLanguageModel(model)


def _physical_cores() -> int:
    import psutil

    return psutil.cpu_count(logical=False) or 1


def _new_state(config: ModelConfig, kind: str) -> LayerState:
    if kind == "mamba":
        assert config.mamba
        return MambaState(config.mamba)
    return KVCache(config.num_kv_heads, config.head_dim)
