"""Tells what a model thinks from what it answers, wherever the pieces of text are cut.

Thinking stands between the tags <think> and </think> at the very start of an answer; some models'
prompts end with the opening tag. Knows nothing of how a template lays out a conversation.
"""

from collections.abc import Sequence
from typing import Literal

from inference.tokenizer import Tokenizer

OPENING = "<think>"
CLOSING = "</think>"

Part = Literal["start", "reasoning", "text"]

_TAIL_TOKENS = 16  # in which an opening tag fits, however it is cut into tokens


class ReasoningSplitter:
    """For one answer. White space around the tags belongs to neither part.

    Text passes through at once but for what may be a tag or the white space before one: in an
    answer without thinking that is at most a few characters at its start.
    """

    def __init__(self, is_open: bool, part: Part = "start") -> None:
        """
        is_open: the prompt ends with the opening tag.
        part: in which the answer goes on, where it had begun before.
        """
        self._is_open = is_open
        self._part: Part = part
        self._held = ""
        self._is_at_edge = False  # the white space that follows a tag is still to be dropped

    @property
    def may_be_thinking(self) -> bool:
        """False as soon as all that follows is text."""
        return self._part != "text"

    def add(self, text: str) -> tuple[str, str]:
        """The reasoning and the text that are certain now; either may be empty."""
        self._held += text
        if self._part == "start":
            self._begin()
        reasoning = self._take_reasoning() if self._part == "reasoning" else ""
        return reasoning, self._take_text() if self._part == "text" else ""

    def finish(self) -> tuple[str, str]:
        """What was held back and became no tag."""
        held, self._held = self._held, ""
        if self._part == "reasoning":
            return held.rstrip(), ""
        if self._part == "start" and self._is_open:
            return held.strip(), ""
        return "", held

    def _begin(self) -> None:
        """Leave the start once it is clear whether an opening tag stands there.

        A prompt may end with the tag and the model write it once more.
        """
        begun = self._held.lstrip()
        if begun.startswith(OPENING):
            self._part, self._held, self._is_at_edge = "reasoning", begun[len(OPENING) :], True
        elif not OPENING.startswith(begun):
            self._part = "reasoning" if self._is_open else "text"
            self._is_at_edge = self._is_open

    def _take_reasoning(self) -> str:
        self._drop_edge()
        reasoning, tag, rest = self._held.partition(CLOSING)
        if tag:
            self._part, self._held, self._is_at_edge = "text", rest, True
            return reasoning.rstrip()
        certain = self._held[: len(self._held) - _beginning_of_tag(self._held)].rstrip()
        self._held = self._held[len(certain) :]
        return certain

    def _take_text(self) -> str:
        self._drop_edge()
        text, self._held = self._held, ""
        return text

    def _drop_edge(self) -> None:
        if self._is_at_edge:
            self._held = self._held.lstrip()
            self._is_at_edge = not self._held


def _beginning_of_tag(text: str) -> int:
    """Length of the longest end of `text` that a closing tag begins with."""
    lengths = range(min(len(CLOSING) - 1, len(text)), 0, -1)
    return next((length for length in lengths if text.endswith(CLOSING[:length])), 0)


def tag_of(tokenizer: Tokenizer, token_id: int) -> str:
    """The tag that a control token is, whose bytes are empty; "" for every other token."""
    if tokenizer.is_control(token_id) and tokenizer.token_text(token_id) in (OPENING, CLOSING):
        return tokenizer.token_text(token_id)
    return ""


def opens_reasoning(tokenizer: Tokenizer, prompt: Sequence[int]) -> bool:
    """Whether the answer to these token ids begins inside of the thinking."""
    tail = b"".join(
        tokenizer.token_bytes(token_id) or tag_of(tokenizer, token_id).encode()
        for token_id in prompt[-_TAIL_TOKENS:]
    )
    return tail.rstrip().endswith(OPENING.encode())
