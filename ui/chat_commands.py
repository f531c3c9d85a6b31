"""What the user does with chats as a whole: going to them, naming, pinning, deleting, keeping.

Changes the store and has the sidebar and the conversation show it. Folders are in
ui/folder_commands.py, messages in ui/message_commands.py.
"""

import contextlib
from collections.abc import Iterator, Sequence

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QKeySequence

from app.chats.model import Chat, is_temporary
from app.chats.search import SearchHit, first_match, search
from app.chats.temporary import Chats
from app.errors import AppError
from ui.chat.chat_view import ChatView
from ui.conversation import Conversation
from ui.shortcuts import Action
from ui.sidebar.chat_list import Chosen
from ui.sidebar.chat_list_model import title_of
from ui.sidebar.sidebar import Sidebar

_UNDO_SECONDS = 20.0


class ChatCommands(QObject):
    """Without an argument, a command is about what is selected in the sidebar while the user is
    there, else about the chat on show.

    Signals:
    gone_to: the user has gone to a chat; None for a new one
    folder_delete_requested: the id of a folder, of which another knows more
    """

    gone_to = Signal(object)
    folder_delete_requested = Signal(int)

    def __init__(
        self, store: Chats, sidebar: Sidebar, view: ChatView, conversation: Conversation
    ) -> None:
        super().__init__(view)
        self._store = store
        self._sidebar = sidebar
        self._view = view
        self._conversation = conversation
        self._notices = view.notices
        self._on_show: int | None = None
        sidebar.new_chat_requested.connect(self.new_chat)
        sidebar.chat_selected.connect(self.go_to)
        sidebar.rename_requested.connect(self.set_title)
        sidebar.search_changed.connect(self._search)
        sidebar.hit_opened.connect(self._open_hit)
        conversation.chat_shown.connect(self._forget_left)
        conversation.chats_changed.connect(self.show_chats)

    def actions(self) -> list[Action]:
        new = QKeySequence(QKeySequence.StandardKey.New).toString()
        return [
            Action("new_chat", self.tr("New chat"), new, self.new_chat),
            Action(
                "new_temporary_chat",
                self.tr("New temporary chat"),
                "Ctrl+Shift+N",
                self.new_temporary_chat,
            ),
            Action("rename", self.tr("Rename this chat"), "F2", self.rename),
            Action("pin", self.tr("Pin or unpin this chat"), "Ctrl+Shift+P", self.pin),
            Action("keep", self.tr("Keep this temporary chat"), "Ctrl+Shift+K", self.keep),
            Action(
                "delete",
                self.tr("Delete this chat"),
                "Del",
                self.delete,
                within=self._sidebar.chat_list,  # elsewhere the key deletes text
            ),
        ]

    def about(self, chosen: Chosen | None = None) -> Chosen:
        if chosen is None:
            chosen = self._sidebar.chosen()
        if chosen == Chosen() and self._conversation.chat is not None:
            chosen = Chosen((self._conversation.chat.id,))
        return chosen

    @contextlib.contextmanager
    def errors_told(self) -> Iterator[None]:
        """The rest of what is inside is left out after one."""
        try:
            yield
        except AppError as error:
            self._notices.tell(str(error))

    # Going to chats

    @Slot()
    def new_chat(self) -> None:
        self.go_to(None)

    @Slot()
    def new_temporary_chat(self) -> None:
        with self.errors_told():
            chat = self._store.create_temporary_chat(self._conversation.default_system_prompt)
            self.go_to(chat.id)
            self.show_chats()
            self._view.composer.focus()

    @Slot(int)
    def go_to(self, chat_id: int | None) -> None:
        if chat_id is None or not self._is_on_show(chat_id):
            self._conversation.show_chat(chat_id)
        self.gone_to.emit(chat_id)
        if chat_id is None:
            self._view.composer.focus()

    def _is_on_show(self, chat_id: int) -> bool:
        return self._conversation.chat is not None and self._conversation.chat.id == chat_id

    @Slot(str)
    def _search(self, words: str) -> None:
        with self.errors_told():
            self._sidebar.show_hits(search(self._store, words))

    @Slot(object)
    def _open_hit(self, hit: SearchHit) -> None:
        """At the message, on a version that has it."""
        self.go_to(hit.chat.id)
        if hit.message_id is not None and self._is_on_show(hit.chat.id):
            with self.errors_told():
                self._conversation.show_message(hit.message_id, first_match(hit.snippet))

    @Slot()
    def show_chats(self) -> None:
        with self.errors_told():
            chats = [*self._store.temporary_chats(), *self._store.chats()]
            chat = self._conversation.chat
            on_show = None if chat is None else chat.id
            self._sidebar.set_chats(chats, on_show, self._store.folders())

    # Naming, pinning

    @Slot()
    def rename(self, chosen: Chosen | None = None) -> None:
        chosen = self.about(chosen)
        if chosen != Chosen():
            self._sidebar.show()
            self._sidebar.rename(chosen)

    @Slot(int, str)
    def set_title(self, chat_id: int, title: str) -> None:
        with self.errors_told():
            self._store.rename(chat_id, title)
        self.show_renamed()

    @Slot()
    def show_renamed(self) -> None:
        self._conversation.reread_chat()
        self.show_chats()

    @Slot()
    def pin(self, chosen: Chosen | None = None) -> None:
        """All of them, if one isn't pinned yet; else none."""
        chat_ids = self.stored(self.about(chosen).chat_ids)
        with self.errors_told():
            is_pinned = all(self._store.chat(chat_id).pinned for chat_id in chat_ids)
            self._store.set_pinned(chat_ids, not is_pinned)
        self.show_renamed()

    def stored(self, chat_ids: Sequence[int]) -> list[int]:
        """Without the temporary ones; says so where nothing is left."""
        stored = [chat_id for chat_id in chat_ids if not is_temporary(chat_id)]
        if chat_ids and not stored:
            self._notices.tell(self.tr("This chat is temporary. Keep it first."))
        return stored

    # Deleting

    @Slot()
    def delete(self, chosen: Chosen | None = None) -> None:
        chosen = self.about(chosen)
        if chosen.chat_ids:
            self._delete_chats(chosen.chat_ids)
        elif chosen.folder_id is not None:
            self.folder_delete_requested.emit(chosen.folder_id)

    def _delete_chats(self, chat_ids: Sequence[int]) -> None:
        was_on_show = next(filter(self._is_on_show, chat_ids), None)
        with self.errors_told():
            sentence = self._deleted_sentence(chat_ids)
            self._store.delete_chats(chat_ids)
            if self._conversation.answering_chat_id in chat_ids:
                self._conversation.stop()
            if was_on_show is not None:
                self._conversation.show_chat(None)
            self.show_chats()
            self._notices.tell(
                sentence,
                action=self.tr("Undo"),
                run=lambda: self._restore(chat_ids, was_on_show or chat_ids[0]),
                timeout_seconds=_UNDO_SECONDS,
            )

    def _deleted_sentence(self, chat_ids: Sequence[int]) -> str:
        if len(chat_ids) > 1:
            return self.tr("%n chats were deleted.", "", len(chat_ids))
        title = title_of(self._store.chat(chat_ids[0]))
        return self.tr("“{title}” was deleted.").format(title=title)

    def _restore(self, chat_ids: Sequence[int], show: int) -> None:
        with self.errors_told():
            self._store.restore_chats(chat_ids)
            self.show_chats()
            self._conversation.show_chat(show)

    # Temporary chats

    @Slot()
    def keep(self, chosen: Chosen | None = None) -> None:
        """Store temporary chats from now on."""
        chosen = self.about(chosen)
        if self._conversation.answering_chat_id in filter(is_temporary, chosen.chat_ids):
            self._notices.tell(self.tr("An answer is being written here. Stop it first."))
        else:
            self.keep_all(chosen)

    def keep_all(self, chosen: Chosen) -> None:
        """An answer that is being written is kept as far as it is."""
        self._conversation.drafts.flush()
        with self.errors_told():
            for chat_id in filter(is_temporary, chosen.chat_ids):
                was_on_show = self._is_on_show(chat_id)
                kept = self._store.keep(chat_id)
                if was_on_show:
                    self._conversation.show_chat(kept.id)
        self.show_chats()

    def would_be_lost(self) -> list[Chat]:
        """The temporary chats in which something was said."""
        return [chat for chat in self._store.temporary_chats() if chat.leaf_id is not None]

    @Slot(object)
    def _forget_left(self, chat: Chat | None) -> None:
        """A temporary chat in which nothing was written goes when the user leaves it."""
        left, self._on_show = self._on_show, None if chat is None else chat.id
        if left == self._on_show or not is_temporary(left):
            return
        with contextlib.suppress(AppError):  # it was deleted, or kept
            if self._store.chat(left).leaf_id is None and not self._store.draft(left).strip():
                self._store.purge_chats([left])
                self.show_chats()
