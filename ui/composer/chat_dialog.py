"""What one chat is answered with: system prompt, model and sampling, each with the settings' value.

Applied at once. Knows neither the store nor the engine: what a change would cost is told to it.
"""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFrame,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ui import fonts
from ui.chat_options import ChatOptions
from ui.settings.fields import ChoiceField, Field
from ui.settings.pages import generation_fields

_WIDTH_PX = 640
_NAME_PX = 170  # of the model in the settings
_CHOICES_PX = 320
_HEIGHT_PX = 640
_TYPING_MS = 400
MODEL = "model"
SYSTEM_PROMPT = "system_prompt"


class ChatDialog(QDialog):
    """Signals:
    prompt_rested: the system prompt isn't being typed any more, and may cost something
    """

    prompt_rested = Signal(str)

    def __init__(
        self,
        options: ChatOptions,
        models: Sequence[tuple[str, str]],
        default_model: str,
        parent: QWidget,
    ) -> None:
        """
        models: what a chat's model can be, each with the name for it.
        default_model: the name of the one in the settings.
        """
        super().__init__(parent)
        self.setObjectName("chatDialog")
        self.setWindowTitle(self.tr("This chat"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._options = options
        self._settings = options.settings
        self._timer = QTimer(self, interval=_TYPING_MS, singleShot=True)
        self._timer.timeout.connect(self._apply_prompt)
        self.cost = QLabel()
        self.cost.setObjectName("fieldHint")
        self.cost.setWordWrap(True)
        self.fields: dict[str, Field] = {}
        self._default_model = default_model
        for field in (self._model_field(models), *generation_fields(self._settings)):
            self.fields[field.key] = field
            field.changed.connect(self._take)
        self._lay_out()
        self.show_options()

    def show_options(self) -> None:
        """As they are stored."""
        values = {name: getattr(self._settings, name) for name in self._sampling_names()}
        values |= self._options.sampling
        values |= {MODEL: self._options.model, SYSTEM_PROMPT: self._options.system_prompt}
        for name, value in values.items():
            self.fields[name].show_value(value)

    @Slot(str)
    def show_cost(self, sentence: str) -> None:
        """What the system prompt as it stands there costs."""
        self.cost.setText(sentence)

    def done(self, result: int) -> None:
        if self._timer.isActive():
            self._apply_prompt()
        super().done(result)

    def _sampling_names(self) -> list[str]:
        return [name for name in self.fields if name not in (MODEL, SYSTEM_PROMPT)]

    @Slot(str, object)
    def _take(self, key: str, value: object) -> None:
        if key == SYSTEM_PROMPT:
            self._timer.start()
        elif key == MODEL:
            self._options.set_model(str(value))
        else:
            names = self._sampling_names()
            self._options.set_sampling({name: self.fields[name].value() for name in names})

    @Slot()
    def _apply_prompt(self) -> None:
        self._timer.stop()
        text = self.fields[SYSTEM_PROMPT].value()
        if text != self._options.system_prompt:
            self._options.set_system_prompt(text)
        self.prompt_rested.emit(text)

    def _model_field(self, models: Sequence[tuple[str, str]]) -> ChoiceField:
        field = ChoiceField(
            MODEL,
            self.tr("Model"),
            self.tr("It is loaded when this chat goes on, if it isn't the one in use."),
            "",
            {"": self.tr("As in the settings"), **dict(models)},
        )
        box = field.control
        assert isinstance(box, QComboBox)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.view().setMinimumWidth(fonts.scaled(_CHOICES_PX))
        return field

    def _lay_out(self) -> None:
        heading = QLabel(self.tr("This chat"))
        heading.setObjectName("pageTitle")
        note = QLabel(self.tr("What isn't changed here follows the settings."))
        note.setObjectName("fieldHint")
        page = QWidget()
        page.setObjectName("plain")
        column = QVBoxLayout(page)
        column.setContentsMargins(28, 24, 28, 24)
        column.setSpacing(18)
        column.addWidget(heading)
        column.addWidget(note)
        prompt = self.fields[SYSTEM_PROMPT]
        for field in (prompt, *(one for one in self.fields.values() if one is not prompt)):
            field.call_default(self._default_words(field))
            column.addWidget(field)
            if field is prompt:
                column.addWidget(self.cost)
        column.addStretch(1)
        area = QScrollArea()
        area.setObjectName("plain")
        area.setAccessibleName(self.tr("This chat"))
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)
        room = self.parentWidget().screen().availableGeometry()
        self.resize(
            min(fonts.scaled(_WIDTH_PX), room.width()), min(fonts.scaled(_HEIGHT_PX), room.height())
        )

    def _default_words(self, field: Field) -> str:
        if field.key == MODEL:
            return self.fontMetrics().elidedText(
                self._default_model, Qt.TextElideMode.ElideMiddle, fonts.scaled(_NAME_PX)
            )
        if field.key == SYSTEM_PROMPT:
            is_set = bool(self._settings.system_prompt.strip())
            return "" if is_set else self.tr("In the settings: empty")
        value = field.text_of(field.default)
        return self.tr("In the settings: {value}").format(value=value)
