"""safetensors files: equal to what the package reads, and an error for every damage."""

import json
import struct

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from inference.errors import WeightsError
from inference.formats.safetensors import open_safetensors, open_safetensors_folder


@pytest.fixture
def path(tmp_path):
    tensors = {
        "a": torch.randn(3, 4),
        "b": torch.randn(5, dtype=torch.bfloat16),
        "c": torch.randn(2, 3, 4, dtype=torch.float16),
    }
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    return tmp_path / "model.safetensors"


def with_header(path, header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def entry(dtype="F32", shape=(1,), offsets=(0, 4)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def test_every_tensor_is_what_the_package_wrote(tmp_path):
    tensors = {
        "f32": torch.randn(3, 4),
        "bf16": torch.randn(5, 2, dtype=torch.bfloat16),
        "f16": torch.randn(2, 3, 4, dtype=torch.float16),
    }
    save_file(tensors, tmp_path / "model.safetensors")
    opened = open_safetensors(tmp_path / "model.safetensors")
    assert opened.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert opened[name].shape == tuple(tensor.shape)
        np.testing.assert_array_equal(opened[name].dequantize(), tensor.float().numpy())


def test_a_file_cut_anywhere_is_an_error_of_the_file(path):
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(WeightsError, match=r"model\.safetensors"):
            open_safetensors(path)


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a": 1, "a": 2}',
        {"a": 5},
        {"a": entry() | {"shape": "x"}},
        {"a": entry() | {"data_offsets": [0]}},
        {"a": entry(shape=(-1,))},
        {"a": entry(shape=(0,))},
        {"a": entry(shape=(1.0,))},
        {"a": entry(shape=(2**62, 2**62))},
        {"a": entry(offsets=(-4, 0))},
        {"a": entry(offsets=(4, 0))},
        {"a": entry(offsets=(4, 8))},
        {"a": entry(), "b": entry()},
        {"a": entry(shape=[1] * 100)},
        {"a\n": entry()},
        {"\ud800": entry()},
    ],
)
def test_a_hostile_header_is_an_error_of_the_file(tmp_path, header):
    path = with_header(tmp_path / "model.safetensors", header, b"\0" * 4)
    with pytest.raises(WeightsError, match=r"model\.safetensors"):
        open_safetensors(path)


def test_two_tensors_at_one_place_are_an_error_where_a_gap_makes_up_for_them(tmp_path):
    """The sum of their sizes is the file's then."""
    path = with_header(tmp_path / "m.safetensors", {"a": entry(), "b": entry()}, b"\0" * 8)
    with pytest.raises(WeightsError, match="overlap"):
        open_safetensors(path)


def test_a_type_that_is_not_known_is_named(tmp_path):
    path = with_header(tmp_path / "m.safetensors", {"a": entry("I64", offsets=(0, 8))}, b"\0" * 8)
    with pytest.raises(WeightsError, match="I64"):
        open_safetensors(path)


def sharded(tmp_path, parts):
    for part, names in parts.items():
        save_file({name: torch.ones(2) for name in names}, tmp_path / part)
    index = {"weight_map": {name: part for part, names in parts.items() for name in names}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    return tmp_path


def test_parts_are_joined(tmp_path):
    folder = sharded(tmp_path, {"1.safetensors": ["a"], "2.safetensors": ["b", "c"]})
    assert open_safetensors_folder(folder).keys() == {"a", "b", "c"}


def test_a_missing_part_and_a_missing_tensor_are_named(tmp_path):
    folder = sharded(tmp_path, {"1.safetensors": ["a"], "2.safetensors": ["b", "c"]})
    save_file({"b": torch.ones(2)}, folder / "2.safetensors")
    with pytest.raises(WeightsError, match=r"2\.safetensors.* c is missing"):
        open_safetensors_folder(folder)
    (folder / "2.safetensors").unlink()
    with pytest.raises(WeightsError, match=r"2\.safetensors does not exist"):
        open_safetensors_folder(folder)


def test_an_index_can_not_lead_out_of_the_folder(tmp_path):
    (tmp_path / "in").mkdir()
    save_file({"a": torch.ones(2)}, tmp_path / "out.safetensors")
    index = {"weight_map": {"a": "../out.safetensors"}}
    (tmp_path / "in" / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(WeightsError, match="outside"):
        open_safetensors_folder(tmp_path / "in")


def test_a_folder_with_pickles_alone_is_refused_and_they_are_not_opened(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(WeightsError, match="safetensors"):
        open_safetensors_folder(tmp_path)
