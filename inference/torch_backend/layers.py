"""The parts that every layer is made of: norm, matrix product, embedding.

A matrix may be a dense tensor or quantized: as it is stored in the file, or in one of a card's
forms. Then it is dequantized in blocks of rows while it is multiplied, so that no more than a
block is ever there in float32.
"""

import torch
from torch import Tensor
from torch.nn import functional

from inference.formats.tensor import StoredTensor
from inference.torch_backend.grouped_weights import GroupedWeights
from inference.torch_backend.int4_weights import TILE_ROWS, Int4Weights, tiled
from inference.torch_backend.weights import Matrix, Weights

BLOCK_ELEMENTS = 1 << 20  # 4 MiB in float32: larger blocks leave the cache and are half as fast
CARD_BLOCK_ELEMENTS = 1 << 24  # 64 MiB, to have few launches: an estimate, no card has run it


class RMSNorm:
    def __init__(self, weight: Tensor, eps: float) -> None:
        self.weight = weight
        self.eps = eps

    def __call__(self, x: Tensor) -> Tensor:
        """Computed in float32, returned in the type of x."""
        return functional.rms_norm(x.float(), self.weight.shape, self.weight, self.eps).to(x.dtype)


class Linear:
    """y = x W', W of (num_out, num_in), in the type of x."""

    def __init__(self, matrix: Matrix | Int4Weights) -> None:
        self._matrix = matrix

    @classmethod
    def fast(cls, matrix: Matrix) -> "Linear":
        """In the form with the fastest product, which may round the scales of its weights."""
        tiles = tiled(matrix) if isinstance(matrix, GroupedWeights) else None
        return cls(tiles or matrix)

    @classmethod
    def take(cls, weights: Weights, name: str, num_out: int, num_in: int) -> "Linear":
        return cls.fast(weights.take_matrix(name, num_out, num_in))

    def __call__(self, x: Tensor) -> Tensor:
        """(..., num_in) -> (..., num_out)"""
        matrix = self._matrix
        if isinstance(matrix, Tensor) and matrix.dtype == x.dtype:
            return functional.linear(x, matrix)
        if isinstance(matrix, Int4Weights) and matrix.fits(x):
            return matrix.product(x)
        return self._product_in_blocks(x)

    def _product_in_blocks(self, x: Tensor) -> Tensor:
        num_out, num_in = self._matrix.shape
        y = x.new_empty(*x.shape[:-1], num_out)
        step = _rows_of_a_block(self._matrix, num_in)
        for start in range(0, num_out, step):
            stop = min(start + step, num_out)
            block = _dense_rows(self._matrix, start, stop).to(x.dtype)
            y[..., start:stop] = functional.linear(x, block)
        return y


def _rows_of_a_block(matrix: Matrix | Int4Weights, num_in: int) -> int:
    if isinstance(matrix, StoredTensor):
        return max(BLOCK_ELEMENTS // num_in, 1)
    return max(CARD_BLOCK_ELEMENTS // num_in // TILE_ROWS, 1) * TILE_ROWS


def _dense_rows(matrix: Matrix | Int4Weights, start: int, stop: int) -> Tensor:
    """(stop - start, num_in)"""
    if isinstance(matrix, StoredTensor):
        return torch.from_numpy(matrix.rows(start, stop).dequantize())
    if isinstance(matrix, Tensor):
        return matrix[start:stop]
    return matrix.dequantize(slice(start, stop))


class Embedding:
    """One row of the (vocab, hidden) matrix for each token."""

    def __init__(self, matrix: Matrix, dtype: torch.dtype) -> None:
        self._matrix = matrix
        self._dtype = dtype

    def __call__(self, token_ids: list[int]) -> Tensor:
        """(L, hidden)"""
        matrix = self._matrix
        if isinstance(matrix, StoredTensor):
            return torch.from_numpy(matrix.dequantize_rows(token_ids))
        indices = torch.tensor(token_ids, device=matrix.device)
        if isinstance(matrix, Tensor):
            return functional.embedding(indices, matrix).to(self._dtype)
        return matrix.dequantize(indices).to(self._dtype)
