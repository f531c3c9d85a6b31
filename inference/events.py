"""What an engine is asked and what it yields.

A generation yields, in order: LoadProgress*, ModelLoaded (both only while the model isn't loaded
yet), StateRestored?, PrefillProgress*, (ReasoningDelta | TextDelta)*, MemoryUsed and exactly one
Finished. All of them are plain frozen dataclasses, so that they cross a pipe unchanged.
"""

from dataclasses import dataclass
from typing import Literal

from inference.errors import InvalidRequestError, sentence

Role = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length", "cancelled"]


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    content: str
    reasoning: str = ""  # what the model thought before an answer


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """How the next token is chosen. Source of the meanings: llama.cpp's sampler documentation.

    temperature: 0 is greedy; the other values are then without effect, but for repetition_penalty.
    top_k: keep the k likeliest tokens; 0 keeps all.
    top_p: keep the smallest set of likeliest tokens whose probabilities reach p; 1 keeps all.
    min_p: drop tokens less likely than min_p times the likeliest; 0 keeps all.
    repetition_penalty: divides the logits of tokens seen lately; 1 is off.
    max_tokens: at most so many tokens of answer; None is as many as the context holds.

    Raises:
        InvalidRequestError: a value is out of its range.
    """

    temperature: float = 0.6
    top_k: int = 0
    top_p: float = 0.95
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    seed: int | None = None
    max_tokens: int | None = None

    def __post_init__(self) -> None:
        penalty, seed, max_tokens = self.repetition_penalty, self.seed, self.max_tokens
        checks = {
            sentence("The value of temperature must be between 0 and 10."): (
                0 <= self.temperature <= 10
            ),
            sentence("The value of top_k must be 0 or more."): self.top_k >= 0,
            sentence("The value of top_p must be above 0 and at most 1."): 0 < self.top_p <= 1,
            sentence("The value of min_p must be between 0 and 1."): 0 <= self.min_p <= 1,
            sentence("The value of repetition_penalty must be between 0.1 and 10."): (
                0.1 <= penalty <= 10
            ),
            sentence("The value of seed must be 0 or more."): seed is None or seed >= 0,
            sentence("The value of max_tokens must be 1 or more."): (
                max_tokens is None or max_tokens >= 1
            ),
        }
        for problem, holds in checks.items():
            if not holds:
                raise InvalidRequestError(problem)


@dataclass(frozen=True, slots=True)
class Request:
    """One answer to a conversation.

    messages: the last is a question, or an answer that was cut short and goes on.
    stop: strings that end the answer and aren't part of it.
    owner: for whom the state is kept on disk, such as "chat:12"; None keeps it in memory only.
    aside: nothing is kept of it, and the conversation at work stays as it is.
    """

    messages: tuple[Message, ...]
    sampling: SamplingParams = SamplingParams()
    stop: tuple[str, ...] = ()
    owner: str | None = None
    aside: bool = False


def check_asked(request: Request) -> None:
    """
    Raises:
        InvalidRequestError: nothing is asked, and no answer is there to go on with.
    """
    last = request.messages[-1] if request.messages else Message("user", "")
    if last.role == "assistant":
        if not (last.content or last.reasoning) or len(request.messages) < 2:
            raise InvalidRequestError("There is no answer to go on with: ask a question first.")
    elif not last.content.strip():
        raise InvalidRequestError("There is no question to answer: write one first.")


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is worth showing of a loaded model."""

    name: str
    architecture: str
    quantization: str  # of most of the weights: "Q4_1"
    num_parameters: int
    size_bytes: int
    context_length: int  # tokens


@dataclass(frozen=True, slots=True)
class LoadProgress:
    done: int  # bytes of weights
    total: int


@dataclass(frozen=True, slots=True)
class ModelLoaded:
    info: ModelInfo


@dataclass(frozen=True, slots=True)
class StateRestored:
    """A snapshot of the state was taken up, so that its tokens needn't be read."""

    tokens: int
    disk_bytes: int  # that were read for it; the rest was in memory
    seconds: float


@dataclass(frozen=True, slots=True)
class PrefillProgress:
    """`done` counts the reused tokens too: it begins at `reused` and ends at `total`."""

    done: int  # prompt tokens
    total: int
    reused: int


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """What a model thinks before it answers; no part of the answer."""

    text: str  # whole characters, never empty


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str  # whole characters, never empty


@dataclass(frozen=True, slots=True)
class MemoryUsed:
    """What the engine holds in memory besides the weights, in bytes."""

    recurrent_bytes: int  # of the conversation at work; the same however long that is
    kv_bytes: int  # of the conversation at work
    snapshot_bytes: int  # of all conversations


@dataclass(frozen=True, slots=True)
class Finished:
    reason: FinishReason
    prompt_tokens: int
    reused_tokens: int  # of the prompt: those whose state was kept
    completion_tokens: int
    reasoning_tokens: int  # of the completion: those of the thinking
    prefill_seconds: float
    decode_seconds: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an answer would cost before its first token.

    seconds: about; None while nothing has been read yet.
    """

    prompt_tokens: int
    reused_tokens: int  # of the prompt: those whose state is kept
    seconds: float | None
    system_tokens: int = 0  # of the prompt: those before the first question


LoadEvent = LoadProgress | ModelLoaded
Event = (
    LoadEvent | StateRestored | PrefillProgress | ReasoningDelta | TextDelta | MemoryUsed | Finished
)
