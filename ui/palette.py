"""The command palette: type a few words, and go to a chat or do something by its name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ui import fonts
from ui.chosen_row import paint_chosen
from ui.mirroring import draw_line
from ui.sidebar.chat_list_model import Index
from ui.theme import Theme

_MAX_SHOWN = 50
_ROW_PX = 36
_WIDTH_PX = 560
_HEIGHT_PX = 420
_HINT_ROLE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Entry:
    """hint: what stands to the right, such as keys."""

    words: str
    hint: str
    run: Callable[[], object]


class Palette(QDialog):
    """What is chosen is done after the palette has closed."""

    def __init__(
        self, entries: Sequence[Entry], theme: Theme, parent: QWidget, words: str = ""
    ) -> None:
        """words: what is asked for, where it isn't commands and chats."""
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("palette")
        self.setWindowTitle(words or self.tr("Commands and chats"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._entries = entries
        self._shown: list[Entry] = []
        self.field = QLineEdit()
        self.field.setObjectName("paletteField")
        self.field.setPlaceholderText(words or self.tr("Type a command or a chat"))
        self.field.setAccessibleName(words or self.tr("Command or chat"))
        self.found = QListWidget()
        self.found.setObjectName("chatList")
        self.found.setAccessibleName(self.tr("What was found"))
        self.found.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.found.setUniformItemSizes(True)
        self.found.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.found.setItemDelegate(_EntryDelegate(theme, self.found))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self.field)
        layout.addWidget(self.found)
        height = fonts.scaled(_HEIGHT_PX)
        if words:  # the choice is all that there is to see
            height = min(height, fonts.scaled((len(entries) + 1) * _ROW_PX + 36))
        self.resize(
            min(fonts.scaled(_WIDTH_PX), parent.width() - 48), min(height, parent.height() - 48)
        )
        self.move(parent.mapToGlobal(parent.rect().center()) - self.rect().center())
        self.field.installEventFilter(self)
        self.field.textChanged.connect(self._filter)
        self.found.itemClicked.connect(lambda _: self._run())
        self._filter("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The arrows go through the list while the field keeps the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None and self._shown:
                self.found.setCurrentRow((self.found.currentRow() + step) % len(self._shown))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run()
                return True
        return super().eventFilter(watched, event)

    def _filter(self, text: str) -> None:
        self._shown = matching(self._entries, text)
        self.found.clear()
        for entry in self._shown:
            item = QListWidgetItem(entry.words)
            item.setData(_HINT_ROLE, entry.hint)
            self.found.addItem(item)
        if not self._shown:
            nothing = QListWidgetItem(self.tr("Nothing has these words."))
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
            self.found.addItem(nothing)
        self.found.setCurrentRow(0 if self._shown else -1)

    def _run(self) -> None:
        row = self.found.currentRow()
        if 0 <= row < len(self._shown):
            entry = self._shown[row]
            self.accept()
            entry.run()


def matching(entries: Sequence[Entry], text: str) -> list[Entry]:
    """Those that have all the words, at most 50; first those in which a word begins with each."""
    words = text.casefold().split()
    found = [e for e in entries if all(word in e.words.casefold() for word in words)]
    found.sort(key=lambda e: not all(f" {word}" in f" {e.words.casefold()}" for word in words))
    return found[:_MAX_SHOWN]


class _EntryDelegate(QStyledItemDelegate):
    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(0, fonts.scaled(_ROW_PX))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            paint_chosen(painter, row, self._theme)
        text = row.adjusted(10, 0, -10, 0)
        hint = index.data(_HINT_ROLE) or ""
        painter.setFont(fonts.interface(fonts.HINT_PX))
        painter.setPen(QColor(self._theme.ink3_on_soft))
        hint_width = painter.fontMetrics().horizontalAdvance(hint)
        at_the_end = QRect(text.right() + 1 - hint_width, text.y(), hint_width, text.height())
        draw_line(painter, QStyle.visualRect(option.direction, row, at_the_end), hint)
        painter.setFont(fonts.interface())
        painter.setPen(QColor(self._theme.ink))
        text.adjust(0, 0, -hint_width - 16, 0)
        text = QStyle.visualRect(option.direction, row, text)
        words = painter.fontMetrics().elidedText(
            index.data(), Qt.TextElideMode.ElideRight, text.width()
        )
        draw_line(painter, text, words)
        painter.restore()
