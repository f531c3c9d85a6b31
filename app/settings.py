"""What the user has chosen, kept in a TOML file that may be edited by hand.

Nothing in that file can keep Eremo from starting: a value that makes no sense is reported and its
default used; what Eremo doesn't know is left alone.
"""

import os
import re
import tempfile
import tomllib
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from app.errors import AppError, writing_failed
from inference.errors import sentence
from inference.events import SamplingParams

Theme = Literal["system", "light", "dark", "contrast"]
Device = Literal["", "cpu", "cuda"]
ModelTitles = Literal["", "always", "never"]

_MAX_BYTES = 1 << 20
_MAX_INT = 2**63 - 1
_MAX_PIXELS = 100_000
MIN_TEXT_SIZE = 80  # percent
MAX_TEXT_SIZE = 200
_LANGUAGE = re.compile(r"system|[a-z]{2,3}(_[A-Z]{2})?")


@dataclass(frozen=True, slots=True)
class WindowState:
    """How the window was left. Lengths are in device-independent pixels."""

    width: int = 1100
    height: int = 760
    x: int | None = None
    y: int | None = None
    maximized: bool = False
    sidebar_visible: bool = True
    inspector_visible: bool = True
    last_chat_id: int | None = None
    folded_folders: Sequence[int] = ()  # ids


@dataclass(frozen=True, slots=True)
class Settings:
    """The meanings of the sampling values are those of `SamplingParams`."""

    model: str = ""  # "": the default model
    model_paths: Sequence[str] = ()  # files and folders that were added where they are
    system_prompt: str = ""
    temperature: float = 0.6
    top_p: float = 0.95
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    seed: int | None = None
    max_tokens: int | None = None
    model_titles: ModelTitles = ""  # made by the model; "": where it is large enough
    threads: int = 0  # 0: automatic
    device: Device = ""  # "": a graphics card where there is one
    keep_packed_weights: bool = False  # on disk, so that a model loads faster the next time
    keep_state: bool = True  # on disk, so that no chat has to be read again
    state_ram_mib: int | None = None  # None: by the machine's memory
    state_disk_mib: int | None = None  # None: 8 GiB
    context_length: int = 0  # tokens at most; 0: as many as the model was made for
    theme: Theme = "system"
    language: str = "system"  # or a code, such as "it"
    text_size: int = 100  # percent
    shortcuts: Mapping[str, str] = field(default_factory=dict)  # keys of actions, "" for none
    window: WindowState = WindowState()

    def sampling(self) -> SamplingParams:
        return SamplingParams(
            temperature=self.temperature,
            top_k=self.top_k,
            top_p=self.top_p,
            min_p=self.min_p,
            repetition_penalty=self.repetition_penalty,
            seed=self.seed,
            max_tokens=self.max_tokens,
        )


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a value has to be."""

    words: str
    accepts: Callable[[Any], bool]


def _integer(low: int, high: int) -> _Kind:
    return _Kind(
        sentence(f"a whole number between {low} and {high}"),
        lambda value: type(value) is int and low <= value <= high,
    )


def _number(low: float, high: float) -> _Kind:
    return _Kind(
        sentence(f"a number between {low:g} and {high:g}"),
        lambda value: type(value) in (int, float) and low <= value <= high,
    )


_TEXT = _Kind(sentence("a text"), lambda value: isinstance(value, str))
_SWITCH = _Kind(sentence("true or false"), lambda value: isinstance(value, bool))
_TABLE = _Kind(sentence("a table"), lambda value: isinstance(value, Mapping))
_TEXTS = _Kind(
    sentence("a list of texts"),
    lambda value: isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value),
)
_NUMBERS = _Kind(
    "a list of whole numbers",
    lambda value: isinstance(value, (list, tuple)) and all(type(one) is int for one in value),
)
_TABLE_OF_TEXTS = _Kind(
    sentence("a table of texts"),
    lambda value: isinstance(value, Mapping) and all(isinstance(v, str) for v in value.values()),
)

_KINDS: dict[str, _Kind] = {
    "model": _TEXT,
    "model_paths": _TEXTS,
    "system_prompt": _TEXT,
    "temperature": _number(0, 10),
    "top_p": _Kind(
        sentence("a number above 0 and at most 1"),
        lambda value: type(value) in (int, float) and 0 < value <= 1,
    ),
    "top_k": _integer(0, _MAX_INT),
    "min_p": _number(0, 1),
    "repetition_penalty": _number(0.1, 10),
    "seed": _integer(0, _MAX_INT),
    "max_tokens": _integer(1, _MAX_INT),
    "model_titles": _Kind(
        '"always", "never" or ""', lambda value: value in ("", "always", "never")
    ),
    "threads": _integer(0, 1024),
    "device": _Kind(sentence('"cpu", "cuda" or ""'), lambda value: value in ("", "cpu", "cuda")),
    "keep_packed_weights": _SWITCH,
    "keep_state": _SWITCH,
    "state_ram_mib": _integer(0, 1 << 20),
    "state_disk_mib": _integer(0, 1 << 30),
    "theme": _Kind(
        sentence('"system", "light", "dark" or "contrast"'),
        lambda value: value in ("system", "light", "dark", "contrast"),
    ),
    "language": _Kind(
        sentence('"system" or the code of a language, such as "it"'),
        lambda value: isinstance(value, str) and bool(_LANGUAGE.fullmatch(value)),
    ),
    "context_length": _integer(0, _MAX_INT),
    "text_size": _integer(MIN_TEXT_SIZE, MAX_TEXT_SIZE),
    "shortcuts": _TABLE_OF_TEXTS,
    "window": _TABLE,
    "window.width": _integer(1, _MAX_PIXELS),
    "window.height": _integer(1, _MAX_PIXELS),
    "window.x": _integer(-_MAX_PIXELS, _MAX_PIXELS),
    "window.y": _integer(-_MAX_PIXELS, _MAX_PIXELS),
    "window.maximized": _SWITCH,
    "window.sidebar_visible": _SWITCH,
    "window.inspector_visible": _SWITCH,
    "window.last_chat_id": _integer(1, _MAX_INT),
    "window.folded_folders": _NUMBERS,
}


class SettingsFile:
    """`problems` are sentences about what the last `load` couldn't use."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.problems: list[str] = []

    def load(self) -> Settings:
        """What the file says; the defaults where it says nothing that can be used."""
        self.problems = []
        try:
            settings, problems = _settings_from(_parsed(self._read()))
            self.problems = [sentence(f"{problem}: its default is used.") for problem in problems]
            return settings
        except FileNotFoundError:
            pass
        except OSError as error:
            reason = error.strerror or error
            problem = sentence(
                f"The settings in {self._path} can't be read ({reason}): the defaults are used."
            )
            self.problems = [problem]
        except ValueError as error:
            problem = sentence(
                f"The settings in {self._path} are damaged ({error}): "
                "the defaults are used until the file is repaired."
            )
            self.problems = [problem]
        return Settings()

    def save(self, settings: Settings) -> None:
        """Write what differs from the file; comments and unknown keys stay as they are.

        A damaged file is kept beside the new one as "settings.toml.broken-1", or the next number.

        Raises:
            AppError: a value is out of its range, or the file can't be written; it then is what
                it was.
        """
        _, problems = _settings_from(_without_none(asdict(settings)))
        if problems:
            raise AppError(f"{problems[0]}.")
        try:
            self._write(self._merged(settings))
        except OSError as error:
            raise writing_failed(self._path, error) from error

    def _read(self) -> str:
        with self._path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise ValueError("too long")
        return content.decode("utf-8-sig")

    def _merged(self, settings: Settings) -> str:
        try:
            return _edited(self._read(), settings)
        except FileNotFoundError:
            pass
        except ValueError:
            self._set_aside()
        return _edited("", settings)

    def _write(self, text: str) -> None:
        """All or nothing, also when the power fails."""
        target = self._path.resolve()  # a symbolic link stays one
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f"{target.name}.", dir=target.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode("utf-8", "replace"))
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _set_aside(self) -> Path:
        number = 1
        while (aside := self._path.with_name(f"{self._path.name}.broken-{number}")).exists():
            number += 1
        return self._path.rename(aside)


def _parsed(text: str) -> dict[str, Any]:
    """Raises ValueError, whatever is wrong with the text."""
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _settings_from(values: Mapping[str, Any]) -> tuple[Settings, list[str]]:
    """The values that can be used, and what is wrong with each of the others."""
    chosen, problems = _usable(values, Settings)
    window, window_problems = _usable(chosen.get("window", {}), WindowState, "window.")
    return Settings(**chosen | {"window": WindowState(**window)}), problems + window_problems


def _usable(
    values: Mapping[str, Any], record: type, prefix: str = ""
) -> tuple[dict[str, Any], list[str]]:
    chosen: dict[str, Any] = {}
    problems: list[str] = []
    for one in fields(record):
        if one.name not in values:
            continue
        key = prefix + one.name
        if _KINDS[key].accepts(values[one.name]):
            value = values[one.name]
            chosen[one.name] = tuple(value) if isinstance(value, list) else value
        else:
            problems.append(sentence(f"The setting {key} must be {_KINDS[key].words}"))
    return chosen, problems


def _edited(text: str, settings: Settings) -> str:
    """`text` with the values that differ from `settings` changed.

    Raises:
        ValueError: the text can't be changed so that it says what it should.
    """
    import tomlkit  # slow to import, and only saving needs it
    from tomlkit.exceptions import TOMLKitError

    old, _ = _settings_from(_parsed(text))
    try:
        document = tomlkit.parse(text)
        _update(document, asdict(old), asdict(settings))
        for name in ("shortcuts", "window"):
            before, after = asdict(old)[name], asdict(settings)[name]
            if before != after:
                if not isinstance(document.get(name), MutableMapping):
                    document[name] = tomlkit.table()
                _update(document[name], before, after)
        edited = tomlkit.dumps(document).removesuffix("\n") + "\n"
    except TOMLKitError as error:
        raise ValueError(str(error)) from error
    if _settings_from(_parsed(edited))[0] != settings:  # tomlkit isn't free of errors
        raise ValueError("not changed as it should")
    return edited


def _update(
    table: MutableMapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]
) -> None:
    for key, value in new.items():
        if value == old.get(key) or isinstance(value, dict):
            continue
        if value is None:
            table.pop(key, None)
        else:
            table[key] = list(value) if isinstance(value, tuple) else value
    for key in old.keys() - new.keys():
        table.pop(key, None)


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _without_none(value) if isinstance(value, dict) else value
        for key, value in values.items()
        if value is not None
    }


def in_range(key: str, value: Any) -> bool:
    """Whether a setting can have that value."""
    return _KINDS[key].accepts(value)
