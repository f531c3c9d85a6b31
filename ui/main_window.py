"""The window: sidebar and conversation side by side, shortcuts, and how it was left last time."""

from PySide6.QtCore import QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QWidget

from app.chats.model import Chat
from app.chats.search import SearchHit, search
from app.chats.store import ChatStore
from app.errors import AppError
from app.paths import DataPaths
from app.settings import Settings, WindowState
from ui.chat.chat_view import ChatView
from ui.conversation import Conversation
from ui.sidebar.chat_list_model import title_of
from ui.sidebar.sidebar import Sidebar
from ui.theme import Theme

_NARROW = 800  # below this width the sidebar is hidden unless it is asked for
_MIN_SIZE = QSize(480, 420)
_UNDO_SECONDS = 20.0


class MainWindow(QMainWindow):
    """Signals:
    model_wanted: the user says that a model may have been added
    """

    model_wanted = Signal()

    def __init__(self, store: ChatStore, settings: Settings, paths: DataPaths) -> None:
        super().__init__()
        self._store = store
        self._sidebar_wanted = settings.window.sidebar_visible  # where there is room for it
        self._is_narrow: bool | None = None
        self.sidebar = Sidebar()
        self.view = ChatView(paths.models_dir)
        self.conversation = Conversation(self.view, store, settings)
        self.notices = self.view.notices
        self.setMinimumSize(_MIN_SIZE)
        self._lay_out()
        self._connect()
        self._add_shortcuts()
        self._restore(settings.window)

    def state(self) -> WindowState:
        """What `settings.window` has to be for the next start to look the same."""
        normal = self.normalGeometry() if self.isMaximized() else self.geometry()
        chat = self.conversation.chat
        return WindowState(
            width=normal.width(),
            height=normal.height(),
            x=normal.x(),
            y=normal.y(),
            maximized=self.isMaximized(),
            sidebar_visible=self._sidebar_wanted,
            last_chat_id=None if chat is None else chat.id,
        )

    def apply_theme(self, theme: Theme) -> None:
        self.sidebar.apply_theme(theme)
        self.view.apply_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < _NARROW
        if is_narrow != self._is_narrow:
            self._is_narrow = is_narrow
            self.sidebar.setVisible(self._sidebar_wanted and not is_narrow)

    # What the user does

    @Slot()
    def new_chat(self) -> None:
        self._go_to(None)

    @Slot()
    def toggle_sidebar(self) -> None:
        is_visible = self.sidebar.isHidden()
        self.sidebar.setVisible(is_visible)
        if not self._is_narrow:
            self._sidebar_wanted = is_visible

    @Slot()
    def focus_search(self) -> None:
        self.sidebar.show()
        self.sidebar.focus_search()

    @Slot()
    def rename_current(self) -> None:
        if self.conversation.chat is not None:
            self.sidebar.show()
            self.sidebar.rename(self.conversation.chat.id)

    @Slot(int, str)
    def rename(self, chat_id: int, title: str) -> None:
        try:
            self._store.rename(chat_id, title)
        except AppError as error:
            self.notices.tell(str(error))
        self.conversation.reread_chat()
        self._show_chats()

    @Slot(int)
    def delete(self, chat_id: int) -> None:
        try:
            title = title_of(self._store.chat(chat_id))
            self._store.delete_chat(chat_id)
        except AppError as error:
            self.notices.tell(str(error))
            return
        if self.conversation.answering_chat_id == chat_id:
            self.conversation.stop()
        if self._is_on_show(chat_id):
            self.conversation.show_chat(None)
        self._show_chats()
        self.notices.tell(
            self.tr("“{title}” was deleted.").format(title=title),
            action=self.tr("Undo"),
            run=lambda: self._restore_chat(chat_id),
            timeout_seconds=_UNDO_SECONDS,
        )

    def _restore_chat(self, chat_id: int) -> None:
        try:
            self._store.restore_chat(chat_id)
        except AppError as error:
            self.notices.tell(str(error))
            return
        self._show_chats()
        self.conversation.show_chat(chat_id)

    @Slot(str)
    def _search(self, words: str) -> None:
        try:
            self.sidebar.show_hits(search(self._store, words))
        except AppError as error:
            self.notices.tell(str(error))

    @Slot(object)
    def _open_hit(self, hit: SearchHit) -> None:
        self._go_to(hit.chat.id)

    @Slot(int)
    def _go_to(self, chat_id: int | None) -> None:
        if chat_id is None or not self._is_on_show(chat_id):
            self.conversation.show_chat(chat_id)
        if self._is_narrow:
            self.sidebar.hide()
        if chat_id is None:
            self.view.composer.focus()

    # What is on show

    def _is_on_show(self, chat_id: int) -> bool:
        return self.conversation.chat is not None and self.conversation.chat.id == chat_id

    @Slot(object)
    def _show_title(self, chat: Chat | None) -> None:
        title = self.tr("New chat") if chat is None else title_of(chat)
        self.view.header.title.set_text(title)
        self.setWindowTitle(self.tr("Eremo") if chat is None else f"{title} · Eremo")
        self.sidebar.set_current(None if chat is None else chat.id)

    @Slot()
    def _show_chats(self) -> None:
        try:
            chats = self._store.chats()
        except AppError as error:
            self.notices.tell(str(error))
            return
        chat = self.conversation.chat
        self.sidebar.set_chats(chats, None if chat is None else chat.id)

    def _lay_out(self) -> None:
        both = QWidget()
        layout = QHBoxLayout(both)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.sidebar)
        layout.addWidget(self.view, 1)
        self.setCentralWidget(both)

    def _connect(self) -> None:
        sidebar = self.sidebar
        sidebar.new_chat_requested.connect(self.new_chat)
        sidebar.chat_selected.connect(self._go_to)
        sidebar.rename_requested.connect(self.rename)
        sidebar.delete_requested.connect(self.delete)
        sidebar.search_changed.connect(self._search)
        sidebar.hit_opened.connect(self._open_hit)
        self.view.sidebar_toggled.connect(self.toggle_sidebar)
        self.view.no_model.retry_requested.connect(self.model_wanted)
        self.conversation.chat_shown.connect(self._show_title)
        self.conversation.chats_changed.connect(self._show_chats)

    def _add_shortcuts(self) -> None:
        actions = {
            QKeySequence.StandardKey.New: self.new_chat,
            QKeySequence.StandardKey.Find: self.focus_search,
            "Ctrl+Q": self.close,  # StandardKey.Quit is empty on some systems
            "Esc": self.conversation.stop,
            "F2": self.rename_current,
        }
        for keys, action in actions.items():
            QShortcut(QKeySequence(keys), self).activated.connect(action)

    def _restore(self, state: WindowState) -> None:
        self.setGeometry(_on_a_screen(state))
        if state.maximized:
            self.setWindowState(Qt.WindowState.WindowMaximized)
        self._show_chats()
        self.conversation.show_chat(self.sidebar.known(state.last_chat_id))
        self.view.composer.focus()


def _on_a_screen(state: WindowState) -> QRect:
    """Where the window was, moved and shrunk so that a screen shows all of it."""
    wanted = QRect(state.x or 0, state.y or 0, state.width, state.height)
    screen = QGuiApplication.screenAt(wanted.center()) or QGuiApplication.primaryScreen()
    room = screen.availableGeometry()
    size = wanted.size().boundedTo(room.size()).expandedTo(_MIN_SIZE)
    if state.x is None or state.y is None:
        placed = QRect(room.topLeft(), size)
        placed.moveCenter(room.center())
        return placed
    x = max(room.left(), min(wanted.x(), room.right() + 1 - size.width()))
    y = max(room.top(), min(wanted.y(), room.bottom() + 1 - size.height()))
    return QRect(x, y, size.width(), size.height())
