"""The chat on show and the turn in progress: connects the view, the store and the engine's thread.

A turn goes on in its own chat when the user goes to another one, and is whole when they return.
One question is answered at a time; meanwhile other chats can be read but not asked in, and one
message can wait for the end of the answer.
"""

import contextlib
import time

from PySide6.QtCore import QObject, Signal, Slot

from app.chats.model import Chat, StoredMessage
from app.chats.new_chat import NewChatFile
from app.chats.store import ChatStore
from app.errors import AppError
from app.events import TurnEnded, TurnStarted
from app.settings import Settings
from inference.events import ModelInfo
from ui.asking import Asking
from ui.chat.chat_view import ChatView
from ui.chat_options import ChatOptions
from ui.composer.drafts import Drafts
from ui.composer.history import PromptHistory
from ui.costs import Costs
from ui.engine_thread import EngineThread
from ui.message_commands import MessageCommands
from ui.message_queue import MessageQueue
from ui.model_switch import ModelSwitch
from ui.sidebar.chat_list_model import title_of
from ui.turn import RunningTurn
from ui.turn_status import TurnStatus

_STATUS_SECONDS = 0.5  # a speed that changes more often can't be read


class Conversation(QObject):
    """Signals:
    chat_shown: the Chat that is on show now; None for a new one
    chats_changed: a chat was begun, or has a new message
    """

    chat_shown = Signal(object)
    chats_changed = Signal()

    def __init__(
        self, view: ChatView, store: ChatStore, settings: Settings, new_chat: NewChatFile
    ) -> None:
        super().__init__(view)
        self._view = view
        self._store = store
        self._thread: EngineThread | None = None
        self._has_model = True
        self.models = ModelSwitch(self)
        self._info: ModelInfo | None = None
        self._loading: tuple[int, int] | None = None  # bytes of weights: done, total
        self._chat: Chat | None = None
        self._messages: list[StoredMessage] = []  # the branch on show, without the running turn
        self._turn: RunningTurn | None = None
        self._status = TurnStatus(view)
        self._queue = MessageQueue(view.queued, view.composer, self)
        self.commands = MessageCommands(store, view, self)
        self._costs = Costs(view.transcript)
        self.options = ChatOptions(store, new_chat, settings, self)
        self.asking = Asking(view, self.options, self.models)
        self._history = PromptHistory(view.composer, self._earlier_prompts, self)
        self.drafts = Drafts(
            view.composer, store, new_chat, self._history.written, self._queue.waiting, self
        )
        self._status_at = 0.0  # when the speed was shown last, as of time.monotonic()
        view.composer.submitted.connect(self.send)
        view.composer.queued.connect(self.queue)
        view.composer.stop_requested.connect(self.stop)
        view.transcript.retry_requested.connect(self.retry)
        view.transcript.edit_ended.connect(view.composer.focus)
        self.commands.retry_requested.connect(self.retry)
        self.commands.continue_requested.connect(self.continue_answer)
        self.commands.question_edited.connect(self._ask_edited)
        self.commands.changed.connect(self._show_changed)
        self.commands.branched.connect(self._show_branched)
        view.empty.example_chosen.connect(self._take_example)
        self.asking.changed.connect(self._update)
        self.options.changed.connect(self._take_options)
        self.options.failed.connect(view.notices.tell)
        self.drafts.failed.connect(view.notices.tell)

    @property
    def chat(self) -> Chat | None:
        return self._chat

    @property
    def branch(self) -> list[StoredMessage]:
        """The messages on show, without the running turn's."""
        return self._messages

    @property
    def default_system_prompt(self) -> str:
        """Of chats that begin now."""
        return self.options.settings.system_prompt

    @property
    def system_prompt(self) -> str:
        """Of the chat on show."""
        return self.options.system_prompt

    @property
    def is_loaded(self) -> bool:
        """Whether a model is there, whichever."""
        return self._info is not None

    @property
    def has_its_model(self) -> bool:
        """Whether the model that is there is the one that answers in the chat on show."""
        return self.models.is_there(self.options.model_of(self._chat))

    def set_settings(self, settings: Settings) -> None:
        """From the next question on."""
        self.options.set_settings(settings)

    @property
    def answering_chat_id(self) -> int | None:
        return None if self._turn is None else self._turn.chat.id

    def attach(self, thread: EngineThread, model_name: str, asked: str | None = None) -> None:
        """Answer with this thread, which is loading the model of that name.

        asked: what the setting `model` was for it; None: as it is now.
        """
        self._thread = thread
        self.asking.set_thread(thread)
        self._loading = (0, 0)
        self._costs.attach(thread)
        thread.loading.connect(self._show_loading)
        thread.loaded.connect(self._show_loaded)
        thread.turn_started.connect(self._begin_turn)
        thread.prefilled.connect(self._show_prefilled)
        thread.reasoning.connect(self._append_reasoning)
        thread.text.connect(self._append_text)
        thread.turn_ended.connect(self._end_turn)
        thread.failed.connect(self._fail)
        self.models.attach(model_name, self.options.settings.model if asked is None else asked)
        self._update()

    def use_attached(self, asked: str) -> None:
        """The model that is there is also the one of this name."""
        self.models.use_attached(asked)
        self._update()

    def refuse_model(self, sentence: str) -> None:
        """The model that a chat needs can't be had: what was asked is a draft again."""
        self.models.drop()
        if (chat := self._chat) is not None and chat.model:
            self._view.notices.tell(
                sentence,
                action=self.tr("Use the one in the settings"),
                run=lambda: self.set_model(chat.id, ""),
            )
        else:
            self._view.notices.tell(sentence)
        self._give_back()

    def set_model(self, chat_id: int, model: str) -> None:
        """Of a chat that may not be on show any more."""
        try:
            self._store.set_model(chat_id, model)
        except AppError as error:
            self._view.notices.tell(str(error))
        if self._chat is not None and self._chat.id == chat_id:
            self.reread_chat()

    def detach(self) -> None:
        """The thread is ending: what it still tells is heard, but nothing more is asked of it."""
        self._thread = None
        self.asking.set_thread(None)
        self._info = None
        self._loading = None
        self._update()

    def close(self) -> None:
        """The window closes: what is written stays for the next time."""
        self.drafts.close()

    def set_has_model(self, has_model: bool) -> None:
        """Whether a new chat invites a question or says how to add a model."""
        self._has_model = has_model
        self._show_page()

    # What the user does

    def show_chat(self, chat_id: int | None) -> None:
        """Go to a chat, or to a new one. If it can't be read, what is on show stays."""
        try:
            chat = None if chat_id is None else self._store.chat(chat_id, include_deleted=False)
            self._messages = [] if chat is None else self._store.branch(chat.leaf_id)
        except AppError as error:
            self._view.notices.tell(str(error))
            return
        self._chat = chat
        self.drafts.show(chat)
        self._history.end()
        self.options.show(chat)
        self._costs.forget()
        self._show_messages()
        self._return_queued()
        self._update()
        self.chat_shown.emit(chat)

    def show_message(self, message_id: int, word: str = "") -> None:
        """Of the chat on show: the branch with it, at the word in it.

        Raises:
            AppError: the message was removed.
        """
        assert self._chat is not None
        shown = {message.id for message in self._messages}
        if self._turn_is_on_show:
            shown |= {self._turn.question.id, self._turn.answer.id}
        if message_id not in shown:
            if not self.commands.can_change():
                return
            self._store.show_version(self._chat.id, message_id)
            self.show_chat(self._chat.id)
        self._view.transcript.show_message(message_id, word)

    def reread_chat(self) -> None:
        """The title of the chat on show may have changed."""
        if self._chat is not None:
            with contextlib.suppress(AppError):  # then it is shown as it was
                self._chat = self._store.chat(self._chat.id)
            self.options.show(self._chat)
            self.chat_shown.emit(self._chat)

    @Slot(str)
    def send(self, text: str) -> None:
        """The text stays in the composer until it is stored."""
        self.asking.send_written(text, self._chat)

    @Slot(str)
    def queue(self, text: str) -> None:
        """Send it when the answer that is being written has ended; more is added to it."""
        if self._turn_is_on_show:
            self._queue.put(self._turn.chat.id, text)

    @Slot(int)
    def retry(self, message_id: int) -> None:
        self.asking.retry(message_id, self._chat)

    @Slot(int)
    def continue_answer(self, message_id: int) -> None:
        self.asking.continue_answer(message_id, self._chat)

    @Slot(str, object)
    def _ask_edited(self, text: str, message: StoredMessage) -> None:
        """Another version of a question."""
        if self.asking.can_begin():
            self._view.transcript.end_edit(message.id)
            self.asking.send(text, self._chat, parent_id=message.parent_id)

    @Slot(int)
    def _show_changed(self, chat_id: int) -> None:
        if self._chat is not None and self._chat.id == chat_id:
            self.show_chat(chat_id)
        self.chats_changed.emit()

    @Slot(int)
    def _show_branched(self, chat_id: int) -> None:
        self.show_chat(chat_id)
        self.chats_changed.emit()
        self._view.composer.focus()

    @Slot()
    def stop(self) -> None:
        if self.asking.is_at_work and self._thread is not None:
            self._thread.stop()

    @Slot()
    def _take_options(self) -> None:
        """The chat on show is answered otherwise from now on."""
        self._chat = self.options.chat
        self._costs.forget()
        self._update()

    def _earlier_prompts(self) -> list[str]:
        try:
            return self._store.prompt_history()
        except AppError as error:
            self._view.notices.tell(str(error))
            return []

    @Slot(str)
    def _take_example(self, text: str) -> None:
        self._view.composer.set_text(text)
        self._view.composer.focus()

    # What the thread reports

    @Slot("qint64", "qint64")
    def _show_loading(self, done: int, total: int) -> None:
        self._loading = (done, total)
        self._update()

    @Slot(object)
    def _show_loaded(self, info: ModelInfo) -> None:
        self._loading = None
        self._info = info
        self._update()

    @Slot(object)
    def _begin_turn(self, event: TurnStarted) -> None:
        self._costs.forget()
        turn = RunningTurn(event.chat, event.user_message, event.answer)
        self._set_turn(turn)
        sent, is_new = self.asking.take_begun()
        if sent and self._view.composer.text() == sent:
            self._view.composer.clear()
        if is_new:
            turn.chat = self.options.begin(turn.chat)
        if is_new and self._chat is None:
            self._chat = turn.chat  # the new chat that was on show
            self.drafts.begin(turn.chat)
            self.options.show(turn.chat)
            self.chat_shown.emit(self._chat)
        elif self._turn_is_on_show and self._chat != turn.chat:
            self._chat = turn.chat  # it got its title
            self.options.show(turn.chat)
            self.chat_shown.emit(self._chat)
        if sent:
            self.drafts.take_sent(None if is_new else turn.chat.id, sent)
        if self._turn_is_on_show:
            self._show_page()
            self._messages = turn.messages_before(self._messages)  # fewer, if it is a retry
            self._view.transcript.begin_turn(turn.question, turn.answer)
        self._update()
        self.chats_changed.emit()

    @Slot(int, int, int)
    def _show_prefilled(self, done: int, total: int, reused: int) -> None:
        del reused
        if self._turn is not None:
            self._turn.add_read(done, total, time.monotonic())
            self._update()

    @Slot(str, int)
    def _append_reasoning(self, text: str, num_deltas: int) -> None:
        if self._turn is None:
            return
        self._turn.add_reasoning(text, num_deltas, time.monotonic())
        if self._turn_is_on_show:
            self._view.transcript.append_reasoning(text)
            self._update_speed()

    @Slot(str, int)
    def _append_text(self, text: str, num_deltas: int) -> None:
        if self._turn is None:
            return
        self._turn.add_text(text, num_deltas, time.monotonic())
        if self._turn_is_on_show:
            self._view.transcript.append_text(text)
            self._update_speed()

    def _update_speed(self) -> None:
        now = time.monotonic()
        if now - self._status_at >= _STATUS_SECONDS:
            self._status_at = now
            self._update_status()

    @Slot(object)
    def _end_turn(self, event: TurnEnded) -> None:
        self._finish_turn(event.chat, event.answer)

    @Slot(str)
    def _fail(self, sentence: str) -> None:
        """Nothing was stored, or the turn broke off without its end, or loading failed."""
        self._loading = None
        if self._turn is not None:
            self._finish_turn(self._turn.chat, self._turn.failed(sentence))
        elif self.asking.is_pending or self._thread is None:
            self._view.notices.tell(sentence)
        else:
            self._view.notices.tell(sentence, action=self.tr("Try again"), run=self._load_again)
        self._give_back()

    def _give_back(self) -> None:
        """What was asked for and never began is a draft again."""
        if (sent := self.asking.take_back()) not in self._view.composer.text():
            self._queue.put_before_draft(sent)  # it had waited, or was another version
        self._return_queued()
        self._update()

    def _return_queued(self) -> None:
        """What waits and can't be sent any more is a draft again, in its own chat."""
        if self._chat is not None and self._turn is None and not self.asking.is_pending:
            self._queue.give_back(self._chat.id)

    def _load_again(self) -> None:
        if self._thread is not None and self._turn is None:
            self._loading = (0, 0)
            self._thread.load()
            self._update()

    def _finish_turn(self, chat: Chat, answer: StoredMessage) -> None:
        turn, was_on_show = self._turn, self._turn_is_on_show
        self._set_turn(None)
        self._costs.forget()
        if was_on_show and turn is not None:
            self._chat = chat
            self.options.show(chat)
            self._messages = [*turn.messages_before(self._messages), turn.question, answer]
            self._view.transcript.end_turn(answer)
        elif answer.status == "failed":
            sentence = self.tr("The answer in “{title}” failed.").format(title=title_of(chat))
            self._view.notices.tell(
                sentence, action=self.tr("Show"), run=lambda: self.show_chat(chat.id)
            )
        if answer.status == "complete" and (text := self._queue.take(chat.id)):
            self.asking.send(text, chat)
        self._return_queued()
        self._update()
        self.chats_changed.emit()

    def _set_turn(self, turn: RunningTurn | None) -> None:
        self._turn = turn
        self.asking.has_turn = turn is not None

    # What is on show

    @property
    def _turn_is_on_show(self) -> bool:
        return (
            self._turn is not None
            and self._chat is not None
            and self._turn.chat.id == self._chat.id
        )

    def _show_messages(self) -> None:
        self._show_page()
        transcript = self._view.transcript
        if not self._turn_is_on_show:
            transcript.show_chat(self._messages)
            return
        self._messages = self._turn.messages_before(self._messages)
        transcript.show_chat(self._messages)
        transcript.begin_turn(self._turn.question, self._turn.answer)
        if self._turn.reasoning:
            transcript.append_reasoning(self._turn.reasoning)
        if self._turn.text:
            transcript.append_text(self._turn.text)

    def _show_page(self) -> None:
        """First of all: what is laid out afterwards then knows its width."""
        view = self._view
        if self._messages or self._turn_is_on_show:
            view.show_page(view.transcript)
        else:
            view.show_page(view.empty if self._has_model else view.no_model)

    @Slot()
    def _update(self) -> None:
        """Everything but the messages themselves."""
        view = self._view
        shown = [*self._messages, self._turn.question] if self._turn_is_on_show else self._messages
        is_answering = self._turn_is_on_show or self.asking.is_pending
        self.commands.set_shown(shown, is_answering)
        can_tell = self._turn is None and self._info is not None and self.has_its_model
        self._costs.set_shown(self._messages if can_tell else [])
        view.composer.set_can_send(self.asking.is_idle)
        view.composer.set_answering(self._turn_is_on_show)
        view.status.set_can_queue(self._turn_is_on_show)
        self._queue.show_in(self._turn.chat.id if self._turn_is_on_show else None)
        self._update_progress()
        self._update_status()
        self._show_model()

    def _show_model(self) -> None:
        """The one that answers here, loaded or not."""
        if self._info is not None and self.has_its_model:
            self._view.header.show_model(self.models.name, self._info)
        elif self._info is not None:
            self._view.header.show_next_model(self.options.model_of(self._chat))

    def _update_progress(self) -> None:
        """What stands in the place of an answer that hasn't begun yet."""
        if self._turn_is_on_show:
            self._status.show_progress(self._turn, self._loading)

    def _update_status(self) -> None:
        status = self._status
        if self._turn is not None and not self._turn_is_on_show:
            status.show_turn_elsewhere(self._turn)
        elif self._loading is not None:
            status.show_loading(self.models.name, self._loading)
        elif self.models.wanted is not None:  # the model in use is being closed
            status.show_loading(self.models.wanted, (0, 0))
        elif self._turn is None:
            status.show_usage(self._messages, self._info)
        else:
            status.show_turn(self._turn)
