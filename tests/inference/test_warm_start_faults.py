"""Whatever happens to the folder of snapshots costs time, and changes no answer."""

import errno
import os
import random
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from inference.events import Message
from tests.inference.warm_engine import (
    NEW,
    QUESTIONS,
    RECALL,
    SYSTEM,
    Engine,
    ask,
    assert_equal_without_snapshots,
    cold,
    copied,
    loaded,
    never,
    num_shared,
    prompt_tokens,
    request_of,
    told,
)


@pytest.fixture
def recall():
    return loaded(RECALL)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state"


# Faults of the folder


def files(folder):
    return sorted(folder.rglob("*.safetensors"))


def truncate(folder):
    for path in files(folder):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def swap(folder):
    contents = [path.read_bytes() for path in files(folder)]
    for path, content in zip(files(folder), contents[1:] + contents[:1], strict=True):
        path.write_bytes(content)


def fill_with_garbage(folder):
    for path in files(folder):
        path.write_bytes(random.Random(1).randbytes(path.stat().st_size))


def flip_a_byte_of_each(folder):
    for path in files(folder):
        content = bytearray(path.read_bytes())
        content[-5] ^= 0x40
        path.write_bytes(content)


def remove(folder):
    for path in files(folder):
        path.unlink()


def remove_every_other(folder):
    for path in files(folder)[::2]:
        path.unlink()


def lose_the_index(folder):
    for path in folder.glob("index*"):
        path.unlink()


def spoil_the_index(folder):
    for path in folder.glob("index.sqlite"):  # what SQLite has mapped beside it can't be survived
        path.write_bytes(random.Random(1).randbytes(path.stat().st_size + 100))


def empty_the_index(folder):
    for path in folder.glob("index.sqlite"):
        path.write_bytes(b"")


def put_a_file_in_its_place(folder):
    shutil.rmtree(folder)
    folder.write_text("")


LASTING = [put_a_file_in_its_place]


DAMAGES = [
    truncate,
    swap,
    fill_with_garbage,
    flip_a_byte_of_each,
    remove,
    remove_every_other,
    lose_the_index,
    spoil_the_index,
    empty_the_index,
    *LASTING,
]


def assert_usable(engine, messages):
    """Whatever is asked is answered as it would be without snapshots."""
    assert_equal_without_snapshots(engine, messages[:-1])
    engine.settle(never)
    assert_equal_without_snapshots(engine, (*messages, NEW))
    assert_equal_without_snapshots(engine, (*messages[:3], NEW))
    assert_equal_without_snapshots(engine, messages[:2], "chat:2")


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("when", ["before the start", "while it runs"])
def test_damage_costs_only_time(recall, folder, damage, when):
    engine = Engine(recall, folder)
    messages = told(engine)
    engine = engine.restarted()
    if when == "while it runs":
        assert engine.estimate(request_of((*messages, NEW))).reused_tokens > 0
        damage(folder)
    else:
        engine.close()
        damage(folder)
        engine = Engine(recall, folder)
    assert_usable(engine, messages)
    engine = engine.restarted()
    if damage not in LASTING:
        assert ask(engine, messages[:-1]).reused > 0
    assert_usable(engine, messages)


def test_lost_files_are_found_before_they_are_relied_on(recall, folder):
    """An estimate goes by the index; the answer is right all the same, and the next estimate."""
    engine = Engine(recall, folder)
    messages = told(engine)
    engine = engine.restarted()
    remove(folder)
    request = request_of((*messages, NEW))
    assert engine.estimate(request).reused_tokens > 0
    given = assert_equal_without_snapshots(engine, request.messages)
    assert given.reused == 0


@pytest.fixture
def read_only(folder):
    """Makes the folder so; root may write anywhere but where a mount forbids it."""
    mounted = []

    def read_only():
        if os.geteuid() == 0:
            options = (
                ["mount", "--bind", folder, folder],
                ["mount", "-o", "remount,ro,bind", folder],
            )
            for command in options:
                if subprocess.run(command, check=False, capture_output=True).returncode:
                    pytest.skip("this machine mounts nothing")
                mounted.append(True)
        else:
            for path in (folder, *filter(Path.is_dir, folder.rglob("*"))):
                path.chmod(0o500)

    yield read_only
    if mounted:
        subprocess.run(["umount", "-l", folder], check=True)
    else:
        for path in (folder, *filter(Path.is_dir, folder.rglob("*"))):
            path.chmod(0o700)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are others there")
@pytest.mark.parametrize("used", [True, False])
def test_a_read_only_folder_costs_only_time(recall, folder, read_only, used):
    engine = Engine(recall, folder if used else None)
    messages = told(engine)
    engine.flush()
    engine.close()
    folder.mkdir(exist_ok=True)
    read_only()
    before = files(folder)
    engine = Engine(recall, folder)
    assert_usable(engine, messages)
    engine.flush()
    engine.close()
    assert files(folder) == before


def full(*_arguments, **_options):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    "fault",
    ["os.fsync", "pathlib.Path.replace", "pathlib.Path.mkdir", "inference.state.store._enter"],
)
def test_a_full_disk_costs_only_time(recall, folder, monkeypatch, fault):
    engine = Engine(recall, folder)
    messages = told(engine, QUESTIONS[:1])
    engine.flush()
    with monkeypatch.context() as patch:
        patch.setattr(fault, full)
        engine = engine.restarted()
        messages = told(engine)
        assert_usable(engine, messages)
        engine.flush()
    engine = engine.restarted()
    assert_usable(engine, messages)
    engine = engine.restarted()
    assert ask(engine, messages[:-1]).reused > 0


@pytest.mark.skipif(sys.platform != "linux", reason="the mount is Linux's")
def test_a_disk_that_is_really_full_costs_only_time(recall, folder):
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", folder]
    if os.geteuid() or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this machine mounts no file system")
    try:
        engine = Engine(recall, folder)
        messages = told(engine)
        engine = engine.restarted()
        assert_usable(engine, messages)
        engine.flush()
        engine.close()
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


# Other models, other templates, other processes


def test_a_model_replaced_under_the_same_path_starts_from_nothing(tmp_path, folder):
    path = copied(tmp_path / "model")
    engine = Engine(loaded(path, "first"), folder)
    messages = told(engine)
    engine.flush()
    engine.close()
    weights = load_file(path / "model.safetensors")
    noise = np.random.default_rng(1)
    changed = {
        name: tensor + noise.normal(0, 0.01, tensor.shape).astype(tensor.dtype)
        for name, tensor in weights.items()
    }
    save_file(changed, path / "model.safetensors")
    engine = Engine(loaded(path, "second"), folder)
    assert assert_equal_without_snapshots(engine, messages[:-1]).reused == 0
    assert_usable(engine, messages)
    engine = Engine(loaded(RECALL), folder)
    assert_equal_without_snapshots(engine, messages[:-1])


def test_another_chat_template_reuses_only_what_is_equal(tmp_path, folder, recall):
    engine = Engine(recall, folder)
    messages = told(engine)
    before = prompt_tokens(recall, messages[:-1])
    engine.flush()
    engine.close()
    source = recall.template.source.replace("message.content", "message.content + ' and'")
    other = loaded(copied(tmp_path / "model", chat_template=source))
    assert other.fingerprint == recall.fingerprint
    engine = Engine(other, folder)
    given = assert_equal_without_snapshots(engine, messages[:-1])
    assert given.reused <= num_shared(before, prompt_tokens(other, messages[:-1]))
    assert_usable(engine, messages)


def converse(folder: Path, seed: int) -> list[tuple[tuple[Message, ...], tuple[int, ...]]]:
    """What a process of its own asks and is answered, beside others on the same folder."""
    chance = random.Random(seed)
    engine = Engine(loaded(RECALL), folder)
    answers, messages = [], (SYSTEM,)
    for _ in range(40):
        end = chance.randrange(1, len(messages) + 1, 2)
        messages = (*messages[:end][:9], chance.choice(QUESTIONS))
        owner = f"chat:{chance.randrange(3)}"
        given = ask(engine, messages, owner)
        answers.append((messages, given.token_ids))
        messages = (*messages, given.message)
        match chance.randrange(6):
            case 0:
                engine._tree.release(owner)
            case 1:
                engine = engine.restarted()
            case 2 | 3:
                engine.settle(never)
    engine.close()
    return answers


def test_two_processes_on_one_folder_answer_as_each_would_alone(recall, folder):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        running = [pool.submit(converse, folder, seed) for seed in (1, 2)]
        for answers in (future.result(60) for future in running):
            assert len(answers) == 40
            for messages, token_ids in answers:
                assert token_ids == cold(recall, messages).token_ids
