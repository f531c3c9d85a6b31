"""What the window says of the work in progress: in the status line, and before an answer begins."""

import time
from collections.abc import Sequence

from app.chats.model import StoredMessage
from inference.events import ModelInfo
from ui.chat.chat_view import ChatView
from ui.sidebar.chat_list_model import title_of
from ui.turn import RunningTurn


class TurnStatus:
    def __init__(self, view: ChatView) -> None:
        self._status = view.status
        self._transcript = view.transcript

    def show_progress(self, turn: RunningTurn, loading: tuple[int, int] | None) -> None:
        """In the place of an answer of the chat on show that hasn't begun yet."""
        if turn.has_begun:
            return
        if loading is not None:
            self._transcript.show_loading(*loading)
        elif turn.reading is not None:
            self._transcript.show_reading(*turn.reading, turn.reading_speed())

    def show_turn(self, turn: RunningTurn) -> None:
        if turn.has_begun:
            speed = turn.tokens_per_second(time.monotonic())
            self._status.show_writing(speed, is_thinking=not turn.text)
        elif turn.reading is not None:
            self._status.show_reading(*turn.reading, turn.reading_speed())

    def show_turn_elsewhere(self, turn: RunningTurn) -> None:
        self._status.show_busy_elsewhere(title_of(turn.chat))

    def show_loading(self, model_name: str, loading: tuple[int, int]) -> None:
        self._status.show_loading(model_name, *loading)

    def show_usage(self, messages: Sequence[StoredMessage], info: ModelInfo | None) -> None:
        """The counts of the last answer that has any; a new chat holds nothing yet."""
        stats = next((m.stats for m in reversed(messages) if m.stats is not None), None)
        used = None if messages or info is None else 0
        speed = None
        if stats is not None:
            used = stats.prompt_tokens + stats.completion_tokens
            if stats.decode_seconds > 0:
                speed = stats.completion_tokens / stats.decode_seconds
        context_length = None if info is None else info.context_length
        self._status.show_usage(used, context_length, speed)
