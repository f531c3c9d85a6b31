"""What can be done in the window by name, and the keys that do it: one table for all of it.

The menus, the sheet of shortcuts, the command palette and the settings are made of this table.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True, slots=True)
class Action:
    """keys: the default, as QKeySequence.listFromString reads it; "" for none.
    within: the widget that has to have the focus for them; None: any in the window.
    """

    id: str
    words: str
    keys: str
    run: Callable[..., object]
    within: QWidget | None = None


class KeysRefusedError(Exception):
    """Keys can't be given to an action; the text says why."""


class Shortcuts(QWidget):
    """The actions of one window. Never shown; a widget so that its shortcuts have a window.

    Signals:
        changed: an action has other keys now
    """

    changed = Signal()

    def __init__(self, actions: Iterable[Action], custom: Mapping[str, str], parent: QWidget):
        super().__init__(parent)
        self.hide()
        self.actions_by_id = {action.id: action for action in actions}
        self._shortcuts: dict[str, QShortcut] = {}
        for action in self.actions_by_id.values():
            shortcut = QShortcut(action.within or parent)
            if action.within is not None:
                shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(action.run)
            self._shortcuts[action.id] = shortcut
        self.apply(custom)

    def all(self) -> list[Action]:
        return list(self.actions_by_id.values())

    def apply(self, custom: Mapping[str, str]) -> None:
        """The user's keys by the actions' ids; what is no action, or no key, is left out."""
        self._custom = {
            name: keys
            for name, keys in custom.items()
            if name in self.actions_by_id and (not keys or _sequences(keys))
        }
        for name, shortcut in self._shortcuts.items():
            shortcut.setKeys(_sequences(self.keys(name)))
        self.changed.emit()

    def keys(self, action_id: str) -> str:
        """As they are stored; "" for none."""
        return self._custom.get(action_id, self.actions_by_id[action_id].keys)

    def sequences(self, action_id: str) -> list[QKeySequence]:
        return _sequences(self.keys(action_id))

    def shown(self, action_id: str) -> str:
        """As they stand on the keyboard."""
        return ", ".join(self._shown(action_id))

    def first_shown(self, action_id: str) -> str:
        """The first of them, where there is little room; "" for none."""
        return next(iter(self._shown(action_id)), "")

    def _shown(self, action_id: str) -> list[str]:
        native = QKeySequence.SequenceFormat.NativeText
        texts = [keys.toString(native) for keys in self.sequences(action_id)]
        return [re.sub(r"\+(?=.)", " ", text) for text in texts]

    def rebound(self, action_id: str, keys: str) -> dict[str, str]:
        """What `apply` has to be given so that the action has these keys.

        Raises:
            KeysRefusedError: another action has one of them, or a text could not be typed any more.
        """
        for sequence in _sequences(keys):
            if _types_text(sequence):
                raise KeysRefusedError(
                    self.tr("{keys} writes text: choose keys with Ctrl or Alt.").format(
                        keys=sequence.toString(QKeySequence.SequenceFormat.NativeText)
                    )
                )
            for other in self.all():
                if other.id != action_id and sequence in _sequences(self.keys(other.id)):
                    raise KeysRefusedError(
                        self.tr("{keys} already does “{action}”: choose other keys.").format(
                            keys=sequence.toString(QKeySequence.SequenceFormat.NativeText),
                            action=other.words,
                        )
                    )
        custom = {name: kept for name, kept in self._custom.items() if name != action_id}
        if keys != self.actions_by_id[action_id].keys:
            custom[action_id] = keys
        return custom


def _sequences(keys: str) -> list[QKeySequence]:
    return [one for one in QKeySequence.listFromString(keys) if not one.isEmpty()]


def _types_text(sequence: QKeySequence) -> bool:
    """Whether pressing it alone would write a character."""
    text = sequence.toString(QKeySequence.SequenceFormat.PortableText)
    return len(text.removeprefix("Shift+")) == 1 or text in ("Space", "Return", "Enter", "Tab")
