"""A synthetic recall task: facts told once in a long stream of filler, asked for far behind it.

A fact is two words, a key and a value (`Kita 217`). A question is `? Kita`; the next word is the
value. Pure Python and NumPy: knows no model and no tensor library.

    example = make_stream(np.random.default_rng(7), distance=4000)
    example.token_ids    # ends with the question; the next token should be example.answer_id
    example.chat_text    # the same as one user message, answered by example.answer
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SPECIAL_TOKENS = (
    "<|pad|>",
    "<|startoftext|>",
    "<|endoftext|>",
    "<|unk|>",
    "<|im_start|>",
    "<|im_end|>",
)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MARKS = ("\n", "user", "assistant", "system", "?")
_SYLLABLES = _words("ba bo da di fu ga ki lo ma mu na pi ru so ta vu")
KEYS = tuple((first + second).capitalize() for first in _SYLLABLES for second in _SYLLABLES)
VALUES = tuple(str(number) for number in range(100, 356))
FILLER = _words(
    """
    the and of to in that it was for on with as at by from this but not or an which had been were
    all there when who will more if out so up said its about into than them can only other time new
    some could these two may then first any now such like our over even most after also did many
    before must through years where much way down should because long each just those how too well
    under very same another while last might great old year off come since go came right take three
    small house water light table window garden river bridge stone road village market morning
    evening winter summer rain snow wind cloud field forest mountain valley island harbour boat
    sail fisher baker miller teacher doctor painter singer letter paper book story word song bread
    butter apple pear plum cherry salt pepper honey milk cheese kitchen oven plate glass bottle
    basket ladder hammer needle thread button pocket mirror candle lamp clock bell drum horse cow
    sheep goat goose hen cat dog mouse owl crow swan trout oak birch willow clover moss fern
    """
)
VOCABULARY = (*SPECIAL_TOKENS, *MARKS, *KEYS, *VALUES, *FILLER)
_IDS = {word: token_id for token_id, word in enumerate(VOCABULARY)}

BOS_ID, END_OF_TEXT_ID, UNKNOWN_ID, IM_START_ID, IM_END_ID = 1, 2, 3, 4, 5
NEWLINE_ID, USER_ID, ASSISTANT_ID, SYSTEM_ID, QUESTION_ID = (_IDS[mark] for mark in MARKS)
FIRST_KEY_ID, FIRST_VALUE_ID, FIRST_FILLER_ID = (_IDS[x[0]] for x in (KEYS, VALUES, FILLER))

CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


@dataclass(frozen=True, slots=True)
class Example:
    """
    document: facts among filler, as text.
    question: `? key`.
    answer: the value, one word.
    distance: tokens from the fact's value to the key in the question.
    """

    document: str
    question: str
    answer: str
    distance: int

    @property
    def token_ids(self) -> list[int]:
        """BOS, document, question. The question's key is the last token."""
        return [BOS_ID, *encode(self.document), *encode(self.question)]

    @property
    def question_position(self) -> int:
        """Where in `token_ids` the question's key is: the logits there should pick the answer."""
        return len(self.token_ids) - 1

    @property
    def answer_id(self) -> int:
        return _IDS[self.answer]

    @property
    def chat_text(self) -> str:
        """The content of one user message."""
        return f"{self.document} {self.question}"

    @property
    def chat_token_ids(self) -> list[int]:
        """`chat_text` in the chat template, up to where the assistant's answer begins."""
        return [*user_turn(encode(self.chat_text), first=True), *assistant_start()]


def make_stream(
    rng: np.random.Generator, distance: int, num_facts: int = 160, lead_tokens: int = 64
) -> Example:
    """One document with a question about the fact that lies `distance` tokens before its end.

    num_facts: all facts, each with a key of its own; all but a few of them between the asked one
        and the question. At most 256, and less than a third of `distance`.
    lead_tokens: what comes before the asked fact.
    """
    if not 1 <= num_facts <= len(KEYS) or 3 * num_facts > distance:
        raise ValueError(f"{num_facts} facts do not fit {distance} tokens and {len(KEYS)} keys")
    keys = rng.permutation(len(KEYS))[:num_facts] + FIRST_KEY_ID
    values = rng.integers(len(VALUES), size=num_facts) + FIRST_VALUE_ID
    num_before = min(num_facts - 1, lead_tokens // 8)
    before = _scatter(rng, keys[1 : num_before + 1], values[1 : num_before + 1], lead_tokens)
    # The question's own two tokens belong to the distance.
    after = _scatter(rng, keys[num_before + 1 :], values[num_before + 1 :], distance - 2)
    document = [*before, int(keys[0]), int(values[0]), *after]
    return Example(decode(document), f"? {_word(keys[0])}", _word(values[0]), distance)


def _scatter(
    rng: np.random.Generator, keys: np.ndarray, values: np.ndarray, length: int
) -> list[int]:
    """Facts at random places among random filler, `length` tokens in all."""
    num_filler = length - 2 * len(keys)
    token_ids = (rng.integers(len(FILLER), size=num_filler) + FIRST_FILLER_ID).tolist()
    places = sorted(rng.integers(num_filler + 1, size=len(keys)).tolist(), reverse=True)
    for place, key, value in zip(places, keys.tolist(), values.tolist(), strict=True):
        token_ids[place:place] = (key, value)
    return token_ids


def user_turn(content_ids: list[int], first: bool = False) -> list[int]:
    """A user message in the chat template. first: with the BOS that a chat begins with."""
    start = [BOS_ID] if first else []
    return [*start, IM_START_ID, USER_ID, NEWLINE_ID, *content_ids, IM_END_ID, NEWLINE_ID]


def assistant_start() -> list[int]:
    return [IM_START_ID, ASSISTANT_ID, NEWLINE_ID]


def encode(text: str) -> list[int]:
    """As the tokenizer does it; any word that it doesn't know is `<|unk|>`."""
    return [_IDS.get(word, UNKNOWN_ID) for word in re.findall(r"\n|\S+", text)]


def decode(token_ids: list[int]) -> str:
    return " ".join(map(_word, token_ids))


def _word(token_id: int) -> str:
    return VOCABULARY[token_id]
