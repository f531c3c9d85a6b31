"""The shipped fonts: Inter for the interface and answers, JetBrains Mono for code.

Where they can't be loaded the system's fonts take their place. Sizes are in logical pixels at a
text size of 100 %; one factor makes all of them, and the lengths that go with them, larger.
"""

from importlib.resources import files

from PySide6.QtGui import QFont, QFontDatabase

INTERFACE_PX = 14
ANSWER_PX = 15
HINT_PX = 12
CODE_PX = 13
TEXT_SIZES = (80, 90, 100, 110, 125, 150, 175, 200)  # percent

_factor = 1.0


def set_text_size(percent: int) -> None:
    """Of everything that is made afterwards."""
    global _factor
    _factor = percent / 100


def scaled(pixels: float) -> int:
    """A length that goes with the text."""
    return round(pixels * _factor)


def load() -> None:
    """Make the shipped fonts known to Qt."""
    for font in files("resources").joinpath("fonts").iterdir():
        if font.name.endswith((".otf", ".ttf")):
            QFontDatabase.addApplicationFontFromData(font.read_bytes())


def interface(pixels: int = INTERFACE_PX, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Text of the interface, its digits all of one width, so that counting numbers stand still."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font.setFamilies(["Inter", *font.families()])
    font.setPixelSize(scaled(pixels))
    font.setWeight(weight)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def code(pixels: int = CODE_PX) -> QFont:
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setFamilies(["JetBrains Mono", *font.families()])
    font.setPixelSize(scaled(pixels))
    return font
