"""The parts that every layer is made of: norm, matrix product, embedding.

A matrix may be float32 or as it is stored; then it is dequantized in blocks of rows while it is
multiplied, so that no more than a block is ever there in float32.
"""

import torch
from torch import Tensor
from torch.nn import functional

from inference.formats.tensor import StoredTensor
from inference.torch_backend.weights import Weights

BLOCK_ELEMENTS = 1 << 20  # 4 MiB in float32: larger blocks leave the cache and are half as fast


class RMSNorm:
    def __init__(self, weight: Tensor, eps: float) -> None:
        self.weight = weight
        self.eps = eps

    def __call__(self, x: Tensor) -> Tensor:
        return functional.rms_norm(x, self.weight.shape, self.weight, self.eps)


class Linear:
    """y = x W', W of (num_out, num_in)."""

    def __init__(self, matrix: Tensor | StoredTensor) -> None:
        self._matrix = matrix

    @classmethod
    def take(cls, weights: Weights, name: str, num_out: int, num_in: int) -> "Linear":
        return cls(weights.take_matrix(name, num_out, num_in))

    def __call__(self, x: Tensor) -> Tensor:
        """(..., num_in) -> (..., num_out)"""
        matrix = self._matrix
        if isinstance(matrix, Tensor):
            return functional.linear(x, matrix)
        num_out, num_in = matrix.shape
        y = x.new_empty(*x.shape[:-1], num_out)
        step = max(BLOCK_ELEMENTS // num_in, 1)
        for start in range(0, num_out, step):
            stop = min(start + step, num_out)
            block = torch.from_numpy(matrix.rows(start, stop).dequantize())
            y[..., start:stop] = functional.linear(x, block)
        return y


class Embedding:
    """One row of the (vocab, hidden) matrix for each token."""

    def __init__(self, matrix: Tensor | StoredTensor) -> None:
        self._matrix = matrix

    def __call__(self, token_ids: list[int]) -> Tensor:
        """(L, hidden), float32"""
        if isinstance(self._matrix, Tensor):
            return functional.embedding(torch.tensor(token_ids), self._matrix)
        return torch.from_numpy(self._matrix.dequantize_rows(token_ids))
