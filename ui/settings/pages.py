"""The pages of the settings that are nothing but fields."""

from app.settings import Settings
from inference.state.budget import Budget
from ui import fonts
from ui.amounts import number_text
from ui.languages import SYSTEM, available, own_name, tr
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


def generation_fields(defaults: Settings | None = None) -> list[Field]:
    """With `defaults`, the fields are those of one chat."""
    d = defaults or _DEFAULTS
    return [
        TextField(
            "system_prompt",
            tr("System prompt"),
            tr("What every new chat begins with.")
            if defaults is None
            else tr("What this chat begins with."),
            tr("For example: Answer in short sentences."),
            d.system_prompt,
        ),
        NumberField(
            *("temperature", tr("Temperature")),
            tr("Low is steady, high is varied; 0 always takes the likeliest word."),
            *(d.temperature, 0, 10, 0.05),
        ),
        NumberField(
            *("top_p", tr("Top-p")),
            tr("Only the likeliest words that reach this share together; 1 is off."),
            *(d.top_p, 0.01, 1, 0.01),
        ),
        NumberField(
            *("top_k", tr("Top-k"), tr("Only so many of the likeliest words.")),
            *(d.top_k, 0, MAX_SPIN),
            zero=tr("off"),
        ),
        NumberField(
            *("min_p", tr("Min-p"), tr("No word less likely than this share of the likeliest.")),
            *(d.min_p, 0, 1, 0.01),
            zero=tr("off"),
        ),
        NumberField(
            *("repetition_penalty", tr("Repetition penalty")),
            tr("Above 1, words that were used lately become less likely; 1 is off."),
            *(d.repetition_penalty, 0.1, 10, 0.05),
        ),
        NumberField(
            *("max_tokens", tr("Longest answer"), tr("In tokens.")),
            *(d.max_tokens, 1, MAX_SPIN),
            none=tr("no limit"),
        ),
        NumberField(
            *("seed", tr("Seed"), tr("The same seed gives the same answer again.")),
            *(d.seed, 0, MAX_SPIN),
            none=tr("random"),
        ),
        ChoiceField(
            *("model_titles", tr("Titles by the model")),
            tr(
                "After the first answer, while nothing else is to do. "
                "Automatic leaves them to models of a billion parameters or more."
            ),
            d.model_titles,
            {"": tr("automatic"), "always": tr("always"), "never": tr("never")},
        ),
    ]


def memory_fields() -> list[Field]:
    d, budget = _DEFAULTS, Budget.of_this_machine()
    automatic = tr("automatic: {count} MiB")
    return [
        SwitchField(
            *("keep_state", tr("Keep states on disk")),
            tr("So that no chat has to be read again, also after a restart."),
            d.keep_state,
        ),
        NumberField(
            *("state_ram_mib", tr("States in memory"), tr("At most so much.")),
            *(d.state_ram_mib, 0, 1 << 20),
            none=automatic.format(count=number_text(budget.ram_bytes // _MIB)),
            unit=tr(" MiB"),
        ),
        NumberField(
            *("state_disk_mib", tr("States on disk")),
            tr("At most so much; 5 GiB of the disk always stay free."),
            *(d.state_disk_mib, 0, 1 << 30),
            none=automatic.format(count=number_text(budget.disk_bytes // _MIB)),
            unit=tr(" MiB"),
        ),
        SwitchField(
            *("keep_packed_weights", tr("Keep prepared weights on disk")),
            tr("A model then loads faster the next time, and takes its size once more."),
            d.keep_packed_weights,
        ),
    ]


def performance_fields() -> list[Field]:
    d = _DEFAULTS
    return [
        NumberField(
            *("threads", tr("Threads")),
            tr("That compute at once. Automatic is one for each core."),
            *(d.threads, 0, 1024),
            zero=tr("automatic"),
        ),
        ChoiceField(
            *("device", tr("Device"), tr("What computes the model.")),
            d.device,
            {"": tr("automatic"), "cpu": tr("Processor"), "cuda": tr("Graphics card")},
        ),
        NumberField(
            *("context_length", tr("Longest context")),
            tr("In tokens. A shorter one needs less memory."),
            *(d.context_length, 0, MAX_SPIN, 1024),
            zero=tr("as the model has"),
        ),
    ]


def appearance_fields() -> list[Field]:
    d = _DEFAULTS
    themes = {
        "system": tr("As the system"),
        "light": tr("Light"),
        "dark": tr("Dark"),
        "contrast": tr("High contrast"),
    }
    percent = tr("{percent} %")
    names = {SYSTEM: tr("As the system")} | {code: own_name(code) for code in available()}
    return [
        ChoiceField(
            *("language", tr("Language")),
            tr("Of the window. The model answers in the language of the question."),
            *(d.language, names),
        ),
        ChoiceField("theme", tr("Colours"), tr("Of the whole window."), d.theme, themes),
        ChoiceField(
            *("text_size", tr("Text size")),
            tr("Ctrl and + or - change it too. An answer is finished first."),
            d.text_size,
            {size: percent.format(percent=size) for size in fonts.TEXT_SIZES},
        ),
    ]
