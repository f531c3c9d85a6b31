"""From logits to the probability of a token."""

import numpy as np


def log_probability(logits: np.ndarray, token_id: int) -> float:
    """The logarithm of the softmax at one token, in float64."""
    exact = logits.astype(np.float64)
    highest = exact.max()
    return float(exact[token_id] - highest - np.log(np.exp(exact - highest).sum()))
