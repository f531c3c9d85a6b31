"""Chooses the next token from a model's logits. Knows no model and no text.

Order of the steps, as in llama.cpp: repetition penalty, top_k, top_p, min_p, temperature.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from inference.errors import InferenceError
from inference.events import SamplingParams

PENALTY_WINDOW = 64
"""How many of the last tokens the repetition penalty looks at; llama.cpp's default too."""

Floats = npt.NDArray[np.float64]


class Sampler:
    """One answer's choices; with a seed they are the same again."""

    def __init__(self, params: SamplingParams) -> None:
        self._params = params
        self._random = np.random.default_rng(params.seed)

    def sample(self, logits: npt.NDArray[np.float32], recent_ids: Sequence[int]) -> int:
        """Choose one of (vocab,) logits; `recent_ids` are the tokens before, the latest last.

        Raises:
            InferenceError: the logits aren't finite, so the weights or the computation are broken.
        """
        if not np.isfinite(logits).all():
            raise InferenceError(
                "The model computed values that are no numbers. Its file may be damaged: "
                "download it again or choose another model."
            )
        scores = self._penalized(logits.astype(np.float64), recent_ids)
        if self._params.temperature == 0:
            return int(scores.argmax())
        token_ids, probabilities = self._candidates(scores)
        return int(self._random.choice(token_ids, p=probabilities))

    def _penalized(self, scores: Floats, recent_ids: Sequence[int]) -> Floats:
        if self._params.repetition_penalty != 1.0:
            seen = np.unique(np.asarray(recent_ids[-PENALTY_WINDOW:], dtype=np.intp))
            penalty = self._params.repetition_penalty
            scores[seen] = np.where(
                scores[seen] > 0, scores[seen] / penalty, scores[seen] * penalty
            )
        return scores

    def _candidates(self, scores: Floats) -> tuple[npt.NDArray[np.intp], Floats]:
        """Token ids that stay in the draw, likeliest first, and their probabilities."""
        token_ids = _largest(scores, self._params.top_k or len(scores))
        kept = scores[token_ids]
        probabilities = _softmax(kept)
        # The token that reaches top_p still belongs to the set.
        before = np.cumsum(probabilities) - probabilities
        keep = (before < self._params.top_p) & (
            probabilities >= self._params.min_p * probabilities[0]
        )
        keep[0] = True
        return token_ids[keep], _softmax(kept[keep] / self._params.temperature)


def _largest(scores: Floats, count: int) -> npt.NDArray[np.intp]:
    """Indices of the `count` largest scores, the largest first; ties by the lower index."""
    if count < len(scores):
        pool = np.sort(np.argpartition(-scores, count - 1)[:count])
        return pool[np.argsort(-scores[pool], kind="stable")]
    return np.argsort(-scores, kind="stable")


def _softmax(scores: Floats) -> Floats:
    weights = np.exp(scores - scores.max())
    return np.asarray(weights / weights.sum(), dtype=np.float64)
