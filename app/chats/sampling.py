"""The sampling values of one chat: checking them, and keeping them as JSON."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, replace

from app.chats.model import SamplingOverrides
from inference.errors import InvalidRequestError
from inference.events import SamplingParams

_FIELDS = {field.name: field.type for field in fields(SamplingParams)}


def checked_overrides(values: Mapping[str, object]) -> SamplingOverrides:
    """The values, if SamplingParams takes all of them.

    Raises:
        InvalidRequestError: a value is unknown or out of its range.
    """
    checked: dict[str, float | int | None] = {}
    for name, value in values.items():
        allowed = _FIELDS.get(name)
        if allowed is None:
            raise InvalidRequestError(f"There is no sampling value {name!r}.")
        if isinstance(value, bool) or not (
            isinstance(value, int)
            or (isinstance(value, float) and allowed is float)
            or (value is None and allowed not in (int, float))
        ):
            raise InvalidRequestError(f"The value of {name} must be a number.")
        checked[name] = value
    SamplingParams(**checked)  # type: ignore[arg-type]
    return checked


def with_overrides(params: SamplingParams, values: SamplingOverrides) -> SamplingParams:
    """What a chat is answered with, where `params` are those of the settings."""
    return replace(params, **values)  # type: ignore[arg-type]


def known_overrides(values: object) -> SamplingOverrides:
    """Those values that can be used, whatever a file says."""
    known: dict[str, float | int | None] = {}
    for name, value in values.items() if isinstance(values, dict) else ():
        with suppress(InvalidRequestError):
            known |= checked_overrides({name: value})
    return known


def overrides_from_json(text: str) -> SamplingOverrides:
    try:
        return known_overrides(json.loads(text))
    except (ValueError, RecursionError):
        return {}


def overrides_as_json(values: SamplingOverrides) -> str:
    return json.dumps(dict(values), sort_keys=True)
