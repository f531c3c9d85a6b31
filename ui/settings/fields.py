"""One setting on a page: its name, its control, its default beside it, and "Reset"."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QLocale, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)

from ui import fonts
from ui.amounts import number_text
from ui.mirroring import at_the_start, set_margins

_CONTROL_PX = 216
_TEXT_PX = 96
MAX_SPIN = 2**31 - 1


class Field(QWidget):
    """Signals:
    changed: the key of the setting and its new value, which is always one that it can have
    """

    changed = Signal(str, object)

    def __init__(self, key: str, words: str, hint: str, default: Any, control: QWidget) -> None:
        super().__init__()
        self.key = key
        self.default = default
        self.control = control
        name = QLabel(words)
        name.setObjectName("fieldName")
        name.setBuddy(control)
        name.setWordWrap(True)
        control.setAccessibleName(words)
        control.setAccessibleDescription(hint)
        for child in control.findChildren(QLineEdit):
            child.setAccessibleName(words)
        control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        control.installEventFilter(self)
        explained = QLabel(hint)
        explained.setObjectName("fieldHint")
        explained.setWordWrap(True)
        # Of a line that ends in words from left to right Qt lets the space after them stand out.
        set_margins(explained, 0, 0, explained.fontMetrics().horizontalAdvance(" "), 0)
        shown = self.tr("Default: {value}").format(value=self.text_of(default))
        self._default_label = QLabel(shown)
        self._default_label.setObjectName("fieldHint")
        self._default_label.setWordWrap(True)
        self._default_label.setAlignment(at_the_start() | Qt.AlignmentFlag.AlignVCenter)
        self.reset = QPushButton(self.tr("Reset"))
        self.reset.setProperty("kind", "quiet")
        self.reset.setAutoDefault(False)
        self.reset.setAccessibleName(self.tr("Reset: {name}").format(name=words))
        self.reset.clicked.connect(self._reset)
        keep_room(self.reset)
        self._lay_out(name, explained)

    def call_default(self, words: str) -> None:
        """What stands beside the control about its default."""
        self._default_label.setText(words)

    def value(self) -> Any:
        raise NotImplementedError

    def show_value(self, value: Any) -> None:
        """Without a word to who listens."""
        blocked = self.control.blockSignals(True)
        self._set(value)
        self.control.blockSignals(blocked)
        self._update_reset()

    def text_of(self, value: Any) -> str:
        return str(value)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The wheel scrolls the page, unless the control has the focus."""
        if event.type() == QEvent.Type.Wheel and not self.control.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _set(self, value: Any) -> None:
        raise NotImplementedError

    def _tell(self) -> None:
        self._update_reset()
        self.changed.emit(self.key, self.value())

    def _reset(self) -> None:
        self.show_value(self.default)
        self.control.setFocus(Qt.FocusReason.OtherFocusReason)
        self._tell()

    def _update_reset(self) -> None:
        self.reset.setVisible(self.value() != self.default)

    def _lay_out(self, name: QLabel, explained: QLabel) -> None:
        for part in (self.control, self._default_label):
            part.setFixedWidth(fonts.scaled(_CONTROL_PX))  # so that fields are in line
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 1)
        grid.addWidget(name, 0, 0)
        grid.addWidget(explained, 1, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.control, 0, 1)
        grid.addWidget(self._default_label, 1, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.reset, 0, 2)


class NumberField(Field):
    """A number in its range; with `none`, a word for None below the range."""

    def __init__(
        self,
        key: str,
        words: str,
        hint: str,
        default: float | None,
        low: float,
        high: float,
        step: float = 1,
        none: str = "",
        zero: str = "",
        unit: str = "",
    ) -> None:
        self._none, self._zero, self._unit = none, zero, unit
        self._is_whole = isinstance(step, int)
        self._low = low
        box: QSpinBox | QDoubleSpinBox
        if self._is_whole:
            box = QSpinBox()
            box.setRange(int(low) - bool(none), min(int(high), MAX_SPIN))
            box.setGroupSeparatorShown(True)
            box.setSingleStep(int(step))
        else:
            box = QDoubleSpinBox()
            box.setDecimals(2)
            box.setRange(low, high)
            box.setSingleStep(step)
        box.setSpecialValueText(none or zero)
        box.setSuffix(unit)
        box.lineEdit().setTextMargins(6, 0, 6, 0)
        box.setKeyboardTracking(False)  # half a number isn't applied
        super().__init__(key, words, hint, default, box)
        box.valueChanged.connect(lambda _: self._tell())

    def value(self) -> float | None:
        number = self.control.value()
        if self._none and number < self._low:
            return None
        return number if self._is_whole else round(number, 2)

    def text_of(self, value: float | None) -> str:
        if value is None:
            return self._none
        if value == 0 and self._zero:
            return self._zero
        short = number_text(value) if self._is_whole else QLocale().toString(value, "g", 6)
        return f"{short}{self._unit}"

    def _set(self, value: float | None) -> None:
        shown = self.control.minimum() if value is None else value
        self.control.setValue(min(shown, self.control.maximum()))


class SwitchField(Field):
    def __init__(self, key: str, words: str, hint: str, default: bool) -> None:
        super().__init__(key, words, hint, default, QCheckBox())
        self.control.toggled.connect(lambda _: self._tell())

    def value(self) -> bool:
        return self.control.isChecked()

    def text_of(self, value: bool) -> str:
        return self.tr("on") if value else self.tr("off")

    def _set(self, value: bool) -> None:
        self.control.setChecked(value)


class ChoiceField(Field):
    """One of a few values, each with the words for it."""

    def __init__(
        self, key: str, words: str, hint: str, default: Any, choices: Mapping[Any, str]
    ) -> None:
        self._choices = choices
        box = QComboBox()
        box.setItemDelegate(QStyledItemDelegate(box))  # its own ignores the style of items
        for value, shown in choices.items():
            box.addItem(shown, value)
        super().__init__(key, words, hint, default, box)
        box.currentIndexChanged.connect(lambda _: self._tell())

    def value(self) -> Any:
        return self.control.currentData()

    def text_of(self, value: Any) -> str:
        return self._choices.get(value, str(value))

    def _set(self, value: Any) -> None:
        index = self.control.findData(value)
        if index < 0:  # set by hand in the file
            self.control.addItem(str(value), value)
            index = self.control.count() - 1
        self.control.setCurrentIndex(index)


class TextField(Field):
    def __init__(
        self, key: str, words: str, hint: str, placeholder: str, default: str = ""
    ) -> None:
        edit = QPlainTextEdit()
        edit.setObjectName("textField")
        edit.setPlaceholderText(placeholder)
        edit.setTabChangesFocus(True)
        super().__init__(key, words, hint, default, edit)
        edit.textChanged.connect(self._tell)

    def value(self) -> str:
        return self.control.toPlainText()

    def text_of(self, value: str) -> str:
        return value or self.tr("empty")

    def _set(self, value: str) -> None:
        if value != self.value():
            self.control.setPlainText(value)

    def _lay_out(self, name: QLabel, explained: QLabel) -> None:
        self.control.setFixedHeight(fonts.scaled(_TEXT_PX))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        head = QGridLayout()
        head.setColumnStretch(0, 1)
        head.addWidget(name, 0, 0)
        head.addWidget(self._default_label, 0, 1)
        head.addWidget(self.reset, 0, 2)
        layout.addLayout(head)
        layout.addWidget(explained)
        layout.addWidget(self.control)


def keep_room(button: QPushButton) -> None:
    """What stands beside it stays where it is when the button hides."""
    policy = button.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    button.setSizePolicy(policy)
