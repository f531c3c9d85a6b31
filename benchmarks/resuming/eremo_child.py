"""Eremo's engine with its kept states in a process of its own: answers chats, and says what of
each prompt it had to read."""

import random
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.engines.serving import serve

ALPHABET = """
apple bridge candle desert engine forest garden harbor island jacket kitchen lantern mirror needle
orange pencil quarry river saddle temple under valley window yellow zebra
"""
WORDS = ALPHABET.split()
OTHER_QUESTION = "?"  # begins like no text of words

Messages = list[tuple[str, str]]


class Resuming:
    """Texts, chats and what becomes of them. Samples greedily."""

    def open(self, path: str, threads: int, folder: str, ram_bytes: int | None = None) -> None:
        """folder: of the kept states. ram_bytes: what they may take; None goes by the machine."""
        from inference.load_options import LoadOptions
        from inference.local_engine import LocalEngine
        from inference.model_source import open_model
        from inference.state.budget import Budget

        budget = Budget.of_this_machine()
        if ram_bytes is not None:
            budget = replace(budget, ram_bytes=ram_bytes)
        options = LoadOptions(threads, "cpu", state_dir=Path(folder), state_budget=budget)
        source = open_model(Path(path))
        self._tokenizer, self._template = source.tokenizer, source.template
        self._engine = LocalEngine(Path(path), options)
        for _ in self._engine.load():
            pass

    def version(self) -> str:
        from app.version import eremo_version

        return eremo_version()

    def text(self, num_tokens: int, seed: int) -> str:
        """Random words of about so many tokens; texts of near seeds begin with different ones."""
        source = random.Random(seed)
        words = [WORDS[seed % len(WORDS)], *source.choices(WORDS, k=num_tokens)]
        wanted = len(words) * num_tokens // len(self._tokenizer.encode(" ".join(words), False))
        return " ".join(words[: max(wanted, 1)])

    def answer(self, messages: Messages, owner: str, max_tokens: int) -> dict[str, object]:
        """first_token_seconds: from the request, a conversation of messages, to the first text.

        Where the model says nothing, to the end of the answer.
        """
        from inference.events import Finished, ReasoningDelta, StateRestored, TextDelta

        request = self._request(messages, owner, max_tokens)
        restored = StateRestored(0, 0, 0.0)
        first: float | None = None
        pieces: list[str] = []
        started = time.perf_counter()
        for event in self._engine.generate(request, lambda: False):
            if first is None and isinstance(event, TextDelta | ReasoningDelta | Finished):
                first = time.perf_counter() - started
            if isinstance(event, TextDelta):
                pieces.append(event.text)
            elif isinstance(event, StateRestored):
                restored = event
            elif isinstance(event, Finished):
                finished = event
        return {
            "text": "".join(pieces),
            "prompt_tokens": finished.prompt_tokens,
            "reused_tokens": finished.reused_tokens,
            "completion_tokens": finished.completion_tokens,
            "restore_seconds": restored.seconds,
            "restored_disk_bytes": restored.disk_bytes,
            "first_token_seconds": first,
            "seconds": time.perf_counter() - started,
        }

    def settle(self) -> float:
        """Seconds."""
        started = time.perf_counter()
        self._engine.settle(lambda: False)
        return time.perf_counter() - started

    def prompt(self, messages: Messages, is_new: bool) -> dict[str, object]:
        """Its tokens, and how many of them could be known.

        is_new: the last question was never asked.
        ideal: the tokens before the question's own; else all but the last one, which has to be
            read for its logits.
        """
        from inference.memory import num_equal

        token_ids = self._token_ids(messages)
        ideal = len(token_ids) - 1
        if is_new:
            ideal = num_equal(
                token_ids, self._token_ids([*messages[:-1], ("user", OTHER_QUESTION)])
            )
        return {"token_ids": token_ids, "ideal": ideal}

    def settled(self, messages: Messages) -> list[int]:
        """The tokens that the state kept after the last answer stands for."""
        from inference.prompt import settled_tokens

        return settled_tokens(self._tokenizer, self._template, _messages(messages))

    def memory(self) -> dict[str, int]:
        import psutil

        return {"resident_bytes": psutil.Process().memory_info().rss}

    def written(self) -> int | None:
        """Bytes that this process has given to the system to write so far. Linux alone."""
        import psutil

        counters = getattr(psutil.Process(), "io_counters", None)
        return getattr(counters(), "write_chars", None) if counters else None

    def close(self) -> float:
        """Seconds."""
        started = time.perf_counter()
        self._engine.close()
        return time.perf_counter() - started

    def _request(self, messages: Messages, owner: str, max_tokens: int):
        from inference.events import Request, SamplingParams

        sampling = SamplingParams(temperature=0, max_tokens=max_tokens)
        return Request(_messages(messages), sampling, owner=owner)

    def _token_ids(self, messages: Messages) -> list[int]:
        from inference.prompt import make_prompt

        return make_prompt(self._tokenizer, self._template, _messages(messages)).token_ids


def _messages(pairs: Messages):
    from inference.events import Message

    return tuple(Message(role, content) for role, content in pairs)


if __name__ == "__main__":
    serve(Resuming())
