"""The colours of the window, as tokens, and the style sheet made of them.

Knows no widget: it is handed object names through resources/styles/window.qss alone.
"""

import re
from dataclasses import asdict, dataclass
from importlib.resources import files
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette

from ui import fonts

_SIDES = re.compile("border-(left|right)")
_BAR = "10px"  # across a scroll bar: wider ones would stand on the text beside them
_LENGTHS = re.compile(r"((?:font-size|icon-size|height|width): )(\d+)px")


@dataclass(frozen=True, slots=True)
class Theme:
    """One set of tokens, each "#rrggbb".

    Every text pair in use is at least 4.5:1, in high contrast at least 7:1.
    """

    name: str
    dark: bool
    bg: str  # window
    side: str  # sidebar
    card: str  # composer, cards, fields
    ink: str  # text
    ink2: str  # secondary text
    ink3: str  # hints
    ink3_on_soft: str  # hints on `soft`
    off: str  # what can't be used now
    line: str  # hairlines, 1 px
    handle: str  # of scroll bars
    track: str  # the ground of bars, and of what the pointer is on
    accent: str  # primary button, links, focus
    on_accent: str
    soft: str  # the user's message, selection
    soft_edge: str  # around what is selected
    code: str  # code blocks
    warn: str  # attention


LIGHT = Theme(
    name="light",
    dark=False,
    bg="#FAF9F6",
    side="#F2F0EA",
    card="#FFFFFF",
    ink="#1F1E1B",
    ink2="#5C5A54",
    ink3="#6F6C64",
    ink3_on_soft="#66635C",
    off="#6F6C64",
    line="#E3E0D8",
    handle="#8A877E",
    track="#E3E0D8",
    accent="#2F6B5B",
    on_accent="#FFFFFF",
    soft="#E6EFEB",
    soft_edge="#E6EFEB",
    code="#F4F2EC",
    warn="#8A5A00",
)

DARK = Theme(
    name="dark",
    dark=True,
    bg="#1A1B1C",
    side="#151617",
    card="#222426",
    ink="#ECEAE4",
    ink2="#B4B1A8",
    ink3="#98958C",
    ink3_on_soft="#98958C",
    off="#98958C",
    line="#313336",
    handle="#73767A",
    track="#313336",
    accent="#7CC4AE",
    on_accent="#10211C",
    soft="#22302C",
    soft_edge="#22302C",
    code="#1E2022",
    warn="#E2B45C",
)

CONTRAST = Theme(
    name="contrast",
    dark=True,
    bg="#000000",
    side="#000000",
    card="#000000",
    ink="#FFFFFF",
    ink2="#F2F2F2",
    ink3="#E0E0E0",
    ink3_on_soft="#E0E0E0",
    off="#999999",
    line="#8C8C8C",
    handle="#8C8C8C",
    track="#585858",
    accent="#7DF3CF",
    on_accent="#000000",
    soft="#0A2E24",
    soft_edge="#7DF3CF",
    code="#000000",
    warn="#FFD15C",
)

THEMES = {theme.name: theme for theme in (LIGHT, DARK, CONTRAST)}


def current(choice: str = "system") -> Theme:
    """The theme of that name; for "system", and for what is no name, what the system shows."""
    if choice in THEMES:
        return THEMES[choice]
    hints = QGuiApplication.styleHints()
    if hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast:
        return CONTRAST
    scheme = hints.colorScheme()
    return DARK if scheme == Qt.ColorScheme.Dark else LIGHT


def stylesheet(theme: Theme) -> str:
    text = files("resources").joinpath("styles", "window.qss").read_text(encoding="utf-8")
    icons = str(files("resources").joinpath("icons")).replace("\\", "/")
    if QGuiApplication.layoutDirection() == Qt.LayoutDirection.RightToLeft:
        text = _SIDES.sub(lambda m: f"border-{'right' if m[1] == 'left' else 'left'}", text)
    on = "dark" if theme.dark else "light"
    text = _LENGTHS.sub(lambda m: f"{m[1]}{fonts.scaled(int(m[2]))}px", text)
    return Template(text).substitute(asdict(theme), icons=icons, on=on, bar=_BAR)


def palette(theme: Theme) -> QPalette:
    """The tokens for what no style sheet reaches: selections, placeholders, links, delegates."""
    roles = {
        QPalette.ColorRole.Window: theme.bg,
        QPalette.ColorRole.WindowText: theme.ink,
        QPalette.ColorRole.Base: theme.card,
        QPalette.ColorRole.AlternateBase: theme.code,
        QPalette.ColorRole.Text: theme.ink,
        QPalette.ColorRole.PlaceholderText: theme.ink3,
        QPalette.ColorRole.Button: theme.card,
        QPalette.ColorRole.ButtonText: theme.ink,
        QPalette.ColorRole.ToolTipBase: theme.card,
        QPalette.ColorRole.ToolTipText: theme.ink,
        QPalette.ColorRole.Highlight: theme.accent,
        QPalette.ColorRole.HighlightedText: theme.on_accent,
        QPalette.ColorRole.Link: theme.accent,
        QPalette.ColorRole.LinkVisited: theme.accent,
        QPalette.ColorRole.Mid: theme.line,
    }
    made = QPalette()
    for role, colour in roles.items():
        made.setColor(role, QColor(colour))
    for role in (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
    ):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.off))
    return made
