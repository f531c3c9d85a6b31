"""The sidebar: a new chat, searching, and the list of chats. Knows no store."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.chats.model import Chat
from app.chats.search import SearchHit
from ui import fonts
from ui.icons import pixmap
from ui.sidebar.chat_list import ChatList
from ui.sidebar.chat_list_model import CHAT_ROLE, ChatListModel
from ui.sidebar.search_results import SearchResults, SearchResultsModel
from ui.theme import Theme

WIDTH = 260
_SEARCH_DELAY_MS = 120
_MARK_SIZE = 20


class Sidebar(QFrame):
    """Signals:
    new_chat_requested
    chat_selected: the id of the chat that the user went to
    rename_requested: the id of a chat and its new title
    delete_requested: the id of a chat
    search_changed: the words to look for; they are answered with show_hits
    hit_opened: the SearchHit that the user went to
    """

    new_chat_requested = Signal()
    chat_selected = Signal(int)
    rename_requested = Signal(int, str)
    delete_requested = Signal(int)
    search_changed = Signal(str)
    hit_opened = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setFixedWidth(fonts.scaled(WIDTH))
        self._late_chats: tuple[Sequence[Chat], int | None] | None = None
        self._model = ChatListModel()
        self._hits = SearchResultsModel()
        self.chat_list = ChatList(self._model)
        self.results = SearchResults(self._hits)
        self.new_chat = self._make_new_chat_button()
        self.search = self._make_search_field()
        self._nothing_found = QLabel(self.tr("Nothing found"))
        self._nothing_found.setObjectName("hint")
        self._nothing_found.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._nothing_found.setContentsMargins(8, 12, 8, 0)
        self._lists = QStackedWidget()
        for page in (self.chat_list, self.results, self._nothing_found):
            self._lists.addWidget(page)
        self._search_timer = QTimer(self, interval=_SEARCH_DELAY_MS, singleShot=True)
        self._lay_out()
        self._connect()

    def set_chats(self, chats: Sequence[Chat], current_id: int | None) -> None:
        """Show these chats, newest first; while a title is being typed, afterwards."""
        self._late_chats = (chats, current_id) if self.chat_list.is_renaming() else None
        if self._late_chats is not None:
            return
        scroll_bar = self.chat_list.verticalScrollBar()
        position = scroll_bar.value()
        self._model.set_chats(chats, datetime.now().astimezone().date())
        scroll_bar.setValue(position)
        self.set_current(current_id)

    def chats(self) -> list[Chat]:
        """Those in the list, newest first."""
        rows = (self._model.index(row) for row in range(self._model.rowCount()))
        return [chat for row in rows if (chat := row.data(CHAT_ROLE)) is not None]

    def known(self, chat_id: int | None) -> int | None:
        """The same id, or None if no such chat is in the list."""
        return chat_id if self._model.index_of(chat_id).isValid() else None

    def set_current(self, chat_id: int | None) -> None:
        self.chat_list.set_current(chat_id)

    def show_hits(self, hits: Sequence[SearchHit]) -> None:
        self._hits.set_hits(hits)
        self._lists.setCurrentWidget(self.results if hits else self._nothing_found)

    @Slot()
    def focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def rename(self, chat_id: int) -> None:
        self.search.clear()
        self.chat_list.rename(chat_id)

    def apply_theme(self, theme: Theme) -> None:
        ratio = self.devicePixelRatioF()
        self._mark.setPixmap(pixmap("mark", theme.accent, _MARK_SIZE, ratio))
        self.chat_list.apply_theme(theme)
        self.results.apply_theme(theme)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """In the search field: Escape empties it, Down goes to what was found."""
        if watched is self.search and isinstance(event, QKeyEvent):
            is_press = event.type() == QEvent.Type.KeyPress
            if event.key() == Qt.Key.Key_Escape and self.search.text():
                # As a shortcut, Escape would stop the answer.
                event.accept()
                if is_press:
                    self.search.clear()
                return True
            if is_press and event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._enter_list()
                return True
        return super().eventFilter(watched, event)

    def _enter_list(self) -> None:
        shown = self._lists.currentWidget()
        shown.setFocus(Qt.FocusReason.TabFocusReason)
        if shown is self.results and not self.results.currentIndex().isValid():
            self.results.setCurrentIndex(self._hits.index(0))

    @Slot()
    def _search_edited(self) -> None:
        if self.search.text().strip():
            self._search_timer.start()
        else:
            self._search_timer.stop()
            self._lists.setCurrentWidget(self.chat_list)

    @Slot()
    def _show_late_chats(self) -> None:
        if self._late_chats is not None:
            self.set_chats(*self._late_chats)

    @Slot()
    def _search(self) -> None:
        self.search_changed.emit(self.search.text())

    def _make_new_chat_button(self) -> QPushButton:
        button = QPushButton()
        button.setObjectName("newChat")
        button.setProperty("kind", "primary")
        button.setAccessibleName(self.tr("New chat"))
        layout = QHBoxLayout(button)
        layout.setContentsMargins(12, 0, 12, 0)
        layout.addWidget(_see_through(QLabel(self.tr("New chat")), "newChatText"))
        layout.addStretch()
        layout.addWidget(
            _see_through(QLabel(_keys(QKeySequence.StandardKey.New)), "newChatShortcut")
        )
        return button

    def _make_search_field(self) -> QLineEdit:
        field = QLineEdit()
        field.setObjectName("search")
        field.setPlaceholderText(self.tr("Search"))
        field.setAccessibleName(self.tr("Search in all chats"))
        field.setClearButtonEnabled(False)
        shortcut = _see_through(QLabel(_keys(QKeySequence.StandardKey.Find)), "searchShortcut")
        layout = QHBoxLayout(field)
        layout.setContentsMargins(11, 0, 11, 0)
        layout.addStretch()
        layout.addWidget(shortcut)
        field.textChanged.connect(lambda text: shortcut.setVisible(not text))
        field.installEventFilter(self)
        return field

    def _lay_out(self) -> None:
        self._mark = QLabel()
        name = QLabel("Eremo")
        name.setObjectName("appName")
        head = QHBoxLayout()
        head.setContentsMargins(6, 0, 8, 0)
        head.setSpacing(7)
        head.addWidget(self._mark)
        head.addWidget(name)
        head.addStretch()
        promise = QLabel(self.tr("Offline. Nothing leaves this machine."))
        promise.setObjectName("promise")
        promise.setWordWrap(True)
        promise.setIndent(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 18, 12, 12)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addSpacing(14)
        layout.addWidget(self.new_chat)
        layout.addSpacing(10)
        layout.addWidget(self.search)
        layout.addSpacing(6)
        layout.addWidget(self._lists, 1)
        layout.addWidget(promise)
        order = (self.new_chat, self.search, self.chat_list, self.results)
        for before, after in pairwise(order):
            self.setTabOrder(before, after)

    def _connect(self) -> None:
        self.new_chat.clicked.connect(self.new_chat_requested)
        self.chat_list.chat_selected.connect(self.chat_selected)
        self.chat_list.delete_requested.connect(self.delete_requested)
        self._model.rename_requested.connect(self.rename_requested)
        self.results.hit_opened.connect(self.hit_opened)
        self.search.textChanged.connect(self._search_edited)
        # Queued: the list is still closing its editor when it says so.
        self.chat_list.renaming_ended.connect(
            self._show_late_chats, Qt.ConnectionType.QueuedConnection
        )
        self._search_timer.timeout.connect(self._search)


def _keys(standard: QKeySequence.StandardKey) -> str:
    keys = QKeySequence(standard).toString(QKeySequence.SequenceFormat.NativeText)
    return keys.replace("+", " ")


def _see_through(label: QLabel, name: str) -> QLabel:
    """A label inside a control: clicks and screen readers reach the control."""
    label.setObjectName(name)
    label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return label
