"""Eremo as a benchmarked engine in a process of its own. EREMO_KERNELS chooses what computes."""

import statistics
from collections.abc import Sequence

from benchmarks.engines.serving import CHUNK_TOKENS, Engine, serve

LIMIT_READS = 32  # which take about as long as a decode that is measured


class Eremo(Engine):
    def import_libraries(self) -> None:
        """All that loading a model takes; PyTorch only where it computes."""
        import inference.backends
        import inference.local_engine
        import inference.model_source
        import inference.native_backend.language_model  # noqa: F401

    def load(self, path: str, threads: int, context_tokens: int) -> None:  # noqa: ARG002
        """The state grows with what is read, so that the context needn't be known."""
        from pathlib import Path

        from inference.load_options import LoadOptions
        from inference.local_engine import load_model

        loading = load_model(Path(path), LoadOptions(threads, "cpu"))
        while True:
            try:
                next(loading)
            except StopIteration as end:
                loaded = end.value
                break
        self.model = loaded.language_model
        self.vocab_size = self.model.config.vocab_size
        self.context_length = loaded.info.context_length

    def clear(self) -> None:
        self.session = None  # before the next one takes memory
        self.session = self.model.new_session()

    def rest(self) -> None:
        self.model.rest(lambda: False)

    def evaluate(self, token_ids: Sequence[int]) -> None:
        self.logits = self.session.read(token_ids)

    def log_probability(self, token_id: int) -> float:
        from benchmarks.engines.probability import log_probability

        return log_probability(self.logits, token_id)

    def about(self) -> dict[str, object]:
        from app.version import eremo_version

        return {"version": eremo_version(), "kernels": self.model.kernels or "PyTorch"}

    def limit(self) -> float | None:
        reads = [self.model.read_weights() for _ in range(LIMIT_READS)]
        return None if None in reads else statistics.fmean(read.seconds for read in reads)

    def score(self, token_ids: list[int], piece_tokens: int) -> list[float]:
        """PyTorch gives the logits of many positions at once, token by token it takes minutes."""
        if self.model.kernels:
            return super().score(token_ids, piece_tokens)
        import torch

        from benchmarks.engines.probability import log_probability

        decoder, scores = self.model.decoder, []
        state = decoder.new_state()
        for start in range(0, len(token_ids) - 1, CHUNK_TOKENS):
            chunk = token_ids[start : start + CHUNK_TOKENS]
            following = token_ids[start + 1 : start + 1 + CHUNK_TOKENS]
            with torch.inference_mode():
                logits = decoder.logits(decoder(chunk, state)).numpy()
            scores += map(log_probability, logits, following)
        return scores


if __name__ == "__main__":
    serve(Eremo())
