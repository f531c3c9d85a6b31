"""A node's file is whole, and that of its node, or it isn't read."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file

from inference.state.header import DamagedFileError, read_node
from inference.state.node import ROOT, new_node
from inference.state.snapshot_file import pack_snapshot, read_snapshot
from tests.inference.state.sessions import FINGERPRINT, OTHER_MODEL, kv_of, recurrent_of

TOKENS = list(range(7))
NODE = new_node(FINGERPRINT, ROOT, 0, np.array(TOKENS, "<i4").tobytes())
TENSORS = {"kv": kv_of(TOKENS), "recurrent": recurrent_of(TOKENS)}
OTHER_NODE = new_node(FINGERPRINT, ROOT, 0, np.array(TOKENS[1:], "<i4").tobytes())


@pytest.fixture(params=["kv", "recurrent"])
def kind(request):
    return request.param


@pytest.fixture
def path(tmp_path, kind):
    path = tmp_path / "file"
    packed = pack_snapshot(NODE, FINGERPRINT, kind, TENSORS[kind], {"owners": '["chat:1"]'})
    packed.write(path)
    assert path.stat().st_size == packed.size_bytes
    return path


def assert_exact(tensors, kind):
    assert tensors.keys() == TENSORS[kind].keys()
    for name, tensor in TENSORS[kind].items():
        assert tensors[name].dtype == tensor.dtype
        assert tensors[name].shape == tensor.shape
        assert tensors[name].tobytes() == tensor.tobytes()


def test_tensors_come_back_exactly(path, kind):
    assert_exact(read_snapshot(path, NODE, FINGERPRINT, kind), kind)


def test_it_is_a_safetensors_file(path, kind):
    tensors = load_file(path)
    if kind == "kv":
        assert tensors.pop("token_ids").tolist() == TOKENS
        assert read_node(path)[0] == NODE
    assert_exact(tensors, kind)
    with safe_open(path, "np") as file:
        metadata = file.metadata()
    assert metadata["id"] == NODE.id
    assert metadata["fingerprint"] == FINGERPRINT
    assert (metadata["start"], metadata["length"]) == ("0", "7")
    assert metadata["owners"] == '["chat:1"]'


def test_every_damaged_byte_is_noticed(path, kind):
    """Spaces that fill the header up may differ: they mean nothing."""
    whole = path.read_bytes()
    for position in range(len(whole)):
        for bits in (0x01, 0x80, 0xFF):
            damaged = bytearray(whole)
            damaged[position] ^= bits
            path.write_bytes(damaged)
            try:
                tensors = read_snapshot(path, NODE, FINGERPRINT, kind)
            except DamagedFileError:
                continue
            assert chr(whole[position]) == " "
            assert_exact(tensors, kind)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_other_content_is_refused(path, kind, data):
    """Cut off, lengthened, with parts replaced or repeated."""
    whole = path.read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    other = path.with_name("damaged")
    damaged = whole[:start] + data.draw(st.binary(max_size=40)) + whole[end:]
    other.write_bytes(damaged)
    try:
        tensors = read_snapshot(other, NODE, FINGERPRINT, kind)
    except DamagedFileError:
        return
    assert damaged.split() == whole.split()
    assert_exact(tensors, kind)


@settings(max_examples=200, deadline=None)
@given(start=st.binary(max_size=200))
def test_any_bytes_are_refused_as_a_header(tmp_path_factory, start):
    path = tmp_path_factory.mktemp("files") / "file"
    path.write_bytes(start)
    with pytest.raises(DamagedFileError):
        read_node(path)
    with pytest.raises(DamagedFileError):
        read_snapshot(path, NODE, FINGERPRINT, "kv")


def test_another_node_is_refused(path, kind):
    other_kind = {"kv": "recurrent", "recurrent": "kv"}[kind]
    for node, fingerprint, wanted in (
        (OTHER_NODE, FINGERPRINT, kind),
        (NODE, OTHER_MODEL, kind),
        (NODE, FINGERPRINT, other_kind),
    ):
        with pytest.raises(DamagedFileError):
            read_snapshot(path, node, fingerprint, wanted)


def test_another_version_is_refused(path, kind, monkeypatch):
    monkeypatch.setattr("inference.state.header.FORMAT_VERSION", 2)
    with pytest.raises(DamagedFileError):
        read_snapshot(path, NODE, FINGERPRINT, kind)


def test_a_missing_file_is_an_error_of_the_system(tmp_path, kind):
    with pytest.raises(OSError, match="No such file"):
        read_snapshot(tmp_path / "none", NODE, FINGERPRINT, kind)
