"""The keys of each action."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QGridLayout,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ui import fonts
from ui.mirroring import keys_inside
from ui.settings.fields import keep_room
from ui.shortcuts import Action, KeysRefusedError, Shortcuts

_KEYS_PX = 136


class KeyboardPage(QWidget):
    """Signals:
    shortcuts_changed: what the setting `shortcuts` has to be
    """

    shortcuts_changed = Signal(object)

    def __init__(self, shortcuts: Shortcuts) -> None:
        super().__init__()
        self._shortcuts = shortcuts
        self.edits: dict[str, QKeySequenceEdit] = {}
        self._resets: dict[str, QPushButton] = {}
        self.problem = QLabel()
        self.problem.setObjectName("fieldProblem")
        self.problem.setWordWrap(True)
        self.problem.hide()
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(12)
        grid.setColumnStretch(0, 1)
        for row, action in enumerate(shortcuts.all()):
            self._add(grid, row, action)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.problem)
        layout.addLayout(grid)
        layout.addStretch(1)
        shortcuts.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        for action in self._shortcuts.all():
            keys = self._shortcuts.keys(action.id)
            edit = self.edits[action.id]
            blocked = edit.blockSignals(True)
            edit.setKeySequence(next(iter(QKeySequence.listFromString(keys)), QKeySequence()))
            edit.blockSignals(blocked)
            self._resets[action.id].setVisible(keys != action.keys)

    def bind(self, action: Action, keys: str) -> None:
        try:
            custom = self._shortcuts.rebound(action.id, keys)
        except KeysRefusedError as error:
            self.problem.setText(str(error))
            self.problem.show()
            self.refresh()
            return
        self.problem.hide()
        self.shortcuts_changed.emit(custom)

    def _add(self, grid: QGridLayout, row: int, action: Action) -> None:
        edit = QKeySequenceEdit()
        edit.setMaximumSequenceLength(1)
        edit.setClearButtonEnabled(True)
        edit.setFixedWidth(fonts.scaled(_KEYS_PX))
        name = self.tr("Keys for: {action}").format(action=action.words)
        edit.setAccessibleName(name)
        for field in edit.findChildren(QLineEdit):
            field.setAccessibleName(name)
            field.setObjectName("field")
            field.setPlaceholderText(self.tr("none"))
        for button in edit.findChildren(QAbstractButton):
            button.setAccessibleName(self.tr("No keys for: {action}").format(action=action.words))
        edit.editingFinished.connect(lambda: self._edited(action))
        shown = self._default_of(action)
        default = QLabel(self.tr("Default: {value}").format(value=shown))
        default.setObjectName("fieldHint")
        default.setWordWrap(True)
        reset = QPushButton(self.tr("Reset"))
        reset.setProperty("kind", "quiet")
        reset.setAutoDefault(False)
        reset.setAccessibleName(self.tr("Reset: {name}").format(name=action.words))
        reset.clicked.connect(lambda: self.bind(action, action.keys))
        keep_room(reset)
        self.edits[action.id], self._resets[action.id] = edit, reset
        words = QLabel(action.words)
        words.setWordWrap(True)
        about = QVBoxLayout()
        about.setSpacing(0)
        about.addWidget(words)
        about.addWidget(default)
        grid.addLayout(about, row, 0)
        grid.addWidget(edit, row, 1)
        grid.addWidget(reset, row, 2)

    def _edited(self, action: Action) -> None:
        keys = self.edits[action.id].keySequence().toString()
        old = next(iter(QKeySequence.listFromString(self._shortcuts.keys(action.id))), None)
        if keys != ("" if old is None else old.toString()):
            self.bind(action, keys)

    def _default_of(self, action: Action) -> str:
        native = QKeySequence.SequenceFormat.NativeText
        keys = [one.toString(native) for one in QKeySequence.listFromString(action.keys)]
        joined = ", ".join(keys)
        return keys_inside(joined) if joined else self.tr("none")
