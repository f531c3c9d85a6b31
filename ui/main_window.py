"""The window: sidebar, conversation and inspector side by side, and how it was left last time."""

from functools import partial

from PySide6.QtCore import QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QWidget

from app.chats.model import Chat
from app.chats.search import SearchHit, search
from app.chats.store import ChatStore
from app.errors import AppError
from app.paths import DataPaths
from app.settings import Settings, WindowState
from ui import fonts
from ui.chat.chat_view import ChatView
from ui.conversation import Conversation
from ui.engine_thread import EngineThread
from ui.inspector.inspection import Inspection
from ui.inspector.inspector import Inspector
from ui.palette import Entry, Palette
from ui.shortcut_sheet import ShortcutSheet
from ui.shortcuts import Action, Shortcuts
from ui.sidebar.chat_list_model import title_of
from ui.sidebar.sidebar import Sidebar
from ui.theme import LIGHT, Theme
from ui.updates import UpdateCheck

_NARROW = 800  # below this width the sidebar is hidden unless it is asked for
_MEDIUM = 1100  # below this width the inspector is a drawer, closed unless it is asked for
_MIN_SIZE = QSize(480, 420)
_UNDO_SECONDS = 20.0


class MainWindow(QMainWindow):
    """Signals:
    model_wanted: the user says that a model may have been added
    settings_requested: the name of the page that the user wants to see; "" for any
    text_size_requested: 1 for larger, -1 for smaller, 0 for the default
    """

    model_wanted = Signal()
    settings_requested = Signal(str)
    text_size_requested = Signal(int)

    def __init__(self, store: ChatStore, settings: Settings, paths: DataPaths) -> None:
        super().__init__()
        self._store = store
        self._sidebar_wanted = settings.window.sidebar_visible  # where there is room for it
        self._inspector_wanted = settings.window.inspector_visible
        self._is_narrow: bool | None = None
        self._is_drawer: bool | None = None
        self._theme = LIGHT
        self.sidebar = Sidebar()
        self.view = ChatView(paths.models_dir)
        self.conversation = Conversation(self.view, store, settings)
        self.inspector = Inspector()
        self.inspection = Inspection(self.inspector, self.view, self.conversation, store, paths)
        self.notices = self.view.notices
        self._updates = UpdateCheck(self.notices, self)
        self.shortcuts = Shortcuts(self._actions(), settings.shortcuts, self)
        self.setMinimumSize(_MIN_SIZE)
        self._lay_out()
        self._connect()
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
            inspector_visible=self._inspector_wanted,
            last_chat_id=None if chat is None else chat.id,
        )

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        for part in (self.sidebar, self.view, self.inspector):
            part.apply_theme(theme)

    def attach(self, thread: EngineThread, model_name: str) -> None:
        """See Conversation.attach."""
        self.inspection.attach(thread)
        self.conversation.attach(thread, model_name)

    def detach(self) -> None:
        """See Conversation.detach."""
        self.conversation.detach()
        self.inspection.detach()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.inspection.close()
        super().closeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_inspector()
        is_narrow = self.width() < fonts.scaled(_NARROW)
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
    def toggle_inspector(self) -> None:
        is_visible = self.inspector.isHidden()
        self.inspector.setVisible(is_visible)
        if self._is_drawer:
            self._place_inspector()
        else:
            self._inspector_wanted = is_visible

    @Slot()
    def open_palette(self) -> None:
        entries = [
            Entry(action.words, self.shortcuts.shown(action.id), action.run)
            for action in self.shortcuts.all()
            if action.id != "palette"
        ]
        entries += [
            Entry(title_of(chat), self.tr("Chat"), partial(self._go_to, chat.id))
            for chat in self.sidebar.chats()
        ]
        Palette(entries, self._theme, self).open()

    @Slot()
    def open_shortcut_sheet(self) -> None:
        ShortcutSheet(self.shortcuts, self).open()

    @Slot()
    def focus_search(self) -> None:
        self.sidebar.show()
        self.sidebar.focus_search()

    @Slot()
    def rename_current(self) -> None:
        if self.conversation.chat is not None:
            self.sidebar.show()
            self.sidebar.rename(self.conversation.chat.id)

    @Slot()
    def delete_current(self) -> None:
        if self.conversation.chat is not None:
            self.delete(self.conversation.chat.id)

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
        self._place_inspector()

    def _place_inspector(self) -> None:
        """Beside the conversation where there is room, else above its right edge."""
        middle = self.centralWidget()
        is_drawer = self.width() < fonts.scaled(_MEDIUM)
        if is_drawer != self._is_drawer:
            self._is_drawer = is_drawer
            if is_drawer:
                middle.layout().removeWidget(self.inspector)
                self.inspector.setParent(middle)
            else:
                middle.layout().addWidget(self.inspector)
            self.inspector.setVisible(self._inspector_wanted and not is_drawer)
        if is_drawer:
            width = min(self.inspector.width(), middle.width())
            top = self.view.header.height()  # whose button closes it again
            height = max(middle.height() - top, 0)
            self.inspector.setGeometry(middle.width() - width, top, width, height)
            self.inspector.raise_()

    def _connect(self) -> None:
        sidebar = self.sidebar
        sidebar.new_chat_requested.connect(self.new_chat)
        sidebar.chat_selected.connect(self._go_to)
        sidebar.rename_requested.connect(self.rename)
        sidebar.delete_requested.connect(self.delete)
        sidebar.search_changed.connect(self._search)
        sidebar.hit_opened.connect(self._open_hit)
        self.view.sidebar_toggled.connect(self.toggle_sidebar)
        self.view.inspector_toggled.connect(self.toggle_inspector)
        self.view.header.model.clicked.connect(lambda: self.settings_requested.emit("models"))
        self.view.no_model.retry_requested.connect(self.model_wanted)
        self.conversation.chat_shown.connect(self._show_title)
        self.conversation.chats_changed.connect(self._show_chats)

    def _actions(self) -> list[Action]:
        new = QKeySequence(QKeySequence.StandardKey.New).toString()
        find = QKeySequence(QKeySequence.StandardKey.Find).toString()
        size = self.text_size_requested.emit
        return [
            Action("new_chat", self.tr("New chat"), new, self.new_chat),
            Action("search", self.tr("Search in all chats"), find, self.focus_search),
            Action("palette", self.tr("Commands and chats"), "Ctrl+K", self.open_palette),
            Action("rename", self.tr("Rename this chat"), "F2", self.rename_current),
            Action("delete", self.tr("Delete this chat"), "", self.delete_current),
            Action("stop", self.tr("Stop the answer"), "Esc", self.conversation.stop),
            Action("write", self.tr("Write a message"), "Ctrl+L", self.view.composer.focus),
            Action("sidebar", self.tr("Show or hide the chats"), "Ctrl+B", self.toggle_sidebar),
            Action(
                "inspector",
                self.tr("Show or hide the details"),
                "Ctrl+I",
                self.toggle_inspector,
            ),
            Action("larger", self.tr("Larger text"), "Ctrl++; Ctrl+=", partial(size, 1)),
            Action("smaller", self.tr("Smaller text"), "Ctrl+-", partial(size, -1)),
            Action("normal", self.tr("Normal text size"), "Ctrl+0", partial(size, 0)),
            Action(
                "settings", self.tr("Settings"), "Ctrl+,", lambda: self.settings_requested.emit("")
            ),
            Action(
                "models",
                self.tr("Choose a model"),
                "Ctrl+M",
                lambda: self.settings_requested.emit("models"),
            ),
            Action(
                "shortcuts",
                self.tr("Keyboard shortcuts"),
                "F1; Ctrl+/",
                self.open_shortcut_sheet,
            ),
            Action("updates", self.tr("Check for updates"), "", self._updates.check),
            Action("quit", self.tr("Quit"), "Ctrl+Q", self.close),
        ]

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
