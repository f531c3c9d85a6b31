"""Amounts in words, in the form of the window's language: numbers, how long, how many tokens."""

from PySide6.QtCore import QLocale

from ui.languages import tr


def number_text(number: float, decimals: int = 0) -> str:
    """ "1,234", "0.4"."""
    if isinstance(number, int):
        return QLocale().toString(number)
    return QLocale().toString(number, "f", decimals)


def seconds_text(seconds: float) -> str:
    """ "0.4 s", "41 s", "2 min 5 s", "1 h 2 min"."""
    if seconds < 9.95:
        return tr("{seconds} s").format(seconds=number_text(float(seconds), 1))
    whole = round(seconds)
    if whole < 100:
        return tr("{seconds} s").format(seconds=number_text(whole))
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return tr("{minutes} min {seconds} s").format(minutes=minutes, seconds=rest)
    return tr("{hours} h {minutes} min").format(
        hours=number_text(whole // 3600), minutes=whole % 3600 // 60
    )


def tokens_text(number: int) -> str:
    return tr("%Ln token(s)", "", number)
