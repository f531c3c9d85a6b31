"""Engines with snapshots, and what the same model answers without any.

The weights are loaded once: an engine is made again as often as a test needs a restart.
"""

import functools
import json
import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inference.events import Finished, Message, Request, SamplingParams, StateRestored, TextDelta
from inference.load_options import LoadOptions
from inference.local_engine import (
    LoadedModel,
    LocalEngine,
    answer,
    load_model,
    open_engine,
    open_tree,
    prompt_for,
)
from inference.memory import Memory
from inference.state.budget import Budget

RECALL = Path(__file__).parents[1] / "data" / "recall-jamba"
PLENTY = Budget(1 << 30, 1 << 30, 0)
NUM_TOKENS = 6  # of an answer, at most


@dataclass(frozen=True)
class Answer:
    text: str
    token_ids: tuple[int, ...]
    finished: Finished
    restored: StateRestored | None = None

    @property
    def reused(self) -> int:
        return self.finished.reused_tokens

    @property
    def message(self) -> Message:
        return Message("assistant", self.text)


class Engine(LocalEngine):
    """Opens the snapshots anew, and takes over weights that are loaded."""

    def __init__(self, model: LoadedModel, state_dir: Path | None, budget: Budget = PLENTY) -> None:
        super().__init__(Path("loaded"), LoadOptions(state_dir=state_dir, state_budget=budget))
        self._model = model
        self._store, self._tree = open_tree(model, self._options)

    def restarted(self) -> "Engine":
        model = self._model
        self.flush()
        self.close()
        return Engine(model, self._options.state_dir, self._options.state_budget)

    def flush(self) -> None:
        assert self._tree.flush(30)

    @property
    def live(self) -> list[int]:
        """What the session has read and still holds."""
        return list(self._memory.token_ids) if self._memory else []


@functools.cache
def loaded(path: Path, kernels: str = "") -> LoadedModel:  # noqa: ARG001
    """kernels: those that the environment asks for, to tell the models apart."""
    loading = load_model(path, LoadOptions())
    while True:
        try:
            next(loading)
        except StopIteration as end:
            return end.value


def question(text: str) -> Message:
    return Message("user", text)


def request_of(messages, owner="chat:1", max_tokens=NUM_TOKENS, aside=False) -> Request:
    sampling = SamplingParams(temperature=0, max_tokens=max_tokens)
    return Request(tuple(messages), sampling, owner=owner, aside=aside)


def never() -> bool:
    return False


def after(count: int):
    """Says yes from the so-manieth time on that it is asked."""
    asked = iter(range(count))
    return lambda: next(asked, None) is None


def ask(engine, messages, owner="chat:1", cancelled=never) -> Answer:
    events = list(engine.generate(request_of(messages, owner), cancelled))
    finished = events[-1]
    assert isinstance(finished, Finished)
    restored = [event for event in events if isinstance(event, StateRestored)]
    assert len(restored) <= 1
    drawn = engine._memory.token_ids[finished.prompt_tokens :]
    return Answer(text_of(events), tuple(drawn), finished, restored[0] if restored else None)


def text_of(events) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def prompt_tokens(model: LoadedModel, messages) -> list[int]:
    return prompt_for(model, request_of(messages)).token_ids


_cold: dict[tuple[str, tuple[Message, ...]], Answer] = {}


def cold(model: LoadedModel, messages) -> Answer:
    """What the model answers when it reads everything, with the same kernels."""
    key = (f"{model.fingerprint}{model.template.source}", tuple(messages))
    if key not in _cold:
        memory = Memory(model.language_model.new_session())
        request = request_of(messages)
        prompt = prompt_for(model, request)
        events = list(answer(model, memory, prompt, request, None, never))
        drawn = memory.token_ids[len(prompt.token_ids) :]
        assert events[-1].reused_tokens == 0
        _cold[key] = Answer(text_of(events), tuple(drawn), events[-1])
    return _cold[key]


def assert_equal_without_snapshots(engine, messages, owner="chat:1") -> Answer:
    """The answer, which is the one that the model gives when it reads everything."""
    given = ask(engine, messages, owner)
    assert given.token_ids == cold(engine._model, messages).token_ids
    return given


def num_shared(one, other) -> int:
    length = min(len(one), len(other))
    different = np.asarray(one[:length]) != np.asarray(other[:length])
    return int(different.argmax()) if different.any() else length


def ideal(model: LoadedModel, prompt, read) -> int:
    """Tokens before the first that differs from what was read; the last is always read again.

    The first words of a message aren't counted where both happen to begin with them.
    """
    shared = min(num_shared(prompt, read), len(prompt) - 1)
    is_control = model.tokenizer.is_control
    control = next((n for n in range(shared, 0, -1) if is_control(prompt[n - 1])), 0)
    header = model.tokenizer.encode("user\n", parse_special=False)
    if prompt[control : control + len(header)] == header:
        shared = min(shared, control + len(header))
    return shared


SYSTEM = Message("system", "Kita 217 the and of rain")


QUESTIONS = [
    question(f"{key} {value} the old stone bridge over the river ? {key}")
    for key, value in (("Baba", 101), ("Dimu", 222), ("Fuga", 340), ("Lomu", 118), ("Sota", 333))
]


NEW = question("Ruru 200 snow on the hill ? Ruru")


def told(engine, questions=QUESTIONS[:3], owner="chat:1"):
    """A conversation with an answer to each question; the engine has settled after each."""
    messages = (SYSTEM,)
    for one in questions:
        messages = (*messages, one)
        messages = (*messages, ask(engine, messages, owner).message)
        engine.settle(never)
    return messages


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


# For a child process, which can be given only what has a name


def dying_engine(path: Path, options: LoadOptions, num_syncs: int, flag: Path) -> LocalEngine:
    """Kills its process when it has synced so many files; the one after it lives."""
    sync, left = os.fsync, iter(range(num_syncs - 1))

    def sync_and_die(descriptor: int) -> None:
        sync(descriptor)
        if next(left, None) is None and not flag.exists():
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    os.fsync = sync_and_die
    return open_engine(path, options)
