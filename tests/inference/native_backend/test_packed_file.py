"""Packed weights on disk: they only ever save time, whatever happens to them."""

import errno
import os
from collections import namedtuple

import numpy as np
import pytest

from inference.architectures import read_config
from inference.fingerprint import fingerprint
from inference.formats.gguf import open_gguf
from inference.kernels.library import Kernels, levels
from inference.native_backend import packed_file
from inference.native_backend.language_model import load_language_model
from tests.inference.jamba_files import random_jamba, write_jamba_gguf

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # transformers' own
    pytest.mark.skipif(not levels(), reason="no CPU level runs here"),
]

DiskUsage = namedtuple("DiskUsage", "total used free")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    return write_jamba_gguf(random_jamba(), folder / "jamba.gguf", "Q8_0")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(packed_file, "LEAVE_FREE_BYTES", 0)
    return tmp_path / "packed"


@pytest.fixture
def packings(monkeypatch):
    """Counts the matrices that are packed."""
    counts, whole = [], Kernels.pack
    monkeypatch.setattr(
        Kernels, "pack", lambda *arguments: (counts.append(1), whole(*arguments))[1]
    )
    return counts


def logits(path, folder):
    file = open_gguf(path)
    loading = load_language_model(path, file.tensors, read_config(file), levels()[0], 1, folder)
    while True:
        try:
            next(loading)
        except StopIteration as end:
            return end.value.new_session().read([5, 6, 7])


def test_the_second_load_packs_nothing_and_computes_the_same(path, folder, packings):
    first = logits(path, folder)
    assert len(packings) > 10
    packings.clear()
    assert (logits(path, folder) == first).all()
    assert not packings


def test_nothing_is_kept_unless_it_is_wished_for(path, folder):
    logits(path, None)
    assert not folder.exists()


def damage_end(file):
    with file.open("r+b") as opened:
        opened.seek(-100, os.SEEK_END)
        opened.write(b"!")


def cut(file):
    os.truncate(file, file.stat().st_size - 64)


def cut_to_nothing(file):
    os.truncate(file, 0)


def cut_to_the_header(file):
    os.truncate(file, packed_file.HEADER_BYTES)


@pytest.mark.parametrize("harm", [damage_end, cut, cut_to_nothing, cut_to_the_header])
def test_a_damaged_file_is_made_again(path, folder, packings, harm):
    first = logits(path, folder)
    [file] = folder.iterdir()
    harm(file)
    packings.clear()
    assert (logits(path, folder) == first).all()
    assert packings
    packings.clear()
    assert (logits(path, folder) == first).all()
    assert not packings


def test_another_layout_is_not_taken_for_this_one_and_left_alone(
    path, folder, packings, monkeypatch
):
    logits(path, folder)
    packings.clear()
    (kept,) = folder.iterdir()
    before = kept.read_bytes()
    monkeypatch.setattr(packed_file, "LAYOUT_VERSION", packed_file.LAYOUT_VERSION + 1)
    logits(path, folder)
    assert packings
    assert kept.read_bytes() == before


def test_other_weights_under_the_same_name_have_a_file_of_their_own(folder, tmp_path):
    path = tmp_path / "model.gguf"
    results = []
    for seed in (0, 1):
        write_jamba_gguf(random_jamba(seed), path, "Q8_0")
        results.append(logits(path, folder))
    assert len(list(folder.iterdir())) == 2
    assert not (results[0] == results[1]).all()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_a_disk_that_takes_nothing_costs_only_time(path, folder, monkeypatch, number):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(packed_file, "whole_file", refuse)
    assert (logits(path, folder) == logits(path, None)).all()
    assert not list(folder.iterdir())


def test_a_folder_that_is_a_file_costs_only_time(path, tmp_path):
    (tmp_path / "packed").write_text("")
    assert (logits(path, tmp_path / "packed") == logits(path, None)).all()


def test_the_disk_is_not_filled(path, folder, monkeypatch):
    monkeypatch.setattr(packed_file, "LEAVE_FREE_BYTES", 5 << 30)
    monkeypatch.setattr("shutil.disk_usage", lambda _: DiskUsage(9 << 30, 4 << 30, 5 << 30))
    logits(path, folder)
    assert not list(folder.iterdir())


def test_the_least_recently_used_goes_when_the_budget_is_spent(path, folder, tmp_path, monkeypatch):
    other = write_jamba_gguf(random_jamba(2), tmp_path / "other.gguf", "Q8_0")
    third = write_jamba_gguf(random_jamba(3), tmp_path / "third.gguf", "Q8_0")
    logits(path, folder)
    [kept] = folder.iterdir()
    monkeypatch.setattr(packed_file, "BUDGET_BYTES", int(2.5 * kept.stat().st_size))
    logits(other, folder)
    [dropped] = set(folder.iterdir()) - {kept}
    os.utime(dropped, (1, 2))
    os.utime(kept, (1, 1))
    logits(path, folder)  # now the other one is the older
    logits(third, folder)
    assert kept in set(folder.iterdir())
    assert dropped not in set(folder.iterdir())


def test_the_checksum_sees_every_byte_and_no_thread():
    memory = np.random.default_rng(0).integers(0, 256, 700_001, np.uint8)
    sums = {Kernels(levels()[0], threads).checksum(memory) for threads in (1, 2, 3)}
    assert len(sums) == 1
    for place in (0, 31, 262_143, 262_144, 700_000):
        memory[place] ^= 1
        sums.add(Kernels(levels()[0], 1).checksum(memory))
    assert len(sums) == 6


def test_a_fingerprint_tells_weights_apart_and_knows_no_file_name(path, tmp_path):
    copy = tmp_path / "copy.gguf"
    copy.write_bytes(path.read_bytes())
    mine = open_gguf(path).tensors
    assert fingerprint(open_gguf(copy).tensors) == fingerprint(mine)
    other = write_jamba_gguf(random_jamba(1), tmp_path / "other.gguf", "Q8_0")
    assert fingerprint(open_gguf(other).tensors) != fingerprint(mine)
    fewer = dict(list(mine.items())[1:])
    assert fingerprint(fewer) != fingerprint(mine)
