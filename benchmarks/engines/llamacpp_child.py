"""llama.cpp as a benchmarked engine in a process of its own, by an interpreter that has it.

Needs llama-cpp-python and NumPy, nothing of Eremo. Its low-level functions alone are called: the
class Llama does more around each of them.
"""

import ctypes
from collections.abc import Sequence

from benchmarks.engines.serving import CHUNK_TOKENS, Engine, serve


class LlamaCpp(Engine):
    """No GPU, the file mapped, keys and values in F16, flash attention as llama.cpp decides.

    The rest is default; so are repacked weights where this CPU has kernels for them.
    """

    def import_libraries(self) -> None:
        import llama_cpp

        self._api = llama_cpp

    def load(self, path: str, threads: int, context_tokens: int) -> None:
        api = self._api
        self._silence()
        api.llama_backend_init()
        self._model = api.llama_model_load_from_file(path.encode(), self._model_params())
        if not self._model:
            raise RuntimeError(f"llama.cpp can't load {path}")
        params = api.llama_context_default_params()
        params.n_ctx = context_tokens
        params.n_batch = params.n_ubatch = CHUNK_TOKENS
        params.n_threads = params.n_threads_batch = threads
        self._context = api.llama_init_from_model(self._model, params)
        if not self._context:
            raise RuntimeError(f"llama.cpp can't make a context of {context_tokens} tokens")
        self._memory = api.llama_get_memory(self._context)
        self.vocab_size = api.llama_vocab_n_tokens(api.llama_model_get_vocab(self._model))
        self.context_length = api.llama_model_n_ctx_train(self._model)

    def clear(self) -> None:
        self._api.llama_memory_clear(self._memory, True)

    def evaluate(self, token_ids: Sequence[int]) -> None:
        array = (ctypes.c_int32 * len(token_ids))(*token_ids)
        batch = self._api.llama_batch_get_one(array, len(token_ids))
        if self._api.llama_decode(self._context, batch) != 0:
            raise RuntimeError("llama_decode failed")
        self._api.llama_synchronize(self._context)

    def log_probability(self, token_id: int) -> float:
        import numpy as np

        from benchmarks.engines.probability import log_probability

        pointer = self._api.llama_get_logits_ith(self._context, -1)
        return log_probability(np.ctypeslib.as_array(pointer, (self.vocab_size,)), token_id)

    def about(self) -> dict[str, object]:
        features = self._api.llama_print_system_info().decode()
        return {"version": self._api.__version__, "kernels": features.strip(" |")}

    def _model_params(self):
        params = self._api.llama_model_default_params()
        params.n_gpu_layers = 0
        if hasattr(params, "use_mmap"):
            params.use_mmap = True
        else:  # llama-cpp-python 0.3.36
            params.load_mode = self._api.LLAMA_LOAD_MODE_MMAP
        return params

    def _silence(self) -> None:
        """Its log; the callback has to live as long as the library."""
        self._quiet = self._api.llama_log_callback(lambda _level, _text, _data: None)
        self._api.llama_log_set(self._quiet, ctypes.c_void_p(0))


if __name__ == "__main__":
    serve(LlamaCpp())
