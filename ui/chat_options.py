"""What the chat on show is answered with: its own system prompt, model and sampling, or the
settings'.

What a chat has not of its own follows the settings. Knows no widget and no engine.
"""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Signal

from app.chats.model import Chat, SamplingOverrides
from app.chats.new_chat import NewChatFile
from app.chats.sampling import with_overrides
from app.chats.store import ChatStore
from app.errors import AppError
from app.settings import Settings
from inference.events import SamplingParams


class ChatOptions(QObject):
    """Signals:
    changed: the chat on show is answered with other ones
    failed: the sentence of a change that couldn't be stored
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(
        self, store: ChatStore, new_chat: NewChatFile, settings: Settings, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._new_chat = new_chat
        self._chat: Chat | None = None
        self._settings = settings

    @property
    def settings(self) -> Settings:
        return self._settings

    def set_settings(self, settings: Settings) -> None:
        self._settings = settings
        self.changed.emit()

    @property
    def chat(self) -> Chat | None:
        """The chat on show, as it is stored; None is a new one."""
        return self._chat

    def show(self, chat: Chat | None) -> None:
        self._chat = chat
        self.changed.emit()

    @property
    def system_prompt(self) -> str:
        if self._chat is not None:
            return self._chat.system_prompt
        own = self._new_chat.value.system_prompt
        return self.settings.system_prompt if own is None else own

    @property
    def model(self) -> str:
        """ "" where the settings choose."""
        return (self._new_chat.value if self._chat is None else self._chat).model

    @property
    def sampling(self) -> SamplingOverrides:
        """Those values in which the chat differs from the settings."""
        return (self._new_chat.value if self._chat is None else self._chat).sampling

    @property
    def are_own(self) -> bool:
        """Whether the chat is answered otherwise than the settings say."""
        return bool(
            self.model or self.sampling or self.system_prompt != self.settings.system_prompt
        )

    def sampling_of(self, chat: Chat | None) -> SamplingParams:
        """All values for a chat; None is a new one."""
        own = (self._new_chat.value if chat is None else chat).sampling
        return with_overrides(self.settings.sampling(), own)

    def model_of(self, chat: Chat | None) -> str:
        """What the setting `model` would have to be; "" is the default model."""
        return (self._new_chat.value if chat is None else chat).model or self.settings.model

    def set_system_prompt(self, text: str) -> None:
        own = None if text == self.settings.system_prompt else text
        self._set(lambda chat: self._store.set_system_prompt(chat.id, text), "system_prompt", own)

    def set_model(self, model: str) -> None:
        self._set(lambda chat: self._store.set_model(chat.id, model), "model", model)

    def set_sampling(self, values: Mapping[str, float | int | None]) -> None:
        own = {
            name: value for name, value in values.items() if value != getattr(self.settings, name)
        }
        self._set(lambda chat: self._store.set_sampling(chat.id, own), "sampling", own)

    def begin(self, chat: Chat) -> Chat:
        """The new chat was begun: what was chosen for it is this chat's; returns it as it is."""
        chosen = self._new_chat.value
        try:
            if chosen.model:
                self._store.set_model(chat.id, chosen.model)
            if chosen.sampling:
                self._store.set_sampling(chat.id, chosen.sampling)
            self._new_chat.change(system_prompt=None, model="", sampling={})
            return self._store.chat(chat.id)
        except AppError as error:
            self.failed.emit(str(error))
            return chat

    def _set(self, store: Callable[[Chat], None], name: str, value: object) -> None:
        try:
            if self._chat is None:
                self._new_chat.change(**{name: value})
            else:
                store(self._chat)
                self._chat = self._store.chat(self._chat.id)
        except AppError as error:
            self.failed.emit(str(error))
        self.changed.emit()
