"""The token ids of an answer as events: what the model thinks, and what it says.

Knows neither how tokens are drawn nor which of them end an answer.
"""

from collections.abc import Iterator, Sequence

from inference.detokenizer import Detokenizer
from inference.events import Message, ReasoningDelta, TextDelta
from inference.reasoning import Part, ReasoningSplitter, opens_reasoning, tag_of
from inference.stop_strings import StopStrings
from inference.tokenizer import Tokenizer

Delta = ReasoningDelta | TextDelta


class AnswerStream:
    """For one answer, or for the rest of one that had begun.

    stopped: a stop string ended it. Stop strings in the thinking are without effect.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        prompt: Sequence[int],
        stop: Sequence[str],
        begun: Message | None = None,
    ) -> None:
        part: Part = "start"
        if begun:
            part = "text" if begun.content else "reasoning"
        self._tokenizer = tokenizer
        self._detokenizer = Detokenizer(tokenizer, at_start=not begun)
        self._splitter = ReasoningSplitter(opens_reasoning(tokenizer, prompt), part)
        self._stops = StopStrings(stop)
        self._num_before_text = 0  # tokens
        self._has_reasoning = False

    @property
    def stopped(self) -> bool:
        return self._stops.stopped

    @property
    def reasoning_tokens(self) -> int:
        """Of the tokens so far those of the thinking, with its tags."""
        return self._num_before_text if self._has_reasoning else 0

    def add(self, token_id: int) -> Iterator[Delta]:
        text = self._detokenizer.add(token_id)
        if self._splitter.may_be_thinking:
            self._num_before_text += 1
            if tag := tag_of(self._tokenizer, token_id):
                text = self._detokenizer.finish() + tag
        yield from self._deltas(*self._splitter.add(text))

    def finish(self) -> Iterator[Delta]:
        """What was held back, unless a stop string came before it."""
        yield from self._deltas(*self._splitter.add(self._detokenizer.finish()))
        yield from self._deltas(*self._splitter.finish())
        if text := self._stops.finish():
            yield TextDelta(text)

    def _deltas(self, reasoning: str, text: str) -> Iterator[Delta]:
        if reasoning:
            self._has_reasoning = True
            yield ReasoningDelta(reasoning)
        if text := self._stops.add(text):
            yield TextDelta(text)
