"""How many tokens the draft adds, beside Send: as the model counts them, or about so many."""

from PySide6.QtCore import QObject, Slot

from ui.amounts import tokens_text
from ui.chat.composer import Composer

_CHARACTERS_PER_TOKEN = 4  # of most languages and models, about


class DraftCount(QObject):
    def __init__(self, composer: Composer) -> None:
        super().__init__(composer)
        self._composer = composer
        composer.changed.connect(self._clear_if_empty)

    def show_counted(self, num_tokens: int | None) -> None:
        """None: more than the model holds; it isn't counted to its end."""
        if not self._composer.has_text():
            self._show("", "")
        elif num_tokens is None:
            self._show(
                self.tr("Too long for the context"),
                self.tr("The message alone is more than the model holds."),
            )
        else:
            self._show(
                tokens_text(num_tokens),
                self.tr("What the message adds to the context, as the model counts it."),
            )

    def show_guessed(self) -> None:
        """While nobody is there to count."""
        if not self._composer.has_text():
            self._show("", "")
            return
        number = -(-len(self._composer.text()) // _CHARACTERS_PER_TOKEN)
        self._show(
            self.tr("about {tokens}").format(tokens=tokens_text(number)),
            self.tr("By its length: the model isn't there to count it now."),
        )

    @Slot()
    def _clear_if_empty(self) -> None:
        if not self._composer.has_text():
            self._show("", "")

    def _show(self, words: str, explained: str) -> None:
        label = self._composer.count
        label.setText(words)
        label.setToolTip(explained)
        label.setAccessibleName(self.tr("Draft: {tokens}").format(tokens=words) if words else "")
