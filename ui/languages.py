"""The language of the window: its sentences and Qt's own, its numbers and its direction.

The source is English. What has been translated lies in resources/translations.
"""

from importlib.resources import files
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

SYSTEM = "system"
_SOURCE = "en"

_installed: list[QTranslator] = []


def tr(text: str, comment: str = "", n: int = -1) -> str:
    """As `self.tr`, for what is outside of a class."""
    return QCoreApplication.translate("", text, comment, n)


def available() -> list[str]:
    """Their codes, such as "it", English first."""
    folder = Path(str(files("resources").joinpath("translations")))
    codes = sorted(path.stem.removeprefix("eremo_") for path in folder.glob("eremo_*.qm"))
    return [_SOURCE, *(code for code in codes if code != _SOURCE)]


def own_name(code: str) -> str:
    """As its speakers call it: "Italiano"."""
    if code == _SOURCE:
        return "English"  # not of one of its countries
    name = QLocale(code).nativeLanguageName()
    return name[:1].upper() + name[1:]


def install(application: QApplication, language: str) -> None:
    """For all that is made afterwards; `language` is a code, or "system" for the system's.

    What isn't translated, a whole language included, is English.
    """
    while _installed:
        application.removeTranslator(_installed.pop())
    locale = _locale(language)
    QLocale.setDefault(locale)
    folder = str(files("resources").joinpath("translations"))
    _install(application, QLocale(_SOURCE), "eremo", folder)  # English has plural forms too
    qt_folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    _install(application, locale, "qtbase", qt_folder)
    if locale.language() != QLocale.Language.English:
        _install(application, locale, "eremo", folder)
    application.setLayoutDirection(locale.textDirection())


def _install(application: QApplication, locale: QLocale, name: str, folder: str) -> None:
    translator = QTranslator(application)
    if translator.load(locale, name, "_", folder):
        application.installTranslator(translator)
        _installed.append(translator)


def _locale(language: str) -> QLocale:
    """With the system's form of numbers and dates, where that is of the same language."""
    codes = available()
    system = QLocale.system()
    if language == SYSTEM:
        wanted = (name.replace("-", "_") for name in system.uiLanguages())
    else:
        wanted = iter((language,))
    for name in wanted:
        code = name if name in codes else name.partition("_")[0]
        if code in codes:
            break
    else:
        code = _SOURCE
    chosen = QLocale(code)
    return system if system.language() == chosen.language() else chosen
