"""The pages of the settings that are nothing but fields."""

from PySide6.QtCore import QCoreApplication

from app.settings import Settings
from inference.state.budget import Budget
from ui import fonts
from ui.settings.fields import (
    MAX_SPIN,
    ChoiceField,
    Field,
    NumberField,
    SwitchField,
    TextField,
)

_DEFAULTS = Settings()
_MIB = 1 << 20


def _tr(text: str) -> str:
    return QCoreApplication.translate("Settings", text)


def generation_fields(defaults: Settings | None = None) -> list[Field]:
    """With `defaults`, the fields are those of one chat."""
    d = defaults or _DEFAULTS
    return [
        TextField(
            "system_prompt",
            _tr("System prompt"),
            _tr("What every new chat begins with.")
            if defaults is None
            else _tr("What this chat begins with."),
            _tr("For example: Answer in short sentences."),
            d.system_prompt,
        ),
        NumberField(
            *("temperature", _tr("Temperature")),
            _tr("Low is steady, high is varied; 0 always takes the likeliest word."),
            *(d.temperature, 0, 10, 0.05),
        ),
        NumberField(
            *("top_p", _tr("Top-p")),
            _tr("Only the likeliest words that reach this share together; 1 is off."),
            *(d.top_p, 0.01, 1, 0.01),
        ),
        NumberField(
            *("top_k", _tr("Top-k"), _tr("Only so many of the likeliest words.")),
            *(d.top_k, 0, MAX_SPIN),
            zero=_tr("off"),
        ),
        NumberField(
            *("min_p", _tr("Min-p"), _tr("No word less likely than this share of the likeliest.")),
            *(d.min_p, 0, 1, 0.01),
            zero=_tr("off"),
        ),
        NumberField(
            *("repetition_penalty", _tr("Repetition penalty")),
            _tr("Above 1, words that were used lately become less likely; 1 is off."),
            *(d.repetition_penalty, 0.1, 10, 0.05),
        ),
        NumberField(
            *("max_tokens", _tr("Longest answer"), _tr("In tokens.")),
            *(d.max_tokens, 1, MAX_SPIN),
            none=_tr("no limit"),
        ),
        NumberField(
            *("seed", _tr("Seed"), _tr("The same seed gives the same answer again.")),
            *(d.seed, 0, MAX_SPIN),
            none=_tr("random"),
        ),
    ]


def memory_fields() -> list[Field]:
    d, budget = _DEFAULTS, Budget.of_this_machine()
    automatic = _tr("automatic: {count} MiB")
    return [
        SwitchField(
            *("keep_state", _tr("Keep states on disk")),
            _tr("So that no chat has to be read again, also after a restart."),
            d.keep_state,
        ),
        NumberField(
            *("state_ram_mib", _tr("States in memory"), _tr("At most so much.")),
            *(d.state_ram_mib, 0, 1 << 20),
            none=automatic.format(count=f"{budget.ram_bytes // _MIB:,}"),
            unit=_tr(" MiB"),
        ),
        NumberField(
            *("state_disk_mib", _tr("States on disk")),
            _tr("At most so much; 5 GiB of the disk always stay free."),
            *(d.state_disk_mib, 0, 1 << 30),
            none=automatic.format(count=f"{budget.disk_bytes // _MIB:,}"),
            unit=_tr(" MiB"),
        ),
        SwitchField(
            *("keep_packed_weights", _tr("Keep prepared weights on disk")),
            _tr("A model then loads faster the next time, and takes its size once more."),
            d.keep_packed_weights,
        ),
    ]


def performance_fields() -> list[Field]:
    d = _DEFAULTS
    return [
        NumberField(
            *("threads", _tr("Threads")),
            _tr("That compute at once. Automatic is one for each core."),
            *(d.threads, 0, 1024),
            zero=_tr("automatic"),
        ),
        ChoiceField(
            *("device", _tr("Device"), _tr("What computes the model.")),
            d.device,
            {"": _tr("automatic"), "cpu": _tr("Processor"), "cuda": _tr("Graphics card")},
        ),
        NumberField(
            *("context_length", _tr("Longest context")),
            _tr("In tokens. A shorter one needs less memory."),
            *(d.context_length, 0, MAX_SPIN, 1024),
            zero=_tr("as the model has"),
        ),
    ]


def appearance_fields() -> list[Field]:
    d = _DEFAULTS
    themes = {
        "system": _tr("As the system"),
        "light": _tr("Light"),
        "dark": _tr("Dark"),
        "contrast": _tr("High contrast"),
    }
    return [
        ChoiceField("theme", _tr("Colours"), _tr("Of the whole window."), d.theme, themes),
        ChoiceField(
            *("text_size", _tr("Text size")),
            _tr("Ctrl and + or - change it too. An answer is finished first."),
            d.text_size,
            {size: f"{size} %" for size in fonts.TEXT_SIZES},
        ),
    ]
