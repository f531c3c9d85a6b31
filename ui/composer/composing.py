"""What stands around the composer: the saved prompts, and what this chat is answered with.

Opens their windows. What they do to a chat is the business of ui/chat_options.py.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QPushButton, QWidget

from app.chats.model import SavedPrompt
from app.chats.store import ChatStore
from app.errors import AppError
from app.outlook import next_reads
from app.paths import DataPaths
from inference.events import Estimate
from ui.amounts import seconds_text, tokens_text
from ui.chat.chat_view import ChatView
from ui.composer.chat_dialog import ChatDialog
from ui.composer.prompt_list import PromptList
from ui.composer.prompts_dialog import PromptsDialog
from ui.composer.summary_branch import SummaryBranch
from ui.conversation import Conversation
from ui.engine_thread import EngineThread
from ui.shortcuts import Action
from ui.theme import Theme

if TYPE_CHECKING:
    from app.assistant import Assistant

_KEY = "system prompt"


class Composing(QObject):
    def __init__(
        self,
        window: QWidget,
        view: ChatView,
        conversation: Conversation,
        store: ChatStore,
        paths: DataPaths,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._view = view
        self._conversation = conversation
        self._store = store
        self._paths = paths
        self._thread: EngineThread | None = None
        self._chat_dialog: ChatDialog | None = None
        self._prompts_dialog: PromptsDialog | None = None
        self._num_asked = 0  # costs; only the last one is shown
        self.summary = SummaryBranch(view, conversation, store, self)
        self.prompts = PromptList(view.composer, self._saved_prompts, view)
        self.prompts.manage_requested.connect(self.open_prompts)
        self.prompts_button = self._tool(self.tr("Prompts"))
        self.prompts_button.setToolTip(self.tr("Use a saved prompt; / does it too"))
        self.prompts_button.setAccessibleName(self.tr("Use a saved prompt"))
        self.prompts_button.clicked.connect(self.prompts.open)
        self.chat_button = self._tool(self.tr("This chat"))
        self.chat_button.clicked.connect(self.open_chat_options)
        conversation.options.changed.connect(self._show_own)
        self._show_own()

    def attach(self, thread: EngineThread) -> None:
        self._thread = thread
        self.summary.attach(thread)
        thread.estimated.connect(self._show_cost)

    def detach(self) -> None:
        self._thread = None
        self.summary.detach()

    def apply_theme(self, theme: Theme) -> None:
        self.prompts.apply_theme(theme)

    def actions(self) -> list[Action]:
        return [
            Action("chat_options", self.tr("Set up this chat"), "Ctrl+.", self.open_chat_options),
            Action("use_prompt", self.tr("Use a saved prompt"), "Ctrl+P", self.prompts.open),
            Action("prompts", self.tr("Edit the saved prompts"), "", self.open_prompts),
            Action("save_prompt", self.tr("Save the message as a prompt"), "", self.save_prompt),
            Action(
                "edit_last",
                self.tr("Edit the last question"),
                "Ctrl+Up",
                self._view.transcript.edit_last_question,
            ),
            Action(
                "summary",
                self.tr("Branch with a summary"),
                "",
                self.summary.begin,
            ),
        ]

    @Slot()
    def open_chat_options(self) -> None:
        if self._chat_dialog is None:
            models = self._models()
            dialog = ChatDialog(
                self._conversation.options, models, self._default_model(models), self._window
            )
            dialog.prompt_rested.connect(self._ask_cost)
            dialog.finished.connect(self._forget_chat_dialog)
            self._chat_dialog = dialog
            dialog.open()  # no other chat can come on show meanwhile

    @Slot()
    def open_prompts(self) -> None:
        if self._prompts_dialog is None:
            self._prompts_dialog = PromptsDialog(self._store, self._window)
            self._prompts_dialog.finished.connect(self._forget_prompts_dialog)
        self._prompts_dialog.show()
        self._prompts_dialog.raise_()
        self._prompts_dialog.activateWindow()

    @Slot()
    def save_prompt(self) -> None:
        """A saved prompt of what stands in the composer, which stays there."""
        text = self._view.composer.text()
        self.open_prompts()
        if text and self._prompts_dialog is not None:
            self._prompts_dialog.make(text)

    def _saved_prompts(self) -> list[SavedPrompt]:
        try:
            return self._store.prompts()
        except AppError as error:
            self._view.notices.tell(str(error))
            return []

    def _models(self) -> list[tuple[str, str]]:
        """What a chat's model can be, and the names for it."""
        from app.models.local import installed_models

        added = self._conversation.options.settings.model_paths
        return [
            (model.id, model.path.stem if model.id == str(model.path) else model.id)
            for model in installed_models(self._paths, added)
        ]

    def _default_model(self, models: list[tuple[str, str]]) -> str:
        chosen = self._conversation.options.settings.model
        if not chosen:
            return models[0][1] if models else ""
        return dict(models).get(chosen, chosen)

    @Slot(str)
    def _ask_cost(self, system_prompt: str) -> None:
        self._num_asked += 1
        branch, documents = self._conversation.branch, self._view.documents.documents
        if self._thread is None or not self._conversation.has_its_model:
            return

        def cost(assistant: "Assistant") -> Estimate | None:
            return next_reads(assistant.estimate_messages, system_prompt, branch, documents)

        self._thread.estimate({(_KEY, self._num_asked, _KEY): cost})

    @Slot(object, object)
    def _show_cost(self, key: object, estimate: Estimate | None) -> None:
        if key != (_KEY, self._num_asked, _KEY) or self._chat_dialog is None or estimate is None:
            return
        tokens = tokens_text(estimate.prompt_tokens - estimate.reused_tokens)
        if estimate.seconds is None:
            sentence = self.tr("With this system prompt the next question reads {tokens}.")
        else:
            sentence = self.tr(
                "With this system prompt the next question reads {tokens}, about {time}."
            )
        time = seconds_text(estimate.seconds or 0)
        self._chat_dialog.show_cost(sentence.format(tokens=tokens, time=time))

    @Slot()
    def _show_own(self) -> None:
        """Whether this chat is answered otherwise than the settings say."""
        is_own = self._conversation.options.are_own
        words = self.tr("This chat") + (" •" if is_own else "")
        self.chat_button.setText(words)
        explained = self.tr("System prompt, model and sampling of this chat")
        if is_own:
            explained = self.tr("This chat has a system prompt, model or sampling of its own")
        self.chat_button.setToolTip(explained)
        self.chat_button.setAccessibleName(explained)

    @Slot()
    def _forget_chat_dialog(self) -> None:
        self._chat_dialog = None

    @Slot()
    def _forget_prompts_dialog(self) -> None:
        self._prompts_dialog = None

    def _tool(self, words: str) -> QPushButton:
        button = QPushButton(words)
        button.setProperty("kind", "foot")
        button.setAutoDefault(False)
        self._view.composer.tools.addWidget(button)
        return button
