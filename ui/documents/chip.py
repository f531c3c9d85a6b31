"""One document above the composer: its name, what is known of it, and how to take it away."""

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget

from ui import fonts
from ui.chat.clean_text import clean_text, plain_lines
from ui.icons import icon
from ui.mirroring import set_margins
from ui.theme import LIGHT, Theme

_MAX_NAME_PX = 220


class DocumentChip(QFrame):
    """Signals:
    removed
    new_chat_requested: about this document alone
    """

    removed = Signal()
    new_chat_requested = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("documentChip")
        self._name = clean_text(" ".join(name.split()))
        self._facts = ""
        self.button = QPushButton()
        self.button.setProperty("kind", "document")
        self.button.setAutoDefault(False)
        self.button.setToolTip(plain_lines([self._name]))
        self.button.clicked.connect(self._open_menu)
        self.close_button = QToolButton()
        words = self.tr("Remove {name}").format(name=self._name)
        self.close_button.setAccessibleName(words)
        self.close_button.setToolTip(self.tr("Remove"))
        self.close_button.clicked.connect(self.removed)
        layout = QHBoxLayout(self)
        set_margins(layout, 2, 2, 4, 2)
        layout.setSpacing(0)
        layout.addWidget(self.button)
        layout.addWidget(self.close_button)
        self.apply_theme(LIGHT)
        self.show_facts("")

    @property
    def facts(self) -> str:
        return self._facts

    def show_facts(self, facts: str) -> None:
        """In a few words, such as "84 pages · 49,812 tokens"."""
        self._facts = facts
        metrics = QFontMetrics(fonts.interface())
        room = fonts.scaled(_MAX_NAME_PX)
        name = metrics.elidedText(self._name, Qt.TextElideMode.ElideMiddle, room)
        shown = f"{name}  {facts}" if facts else name
        self.button.setText(shown.replace("&", "&&"))  # else it marks a key
        self.button.setAccessibleName(", ".join(filter(None, (self._name, facts))))

    def set_is_being_read(self) -> None:
        """It isn't a document yet: there is only its removal to choose."""
        self.button.setEnabled(False)

    def apply_theme(self, theme: Theme) -> None:
        self.close_button.setIcon(icon("close", theme.ink2))

    def menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction(self.tr("New chat about this document"), self.new_chat_requested.emit)
        menu.addAction(self.tr("Remove from this chat"), self.removed.emit)
        return menu

    @Slot()
    def _open_menu(self) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.mapToGlobal(QPoint(0, -menu.sizeHint().height())))
