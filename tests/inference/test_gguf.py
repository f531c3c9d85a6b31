import os
import struct
from pathlib import Path

import gguf
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference.errors import WeightsError
from inference.formats.gguf import open_gguf
from inference.formats.tensor import StoredTensor
from inference.formats.tensor_types import TENSOR_TYPES
from tests.embedded_model import EMBEDDED_MODEL
from tests.inference.gguf_files import write_gguf


def text(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def entry(key: str, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


def tensor_row(
    name: str = "w", shape: tuple[int, ...] = (32,), kind: int = 0, at: int = 0
) -> bytes:
    """`shape` in GGUF's order, fastest first."""
    dimensions = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    return text(name) + dimensions + struct.pack("<IQ", kind, at)


def gguf_bytes(
    entries: tuple[bytes, ...] = (),
    rows: tuple[bytes, ...] = (),
    data: bytes = bytes(1024),
    version: int = 3,
) -> bytes:
    header = b"GGUF" + struct.pack("<IQQ", version, len(rows), len(entries))
    header += b"".join(entries) + b"".join(rows)
    return header + bytes(-len(header) % 32) + data


def sentence_for(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        open_gguf(path)
    sentence = str(caught.value)
    assert path.name in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.gguf"


def test_the_tensor_types_are_the_packages() -> None:
    packages = {
        kind.value: (kind.name, *gguf.GGML_QUANT_SIZES[kind]) for kind in gguf.GGMLQuantizationType
    }
    assert packages == TENSOR_TYPES


def test_the_embedded_model_reads_as_with_the_packages_reader() -> None:
    ours, theirs = open_gguf(EMBEDDED_MODEL), gguf.GGUFReader(EMBEDDED_MODEL)
    fields = {key: value for key, value in theirs.fields.items() if not key.startswith("GGUF.")}
    assert ours.metadata == {key: field.contents() for key, field in fields.items()}
    assert ours.architecture == "llama"
    assert ours.size_bytes == EMBEDDED_MODEL.stat().st_size
    assert list(ours.tensors) == [tensor.name for tensor in theirs.tensors]
    for tensor in theirs.tensors:
        mine = ours.tensor(tensor.name)
        assert mine.type_name == tensor.tensor_type.name
        assert mine.shape == tuple(reversed(tensor.shape.tolist()))
        assert mine.size_bytes == tensor.n_bytes
        assert np.array_equal(mine.raw(), tensor.data.reshape(-1).view(np.uint8))


@pytest.mark.parametrize(
    "type_name", ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"]
)
def test_tensors_are_dequantized_as_the_package_does(path: Path, type_name: str) -> None:
    values = np.random.default_rng(0).standard_normal((2, 3, 64), np.float32)
    write_gguf(path, tensors={"w": values}, type_name=type_name)
    tensor = open_gguf(path).tensor("w")
    kind = gguf.GGMLQuantizationType[type_name]
    expected = gguf.dequantize(gguf.quantize(values, kind), kind)
    assert tensor.shape == (2, 3, 64)
    assert tensor.num_elements == 384
    assert tensor.dequantize().dtype == np.float32
    assert np.array_equal(tensor.dequantize(), expected)


def test_dequantized_values_may_be_changed_without_touching_the_file(path: Path) -> None:
    """F32 tensors came as views of the read-only mapping, which torch refuses to take quietly."""
    write_gguf(path, tensors={"w": np.ones((4, 4), np.float32)})
    tensor = open_gguf(path).tensor("w")
    tensor.dequantize()[0, 0] = 5
    assert tensor.dequantize()[0, 0] == 1
    assert not tensor.raw().flags.writeable


def test_a_tensor_knows_its_place_in_the_file(path: Path) -> None:
    values = np.arange(4096, dtype=np.float32).reshape(8, 512)
    write_gguf(path, tensors={"first": values, "second": values + 1})
    rows = open_gguf(path).tensor("second").rows(3, 5)
    place = rows.place()
    assert place is not None
    descriptor, offset = place
    os.lseek(descriptor, offset, os.SEEK_SET)
    assert os.read(descriptor, rows.size_bytes) == rows.raw().tobytes()
    assert StoredTensor.of("w", values).place() is None


def test_a_type_that_cannot_be_dequantized_is_named(path: Path) -> None:
    q8_k = gguf.GGMLQuantizationType.Q8_K
    path.write_bytes(gguf_bytes(rows=(tensor_row(shape=(256,), kind=q8_k),)))
    with pytest.raises(WeightsError, match="w is stored as Q8_K"):
        open_gguf(path).tensor("w").dequantize()


def test_metadata_of_every_type_is_read(path: Path) -> None:
    writer = gguf.GGUFWriter(path, "test")
    for bits in (8, 16, 32, 64):
        getattr(writer, f"add_uint{bits}")(f"u{bits}", 2**bits - 1)
        getattr(writer, f"add_int{bits}")(f"i{bits}", -(2 ** (bits - 1)))
    writer.add_float32("f32", 0.5)
    writer.add_float64("f64", 0.1)
    writer.add_bool("b", True)
    writer.add_string("s", "perché 🙂\0")
    writer.add_array("texts", ["a", "", "ü"])
    writer.add_array("floats", [0.5, -1.0])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    file = open_gguf(path)
    assert [file.integer(f"u{bits}") for bits in (8, 16, 32, 64)] == [
        255,
        65535,
        2**32 - 1,
        2**64 - 1,
    ]
    assert [file.integer(f"i{bits}") for bits in (8, 16)] == [-128, -32768]
    assert (file.number("f32"), file.number("f64"), file.number("u8")) == (0.5, 0.1, 255.0)
    assert file.boolean("b") is True
    assert file.string("s") == "perché 🙂\0"
    assert file.strings("texts") == ["a", "", "ü"]
    assert file.numbers("floats") == [0.5, -1.0]


@pytest.mark.parametrize(
    "lookup", ["string", "integer", "boolean", "strings", "integers", "numbers"]
)
def test_a_lookup_names_the_key_that_is_missing_or_of_another_type(path: Path, lookup: str) -> None:
    file = open_gguf(write_gguf(path, {"pi": 3.5}))
    with pytest.raises(WeightsError, match=r"model\.gguf is damaged: its entry absent is missing"):
        getattr(file, lookup)("absent")
    with pytest.raises(WeightsError, match="its entry pi is not"):
        getattr(file, lookup)("pi")


def test_a_truth_value_is_no_number_and_defaults_stand_in_for_missing_keys(path: Path) -> None:
    file = open_gguf(write_gguf(path, {"flag": True, "ids": [1, 2]}))
    with pytest.raises(WeightsError):
        file.integer("flag")
    with pytest.raises(WeightsError):
        file.strings("ids")
    assert file.integer("absent", default=7) == 7
    assert file.number("absent", default=7) == 7.0
    assert file.strings("absent", default=[]) == []
    with pytest.raises(WeightsError, match="tensor absent is missing"):
        file.tensor("absent")


def test_what_is_not_a_readable_file_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WeightsError, match="does not exist"):
        open_gguf(tmp_path / "absent.gguf")
    with pytest.raises(WeightsError, match="is a folder"):
        open_gguf(tmp_path)
    with pytest.raises(WeightsError, match="cannot be opened"):
        open_gguf(tmp_path / "a\0b")
    present = write_gguf(tmp_path / "model.gguf")
    monkeypatch.setattr(Path, "open", _refuse)
    with pytest.raises(WeightsError, match="may not read"):
        open_gguf(present)


def _refuse(*_arguments: object) -> None:
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"GG", "is not a GGUF file"),
        (b"<html>not found</html>", "is not a GGUF file"),
        (gguf_bytes(version=1), "version 1"),
        (gguf_bytes(version=4), "version 4"),
        (gguf_bytes(version=3 << 24), "big-endian"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**64 - 1), "ends inside its header"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**64 - 1, 0), "ends inside its header"),
        (gguf_bytes((struct.pack("<Q", 2**63),)), "ends inside its header"),
        (gguf_bytes((entry("k", 8, struct.pack("<Q", 2**64 - 1)),)), "ends inside its header"),
        (gguf_bytes((entry("k", 9, struct.pack("<IQ", 8, 2**62)),)), "ends inside its header"),
        (gguf_bytes((entry("k", 9, struct.pack("<IQ", 10, 2**62)),)), "ends inside its header"),
        (gguf_bytes((entry("k", 9, struct.pack("<IQ", 9, 1)),)), "k has a type that does not"),
        (gguf_bytes((entry("k", 13, b""),)), "k has a type that does not"),
        (gguf_bytes((entry("k", 8, struct.pack("<Q", 1) + b"\xff"),)), "not UTF-8"),
        (gguf_bytes((entry("k", 0, b"\1"), entry("k", 0, b"\1"))), "k appears twice"),
        (gguf_bytes(rows=(tensor_row(), tensor_row())), "tensor w appears twice"),
        (gguf_bytes(rows=(tensor_row(kind=4),)), "tensor w in the type 4"),
        (gguf_bytes(rows=(tensor_row(kind=2**32 - 1),)), "in the type 4294967295"),
        (gguf_bytes(rows=(tensor_row(shape=()),)), "has 0 dimensions"),
        (gguf_bytes(rows=(tensor_row(shape=(1,) * 5),)), "has 5 dimensions"),
        (gguf_bytes(rows=(tensor_row(shape=(0,)),)), "impossible shape"),
        (gguf_bytes(rows=(tensor_row(shape=(33,), kind=2),)), "impossible shape"),
        (gguf_bytes(rows=(tensor_row(shape=(2**40, 2**40)),)), "beyond its end"),
        (gguf_bytes(rows=(tensor_row(at=1024),)), "beyond its end"),
        (gguf_bytes(rows=(tensor_row(at=2**64 - 32),)), "beyond its end"),
        (gguf_bytes(rows=(tensor_row(at=1),)), "impossible place"),
        (gguf_bytes((entry("general.alignment", 4, struct.pack("<I", 0)),)), "alignment"),
        (gguf_bytes((entry("general.alignment", 4, struct.pack("<I", 24)),)), "alignment"),
        (gguf_bytes((entry("general.alignment", 8, text("32")),)), "alignment"),
        (gguf_bytes((entry("split.count", 2, struct.pack("<H", 3)),)), "one part of a model"),
    ],
)
def test_bad_content_is_one_sentence(path: Path, content: bytes, expected: str) -> None:
    assert expected in sentence_for(path, content)


def test_an_empty_list_at_the_very_end_is_read(path: Path) -> None:
    header = b"GGUF" + struct.pack("<IQQ", 3, 0, 1)
    path.write_bytes(header + entry("k", 9, struct.pack("<IQ", 10, 0)))
    assert open_gguf(path).integers("k") == []


def test_a_header_without_end_in_a_large_file_is_refused(path: Path) -> None:
    """A length just within a file of gigabytes would be read into memory."""
    path.write_bytes(gguf_bytes((entry("k", 8, struct.pack("<Q", 2**30)),)))
    with path.open("r+b") as file:
        file.truncate(2**31)  # sparse
    with pytest.raises(WeightsError, match="a length in its header is impossible"):
        open_gguf(path)


def test_a_file_cut_anywhere_is_refused(path: Path) -> None:
    values = {"a": np.ones((2, 8), np.float32), "b": np.ones((8,), np.float32)}
    whole = write_gguf(path, {"k": ["x", "y"], "n": 1}, values).read_bytes()
    last_byte = whole.rstrip(b"\0")  # the writer pads after the last tensor
    for size in range(len(last_byte)):
        sentence_for(path, whole[:size])
    path.write_bytes(last_byte)
    assert open_gguf(path).tensor("b").dequantize().sum() == 8


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_flipped_bytes_are_read_or_refused_but_never_crash(path: Path, data: st.DataObject) -> None:
    values = {"a": np.ones((2, 8), np.float32)}
    content = bytearray(write_gguf(path, {"k": ["x", "y"], "n": 1, "s": "t"}, values).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        open_gguf(path)
    except WeightsError:
        return
