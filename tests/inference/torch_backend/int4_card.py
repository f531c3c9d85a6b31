"""torch's int4 product on a card, stood in for by the CPU's.

The tiles are taken apart as the card's kernel reads them (matrix_to_m16n8k16_Bint4_layout in
aten/src/ATen/native/cuda/int4mm.cu): by its indices, and by none of the code that is tested.
"""

import torch


def tiles_by_the_kernels_indices(codes: torch.Tensor, inner_k_tiles: int) -> torch.Tensor:
    """What `_convert_weight_to_int4pack` makes on a card of (n, k) codes."""
    n, k = codes.shape
    v = (codes[:, 0::2].int() << 4 | codes[:, 1::2].int()).tolist()  # its input, (n, k / 2)
    out = torch.zeros(n // 8, k // (inner_k_tiles * 16), 32, inner_k_tiles // 2, dtype=torch.int64)
    for n_tile, k_outer, t, j in [index.tolist() for index in torch.ones_like(out).nonzero()]:
        row, base = n_tile * 8 + t // 4, (k_outer * inner_k_tiles + 2 * j) * 8
        b = [v[row][base + 4 * i + t % 4] for i in range(4)]
        word = sum((b[i] & 15) << (16 + 4 * i) | (b[i] >> 4) << (4 * i) for i in range(4))
        out[n_tile, k_outer, t, j] = word - (1 << 32) * (word >= 1 << 31)
    return out.int()


def codes_by_the_kernels_indices(tiles: torch.Tensor) -> torch.Tensor:
    """(n, k) codes, int32."""
    n_tiles, k_outers, _, words = tiles.shape
    n, k = n_tiles * 8, k_outers * words * 32
    at = torch.arange(n * k).view(n, k)
    row, column = at // k, at % k
    k_outer, j, within = column // (32 * words), column // 32 % words, column % 32
    half = within // 2  # of 16 bytes: one of v[0..3], then the lane
    shift = 4 * (half // 4) + 16 * (within % 2)
    return tiles[row // 8, k_outer, 4 * (row % 8) + half % 4, j] >> shift & 15


def int4pack_mm(x, tiles, group_size, scale_and_zero):
    """As `_weight_int4pack_mm` of a card, with what that checks of its arguments."""
    codes = codes_by_the_kernels_indices(tiles)
    n, k = codes.shape
    assert x.dtype == scale_and_zero.dtype == torch.bfloat16
    assert tiles.dtype == torch.int32
    assert group_size == 32
    assert x.ndim == 2
    assert x.shape[1] == k
    assert x.is_contiguous()
    assert tiles.is_contiguous()
    assert scale_and_zero.is_contiguous()
    assert scale_and_zero.shape == (k // 32, n, 2)
    if n % 16:  # the CPU's takes whole sixteens alone
        codes = torch.cat((codes, codes[:8]))
        scale_and_zero = torch.cat((scale_and_zero, scale_and_zero[:, :8]), dim=1)
    packed = torch.ops.aten._convert_weight_to_int4pack_for_cpu(codes.int(), 1)
    return torch.ops.aten._weight_int4pack_mm_for_cpu(x, packed, 32, scale_and_zero)[:, :n]
