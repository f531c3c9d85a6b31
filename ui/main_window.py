"""The window: sidebar, conversation and inspector side by side, and how it was left last time."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QWidget

from app.chats.model import Chat
from app.chats.new_chat import NewChatFile
from app.chats.temporary import Chats
from app.paths import DataPaths
from app.settings import Settings, WindowState
from ui import fonts
from ui.chat.chat_view import ChatView
from ui.chat_commands import ChatCommands
from ui.chat_menus import ChatMenus
from ui.composer.composing import Composing
from ui.conversation import Conversation
from ui.documents.attachments import Attachments
from ui.engine_thread import EngineThread
from ui.folder_commands import FolderCommands
from ui.inspector.inspection import Inspection
from ui.inspector.inspector import Inspector
from ui.mirroring import mirrored
from ui.palette import Entry, Palette
from ui.quit_dialog import is_ready_to_quit
from ui.shortcut_sheet import ShortcutSheet
from ui.shortcuts import Action, Shortcuts
from ui.sidebar.chat_list import Chosen
from ui.sidebar.chat_list_model import title_of
from ui.sidebar.sidebar import Sidebar
from ui.theme import LIGHT, Theme
from ui.titles import TitleMaker
from ui.transfer.transfer import Transfer
from ui.updates import UpdateCheck

_NARROW = 800  # below this width the sidebar is hidden unless it is asked for
_MEDIUM = 1100  # below this width the inspector is a drawer, closed unless it is asked for
_MIN_SIZE = QSize(480, 420)


class MainWindow(QMainWindow):
    """Signals:
    model_wanted: the user says that a model may have been added
    settings_requested: the name of the page that the user wants to see; "" for any
    text_size_requested: 1 for larger, -1 for smaller, 0 for the default
    """

    model_wanted = Signal()
    settings_requested = Signal(str)
    text_size_requested = Signal(int)

    def __init__(self, store: Chats, settings: Settings, paths: DataPaths) -> None:
        super().__init__()
        self._sidebar_wanted = settings.window.sidebar_visible  # where there is room for it
        self._inspector_wanted = settings.window.inspector_visible
        self._is_narrow: bool | None = None
        self._is_drawer: bool | None = None
        self._theme = LIGHT
        self.sidebar = Sidebar(settings.window.folded_folders)
        self.view = ChatView(paths.models_dir)
        new_chat = NewChatFile(paths.new_chat_file)
        self.conversation = Conversation(self.view, store, settings, new_chat)
        self.inspector = Inspector()
        self.inspection = Inspection(self.inspector, self.view, self.conversation, store, paths)
        self.attachments = Attachments(self.view, self.conversation, store)
        self.attachments.changed.connect(self.inspection.refresh)
        self.composing = Composing(self, self.view, self.conversation, store, paths)
        self.notices = self.view.notices
        self.titles = TitleMaker(settings, self)
        self.chats = ChatCommands(store, self.sidebar, self.view, self.conversation)
        self.folders = FolderCommands(store, self.sidebar, self.notices, self.chats)
        self.transfer = Transfer(self, self.notices, store, paths)
        self._updates = UpdateCheck(self.notices, self)
        self.shortcuts = Shortcuts(self._actions(), settings.shortcuts, self)
        self.menus = ChatMenus(store, self.chats, self.folders, self.shortcuts, self)
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
            last_chat_id=None if chat is None or chat.is_temporary else chat.id,
            folded_folders=tuple(self.sidebar.folded),
        )

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        for part in (self.sidebar, self.view, self.inspector, self.composing):
            part.apply_theme(theme)

    def attach(self, thread: EngineThread, model_name: str, asked: str | None = None) -> None:
        """See Conversation.attach."""
        self.inspection.attach(thread)
        self.composing.attach(thread)
        self.conversation.attach(thread, model_name, asked)
        self.titles.attach(thread)
        self.attachments.attach(thread, model_name)

    def detach(self) -> None:
        """See Conversation.detach."""
        self.conversation.detach()
        self.inspection.detach()
        self.composing.detach()
        self.titles.detach()

    def set_settings(self, settings: Settings) -> None:
        """From the next question on."""
        self.conversation.set_settings(settings)
        self.titles.set_settings(settings)

    def closeEvent(self, event: QCloseEvent) -> None:
        """A window that is hidden was closed before, or another one has taken its place."""
        if self.isVisible() and not is_ready_to_quit(self.chats, self):
            event.ignore()
            return
        self.transfer.close()
        self.attachments.close()
        self.inspection.close()
        self.conversation.close()
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
        self.chats.new_chat()

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
            Entry(title_of(chat), self.tr("Chat"), partial(self.chats.go_to, chat.id))
            for chat in self.sidebar.chats()
        ]
        Palette(entries, self._theme, self).open()

    @Slot(object, str)
    def _open_choice(self, entries: list[Entry], words: str) -> None:
        Palette(entries, self._theme, self, words).open()

    @Slot()
    def open_shortcut_sheet(self) -> None:
        ShortcutSheet(self.shortcuts, self).open()

    @Slot()
    def focus_search(self) -> None:
        self.sidebar.show()
        self.sidebar.focus_search()

    @Slot(str)
    def _write(self, text: str) -> None:
        self.view.composer.focus()
        self.view.composer.insert(text)

    @Slot(object)
    def _show_imported(self, chat_ids: Sequence[int]) -> None:
        self.chats.show_chats()
        self.chats.go_to(chat_ids[0])

    @Slot()
    def export(self, chosen: Chosen | None = None) -> None:
        """What is chosen, or else the chat on show."""
        self.transfer.export(self.chats.about(chosen).chat_ids)

    @Slot(object)
    def _show_conversation(self) -> None:
        if self._is_narrow:
            self.sidebar.hide()

    # What is on show

    @Slot(object)
    def _show_title(self, chat: Chat | None) -> None:
        """And whether it is a temporary chat."""
        title = self.tr("New chat") if chat is None else title_of(chat)
        self.view.header.title.set_text(title)
        self.view.show_temporary(chat is not None and chat.is_temporary)
        self.setWindowTitle(self.tr("Eremo") if chat is None else f"{title} · Eremo")
        self.sidebar.set_current(None if chat is None else chat.id)

    @Slot()
    def _show_keys(self) -> None:
        self.sidebar.show_keys(
            self.shortcuts.first_shown("new_chat"), self.shortcuts.first_shown("search")
        )

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
        """Beside the conversation where there is room, else above its edge."""
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
            place = QRect(middle.width() - width, top, width, height)
            self.inspector.setGeometry(mirrored(place, middle))
            self.inspector.raise_()

    def _connect(self) -> None:
        self.sidebar.menu_requested.connect(self.menus.open)
        self.sidebar.more_requested.connect(self.menus.open_new)
        self.chats.gone_to.connect(self._show_conversation)
        self.folders.choice_requested.connect(self._open_choice)
        self.titles.made.connect(self.chats.show_renamed)
        self.view.composer.edit.textChanged.connect(self.titles.put_off)
        self.shortcuts.changed.connect(self._show_keys)
        self._show_keys()
        self.view.sidebar_toggled.connect(self.toggle_sidebar)
        self.view.inspector_toggled.connect(self.toggle_inspector)
        self.view.header.model.clicked.connect(lambda: self.settings_requested.emit("models"))
        self.view.no_model.retry_requested.connect(self.model_wanted)
        self.conversation.chat_shown.connect(self._show_title)
        self.transfer.imported.connect(self._show_imported)
        self.sidebar.typed.connect(self._write)

    def _actions(self) -> list[Action]:
        find = QKeySequence(QKeySequence.StandardKey.Find).toString()
        size = self.text_size_requested.emit
        return [
            *self.chats.actions(),
            *self.folders.actions(),
            Action("search", self.tr("Search in all chats"), find, self.focus_search),
            Action("palette", self.tr("Commands and chats"), "Ctrl+K", self.open_palette),
            *self.composing.actions(),
            *self.conversation.commands.actions(),
            Action("export", self.tr("Export this chat"), "Ctrl+E", self.export),
            Action("export_all", self.tr("Export all chats"), "", self.transfer.export_all),
            Action("import", self.tr("Import chats"), "", self.transfer.import_chats),
            Action("stop", self.tr("Stop the answer"), "Esc", self.conversation.stop),
            Action("attach", self.tr("Attach documents"), "Ctrl+O", self.attachments.choose),
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
            *self._settings_actions(),
            Action(
                "shortcuts",
                self.tr("Keyboard shortcuts"),
                "F1; Ctrl+/",
                self.open_shortcut_sheet,
            ),
            Action("updates", self.tr("Check for updates"), "", self._updates.check),
            Action("quit", self.tr("Quit"), "Ctrl+Q", self.close),
        ]

    def _settings_actions(self) -> list[Action]:
        """One for the window, and one for what somebody may look for in each of its pages."""
        pages = (
            ("settings", "", self.tr("Settings"), "Ctrl+,"),
            ("models", "models", self.tr("Choose a model"), "Ctrl+M"),
            ("answers", "generation", self.tr("Set the system prompt and the temperature"), ""),
            ("memory", "memory", self.tr("Limit memory and disk"), ""),
            ("performance", "performance", self.tr("Set threads and context length"), ""),
            ("colours", "appearance", self.tr("Choose colours: light, dark, high contrast"), ""),
            ("language", "appearance", self.tr("Choose a language"), ""),
            ("keys", "keyboard", self.tr("Change keys"), ""),
        )
        open_page = self.settings_requested.emit
        return [
            Action(name, words, keys, partial(open_page, page)) for name, page, words, keys in pages
        ]

    def _restore(self, state: WindowState) -> None:
        self.setGeometry(_on_a_screen(state))
        if state.maximized:
            self.setWindowState(Qt.WindowState.WindowMaximized)
        self.chats.show_chats()
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
