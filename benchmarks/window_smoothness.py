"""How long the window's thread is kept busy at a time while an answer streams into it.

Opens the real window with a fake engine in its own process, which writes headings, lists, tables,
formulas and code at a steady rate, and lets an 8 ms timer measure its gaps: a gap is a moment in
which the window would not have answered the user. Beside it stands the longest that the window's
thread computed within one gap: the rest of a gap, other programs or threads took. The first row is
of the whole answer, the others of its tenths: a cost that grows with the answer would show there.

    python benchmarks/window_smoothness.py [--rate 50] [--seconds 10]
"""

import argparse
import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from time import thread_time
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QElapsedTimer, Qt, QTimer

from app.assistant import Assistant
from app.chats.temporary import Chats
from app.paths import DataPaths
from app.settings import Settings
from inference.fake import FakeEngine, Script
from inference.process import EngineProcess
from ui import theme as themes
from ui.application import make_application
from ui.chat.answer_text import AnswerText
from ui.engine_thread import EngineThread
from ui.garbage import collected_by
from ui.main_window import MainWindow

TARGET_MS = 33
TICK_MS = 8
CLOSE_SECONDS = 10.0
PAGE = """\
## Repairing the boiler, part {number}

The **landlord** pays for the boiler unless the damage comes from *missed* yearly maintenance, see
[the lease](https://example.org/lease) and `lease_{number}.pdf`. Three things come first:

1. Write a notice and keep a copy of it.
   - By post, registered, so that the date can be shown later.
   - By e-mail, with a receipt.
2. Wait for **72 hours**.
3. Then reduce the rent:

| Delay | Reduction | Clause |
|:--|--:|--:|
| from day 4 | 15 % | 12.3 |
| from day 10 | 30 % | 12.4 |
| from day 30 | 60 % | 12.5 |

With a share $s$ the rent falls to $r = r_0 (1 - s)$, over $n_{{{number}}}$ days to

$$
R_{{{number}}} = \\sum_{{i=1}}^{{n}} \\frac{{r_0 (1 - s_i)}}{{30}}
$$

> Heating must work again within three days of a written notice.

```python
@dataclass(frozen=True)
class Lease:
    rent: float  # per month

    def reduced(self, days: int) -> float:
        \"\"\"The rent after so many days without heating.\"\"\"
        shares = {{4: 0.85, 10: 0.7, 30: 0.4}}
        share = min((shares[day] for day in shares if days >= day), default=1.0)
        return round(self.rent * share, 2)
```

"""


class Gap(NamedTuple):
    """In milliseconds."""

    length: float
    computed: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=50, help="words per second")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--theme", choices=list(themes.THEMES), default="light")
    arguments = parser.parse_args()
    gaps = stream(
        answer(round(arguments.rate * arguments.seconds)), 1 / arguments.rate, arguments.theme
    )
    report("all", gaps)
    for tenth in range(10):
        report(f"{tenth + 1}/10", gaps[len(gaps) * tenth // 10 : len(gaps) * (tenth + 1) // 10])
    return 0


def answer(num_words: int) -> str:
    pages = []
    while sum(len(page.split()) for page in pages) < num_words:
        pages.append(PAGE.format(number=len(pages) + 1))
    return "".join(pages)


def stream(text: str, seconds_per_word: float, theme_name: str) -> list[Gap]:
    """The gaps between the ticks of the timer while this answer streams."""
    application = make_application()
    theme = themes.THEMES[theme_name]
    application.setPalette(themes.palette(theme))
    application.setStyleSheet(themes.stylesheet(theme))
    gaps: list[Gap] = []
    with collected_by(application), tempfile.TemporaryDirectory() as folder:
        paths = DataPaths(Path(folder))
        paths.create()
        with Chats(paths.database_file) as store:
            script = Script(answer=text, seconds_per_word=seconds_per_word)
            engine = EngineProcess(partial(FakeEngine, script))
            thread = EngineThread(Assistant(store, engine))
            window = MainWindow(store, Settings(), paths)
            window.apply_theme(theme)
            window.conversation.attach(thread, "fake")
            window.resize(1100, 800)
            window.show()
            thread.start()
            thread.load()
            clock = QElapsedTimer()
            timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=TICK_MS)

            computed = 0.0

            def tick() -> None:
                nonlocal computed
                now = 1000 * thread_time()
                gaps.append(Gap(clock.nsecsElapsed() / 1e6, now - computed))
                computed = now
                clock.restart()

            def begin() -> None:
                nonlocal computed
                computed = 1000 * thread_time()
                clock.start()
                timer.start()

            timer.timeout.connect(tick)
            thread.loaded.connect(lambda _: window.conversation.send("How do I repair a boiler?"))
            thread.turn_started.connect(begin)
            # The end of the answer is measured as well.
            thread.turn_ended.connect(lambda _: QTimer.singleShot(500, application.quit))
            failures: list[str] = []
            thread.failed.connect(failures.append)
            thread.failed.connect(application.quit)
            application.exec()
            if failures:
                sys.exit(failures[0])
            flushes = sum(view.num_flushes for view in window.findChildren(AnswerText))
            print(f"{len(text.split())} words, {flushes} flushes")
            window.hide()
            thread.close(CLOSE_SECONDS)
    return gaps


def report(name: str, gaps: list[Gap]) -> None:
    in_order = sorted(gap.length for gap in gaps)
    computed = max(gap.computed for gap in gaps)
    print(
        f"{name:>5}: largest gap {in_order[-1]:5.1f} ms (target {TARGET_MS}), "
        f"computed {computed:4.1f} ms at most, p99 {in_order[int(len(in_order) * 0.99)]:5.1f} ms, "
        f"median {in_order[len(in_order) // 2]:4.1f} ms, {len(gaps)} ticks"
    )


if __name__ == "__main__":
    sys.exit(main())
