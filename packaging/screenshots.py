"""Pictures of the window's main states in every set of colours, and in a larger text size.

Needs no display and no model.

python packaging/screenshots.py [FOLDER]      (default: screenshots/)

With --text-size, --language, --rtl or --pseudo they are taken in the light colours alone, or in
those of --theme.
"""

import argparse
import logging
import os
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
os.environ["QT_QPA_PLATFORM"] = "offscreen"

import translations  # noqa: E402
from pseudo_translation import PseudoTranslator  # noqa: E402
from PySide6.QtCore import Qt  # noqa: E402
from screenshot_states import MODEL, STATES, Stage, pause  # noqa: E402

from app.settings import Settings  # noqa: E402
from inference import fake  # noqa: E402
from ui import fonts, languages  # noqa: E402
from ui.application import make_application  # noqa: E402
from ui.theme import LIGHT, THEMES, palette, stylesheet  # noqa: E402

LARGE_TEXT = 150  # percent


def main() -> int:
    options = parse_options()
    options.folder.mkdir(parents=True, exist_ok=True)
    compiled = {path.name: path for path in translations.compile_all()}
    english = compiled["eremo_en.qm"]
    logging.disable()
    fake.FAKE_INFO = MODEL
    application = make_application()
    looks = [(theme, Settings().text_size) for theme in THEMES.values()] + [(LIGHT, LARGE_TEXT)]
    words_differ = options.language != "en" or options.rtl or options.pseudo
    if options.theme or options.text_size or words_differ:
        looks = [(THEMES[options.theme or "light"], options.text_size or Settings().text_size)]
    languages.install(application, options.language)
    if options.pseudo:
        application.installTranslator(PseudoTranslator(application, english))
    if options.rtl:
        application.installTranslator(PseudoTranslator(application, english, is_rtl=True))
        application.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    states = {name: STATES[name] for name in options.states or STATES}
    for theme, text_size in looks:
        fonts.set_text_size(text_size)
        application.setFont(fonts.interface())
        look = theme.name if text_size == Settings().text_size else f"{theme.name}-{text_size}"
        application.setPalette(palette(theme))
        application.setStyleSheet(stylesheet(theme))
        for name, take in states.items():
            with tempfile.TemporaryDirectory() as data_dir:
                picture = options.folder / f"{name}-{look}.png"
                with Stage(Path(data_dir), theme) as stage:
                    shown = take(stage) or stage.window
                    pause(250)  # for what is laid out or moves a little later
                    shown.grab().save(str(picture))
                print(picture)
    return 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Take pictures of the window.")
    parser.add_argument("folder", nargs="?", type=Path, default=PROJECT / "screenshots")
    parser.add_argument("--language", default="en", help="the code of a translation")
    parser.add_argument("--rtl", action="store_true", help="from right to left")
    parser.add_argument("--pseudo", action="store_true", help="with longer, accented words")
    parser.add_argument("--theme", choices=THEMES, help="these colours only")
    parser.add_argument("--text-size", type=int, choices=fonts.TEXT_SIZES, help="in percent")
    parser.add_argument("--states", nargs="+", choices=STATES, help="these only")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
