"""The settings window: a list of pages, and what is changed there as a new Settings value.

Applies nothing itself, and can't hold a value that the settings refuse.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.kept_state import clear_states, kept_bytes
from app.paths import DataPaths
from app.settings import Settings, in_range
from ui import fonts
from ui.engine_thread import EngineThread
from ui.settings import pages
from ui.settings.fields import Field
from ui.settings.keyboard_page import KeyboardPage
from ui.settings.models_page import ModelsPage
from ui.shortcuts import Shortcuts
from ui.sizes import size_text

_WIDTH_PX = 860
_HEIGHT_PX = 620
_LIST_PX = 170
_ROW_PX = 36


class SettingsDialog(QDialog):
    """Signals:
    changed: the Settings as they are now
    prompts_requested: the user wants to see the saved prompts
    """

    changed = Signal(object)
    prompts_requested = Signal()
    _kept_found = Signal(object)  # bytes on disk, from another thread; None where clearing failed

    def __init__(
        self, settings: Settings, paths: DataPaths, shortcuts: Shortcuts, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Settings"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._settings = settings
        self._paths = paths
        self._worker = ThreadPoolExecutor(max_workers=1)
        self.fields: dict[str, Field] = {}
        self.models = ModelsPage(paths)
        self.keyboard = KeyboardPage(shortcuts)
        self.used = QLabel()
        self.clear = QPushButton(self.tr("Clear"))
        self.names = QListWidget()
        self.names.setObjectName("settingsPages")
        self.names.setAccessibleName(self.tr("Pages of the settings"))
        self.names.setFixedWidth(fonts.scaled(_LIST_PX))
        self._stack = QStackedWidget()
        self._page_ids: list[str] = []
        self._add_pages()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.names)
        layout.addWidget(self._stack, 1)
        room = parent.screen().availableGeometry()
        self.resize(
            min(fonts.scaled(_WIDTH_PX), room.width()), min(fonts.scaled(_HEIGHT_PX), room.height())
        )
        self.names.currentRowChanged.connect(self._stack.setCurrentIndex)
        self.models.chosen.connect(partial(self._change, "model"))
        self.models.paths_changed.connect(partial(self._change, "model_paths"))
        self.keyboard.shortcuts_changed.connect(partial(self._change, "shortcuts"))
        self.clear.clicked.connect(self._clear)
        self._kept_found.connect(self._show_kept, Qt.ConnectionType.QueuedConnection)
        self._worker.submit(lambda: self._kept_found.emit(kept_bytes(paths)))
        self.show_settings(settings)

    @property
    def page(self) -> str:
        return self._page_ids[self.names.currentRow()]

    def show_page(self, name: str) -> None:
        self.names.setCurrentRow(self._page_ids.index(name) if name in self._page_ids else 0)

    def show_settings(self, settings: Settings, model_name: str = "") -> None:
        """model_name: of the model in use."""
        self._settings = settings
        for key, field in self.fields.items():
            field.show_value(getattr(settings, key))
        self.models.show_models(tuple(settings.model_paths), model_name)

    def attach(self, thread: EngineThread, model_name: str) -> None:
        """Show how far this thread has loaded that model."""
        self.models.show_models(tuple(self._settings.model_paths), model_name)
        thread.loading.connect(self.models.show_loading)
        thread.loaded.connect(self.models.show_loaded)
        thread.failed.connect(self.models.show_problem)

    def done(self, result: int) -> None:
        self._worker.shutdown(cancel_futures=True)
        super().done(result)

    def _change(self, key: str, value: Any) -> None:
        if in_range(key, value) or value is None:
            self._settings = replace(self._settings, **{key: value})
            self.changed.emit(self._settings)

    def _clear(self) -> None:
        self.clear.setEnabled(False)

        def clear() -> None:
            is_done = clear_states(self._paths)
            self._kept_found.emit(kept_bytes(self._paths) if is_done else None)

        self._worker.submit(clear)

    @Slot(object)
    def _show_kept(self, size_bytes: int | None) -> None:
        self.clear.setEnabled(bool(size_bytes))
        if size_bytes is None:
            text = self.tr("The states couldn't be removed. Close other programs and try again.")
        else:
            text = self.tr("Used now: {size}").format(size=size_text(size_bytes))
        self.used.setText(text)

    def _add_pages(self) -> None:
        self._add("models", self.tr("Models"), [self.models])
        answers = [*pages.generation_fields(), self._saved_prompts()]
        self._add("generation", self.tr("Answers"), answers)
        self._add("memory", self.tr("Memory"), [*pages.memory_fields(), self._used_now()])
        self._add("performance", self.tr("Performance"), pages.performance_fields())
        motion = QLabel(
            self.tr("Motion follows the system: where it asks for less, nothing moves.")
        )
        motion.setObjectName("fieldHint")
        motion.setWordWrap(True)
        self._add("appearance", self.tr("Appearance"), [*pages.appearance_fields(), motion])
        self._add("keyboard", self.tr("Keyboard"), [self.keyboard])
        self.names.setCurrentRow(0)

    def _add(self, name: str, title: str, parts: Sequence[QWidget]) -> None:
        heading = QLabel(title)
        heading.setObjectName("pageTitle")
        page = QWidget()
        page.setObjectName("plain")
        column = QVBoxLayout(page)
        column.setContentsMargins(28, 24, 28, 24)
        column.setSpacing(18)
        column.addWidget(heading)
        for part in parts:
            column.addWidget(part, part is self.models)
            if isinstance(part, Field):
                self.fields[part.key] = part
                part.changed.connect(self._change)
        if self.models not in parts:
            column.addStretch(1)
        area = QScrollArea()
        area.setObjectName("plain")
        area.setAccessibleName(title)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(page)
        self._stack.addWidget(area)
        item = QListWidgetItem(title)
        item.setSizeHint(QSize(0, fonts.scaled(_ROW_PX)))
        self.names.addItem(item)
        self._page_ids.append(name)

    def _saved_prompts(self) -> QWidget:
        words = QLabel(self.tr("Saved prompts"))
        words.setObjectName("fieldName")
        button = QPushButton(self.tr("Edit…"))
        button.setAutoDefault(False)
        button.setAccessibleName(self.tr("Edit the saved prompts"))
        button.clicked.connect(self.prompts_requested)
        both = QWidget()
        row = QHBoxLayout(both)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(words, 1)
        row.addWidget(button)
        return both

    def _used_now(self) -> QWidget:
        self.clear.setAutoDefault(False)
        self.clear.setEnabled(False)
        self.clear.setAccessibleName(self.tr("Clear the states on disk"))
        self.clear.setToolTip(self.tr("Nothing is lost: chats are read again when they go on."))
        both = QWidget()
        row = QHBoxLayout(both)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.used, 1)
        row.addWidget(self.clear)
        return both
