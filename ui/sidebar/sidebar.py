"""The sidebar: a new chat, searching, and the list of chats. Knows no store."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.chats.model import Chat, Folder
from app.chats.search import SearchHit
from ui import fonts
from ui.icons import icon, pixmap
from ui.mirroring import set_margins
from ui.sidebar.chat_list import ChatList, Chosen
from ui.sidebar.chat_list_model import ChatListModel
from ui.sidebar.search_results import SearchResults, SearchResultsModel
from ui.theme import Theme

WIDTH = 260
_SEARCH_DELAY_MS = 120
_MARK_SIZE = 20


@dataclass(frozen=True, slots=True)
class _Content:
    chats: Sequence[Chat] = ()
    on_show: int | None = None
    folders: Sequence[Folder] = ()


class Sidebar(QFrame):
    """Signals:
    new_chat_requested
    more_requested: a menu of what else can be begun, to be opened there on the screen
    chat_selected: the id of the chat that the user went to
    rename_requested: the id of a chat and its new title
    folder_rename_requested: the id of a folder and its new name
    folder_moved: the id of a folder, and by how many places
    menu_requested: what a menu is for, as Chosen, and where on the screen
    dropped: Chosen, and the Place that it was put in
    search_changed: the words to look for; they are answered with show_hits
    hit_opened: the SearchHit that the user went to
    typed: letters that were typed while the list has the focus
    """

    new_chat_requested = Signal()
    more_requested = Signal(QPoint)
    chat_selected = Signal(int)
    rename_requested = Signal(int, str)
    folder_rename_requested = Signal(int, str)
    folder_moved = Signal(int, int)
    menu_requested = Signal(object, QPoint)
    dropped = Signal(object, object)
    search_changed = Signal(str)
    hit_opened = Signal(object)
    typed = Signal(str)

    def __init__(self, folded: Collection[int] = (), parent: QWidget | None = None) -> None:
        """folded: the ids of folders whose chats are hidden."""
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setFixedWidth(fonts.scaled(WIDTH))
        self._folded = set(folded)
        self._content = _Content()
        self._late: _Content | None = None  # comes after the title that is being typed
        self._model = ChatListModel()
        self._hits = SearchResultsModel()
        self.chat_list = ChatList(self._model)
        self.results = SearchResults(self._hits)
        self._new_chat_keys = _see_through(QLabel(), "newChatShortcut")
        self._search_keys = _see_through(QLabel(), "searchShortcut")
        self.new_chat = self._make_new_chat_button()
        self.more = QToolButton()
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

    def set_chats(
        self, chats: Sequence[Chat], on_show: int | None, folders: Sequence[Folder] = ()
    ) -> None:
        """Show these chats, newest first; while a title is being typed, afterwards."""
        content = _Content(chats, on_show, folders)
        self._late = content if self.chat_list.is_renaming() else None
        if self._late is None:
            self._show(content)

    def _show(self, content: _Content) -> None:
        chosen, was_on_show = self.chat_list.chosen(), self._content.on_show
        self._content = content
        scroll_bar = self.chat_list.verticalScrollBar()
        position = scroll_bar.value()
        today = datetime.now().astimezone().date()
        self._model.set_chats(content.chats, today, content.folders, self._folded)
        scroll_bar.setValue(position)
        self.chat_list.set_on_show(content.on_show)
        if chosen not in (Chosen(), Chosen(() if was_on_show is None else (was_on_show,))):
            self.chat_list.choose(chosen)

    @property
    def folded(self) -> list[int]:
        """The ids of the folders whose chats are hidden."""
        return sorted(self._folded & {folder.id for folder in self._content.folders})

    @Slot(int)
    def toggle_folder(self, folder_id: int) -> None:
        self._folded ^= {folder_id}
        self._show(self._content)

    def unfold(self, folder_id: int | None) -> None:
        if folder_id in self._folded:
            self.toggle_folder(folder_id)

    def chats(self) -> list[Chat]:
        """All of them, also those in folded folders, newest first."""
        return list(self._content.chats)

    def known(self, chat_id: int | None) -> int | None:
        """The same id, or None if there is no such chat."""
        return chat_id if chat_id in {chat.id for chat in self._content.chats} else None

    def set_current(self, chat_id: int | None) -> None:
        """The chat on show. While it stays the same, so does what is selected."""
        if chat_id != self._content.on_show:
            self._content = replace(self._content, on_show=chat_id)
            self.chat_list.set_on_show(chat_id)

    def chosen(self) -> Chosen:
        """What is selected in the list, while the user is in it."""
        return self.chat_list.chosen() if self.chat_list.hasFocus() else Chosen()

    def show_hits(self, hits: Sequence[SearchHit]) -> None:
        self._hits.set_hits(hits)
        self._lists.setCurrentWidget(self.results if hits else self._nothing_found)

    @Slot()
    def focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def rename(self, chosen: Chosen) -> None:
        self.search.clear()
        for chat in self._content.chats:
            if chat.id in chosen.chat_ids[:1]:
                self.unfold(chat.folder_id)
        self.chat_list.rename(chosen)

    def show_keys(self, new_chat: str, search: str) -> None:
        """As they stand on the keyboard; "" for none."""
        self._new_chat_keys.setText(new_chat)
        self._search_keys.setText(search)

    def apply_theme(self, theme: Theme) -> None:
        ratio = self.devicePixelRatioF()
        self._mark.setPixmap(pixmap("mark", theme.accent, fonts.scaled(_MARK_SIZE), ratio))
        self.more.setIcon(icon("unfolded", theme.ink2))
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
        late, self._late = self._late, None
        if late is not None:
            self._show(late)

    @Slot()
    def _ask_more(self) -> None:
        self.more_requested.emit(self.more.mapToGlobal(self.more.rect().bottomLeft()))

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
        layout.addWidget(self._new_chat_keys)
        return button

    def _make_search_field(self) -> QLineEdit:
        field = QLineEdit()
        field.setObjectName("search")
        field.setPlaceholderText(self.tr("Search"))
        field.setAccessibleName(self.tr("Search in all chats"))
        field.setClearButtonEnabled(False)
        layout = QHBoxLayout(field)
        layout.setContentsMargins(11, 0, 11, 0)
        layout.addStretch()
        layout.addWidget(self._search_keys)
        field.textChanged.connect(lambda text: self._search_keys.setVisible(not text))
        field.installEventFilter(self)
        return field

    def _lay_out(self) -> None:
        self._mark = QLabel()
        name = QLabel("Eremo")
        name.setObjectName("appName")
        head = QHBoxLayout()
        set_margins(head, 6, 0, 8, 0)
        head.setSpacing(7)
        head.addWidget(self._mark)
        head.addWidget(name)
        head.addStretch()
        self.more.setObjectName("more")
        self.more.setAccessibleName(self.tr("Begin something else"))
        self.more.setToolTip(self.tr("Begin something else"))
        begin = QHBoxLayout()
        begin.setSpacing(8)
        begin.addWidget(self.new_chat, 1)
        begin.addWidget(self.more)
        promise = QLabel(self.tr("Offline. Nothing leaves this machine."))
        promise.setObjectName("promise")
        promise.setWordWrap(True)
        promise.setIndent(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 18, 12, 12)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addSpacing(14)
        layout.addLayout(begin)
        layout.addSpacing(10)
        layout.addWidget(self.search)
        layout.addSpacing(6)
        layout.addWidget(self._lists, 1)
        layout.addWidget(promise)
        order = (self.new_chat, self.more, self.search, self.chat_list, self.results)
        for before, after in pairwise(order):
            self.setTabOrder(before, after)

    def _connect(self) -> None:
        self.new_chat.clicked.connect(self.new_chat_requested)
        self.more.clicked.connect(self._ask_more)
        self.chat_list.chat_selected.connect(self.chat_selected)
        self.chat_list.folder_toggled.connect(self.toggle_folder)
        self.chat_list.folder_moved.connect(self.folder_moved)
        self.chat_list.menu_requested.connect(self.menu_requested)
        self.chat_list.dropped.connect(self.dropped)
        self.chat_list.typed.connect(self.typed)
        self._model.rename_requested.connect(self.rename_requested)
        self._model.folder_rename_requested.connect(self.folder_rename_requested)
        self.results.hit_opened.connect(self.hit_opened)
        self.search.textChanged.connect(self._search_edited)
        # Queued: the list is still closing its editor when it says so.
        self.chat_list.renaming_ended.connect(
            self._show_late_chats, Qt.ConnectionType.QueuedConnection
        )
        self._search_timer.timeout.connect(self._search)


def _see_through(label: QLabel, name: str) -> QLabel:
    """A label inside a control: clicks and screen readers reach the control."""
    label.setObjectName(name)
    label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    return label
