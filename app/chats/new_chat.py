"""What is written and chosen for a chat that isn't begun yet, kept in a small file of its own.

A chat has a row in the database from its first question on; until then this is its place.
"""

import contextlib
import json
import logging
import os
import tempfile
import threading
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from app.chats.database import storable
from app.chats.model import SamplingOverrides
from app.chats.sampling import known_overrides
from app.errors import writing_failed

logger = logging.getLogger(__name__)

_MAX_BYTES = 1 << 28


@dataclass(frozen=True, slots=True)
class NewChat:
    draft: str = ""
    system_prompt: str | None = None  # None: that of the settings
    model: str = ""  # "" is the one of the settings
    sampling: SamplingOverrides = field(default_factory=dict, hash=False)


class NewChatFile:
    """Its value may be read and changed from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._value = self._read()

    @property
    def value(self) -> NewChat:
        return self._value

    def change(self, **values: Any) -> None:
        """Change what is given; nothing is left on disk where all is as it was at first.

        Raises:
            AppError: it can't be written; the value has changed all the same.
        """
        with self._lock:
            old, self._value = self._value, replace(self._value, **values)
            try:
                if self._value == NewChat():
                    self._path.unlink(missing_ok=True)
                elif self._value != old:
                    self._write()
            except OSError as error:
                raise writing_failed(self._path, error) from error

    def _read(self) -> NewChat:
        """The defaults for what isn't there or can't be used: it is a convenience."""
        try:
            if self._path.stat().st_size > _MAX_BYTES:
                return NewChat()
            values = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return NewChat()
        except (OSError, ValueError, RecursionError):
            logger.warning("the draft of a new chat can't be read", exc_info=True)
            return NewChat()
        known = values if isinstance(values, dict) else {}
        texts = {
            name: known[name]
            for name in ("draft", "system_prompt", "model")
            if isinstance(known.get(name), str)
        }
        return NewChat(**texts, sampling=known_overrides(known.get("sampling")))

    def _write(self) -> None:
        """All or nothing, also when the power fails."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = storable(json.dumps(asdict(self._value), ensure_ascii=False))
        descriptor, name = tempfile.mkstemp(prefix=f"{self._path.name}.", dir=self._path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink(missing_ok=True)
            raise
