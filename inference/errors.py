"""Errors that are meant for the user; anything else that escapes from inference is a bug.

`str(error)` is one sentence that says what happened and what to do. The technical reason, where
there is one, is the `__cause__`. Where it isn't made of a literal, its parts are marked with
`sentence`, so that they can be translated.
"""


def sentence(text: str) -> str:
    """`text`, which a user may read."""
    return text


class InferenceError(Exception):
    """The root of what inference raises on purpose."""


class InvalidRequestError(InferenceError):
    """The request itself can't be served: an empty prompt, a sampling value out of range."""


class ContextOverflowError(InvalidRequestError):
    """The prompt is longer than the model's context."""


class WeightsError(InferenceError):
    """The weights file is missing, damaged, or of a kind that this engine doesn't know."""


class OutOfMemoryError(InferenceError):
    """Weights, state or activations don't fit on the device."""


class DeviceFailedError(InferenceError):
    """The card reported an error. It then fails every later request of the same process."""


class EngineCrashedError(InferenceError):
    """The engine process ended while it was serving a request."""


def out_of_memory() -> OutOfMemoryError:
    return OutOfMemoryError(
        "There is not enough memory for this model and conversation. "
        "Close other programs or choose a smaller model."
    )
