"""The int4 product, with the CPU's operator in the place of a card's: no card has run it."""

import logging

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from inference.torch_backend import int4_weights
from inference.torch_backend.grouped_weights import GroupedWeights
from inference.torch_backend.int4_weights import (
    MAX_PRODUCT_ROWS,
    codes_of,
    int4_operator,
    tiled,
    tiles_of,
)
from tests.inference.torch_backend.int4_card import (
    codes_by_the_kernels_indices,
    int4pack_mm,
    tiles_by_the_kernels_indices,
)
from tests.inference.torch_backend.test_grouped_weights import CPU, stored

FOUR_BITS = ["Q4_0", "Q4_1", "Q4_K"]
CARD = torch.device("cuda", 0)


@pytest.fixture
def _operator_on_the_cpu(monkeypatch):
    monkeypatch.setattr(int4_weights, "int4_operator", lambda _device: int4pack_mm)


@pytest.mark.parametrize(("num_in", "words"), [(32, 1), (160, 1), (64, 2), (192, 2), (256, 4)])
def test_tiles_are_those_of_the_cards_kernel(num_in, words):
    codes = torch.randint(16, (24, num_in), dtype=torch.uint8)
    tiles = tiles_of(codes)
    assert torch.equal(tiles, tiles_by_the_kernels_indices(codes, inner_k_tiles=2 * words))
    assert torch.equal(codes_by_the_kernels_indices(tiles), codes.int())
    assert torch.equal(codes_of(tiles), codes)
    assert torch.equal(codes_of(tiles[1:2]), codes[8:16])


def fitting(type_name, num_in=512):
    """Random blocks whose scales are positive, as quantizers make them."""
    scales = np.random.default_rng(0).uniform(0.001, 0.01, 1000)
    return GroupedWeights.of(stored(type_name, (24, num_in), scales), CPU)


@pytest.mark.usefixtures("_operator_on_the_cpu")
@pytest.mark.parametrize("type_name", FOUR_BITS)
def test_weights_are_the_exact_ones_but_for_rounded_scales_and_zeros(type_name):
    matrix = fitting(type_name)
    tiles = tiled(matrix)
    scale = matrix.scale.values(slice(None))[..., None]
    zero = 0 * scale
    if matrix.minimum is not None:
        zero = 8 * scale - matrix.minimum.values(slice(None))[..., None]
    allowed = (8 * scale.abs() + zero.abs()) * (2**-8 + 1e-6)
    exact = matrix.dequantize().unflatten(-1, (-1, 32))
    ours = tiles.dequantize(slice(0, 24)).unflatten(-1, (-1, 32))
    assert ((ours - exact).abs() <= allowed).all()
    assert torch.equal(tiles.dequantize(slice(8, 24)), tiles.dequantize(slice(0, 24))[8:])


@pytest.mark.usefixtures("_operator_on_the_cpu")
@pytest.mark.parametrize("type_name", FOUR_BITS)
@pytest.mark.parametrize("num_rows", [1, 7])
def test_the_operator_multiplies_by_the_same_weights(type_name, num_rows):
    """A scale or zero that the operator takes for something else would be seen here."""
    tiles = tiled(fitting(type_name))
    x = torch.randn(num_rows, 512).bfloat16()
    assert tiles.fits(x)
    expected = x.float() @ tiles.dequantize(slice(0, 24)).T
    y = tiles.product(x)
    assert y.dtype == torch.bfloat16
    assert_close(y.float(), expected, rtol=0, atol=0.01 * expected.abs().max().item())
    assert_close(tiles.product(x[0]), y[0], rtol=0, atol=0.01 * expected.abs().max().item())


@pytest.mark.usefixtures("_operator_on_the_cpu")
def test_five_bits_a_weight():
    tiles = tiled(fitting("Q4_K"))
    assert 8 * (tiles.tiles.nbytes + tiles.scale_and_zero.nbytes) == 5 * 24 * 512


@pytest.mark.usefixtures("_operator_on_the_cpu")
def test_other_matrices_stay_as_they_are():
    assert tiled(GroupedWeights.of(stored("Q8_0", (24, 512)), CPU)) is None
    assert tiled(GroupedWeights.of(stored("Q5_0", (24, 512)), CPU)) is None
    assert tiled(GroupedWeights.of(stored("Q4_0", (12, 512)), CPU)) is None  # half a tile


@pytest.mark.usefixtures("_operator_on_the_cpu")
def test_a_prompt_and_other_precisions_are_not_for_the_operator():
    tiles = tiled(fitting("Q4_0"))
    assert tiles.fits(torch.zeros(MAX_PRODUCT_ROWS, 512, dtype=torch.bfloat16))
    assert not tiles.fits(torch.zeros(MAX_PRODUCT_ROWS + 1, 512, dtype=torch.bfloat16))
    assert not tiles.fits(torch.zeros(1, 512))


class TestTheTrial:
    """Whether the operator is used, without a card: its tensors lie on the CPU."""

    @pytest.fixture(autouse=True)
    def _pretended_card(self, monkeypatch):
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _device: (8, 6))
        agrees = int4_weights._agrees
        monkeypatch.setattr(
            int4_weights,
            "_agrees",
            lambda operator, _device, num_in: agrees(operator, CPU, num_in),
        )
        int4_weights._tried_operator.cache_clear()
        yield
        int4_weights._tried_operator.cache_clear()

    def use(self, monkeypatch, operator):
        monkeypatch.setattr(torch.ops.aten, "_weight_int4pack_mm", operator)

    def test_an_operator_that_computes_what_it_should_is_used(self, monkeypatch, caplog):
        self.use(monkeypatch, int4pack_mm)
        assert int4_operator(CARD) is int4pack_mm
        assert not caplog.records

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda x, tiles, group, both: int4pack_mm(x, tiles.roll(1, 2), group, both),
            lambda x, tiles, group, both: int4pack_mm(x, tiles, group, both.flip(-1).contiguous()),
            lambda x, tiles, group, both: float("nan") * int4pack_mm(x, tiles, group, both),
        ],
    )
    def test_one_that_computes_something_else_is_not(self, monkeypatch, caplog, wrong):
        """Another order of tiles, zeros before scales: a new torch, or another maker's card."""
        self.use(monkeypatch, wrong)
        with caplog.at_level(logging.WARNING):
            assert int4_operator(CARD) is None
            assert int4_operator(CARD) is None
        assert len(caplog.records) == 1

    def test_one_that_fails_is_tried_once(self, monkeypatch, caplog):
        calls = []

        def fail(*_):
            calls.append(1)
            raise RuntimeError("_weight_int4pack_mm_cuda is not available for build.")

        self.use(monkeypatch, fail)
        with caplog.at_level(logging.WARNING):
            assert int4_operator(CARD) is None
            assert int4_operator(CARD) is None
        assert len(caplog.records) == len(calls) == 1

    def test_older_cards_are_not_tried(self, monkeypatch, caplog):
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _device: (7, 5))
        assert int4_operator(CARD) is None
        assert not caplog.records


def test_the_cpu_has_no_operator():
    assert int4_operator(CPU) is None
    assert tiled(fitting("Q4_0")) is None
