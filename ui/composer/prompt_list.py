"""The saved prompts above the composer: opened by "/" or the button, narrowed by what is typed.

The keyboard stays in the composer. Knows no store.
"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.chats.model import SavedPrompt
from ui import fonts
from ui.chat.composer import Composer
from ui.chosen_row import paint_chosen
from ui.composer.placeholders import Placeholders
from ui.sidebar.chat_list_model import Index
from ui.theme import LIGHT, Theme

_ROW_PX = 34
_WIDTH_PX = 520
_MAX_ROWS = 8
_MAX_SHOWN = 50
_FIRST_WORDS = 120  # characters
_PROMPT_ROLE = Qt.ItemDataRole.UserRole
_HINT_ROLE = Qt.ItemDataRole.UserRole + 1


class PromptList(QFrame):
    """Signals:
    manage_requested: the user wants to make or change saved prompts
    """

    manage_requested = Signal()

    def __init__(
        self, composer: Composer, recall: Callable[[], list[SavedPrompt]], parent: QWidget
    ) -> None:
        """`recall` gives the saved prompts, by name."""
        super().__init__(parent)
        self.setObjectName("promptList")
        self._composer = composer
        self._recall = recall
        self._theme = LIGHT
        self._prompts: list[SavedPrompt] | None = None  # None: closed
        self._is_typed = False  # opened by "/", which the prompt replaces
        self._dismissed = ""  # the text for which it was closed with Escape
        self._placeholders = Placeholders(composer.edit)
        self.found = QListWidget()
        self.found.setObjectName("chatList")
        self.found.setAccessibleName(self.tr("Saved prompts"))
        self.found.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.found.setUniformItemSizes(True)
        self.found.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.found.setItemDelegate(_PromptDelegate(self))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.found)
        self.hide()
        self.found.itemClicked.connect(self._insert)
        composer.changed.connect(self._follow)
        composer.edit.installEventFilter(self)
        composer.installEventFilter(self)

    @property
    def theme(self) -> Theme:
        return self._theme

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    @Slot()
    def open(self) -> None:
        """All of them, to be put in where the cursor is."""
        self._composer.focus()
        self._prompts, self._is_typed = self._recall(), False
        self._show_found("")

    @Slot()
    def close_list(self) -> None:
        self._prompts = None
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._composer:
            if event.type() in (QEvent.Type.Move, QEvent.Type.Resize) and self.isVisible():
                self._place()
            return False
        if event.type() == QEvent.Type.FocusOut and self.isVisible():
            self.close_list()
        if not self.isVisible() or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape:
            event.accept()  # the window's own stops the answer
            return True
        return event.type() == QEvent.Type.KeyPress and self._take_key(event)

    def _take_key(self, event: QKeyEvent) -> bool:
        if self._composer.edit.is_composing or event.modifiers() & ~_PAD:
            return False
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step is not None:
            self.found.setCurrentRow((self.found.currentRow() + step) % self.found.count())
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab):
            self._insert(self.found.currentItem())
            return True
        if event.key() == Qt.Key.Key_Escape:
            self._dismissed = self._composer.edit.toPlainText() if self._is_typed else ""
            self.close_list()
            return True
        return False

    @Slot()
    def _follow(self) -> None:
        """A text that is one line and begins with a slash looks for a prompt."""
        size = self._composer.edit.document().characterCount()
        text = self._composer.edit.toPlainText() if size <= _FIRST_WORDS else ""
        if not text.startswith("/"):
            self._dismissed = ""
        is_wanted = text.startswith("/") and "\n" not in text and not self._composer.draft().pasted
        if not is_wanted or (self._dismissed and text.startswith(self._dismissed)):
            if self._prompts is not None:
                self.close_list()
            return
        if not self._composer.edit.hasFocus():
            return  # it was put in by the window
        if self._prompts is None:
            self._prompts = self._recall()
        self._is_typed = True
        self._show_found(text[1:])

    def _show_found(self, text: str) -> None:
        assert self._prompts is not None
        found = matching_prompts(self._prompts, text)
        self.found.clear()
        for prompt in found:
            item = QListWidgetItem(prompt.name)
            item.setData(_PROMPT_ROLE, prompt)
            item.setData(_HINT_ROLE, " ".join(prompt.text[:_FIRST_WORDS].split()))
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, item.data(_HINT_ROLE))
            self.found.addItem(item)
        if not text.strip():
            words = self.tr("Edit the saved prompts…")
            self.found.addItem(words if found else self.tr("Make a saved prompt…"))
        self.found.setCurrentRow(0)
        self.setVisible(self.found.count() > 0)
        if self.isVisible():
            self._place()
            self.raise_()

    def _place(self) -> None:
        """Above the composer, along its left edge."""
        parent = self.parentWidget()
        corner = self._composer.mapTo(parent, self._composer.rect().topLeft())
        rows = min(self.found.count(), _MAX_ROWS)
        height = min(rows * fonts.scaled(_ROW_PX) + 14, max(corner.y() - 8, 0))
        width = min(fonts.scaled(_WIDTH_PX), self._composer.width())
        left = corner.x()
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            left += self._composer.width() - width
        self.setGeometry(QRect(left, corner.y() - 8 - height, width, height))

    @Slot(QListWidgetItem)
    def _insert(self, item: QListWidgetItem) -> None:
        prompt, is_typed = item.data(_PROMPT_ROLE), self._is_typed
        self.close_list()
        if is_typed:
            self._composer.set_text("")
        if prompt is None:
            self.manage_requested.emit()
            return
        start = self._composer.edit.textCursor().selectionStart()
        self._composer.insert(prompt.text)
        self._placeholders.begin(start, prompt.text)
        self._composer.focus()


_PAD = Qt.KeyboardModifier.KeypadModifier


def matching_prompts(prompts: Sequence[SavedPrompt], text: str) -> list[SavedPrompt]:
    """Those whose name or first words have all of the text's words, the best matches first."""
    words = text.casefold().split()

    def rank(prompt: SavedPrompt) -> int | None:
        name = prompt.name.casefold()
        both = f" {name} {prompt.text[:_FIRST_WORDS].casefold()}"
        if not all(word in both for word in words):
            return None
        if name.startswith(text.casefold().strip()):
            return 0
        return 1 if all(f" {word}" in f" {name}" for word in words) else 2

    ranked = [(rank(prompt), prompt) for prompt in prompts]
    found = [(place, prompt) for place, prompt in ranked if place is not None]
    return [prompt for _, prompt in sorted(found, key=lambda one: one[0])][:_MAX_SHOWN]


class _PromptDelegate(QStyledItemDelegate):
    """The name, and the first words in the room that it leaves."""

    def __init__(self, prompts: PromptList) -> None:
        super().__init__(prompts)
        self._prompts = prompts

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(0, fonts.scaled(_ROW_PX))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = self._prompts.theme
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            paint_chosen(painter, row, theme)
        is_prompt = index.data(_PROMPT_ROLE) is not None
        room = row.adjusted(10, 0, -10, 0)
        leading = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading
        painter.setFont(fonts.interface())
        painter.setPen(QColor(theme.ink if is_prompt else theme.ink2))
        metrics, name = painter.fontMetrics(), index.data() or ""
        limit = room.width() * (3 if is_prompt else 5) // 5
        name = metrics.elidedText(name, Qt.TextElideMode.ElideRight, limit)
        painter.drawText(room, leading, name)
        used = metrics.horizontalAdvance(name) + 12
        if option.direction == Qt.LayoutDirection.RightToLeft:
            room.adjust(0, 0, -used, 0)
        else:
            room.adjust(used, 0, 0, 0)
        painter.setFont(fonts.interface(fonts.HINT_PX))
        painter.setPen(QColor(theme.ink3_on_soft))
        hint = painter.fontMetrics().elidedText(
            index.data(_HINT_ROLE) or "", Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, leading, hint)
        painter.restore()
