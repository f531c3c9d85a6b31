"""Prints what in a bundle weighs what.

python packaging/sizes.py build/package/eremo
"""

import sys
from collections import Counter
from pathlib import Path

GROUPS = {  # the beginning of a path inside lib -> what it is
    "resources/models": "embedded model",
    "resources": "fonts, icons, styles, translations",
    "PySide6/Qt/lib/libicu": "Qt: Unicode data",
    "PySide6": "Qt",
    "shiboken6": "Qt",
    "torch": "PyTorch",
    "functorch": "PyTorch",
    "numpy.libs": "NumPy: OpenBLAS",
    "numpy": "NumPy",
    "inference": "CPU kernels",
    "tokenizers": "tokenizers",
    "sentencepiece": "sentencepiece",
    "libpython": "Python",
    "python3": "Python",
    "base_library": "Python",
}
LIMIT_BYTES = 900_000_000


def main() -> int:
    bundle = Path(sys.argv[1])
    sizes: Counter[str] = Counter()
    for path in bundle.rglob("*"):
        if path.is_file() and not path.is_symlink():
            sizes[group_of(path, bundle)] += path.stat().st_size
    for name, size in sizes.most_common():
        print(f"{name:40} {size / 1e6:8.1f} MB")
    total = sizes.total()
    print(f"{'all':40} {total / 1e6:8.1f} MB of at most {LIMIT_BYTES / 1e6:.0f}")
    return 0 if total < LIMIT_BYTES else 1


def group_of(path: Path, bundle: Path) -> str:
    inside = path.relative_to(bundle).as_posix()
    for part in ("Contents/Frameworks/", "Contents/Resources/", "lib/"):
        inside = inside.removeprefix(part)
    if inside in ("eremo", "eremo.exe", "eremow.exe", "Contents/MacOS/eremo"):
        return "Eremo and the libraries in Python"
    for prefix, group in GROUPS.items():
        if inside.startswith(prefix):
            return group
    return "other libraries, licences"


if __name__ == "__main__":
    sys.exit(main())
