"""After a restart only what is new is read, and after any fault everything is answered the same."""

import errno
import json
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

from inference.events import Message, ReasoningDelta
from inference.load_options import LoadOptions
from tests.embedded_model import EMBEDDED_MODEL
from tests.inference.warm_engine import (
    PLENTY,
    RECALL,
    Engine,
    after,
    ask,
    assert_equal_without_snapshots,
    cold,
    ideal,
    loaded,
    never,
    num_shared,
    prompt_tokens,
    question,
    request_of,
    text_of,
)

SYSTEM = Message("system", "Kita 217 the and of rain")
QUESTIONS = [
    question(f"{key} {value} the old stone bridge over the river ? {key}")
    for key, value in (("Baba", 101), ("Dimu", 222), ("Fuga", 340), ("Lomu", 118), ("Sota", 333))
]
NEW = question("Ruru 200 snow on the hill ? Ruru")


@pytest.fixture(params=[RECALL, EMBEDDED_MODEL], ids=["recall-jamba", "SmolLM2"])
def model(request):
    return loaded(request.param)


@pytest.fixture
def recall():
    return loaded(RECALL)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state"


def told(engine, questions=QUESTIONS[:3], owner="chat:1"):
    """A conversation with an answer to each question; the engine has settled after each."""
    messages = (SYSTEM,)
    for one in questions:
        messages = (*messages, one)
        messages = (*messages, ask(engine, messages, owner).message)
        engine.settle(never)
    return messages


# After a restart


def test_regenerating_reads_one_token(model, folder):
    """Of the generation prompt: the last token of any prompt is read for its logits."""
    engine = Engine(model, folder)
    messages = told(engine)
    for end in (6, 4, 2):
        engine = engine.restarted()
        given = assert_equal_without_snapshots(engine, messages[:end])
        assert given.finished.prompt_tokens - given.reused == 1
        assert given.restored.tokens == given.reused


@pytest.mark.parametrize("end", [1, 3, 5], ids=["first", "second", "last"])
def test_an_edited_question_is_all_that_is_read(model, folder, end):
    """And with it an early branch: what is before it is known."""
    engine = Engine(model, folder)
    messages = told(engine)
    engine = engine.restarted()
    edited = (*messages[:end], NEW)
    given = assert_equal_without_snapshots(engine, edited)
    prompt, before = (prompt_tokens(model, texts) for texts in (edited, messages[:-1]))
    assert given.reused >= ideal(model, prompt, before) - 1 > 0


def test_the_next_turn_reads_the_new_question_alone(model, folder):
    engine = Engine(model, folder)
    messages = told(engine)
    engine = engine.restarted()
    given = assert_equal_without_snapshots(engine, (*messages, NEW))
    other = prompt_tokens(model, (*messages, question("? Zuvu")))
    assert given.reused >= ideal(model, prompt_tokens(model, (*messages, NEW)), other) - 1
    assert given.reused > given.finished.prompt_tokens - 30


@pytest.mark.parametrize("path", [RECALL, EMBEDDED_MODEL], ids=["recall-jamba", "SmolLM2"])
def test_plain_pytorch_restores_too(path, folder, monkeypatch):
    """Into a session that was used: what was made in inference mode is changed in that alone."""
    monkeypatch.setenv("EREMO_KERNELS", "reference")
    model = loaded(path, "reference")
    engine = Engine(model, folder)
    messages = told(engine, QUESTIONS[:2])
    engine = engine.restarted()
    ask(engine, (NEW,), "chat:2")
    given = assert_equal_without_snapshots(engine, messages[:-1])
    assert given.restored.tokens == given.reused
    ask(engine, (NEW,), "chat:2")
    assert assert_equal_without_snapshots(engine, (*messages, NEW)).reused > given.reused


def test_a_long_conversation_is_warm_in_every_turn(recall, folder):
    """Also beyond the turns whose places are marked in each prompt."""
    engine = Engine(recall, folder)
    messages = told(engine, (QUESTIONS * 3)[:12])
    engine = engine.restarted()
    for end in range(1, len(messages), 2):
        edited = (*messages[:end], NEW)
        prompt, before = (prompt_tokens(recall, texts) for texts in (edited, messages[:-1]))
        assert ask(engine, edited, owner="chat:9").reused >= ideal(recall, prompt, before) - 1


def test_another_chat_goes_on_from_the_system_prompt_and_keeps_it(model, folder):
    engine = Engine(model, folder)
    told(engine)
    messages = (SYSTEM, NEW)
    first = ask(engine, messages, "chat:2")
    assert first.reused > 5
    engine.flush()
    assert engine._tree.release("chat:1")
    engine = engine.restarted()
    again = assert_equal_without_snapshots(engine, messages, "chat:2")
    assert again.reused > first.reused


def test_a_temporary_chat_leaves_nothing(recall, folder):
    engine = Engine(recall, folder)
    messages = told(engine, owner=None)
    engine = engine.restarted()
    assert list(folder.rglob("*.safetensors")) == []
    assert ask(engine, messages[:-1]).reused == 0


def test_what_is_asked_aside_leaves_the_conversation_as_it_was(model, folder):
    """A title that the model made threw the chat's state away, and the next turn read it all."""
    engine = Engine(model, folder)
    messages = told(engine)
    engine.flush()
    live, before = engine.live, sorted(folder.rglob("*"))
    events = list(engine.generate(request_of((NEW,), None, aside=True), never))
    assert text_of(events) == cold(model, (NEW,)).text
    engine.settle(never)
    engine.flush()
    assert engine.live == live
    assert sorted(folder.rglob("*")) == before
    given = ask(engine, (*messages, NEW))
    assert given.restored is None
    assert given.reused >= len(live) - 1


def test_what_is_asked_aside_before_the_state_is_settled_leaves_that_to_be_done(recall, folder):
    engine = Engine(recall, folder)
    answered = ask(engine, (SYSTEM, QUESTIONS[0]))
    list(engine.generate(request_of((NEW,), None, aside=True), never))
    engine.settle(never)
    engine = engine.restarted()
    messages = (SYSTEM, QUESTIONS[0], answered.message, NEW)
    other = prompt_tokens(recall, (*messages[:3], question("? Zuvu")))
    assert ask(engine, messages).reused >= ideal(recall, prompt_tokens(recall, messages), other) - 1


# Thinking

THINKING = (
    "{{ bos_token }}{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' }}"
    "{{ message.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n<think>\n' }}{% endif %}"
)


def copied(folder, **config):
    """The trained Jamba with two tokens more, which its embedding has room for."""
    shutil.copytree(RECALL, folder)
    path = folder / "tokenizer.json"
    tokenizer = json.loads(path.read_text())
    common = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    tokenizer["added_tokens"] += [
        {"id": 712 + n, "content": tag, "special": True, **common}
        for n, tag in enumerate(("<think>", "</think>"))
    ]
    path.write_text(json.dumps(tokenizer))
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | config))
    return folder


@pytest.fixture(scope="module")
def thinking(tmp_path_factory):
    return loaded(copied(tmp_path_factory.mktemp("thinking") / "model", chat_template=THINKING))


def think(engine, messages, monkeypatch):
    """A scripted answer: three thoughts, and one word."""
    tokenizer = engine._model.tokenizer
    script = tokenizer.encode("rain and snow</think>", True) + tokenizer.encode("217", False)
    drawn = iter([*script, tokenizer.eos_id])

    class Sampler:
        def __init__(self, _params):
            pass

        def sample(self, _logits, _token_ids):
            return next(drawn)

    with monkeypatch.context() as patch:
        patch.setattr("inference.sampler.Sampler", Sampler)
        events = list(engine.generate(request_of(messages), never))
    thoughts = "".join(event.text for event in events if isinstance(event, ReasoningDelta))
    assert thoughts.split() == ["rain", "and", "snow"]
    said = "".join(getattr(e, "text", "") for e in events if not isinstance(e, ReasoningDelta))
    assert said.strip() == "217"
    return Message("assistant", said, thoughts)


@pytest.mark.parametrize("settled", [True, False])
@pytest.mark.parametrize("restarted", [True, False])
def test_what_was_thought_is_dropped_while_nobody_waits(
    thinking, folder, monkeypatch, settled, restarted
):
    engine = Engine(thinking, folder)
    messages = (SYSTEM, QUESTIONS[0])
    messages = (*messages, think(engine, messages, monkeypatch), NEW)
    if settled:
        engine.settle(never)
    if restarted:
        engine = engine.restarted()
    given = assert_equal_without_snapshots(engine, messages)
    prompt = prompt_tokens(thinking, messages)
    before = prompt_tokens(thinking, messages[:2])
    other = prompt_tokens(thinking, (*messages[:-1], question("? Zuvu")))
    unsettled = num_shared(prompt, before)
    if settled:
        assert given.reused >= ideal(thinking, prompt, other) - 1 > unsettled
    else:
        assert ideal(thinking, prompt, before) - 1 <= given.reused <= unsettled


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


# Cut short


def test_settling_may_be_cut_short_anywhere(recall, folder, monkeypatch):
    monkeypatch.setattr("inference.local_engine.SETTLE_CHUNK_TOKENS", 1)
    reused = []
    for count in range(9):
        engine = Engine(recall, folder / str(count))
        messages = (SYSTEM, QUESTIONS[0])
        messages = (*messages, ask(engine, messages).message)
        engine.settle(after(count))
        engine = engine.restarted()
        reused.append(assert_equal_without_snapshots(engine, (*messages, NEW)).reused)
        engine.close()
    assert reused == sorted(reused)
    assert reused[0] < reused[-1]


def test_settling_goes_on_where_it_was_cut_short(recall, folder, monkeypatch):
    """An estimate comes between: what it interrupts isn't lost."""
    monkeypatch.setattr("inference.local_engine.SETTLE_CHUNK_TOKENS", 1)
    engine = Engine(recall, folder)
    messages = (SYSTEM, QUESTIONS[0])
    messages = (*messages, ask(engine, messages).message)
    request = request_of((*messages, NEW))
    for _ in range(100):
        engine.settle(after(2))
        engine.estimate(request)
    engine = engine.restarted()
    settled = prompt_tokens(recall, (*messages, question("? Zuvu")))
    prompt = prompt_tokens(recall, request.messages)
    assert engine.estimate(request).reused_tokens >= ideal(recall, prompt, settled) - 1


@pytest.mark.parametrize("restarted", [True, False])
def test_a_long_prompt_that_was_stopped_goes_on_from_a_checkpoint(
    recall, folder, monkeypatch, restarted
):
    monkeypatch.setattr("inference.local_engine.CHECKPOINT_TOKENS", 64)
    monkeypatch.setattr("inference.local_engine.PREFILL_CHUNK_TOKENS", 16)
    long = question("Kita 217 " + "the wind in the forest " * 60 + "? Kita")
    for count in range(2, 20, 3):
        engine = Engine(recall, folder / str(count))
        stopped = ask(engine, (long,), cancelled=after(count))
        assert stopped.finished.reason == "cancelled"
        num_read = len(engine.live)
        assert 16 < num_read < 301
        if restarted:
            engine = engine.restarted()
        given = assert_equal_without_snapshots(engine, (long,))
        if restarted:
            assert given.reused >= num_read // 64 * 64
        else:
            assert given.reused == num_read
        engine.close()


# Before the click


def test_an_estimate_is_what_the_answer_then_costs(model, folder):
    engine = Engine(model, folder)
    messages = told(engine)
    engine = engine.restarted()
    for asked in (messages[:-1], (*messages, NEW), (*messages[:3], NEW), messages[:2]):
        estimate = engine.estimate(request_of(asked))
        given = ask(engine, asked)
        assert estimate.prompt_tokens == given.finished.prompt_tokens
        assert estimate.reused_tokens == given.reused
        assert estimate.seconds is None or estimate.seconds > 0


def test_the_time_is_estimated_from_what_was_read(recall, folder):
    engine = Engine(recall, folder)
    request = request_of((question("the wind in the forest " * 100),))
    assert engine.estimate(request).seconds is None
    finished = ask(engine, request.messages).finished
    expected = finished.prefill_seconds / finished.prompt_tokens
    other = request_of((question("snow on the old hill " * 50),))
    estimate = engine.estimate(other)
    num_new = estimate.prompt_tokens - estimate.reused_tokens
    assert estimate.seconds == pytest.approx(num_new * expected)


def test_an_estimate_is_no_use(recall, folder):
    """What is only asked about would otherwise stay, and what is used go."""
    engine = Engine(recall, folder)
    messages = told(engine)
    told(engine, QUESTIONS[3:], "chat:2")
    engine.flush()

    def order():
        with engine._tree._store._reading() as connection:
            rows = connection.execute("SELECT id, last_use FROM nodes ORDER BY id").fetchall()
        return rows, list(engine._tree._ram._nodes), engine.live

    before = order()
    for end in (2, 4, 6):
        assert engine.estimate(request_of(messages[:end])).reused_tokens > 0
    assert order() == before


def test_nothing_is_estimated_before_the_model_is_loaded(folder):
    from inference.local_engine import LocalEngine

    options = LoadOptions(state_dir=folder, state_budget=PLENTY)
    assert LocalEngine(RECALL, options).estimate(request_of((NEW,))) is None
    assert not folder.exists()


def test_a_closed_engine_holds_no_file_open(recall, folder):
    """SQLite keeps its log beside an index that is in use, and nobody could remove the folder."""
    engine = Engine(recall, folder)
    told(engine)
    engine.flush()
    engine.close()
    assert [path.name for path in folder.glob("index*")] == ["index.sqlite"]
    engine.close()
