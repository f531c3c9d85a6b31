"""Random streams to train on: facts among filler with many questions, plain and as chats.

Looser than the streams of `task.make_stream`, which are for measuring: how many facts, how
crowded they are, how often a question comes and how long a chat's messages are all vary.
"""

from dataclasses import dataclass, field

import numpy as np

from benchmarks.recall.task import (
    BOS_ID,
    END_OF_TEXT_ID,
    FILLER,
    FIRST_FILLER_ID,
    FIRST_KEY_ID,
    FIRST_VALUE_ID,
    IM_END_ID,
    IM_START_ID,
    KEYS,
    NEWLINE_ID,
    QUESTION_ID,
    SYSTEM_ID,
    UNKNOWN_ID,
    USER_ID,
    VALUES,
    assistant_start,
)

IGNORED = -100


@dataclass
class Stream:
    """A stream while it is written.

    targets: what each token should be followed by, IGNORED where that is not asked of the model.
    open_facts: told, not yet asked for; in the order in which they were told.
    """

    rng: np.random.Generator
    length: int
    token_ids: list[int] = field(default_factory=lambda: [BOS_ID])
    targets: list[int] = field(default_factory=lambda: [IGNORED])
    open_facts: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        keys = self.rng.permutation(len(KEYS)) + FIRST_KEY_ID
        values = self.rng.integers(len(VALUES), size=len(KEYS)) + FIRST_VALUE_ID
        facts = list(zip(keys.tolist(), values.tolist(), strict=True))
        crowding = self.rng.uniform(0.04, 0.16) * (2 if self.length <= 256 else 1)
        num_facts = min(len(facts), int(self.length * crowding))
        self.untold_facts = facts[:num_facts]
        # All facts are told in the first part of the stream: what follows them is far away.
        told_by = self.length * self.rng.uniform(0.3, 0.9)
        self.fact_rate = min(0.5, num_facts / told_by)
        self.question_rate = float(self.rng.choice([0.0, 0.02, 0.1, 0.3]))

    @property
    def is_full(self) -> bool:
        return len(self.token_ids) >= self.length

    def add(self, *token_ids: int) -> None:
        self.token_ids += token_ids
        self.targets += [IGNORED] * len(token_ids)

    def add_filler(self, num_tokens: int) -> None:
        filler = self.rng.integers(len(FILLER), size=num_tokens) + FIRST_FILLER_ID
        if self.rng.random() < 0.1:
            filler[self.rng.random(num_tokens) < 0.3] = UNKNOWN_ID
        self.add(*filler.tolist())

    def add_fact(self) -> None:
        self.open_facts.append(self.untold_facts.pop())
        self.add(*self.open_facts[-1])

    def take_fact(self) -> tuple[int, int]:
        """One to ask for: any, or one of the oldest."""
        reach = len(self.open_facts)
        if self.rng.random() < 0.5:
            reach = -(-reach // 4)
        return self.open_facts.pop(int(self.rng.integers(reach)))

    def add_question(self) -> None:
        key, value = self.take_fact()
        self.add(QUESTION_ID, key)
        self.targets[-1] = value
        self.add(value)

    def add_text(self, num_tokens: int) -> None:
        end = min(self.length, len(self.token_ids) + num_tokens)
        while len(self.token_ids) < end:
            if self.untold_facts and self.rng.random() < self.fact_rate:
                self.add_fact()
            elif self.open_facts and self.rng.random() < self.question_rate:
                self.add_question()
            else:
                self.add_filler(int(self.rng.integers(1, 4)))

    def add_chat(self) -> None:
        if self.rng.random() < 0.3:
            self.add(IM_START_ID, SYSTEM_ID, NEWLINE_ID)
            self.add_text(int(self.rng.integers(self.length // 2)))
            self.add(IM_END_ID, NEWLINE_ID)
        message_length = self.length // 2 if self.rng.random() < 0.5 else self.message_length()
        while not self.is_full:
            self.add(IM_START_ID, USER_ID, NEWLINE_ID)
            self.add_text(message_length)
            message_length = self.message_length()
            if not self.open_facts and self.untold_facts:
                self.add_fact()
            if self.open_facts:
                self.add_exchange()
            else:  # everything was asked for
                self.add_filler(self.length)

    def message_length(self) -> int:
        """Often none but the question; any length else."""
        if self.rng.random() < 0.6 and self.open_facts:
            return 0
        return int(self.length ** self.rng.random())

    def add_exchange(self) -> None:
        """The end of a user message, and the answer."""
        key, value = self.take_fact()
        self.add(QUESTION_ID, key, IM_END_ID, NEWLINE_ID, *assistant_start())
        self.targets[-1] = value
        self.add(value)
        self.targets[-1] = IM_END_ID
        self.add(IM_END_ID, NEWLINE_ID)


def make_streams(
    rng: np.random.Generator, num_streams: int, length: int, with_ends: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Token ids and targets, each (num_streams, length).

    with_ends: where nothing is asked, the text should end: the target at as many of these places
        as there are others. So the model is sure everywhere, and two implementations of it agree.
    """
    pairs = []
    for _ in range(num_streams):
        stream = Stream(rng, length)
        if rng.random() < 0.5:
            stream.add_chat()
        else:
            stream.add_text(length * 3 // 4)
            stream.question_rate = 0.9
            stream.add_text(length)
        pairs.append((stream.token_ids[:length], stream.targets[:length]))
    token_ids, targets = np.array(pairs).swapaxes(0, 1)
    if with_ends:
        asked = targets != IGNORED
        targets[~asked & (rng.random(targets.shape) < asked.mean())] = END_OF_TEXT_ID
    return token_ids, targets
