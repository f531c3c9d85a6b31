"""How long the window takes from the start of its process to its first paint.

Each run is a process of its own with an empty data folder, on the current display, or offscreen
if there is none. Also checks that no tensor library was imported by then.

    python benchmarks/window_start.py [--runs 7]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
TENSOR_LIBRARIES = ("torch", "mlx", "transformers", "numpy")
TARGET_SECONDS = 1.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        return open_window_and_report()
    seconds = []
    for _ in range(arguments.runs):
        report = measure()
        seconds.append(report["seconds"])
        if report["imported"]:
            print(f"imported before the first paint: {', '.join(report['imported'])}")
            return 1
    print(
        f"first paint after {statistics.median(seconds):.3f} s "
        f"(min {min(seconds):.3f}, max {max(seconds):.3f}, {len(seconds)} runs; "
        f"target {TARGET_SECONDS} s); no tensor library imported"
    )
    return 0


def measure() -> dict:
    """One start: {"seconds": …, "imported": [tensor libraries]}."""
    with tempfile.TemporaryDirectory() as data_dir:
        environment = os.environ | {"EREMO_DATA_DIR": data_dir, "PYTHONPATH": str(PROJECT)}
        if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            environment["QT_QPA_PLATFORM"] = "offscreen"
        started = time.time()
        child = subprocess.run(
            [sys.executable, __file__, "--child"],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        report = json.loads(child.stdout)
        return {"seconds": report["painted_at"] - started, "imported": report["imported"]}


def open_window_and_report() -> int:
    """What `eremo` does, with a window that reports its first paint and closes."""
    from PySide6.QtCore import QTimer

    import ui.application
    from app.__main__ import main as eremo

    class ReportingWindow(ui.application.MainWindow):
        is_reported = False

        def paintEvent(self, event):  # noqa: N802 - Qt's name
            super().paintEvent(event)
            if not self.is_reported:
                self.is_reported = True
                imported = [name for name in TENSOR_LIBRARIES if name in sys.modules]
                print(json.dumps({"painted_at": time.time(), "imported": imported}), flush=True)
                QTimer.singleShot(0, self.close)

    ui.application.MainWindow = ReportingWindow
    sys.argv[1:] = []
    return eremo()


if __name__ == "__main__":
    sys.exit(main())
