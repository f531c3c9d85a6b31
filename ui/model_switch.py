"""Whether the model that is there is the one that a chat wants; what is asked waits until it is.

Knows neither the thread nor how a model is found: whoever loads models listens.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal


class ModelSwitch(QObject):
    """Models go by what the setting `model` would have to be for them.

    Signals:
        needed: the model that has to be there; ends with `attach`, `use_attached` or `drop`
    """

    needed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.name = ""  # the shown one of the model that is there
        self._asked = ""
        self._waiting: Callable[[], None] | None = None
        self._wanted = ""

    @property
    def wanted(self) -> str | None:
        """The model that somebody waits for."""
        return None if self._waiting is None else self._wanted

    def attach(self, name: str, asked: str) -> None:
        """Another model is there; what waits is asked of it."""
        self.name = name
        self.use_attached(asked)

    def use_attached(self, asked: str) -> None:
        """The model that is there is the one that was asked for by this name."""
        self._asked = asked
        ask, self._waiting = self._waiting, None
        if ask is not None:
            ask()

    def is_there(self, model: str) -> bool:
        return model in (self._asked, self.name)

    def ask(self, model: str, ask: Callable[[], None]) -> None:
        """Do it as soon as this model is there."""
        if self.is_there(model):
            ask()
        else:
            self._waiting, self._wanted = ask, model
            self.needed.emit(model)

    def drop(self) -> None:
        """The model can't be had."""
        self._waiting = None
