import re
from dataclasses import asdict
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QScrollArea, QToolButton

from ui import fonts
from ui.chosen_row import paint_chosen
from ui.icons import icon
from ui.theme import CONTRAST, DARK, LIGHT, THEMES, current, stylesheet

TEXT_PAIRS = [
    *(("ink", ground) for ground in ("bg", "side", "card", "soft", "code")),
    *(("ink2", ground) for ground in ("bg", "side", "card", "soft", "code")),
    *(("ink3", ground) for ground in ("bg", "side", "card")),
    *(("ink3_on_soft", ground) for ground in ("soft", "side")),
    *(("accent", ground) for ground in ("bg", "card")),
    ("on_accent", "accent"),
    *(("warn", ground) for ground in ("bg", "card")),
    *(("off", ground) for ground in ("bg", "side", "card")),
    ("ink", "track"),
]


def luminance(colour: str) -> float:
    """Source: WCAG 2.2, relative luminance."""
    channels = QColor(colour).getRgbF()[:3]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(theme, *names):
    """Source: WCAG 2.2, contrast ratio."""
    dark, light = sorted(luminance(asdict(theme)[name]) for name in names)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", list(THEMES.values()), ids=lambda theme: theme.name)
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS, ids="-on-".join)
def test_every_text_can_be_read(theme, text, ground):
    assert contrast(theme, text, ground) >= (7 if theme is CONTRAST else 4.5)


@pytest.mark.parametrize("theme", list(THEMES.values()), ids=lambda theme: theme.name)
@pytest.mark.parametrize("ground", ["bg", "side", "card", "code", "soft"])
def test_the_handle_of_a_scroll_bar_is_seen(theme, ground):
    assert contrast(theme, "handle", ground) >= 3


@pytest.mark.parametrize("ground", ["bg", "side", "card", "code", "soft"])
def test_lines_stand_out_in_high_contrast(ground):
    assert contrast(CONTRAST, "line", ground) >= 3


def test_what_cannot_be_used_looks_otherwise_in_high_contrast():
    for ink in ("ink", "ink2", "ink3"):
        assert contrast(CONTRAST, "off", ink) >= 2


@pytest.mark.parametrize("ground", ["bg", "side", "card", "soft"])
def test_what_is_selected_has_an_edge_in_high_contrast(ground):
    """Its ground alone was 1.4 : 1 to the rows beside it."""
    assert contrast(CONTRAST, "soft_edge", ground) >= 3


def test_a_chosen_row_is_painted_with_its_edge(qapp):  # noqa: ARG001
    picture = QImage(60, 20, QImage.Format.Format_RGB32)
    picture.fill(QColor(CONTRAST.side))
    painter = QPainter(picture)
    paint_chosen(painter, QRect(0, 0, 60, 20), CONTRAST)
    painter.end()
    assert picture.pixelColor(30, 10) == QColor(CONTRAST.soft)
    for point in ((30, 0), (30, 19), (0, 10), (59, 10)):
        assert picture.pixelColor(*point) == QColor(CONTRAST.soft_edge)


@pytest.mark.parametrize("theme", list(THEMES.values()), ids=lambda theme: theme.name)
def test_the_style_sheet_is_filled_in_and_valid(theme, qapp):
    """Qt warns of what it can't parse, and a warning fails a test."""
    old = qapp.styleSheet()
    qapp.setStyleSheet(stylesheet(theme))
    qapp.setStyleSheet(old)


@pytest.mark.parametrize("theme", list(THEMES.values()), ids=lambda theme: theme.name)
def test_every_picture_of_the_style_sheet_is_there(theme):
    """A check mark that can't be loaded leaves a box that looks the same whether it is on."""
    pictures = [Path(picture) for picture in re.findall(r'url\("(.+?)"\)', stylesheet(theme))]
    for picture in pictures:
        assert picture.is_file()
    # By its file's name: the project may lie in a folder whose name holds the word.
    [check] = [picture for picture in pictures if "check" in picture.name]
    assert f'stroke="{theme.on_accent}"' in check.read_text() or theme is CONTRAST


def test_a_named_theme_wins_over_the_system():
    assert current("dark") is DARK
    assert current("light") is LIGHT


def test_the_system_decides_otherwise(monkeypatch):
    class Hints:
        scheme = Qt.ColorScheme.Dark
        contrast = Qt.ContrastPreference.NoPreference

        def colorScheme(self):  # noqa: N802 - Qt's name
            return self.scheme

        def accessibility(self):
            return self

        def contrastPreference(self):  # noqa: N802 - Qt's name
            return self.contrast

    hints = Hints()
    monkeypatch.setattr(QGuiApplication, "styleHints", lambda: hints)
    assert current("system") is DARK
    hints.scheme = Qt.ColorScheme.Unknown
    assert current("system") is LIGHT
    hints.contrast = Qt.ContrastPreference.HighContrast
    assert current("system") is CONTRAST


@pytest.mark.usefixtures("qapp")
def test_one_factor_makes_texts_and_heights_larger():
    fonts.set_text_size(150)
    try:
        assert fonts.interface(14).pixelSize() == 21
        sheet = stylesheet(LIGHT)
    finally:
        fonts.set_text_size(100)
    assert "font-size: 18px" in sheet  # of 12
    assert "min-height: 42px" in sheet  # of 28
    assert "border-radius: 8px" in sheet


def test_icons_go_with_the_text_and_scroll_bars_do_not(qapp, qtbot):
    """A scroll bar of twice its width would stand on the text beside it."""
    old = qapp.styleSheet()
    button, area = QToolButton(), QScrollArea()
    qtbot.addWidget(button)
    qtbot.addWidget(area)
    fonts.set_text_size(200)
    try:
        qapp.setStyleSheet(stylesheet(LIGHT))
        button.setIcon(icon("sidebar", LIGHT.ink2))
        assert button.iconSize() == QSize(32, 32)
        assert button.icon().actualSize(button.iconSize()) == QSize(32, 32)
        assert area.verticalScrollBar().sizeHint().width() == 10
    finally:
        fonts.set_text_size(100)
        qapp.setStyleSheet(old)
