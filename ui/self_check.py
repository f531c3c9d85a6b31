"""Asks one question in the real window, as a user would, and writes down what happened and when.

For the test of a packaged application, and for measuring its start: $EREMO_SELF_CHECK names the
file to write, one line of JSON for each thing that happened. The window then closes by itself.
"""

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer, Slot

from ui.chat.message_parts import WaitingLine
from ui.main_window import MainWindow

VARIABLE = "EREMO_SELF_CHECK"

_QUESTION = "What is gravity?"
_TENSOR_LIBRARIES = ("torch", "mlx", "transformers", "numpy")
_POLL_MS = 20
_REST_MS = 2000  # between the answer and the end, for whoever measures the memory at rest
_PATIENCE_SECONDS = 120.0


def begin_self_check(window: MainWindow) -> None:
    """Does nothing unless the variable is set."""
    if file := os.environ.get(VARIABLE):
        _SelfCheck(window, Path(file))


def _draws_formulas() -> bool:
    """With fonts that a package may lack, and nobody would see it: the source is then shown."""
    from ui.chat.formula_process import drawing

    return drawing(r"\frac{a}{\sqrt{b}}", True, 16).result(_PATIENCE_SECONDS) is not None


def _colours_code() -> bool:
    """By a lexer that is found by its name alone."""
    from ui.chat.highlight import find_lexer

    return find_lexer("python") is not None


class _SelfCheck(QObject):
    def __init__(self, window: MainWindow, file: Path) -> None:
        super().__init__(window)
        self._window = window
        self._file = file
        self._began_at = time.monotonic()
        self._is_asked = False
        self._was_waiting = False  # for the first words of the answer
        self._has_begun = False
        self._timer = QTimer(self, interval=_POLL_MS)
        self._timer.timeout.connect(self._look)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() == QEvent.Type.Paint:
            self._window.removeEventFilter(self)
            imported = [name for name in _TENSOR_LIBRARIES if name in sys.modules]
            self._write("painted", imported=imported)
            # After everything that waited for the window: from now on a key press is handled.
            QTimer.singleShot(0, self, self._begin)
        return False

    @Slot()
    def _begin(self) -> None:
        self._write("usable")
        self._timer.start()

    @Slot()
    def _look(self) -> None:
        view = self._window.view
        if time.monotonic() - self._began_at > _PATIENCE_SECONDS:
            self._end("late")
        elif notices := self._window.notices.sentences():
            self._end("failed", sentences=list(notices))
        elif not self._is_asked:
            if view.header.model.text():
                self._write("loaded")
                self._is_asked = True
                view.composer.set_text(_QUESTION)
                view.composer.button.click()
        else:
            self._look_at_answer()

    def _look_at_answer(self) -> None:
        view, conversation = self._window.view, self._window.conversation
        is_waiting = view.transcript.findChild(WaitingLine) is not None
        has_ended = conversation.answering_chat_id is None and len(conversation.branch) == 2
        if not self._has_begun and (has_ended or (self._was_waiting and not is_waiting)):
            self._has_begun = True
            self._write("begun")
        self._was_waiting = is_waiting
        if has_ended:
            answer = conversation.branch[-1]
            stats = answer.stats and asdict(answer.stats)
            self._write("answered", status=answer.status, text=answer.content, stats=stats)
            self._end("drawn", formulas=_draws_formulas(), colours=_colours_code())

    def _end(self, event: str, **details: object) -> None:
        self._timer.stop()
        self._write(event, **details)
        QTimer.singleShot(_REST_MS, self._window, self._window.close)

    def _write(self, event: str, **details: object) -> None:
        line = json.dumps({"event": event, "at": time.time()} | details)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
