"""The chat that is gone on with, and the ways to do so. Measures nothing but what it makes."""

from dataclasses import dataclass, field
from typing import NamedTuple

from benchmarks.engines.child import Child

QUESTION_TOKENS = 32
ANSWER_TOKENS = 24
FRAME_TOKENS = 12  # of the template, a turn
TURN_TOKENS = QUESTION_TOKENS + ANSWER_TOKENS + FRAME_TOKENS
SHORT_TURNS = 6

Message = tuple[str, str]  # role and content


@dataclass(slots=True)
class Chat:
    """settled: the tokens of its kept state after the last answer.

    seconds: to read and answer all of it. settle_seconds: the longest.
    """

    owner: str
    seed: int
    messages: list[Message] = field(default_factory=list)
    settled: list[int] = field(default_factory=list)
    seconds: float = 0.0
    settle_seconds: float = 0.0


class Way(NamedTuple):
    """To go on with a chat: the prompt, and how much of it could be known."""

    messages: list[Message]
    token_ids: list[int]
    ideal: int


def make_chat(engine: Child, num_tokens: int, number: int, short_turns: int = SHORT_TURNS) -> Chat:
    """A long first message and a few short turns, each settled, of about so many tokens.

    number: of the chat; each has other texts.
    """
    first = num_tokens - ANSWER_TOKENS - FRAME_TOKENS - short_turns * TURN_TOKENS
    chat = Chat(f"chat:{number}", seed=100 * number)
    for turn, size in enumerate([max(first, 1), *[QUESTION_TOKENS] * short_turns]):
        chat.messages.append(question(engine, size, chat.seed + turn))
        go_on(engine, chat)
    chat.settled = engine.ask("settled", messages=chat.messages)
    return chat


def go_on(engine: Child, chat: Chat) -> None:
    """Answer its last question."""
    found = engine.ask("answer", messages=chat.messages, owner=chat.owner, max_tokens=ANSWER_TOKENS)
    chat.messages.append(("assistant", found["text"]))
    settled = engine.ask("settle")
    chat.seconds += found["seconds"]
    chat.settle_seconds = max(chat.settle_seconds, settled)


def question(engine: Child, num_tokens: int, seed: int) -> Message:
    return ("user", engine.ask("text", num_tokens=num_tokens, seed=seed))


def ways_on(engine: Child, chat: Chat) -> dict[str, Way]:
    """What is new begins with a word of its own."""
    new = [question(engine, QUESTION_TOKENS, chat.seed + 50 + number) for number in range(3)]
    prompts = {
        "next turn": ([*chat.messages, new[0]], True),
        "regenerate": (chat.messages[:-1], False),
        "edit": ([*chat.messages[:-2], new[1]], True),
        "branch": ([*chat.messages[:2], new[2]], True),
    }
    return {
        name: Way(messages, **engine.ask("prompt", messages=messages, is_new=is_new))
        for name, (messages, is_new) in prompts.items()
    }
