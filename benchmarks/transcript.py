"""How fast the transcript opens and scrolls when it is large, and how long it holds the window up.

Opens a chat of ten thousand messages and one with a message of a million characters, scrolls both
by the wheel's steps and by jumps, and opens messages that were written to be slow. A frame is the
time from a scroll to the end of its painting; a gap is a moment in which an 8 ms timer was late.

    python benchmarks/transcript.py [--messages 10000] [--characters 1000000] [--only NAME]
"""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication, QScrollArea, QScrollBar

from app.chats.model import StoredMessage
from benchmarks.window_smoothness import PAGE
from ui import theme as themes
from ui.application import make_application
from ui.chat.transcript import Transcript
from ui.garbage import collected_by

TICK_MS = 8
HOSTILE = {
    "quotes": "> " * 100_000 + "x",
    "brackets": "[" * 100_000,
    "images": "![" * 50_000,
    "rows": "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 10_000,
    "columns": "|" + " a |" * 1_000 + "\n|" + "---|" * 1_000 + "\n|" + " 1 |" * 1_000 + "\n",
    "fence": "```python\n" + "print('x')  # comment\n" * 20_000,
    "line": "word " * 200_000,
    "letters": "x" * 1_000_000,
    "code line": "```\n" + "x" * 1_000_000 + "\n```\n",
    "nulls": "\0" * 100_000,
    "bidi": "\u202eabc " * 20_000,
    "dollars": "$" * 100_000,
    "formulas": "$x^2$ " * 5_000,
    "fractions": "$" + r"\frac{" * 30 + "1" + "}{2}" * 30 + "$\n\n" * 1,
    "long formula": "$$" + "x+" * 50_000 + "$$",
    "macros": r"$\def\a{\a\a}\a$" + "\n\n" + r"$\def\a{\b\b}\def\b{\c\c}\a$",
    "emphasis": "*a_ " * 25_000,
    "list": "- a\n" * 20_000,
    "html": "<script>alert(1)</script><img src=x onerror=y>\n" * 2_000,
    "footnotes": "".join(f"[^{number}]: a[^{number}]\n" for number in range(5_000)),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--characters", type=int, default=1_000_000)
    parser.add_argument("--only", choices=("chat", "message", "hostile"))
    arguments = parser.parse_args()
    application = make_application()
    application.setPalette(themes.palette(themes.LIGHT))
    application.setStyleSheet(themes.stylesheet(themes.LIGHT))
    with collected_by(application):
        if arguments.only in (None, "chat"):
            measure("chat", chat(arguments.messages))
        if arguments.only in (None, "message"):
            text = page(arguments.characters)
            measure("message", [message(1, "user", "Question"), message(2, text=text)])
        if arguments.only in (None, "hostile"):
            for name, text in HOSTILE.items():
                gaps, seconds = opening_gaps(text)
                print(f"{name:>19}: shown after {seconds:5.2f} s, largest gap {max(gaps):6.1f} ms")
    return 0


def message(number: int, role: str = "assistant", text: str = "") -> StoredMessage:
    created = datetime(2026, 1, 1, tzinfo=UTC)
    parent = number - 1 or None
    return StoredMessage(number, 1, parent, role, text, "", "complete", "", "", created, None)


def chat(length: int) -> list[StoredMessage]:
    return [
        message(number, "user", f"Question {number}, in a few words")
        if number % 2
        else message(number, text=PAGE.format(number=number)[: 200 + 137 * number % 1_200])
        for number in range(1, length + 1)
    ]


def page(num_characters: int) -> str:
    pages = []
    size = 0
    while size < num_characters:
        pages.append(PAGE.format(number=len(pages) + 1))
        size += len(pages[-1])
    return "".join(pages)[:num_characters]


def measure(name: str, messages: list[StoredMessage]) -> None:
    transcript = new_transcript()
    start = perf_counter()
    transcript.show_chat(messages)
    QApplication.processEvents()
    transcript.repaint()
    print(f"{name:>19}: open {perf_counter() - start:5.3f} s")
    gaps = []
    run_for(2.0, gaps)
    print(f"{name:>19}: largest gap of the 2 s after it {max(gaps):5.1f} ms")
    bar = transcript.findChild(QScrollArea).verticalScrollBar()
    shares = [number * 0.618 % 1 for number in range(60)]
    for title, targets in (
        ("wheel up", (bar.value() - 120 for _ in range(2_000))),
        ("jumps", (round(share * bar.maximum()) for share in shares)),
        ("wheel down", (bar.value() + 120 for _ in range(300))),
    ):
        report(f"{name}, {title}", [frame(transcript, bar, target) for target in targets])
    transcript.deleteLater()
    QApplication.processEvents()


def new_transcript() -> Transcript:
    transcript = Transcript()
    transcript.resize(1100, 800)
    transcript.show()
    QApplication.processEvents()
    return transcript


def frame(transcript: Transcript, bar: QScrollBar, target: int) -> float:
    """The milliseconds until the window has done what the scroll asked for, and painted it."""
    start = perf_counter()
    bar.setValue(target)
    QApplication.processEvents()
    transcript.repaint()
    return 1000 * (perf_counter() - start)


def opening_gaps(text: str) -> tuple[list[float], float]:
    """The gaps while a message opens, and when it was on show in seconds."""
    transcript = new_transcript()
    gaps: list[float] = []
    start = perf_counter()
    transcript.show_chat([message(1, "user", "Question"), message(2, text=text)])
    gaps.append(1000 * (perf_counter() - start))
    QApplication.processEvents()
    shown = perf_counter() - start
    run_for(1.5, gaps)
    transcript.deleteLater()
    return gaps, shown


def run_for(seconds: float, gaps: list[float]) -> None:
    loop = QEventLoop()
    last = perf_counter()

    def tick() -> None:
        nonlocal last
        now = perf_counter()
        gaps.append(1000 * (now - last))
        last = now

    timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=TICK_MS)
    timer.timeout.connect(tick)
    timer.start()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def report(name: str, frames: list[float]) -> None:
    in_order = sorted(frames)
    print(
        f"{name:>19}: p99 {in_order[int(len(in_order) * 0.99)]:5.1f} ms, largest "
        f"{in_order[-1]:5.1f} ms, median {in_order[len(in_order) // 2]:5.2f} ms, "
        f"{len(frames)} frames"
    )


if __name__ == "__main__":
    sys.exit(main())
