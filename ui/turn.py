"""The turn in progress as the window remembers it, so that its chat can be left and come back to.

Knows no widget and no thread.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app.chats.model import Chat, StoredMessage

_MIN_SECONDS = 0.5  # a speed over less says nothing
_READING_SECONDS = 8.0  # over which the speed of reading is told


@dataclass(slots=True)
class RunningTurn:
    chat: Chat
    question: StoredMessage
    answer: StoredMessage  # as it was when the turn began, with the text that it goes on from
    reading: tuple[int, int] | None = None  # prompt tokens: done, total
    _read: deque[tuple[float, int]] = field(default_factory=deque)  # when, tokens done
    _reasoning: list[str] = field(default_factory=list)  # pieces
    _text: list[str] = field(default_factory=list)
    _num_tokens: int = 0  # since the first piece
    _first_at: float | None = None  # seconds, as of the clock that the pieces come with

    @property
    def reasoning(self) -> str:
        return "".join(self._reasoning)

    @property
    def text(self) -> str:
        return "".join(self._text)

    @property
    def has_begun(self) -> bool:
        """Whether anything of the answer is there, be it only thinking."""
        return bool(self._reasoning or self._text)

    def add_read(self, done: int, total: int, now: float) -> None:
        """`done` prompt tokens are read, or needn't be."""
        self.reading = (done, total)
        self._read.append((now, done))
        while len(self._read) > 2 and now - self._read[1][0] > _READING_SECONDS:
            self._read.popleft()

    def reading_speed(self) -> float | None:
        """In tokens/s over the last seconds; None until it can be told."""
        if len(self._read) < 2:
            return None
        (began, first), (now, last) = self._read[0], self._read[-1]
        return (last - first) / (now - began) if now - began >= _MIN_SECONDS else None

    def add_reasoning(self, text: str, num_tokens: int, now: float) -> None:
        self._reasoning.append(text)
        self._count(num_tokens, now)

    def add_text(self, text: str, num_tokens: int, now: float) -> None:
        self._text.append(text)
        self._count(num_tokens, now)

    def _count(self, num_tokens: int, now: float) -> None:
        if self._first_at is None:
            self._first_at = now  # the first tokens took prefill's time
        else:
            self._num_tokens += num_tokens

    def tokens_per_second(self, now: float) -> float | None:
        """None until it can be told. A piece of text is taken for a token: the exact number comes
        with the end of the answer."""
        if self._first_at is None or now - self._first_at < _MIN_SECONDS:
            return None
        return self._num_tokens / (now - self._first_at)

    def messages_before(self, branch: Sequence[StoredMessage]) -> list[StoredMessage]:
        """Those of a branch that come before this turn's question, which may be a new version."""
        ids = [message.id for message in branch]
        if self.question.parent_id is None:
            return []
        if self.question.parent_id not in ids:
            return list(branch)
        return list(branch[: ids.index(self.question.parent_id) + 1])

    def failed(self, sentence: str) -> StoredMessage:
        """The answer as far as it came, where nothing better is known of its end."""
        return replace(
            self.answer,
            content=self.answer.content + self.text,
            reasoning=self.answer.reasoning + self.reasoning,
            status="failed",
            error=sentence,
        )
