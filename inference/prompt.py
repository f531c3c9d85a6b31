"""A conversation as the token ids that a model answers after, and where later ones may part.

What looks like a control token in a message stays ordinary text. Knows nothing of models, or of
how long a prompt may be.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from inference.chat_template import ChatTemplate
from inference.errors import InferenceError
from inference.events import Message
from inference.memory import num_equal
from inference.reasoning import CLOSING, OPENING, opens_reasoning
from inference.tokenizer import Boundary, Tokenizer

FIRST_STAND_IN = 0xF0000  # a plane of code points for private use

MARKED_TURNS = 4
"""Of so many last questions, and of the first, the places are marked: a snapshot has its price."""


FOLLOWING = ("a", "\n")
"""Beginnings of a message, which a subword model joins in each its own way with what is before."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """
    marks: numbers of tokens, ascending, after which another prompt may go on differently: before a
        question, where an edited one begins, and before its answer, where another one begins.
    system_tokens: those before the first question.
    """

    token_ids: list[int]
    marks: list[int]
    system_tokens: int = 0


def make_prompt(
    tokenizer: Tokenizer, template: ChatTemplate, messages: Sequence[Message]
) -> Prompt:
    """To be answered, or with the beginning of the answer where the last message is one.

    Raises:
        InferenceError: the template fails, or refuses the conversation.
    """
    begun = answer_begun(messages)
    safe = _Protected(tokenizer, template, messages[:-1] if begun else messages)
    text = template.render(safe.messages)
    encoded = safe.encode(text)
    marks = set(safe.marks(encoded))
    system_tokens = encoded.num_tokens_before(_num_shared(text, safe.before_all_questions()))
    token_ids = encoded.token_ids
    if begun:
        token_ids += _begun_tokens(tokenizer, token_ids, begun)
    last = len(token_ids) - 1  # the last token is always read, for its logits
    marks = {min(mark, last) for mark in marks} - {0, -1}
    return Prompt(token_ids, sorted(marks), min(system_tokens, last))


def answer_begun(messages: Sequence[Message]) -> Message | None:
    """The answer that goes on; None where a new one is asked for."""
    return messages[-1] if messages and messages[-1].role == "assistant" else None


def settled_tokens(
    tokenizer: Tokenizer, template: ChatTemplate, messages: Sequence[Message]
) -> list[int]:
    """What every prompt begins with that goes on from these messages, the last an answer.

    It may differ from what was drawn: templates leave out what was thought.

    Raises:
        InferenceError: the template fails, or refuses the conversation.
    """
    safe = _Protected(tokenizer, template, messages)
    text = safe.before_a_question(len(messages))
    encoded = safe.encode(text)
    return encoded.token_ids[: encoded.num_tokens_before(len(text))]


def _begun_tokens(tokenizer: Tokenizer, prompt: Sequence[int], answer: Message) -> list[int]:
    """What the model drew, as far as the text tells: a template would lay out a whole answer."""
    parts = []  # text, and whether it is a tag
    if answer.reasoning:
        if not opens_reasoning(tokenizer, prompt):
            parts.append((f"{OPENING}\n", True))
        parts.append((answer.reasoning, False))
    if answer.content and (answer.reasoning or opens_reasoning(tokenizer, prompt)):
        parts.append((f"\n{CLOSING}\n\n", True))
    parts.append((answer.content, False))
    pieces = (tokenizer.encode(text, parse_special=is_tag) for text, is_tag in parts)
    return [token_id for piece in pieces for token_id in piece]


class _Protected:
    """Messages in which other characters stand for the texts of control tokens."""

    def __init__(
        self, tokenizer: Tokenizer, template: ChatTemplate, messages: Sequence[Message]
    ) -> None:
        stand_ins = _stand_ins(tokenizer, template, messages)
        self._tokenizer = tokenizer
        self._template = template
        self._texts = {ord(character): text for text, character in stand_ins.items()}
        self.messages = [
            replace(
                message,
                content=_swap(message.content, stand_ins),
                reasoning=_swap(message.reasoning, stand_ins),
            )
            for message in messages
        ]

    def encode(self, text: str) -> "_Encoded":
        token_ids, boundaries = self._tokenizer.encode_parts(text, True, self._texts)
        bos_id = self._tokenizer.bos_id
        if self._tokenizer.add_bos and bos_id is not None and token_ids[:1] != [bos_id]:
            token_ids.insert(0, bos_id)
            boundaries = [Boundary(place, tokens + 1) for place, tokens in boundaries]
        return _Encoded(text, token_ids, boundaries, self._encode_more)

    def _encode_more(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, True, self._texts)

    def marks(self, encoded: "_Encoded") -> Iterator[int]:
        """Tokens before each of the marked questions, and before its answer."""
        questions = [i for i, message in enumerate(self.messages) if message.role == "user"]
        for index in {*questions[:1], *questions[-MARKED_TURNS:]}:
            try:
                place = _num_shared(encoded.text, self.before_a_question(index))
                yield encoded.num_tokens_before(place)
                place = _num_shared(encoded.text, self.before_an_answer(index))
                yield encoded.num_tokens_before(place, is_end=True)
            except InferenceError:  # a part of a conversation isn't always one
                continue

    def before_all_questions(self) -> str:
        """ "" where the template takes no conversation that ends there."""
        first = next((i for i, m in enumerate(self.messages) if m.role == "user"), None)
        try:
            return "" if first is None else self.before_a_question(first)
        except InferenceError:
            return ""

    def before_a_question(self, index: int) -> str:
        """What is laid out before message `index`, if that is a question, whatever it is."""
        one, other = (
            self._template.render(
                [*self.messages[:index], Message("user", question)], add_generation_prompt=False
            )
            for question in "ab"
        )
        return one[: _num_shared(one, other)]

    def before_an_answer(self, index: int) -> str:
        """What is laid out after message `index`, if that is a question, whatever the answer is.

        Also when another question has followed it: what was thought is then often left out.
        """
        messages = self.messages[: index + 1]
        going_on = [*messages, Message("assistant", "a"), Message("user", "a")]
        asked = self._template.render(messages)
        answered = self._template.render(going_on, add_generation_prompt=False)
        return asked[: _num_shared(asked, answered)]


class _Encoded(NamedTuple):
    """
    boundaries: as the tokenizer gives them, after each plain part and each control token in turn.
    encode: more of such a text.
    """

    text: str
    token_ids: list[int]
    boundaries: list[Boundary]
    encode: Callable[[str], list[int]]

    def num_tokens_before(self, num_characters: int, is_end: bool = False) -> int:
        """Tokens that stay what they are whatever comes after so many characters.

        A subword model may join the last of them with what follows, most of all with white space,
        so that is tried. 0 where no control token is before the place.

        is_end: a prompt ends there; its last token, which is always read, isn't counted.
        """
        places = [boundary.num_characters for boundary in self.boundaries]
        num_parts = bisect_right(places, num_characters)  # that end by there
        control = num_parts - 1 - num_parts % 2
        if control < 1:
            return 0
        start = self.boundaries[control - 1]
        known = self.token_ids[start.num_tokens :]
        rest = self.text[start.num_characters : num_characters]
        if is_end:
            known = known[: len(self.encode(rest)) - 1]
        return start.num_tokens + min(
            num_equal(known, self.encode(rest + following)) for following in FOLLOWING
        )


def _num_shared(one: str, other: str) -> int:
    """Characters that both begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _stand_ins(
    tokenizer: Tokenizer, template: ChatTemplate, messages: Sequence[Message]
) -> dict[str, str]:
    """A character that occurs nowhere else for each control token's text in a message.

    Longest text first, for `_swap`.
    """
    written = [part for message in messages for part in (message.content, message.reasoning)]
    texts = [
        text
        for text in sorted(tokenizer.special_tokens, key=len, reverse=True)
        if any(text in part for part in written)
    ]
    taken = set(template.source).union(*written) if texts else ()
    free = (chr(point) for point in range(FIRST_STAND_IN, 0x110000) if chr(point) not in taken)
    return dict(zip(texts, free, strict=False))


def _swap(content: str, stand_ins: dict[str, str]) -> str:
    for text, character in stand_ins.items():
        content = content.replace(text, character)
    return content
