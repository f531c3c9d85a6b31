"""Amounts in words: how long, how many tokens."""

from PySide6.QtCore import QCoreApplication


def seconds_text(seconds: float) -> str:
    """ "0.4 s", "41 s", "2 min 5 s", "1 h 2 min"."""
    if seconds < 9.95:
        return _tr("{:,.1f} s").format(seconds)
    whole = round(seconds)
    if whole < 100:
        return _tr("{} s").format(whole)
    if whole < 3600:
        return _tr("{} min {} s").format(*divmod(whole, 60))
    return _tr("{} h {} min").format(whole // 3600, whole % 3600 // 60)


def tokens_text(number: int) -> str:
    return _tr("1 token") if number == 1 else _tr("{:,} tokens").format(number)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Amounts", text)
