"""What every engine offers, whether it runs here or in a process of its own."""

from collections.abc import Callable, Iterator
from typing import Protocol

from inference.events import Estimate, Event, LoadEvent, Request


class Engine(Protocol):
    """One model, ready to answer one request at a time.

    The iterators may be closed before their end; the engine is then ready for the next request.
    """

    def load(self) -> Iterator[LoadEvent]:
        """Yield LoadProgress*, then ModelLoaded; ModelLoaded alone when it is loaded already.

        Raises:
            InferenceError: the model can't be loaded.
        """

    def generate(self, request: Request, cancelled: Callable[[], bool]) -> Iterator[Event]:
        """Yield the events of `load` unless loaded, then those of an answer.

        These are StateRestored?, PrefillProgress*, (ReasoningDelta | TextDelta)*, MemoryUsed,
        Finished.
        `cancelled` is asked between prefill chunks and between tokens; a cancelled generation
        ends with Finished("cancelled").

        Raises:
            InferenceError: with a sentence for the user; the engine stays usable.
        """

    def estimate(self, request: Request) -> Estimate | None:
        """What `generate` would have to read; None while the model isn't loaded. Changes nothing.

        Raises:
            InferenceError: as `generate`.
        """

    def count_tokens(self, text: str) -> int | None:
        """Of ordinary text, as a part of any message; None while the model isn't loaded."""

    def settle(self, cancelled: Callable[[], bool]) -> None:
        """While nobody asks: bring the state to where the next question goes on, keep it, and make
        the model faster where that takes time.

        A convenience that may be left out or cut short at any time, within a fraction of a second;
        the next call goes on.
        """

    def close(self) -> None:
        """Free the model's memory. The engine isn't used after that."""
