"""Brings the translations up to date with the code, and compiles them for Qt.

The window's own sentences are found by Qt's lupdate. Those that come from below it, from `app` and
`inference`, are found here: they are listed in sentences.txt, so that the window recognizes them.

python packaging/translations.py update      sentences.txt and every eremo_*.ts, then compile
python packaging/translations.py compile     the .qm beside each .ts that is newer
"""

import argparse
import ast
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "resources" / "translations"
CONTEXT = "Sentences"  # of what comes from below the window, see ui/sentences.py
PLURALS_ONLY = "eremo_en.ts"  # the source is English already

_MIN_LETTERS = 8  # of a template with values in it, so that not every sentence is one
_NOT_IN_THE_WINDOW = (
    *("app/cli/", "app/bench.py", "app/display.py", "app/doctor.py", "app/models/synthetic.py"),
    *("inference/fake.py", "inference/state/", "inference/kernels/", "inference/synthetic.py"),
)
_MARKS = ("sentence", "damaged")  # calls whose last argument is a sentence, or a part of one
_NOT_FOR_USERS = ("ValueError", "TypeError", "KeyError", "RuntimeError", "SecurityError")
_READERS = ("inference/formats/", "inference/tokenizer/")  # whose ValueErrors become reasons


def update(folder: Path = FOLDER) -> None:
    """Into `folder`: the sentences from below, and what the .ts there lack; what is gone goes."""
    found = sentences()
    (folder / "sentences.txt").write_text("".join(f"{one}\n" for one in found), "utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        from_below = Path(scratch) / "sentences.py"
        calls = [f'translate("{CONTEXT}", {_literal(one)})\n' for one in found]
        from_below.write_text("".join(calls), "utf-8")
        for ts in sorted(folder.glob("eremo_*.ts")):
            options = ["-pluralonly"] if ts.name == PLURALS_ONLY else []
            sources = [ROOT / "ui", from_below]
            fixed = ["-silent", "-no-obsolete", "-locations", "none", "-extensions", "py"]
            _run("lupdate", *fixed, *options, *sources, "-ts", ts)


def compile_all(folder: Path = FOLDER, output: Path | None = None) -> list[Path]:
    """Returns the .qm, which are in `output`, or beside their .ts."""
    compiled = []
    for ts in sorted(folder.glob("eremo_*.ts")):
        qm = (output or folder) / f"{ts.stem}.qm"
        compiled.append(qm)
        if qm.exists() and qm.stat().st_mtime >= ts.stat().st_mtime:
            continue
        # Another process may be reading the old one, or writing the same.
        with tempfile.TemporaryDirectory(dir=qm.parent) as scratch:
            fresh = Path(scratch) / qm.name
            _run("lrelease", "-silent", ts, "-qm", fresh)
            fresh.replace(qm)
    return compiled


def unfinished(ts: Path) -> list[str]:
    """The sources that have no whole translation."""
    root = ElementTree.parse(ts).getroot()
    return [
        message.findtext("source", "")
        for message in root.iter("message")
        if not _is_whole(message.find("translation"))
    ]


def sentences(root: Path = ROOT) -> list[str]:
    """What `app` and `inference` tell the user, each value in it as a name in braces."""
    found: set[str] = set()
    for layer in ("app", "inference"):
        for path in sorted((root / layer).rglob("*.py")):
            name = path.relative_to(root).as_posix()
            if not name.startswith(_NOT_IN_THE_WINDOW):
                tree = ast.parse(path.read_text("utf-8"))
                found.update(_sentences_in(tree, is_reader=name.startswith(_READERS)))
    return sorted(found)


def _sentences_in(tree: ast.Module, *, is_reader: bool) -> Iterator[str]:
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not call.args:
            continue
        name = ast.unparse(call.func).rpartition(".")[2]
        is_error = name.endswith("Error") and len(call.args) == 1
        is_for_users = name not in _NOT_FOR_USERS or (is_reader and name == "ValueError")
        if (is_error and is_for_users) or name in _MARKS:
            template = _template(call.args[-1])
            letters = re.sub(r"\{\w+\}|[^A-Za-z]", "", template)
            if len(letters) >= (_MIN_LETTERS if "{" in template else 1):
                yield template


def _template(node: ast.expr) -> str:
    """ "" where the text can't be read off the code."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    names: Counter[str] = Counter()
    parts = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value).replace("{", "{{").replace("}", "}}"))
        elif isinstance(part, ast.FormattedValue):
            name = _name(part.value)
            names[name] += 1
            parts.append(f"{{{name}{names[name] if names[name] > 1 else ''}}}")
    return "".join(parts)


def _name(value: ast.expr) -> str:
    if isinstance(value, ast.Attribute | ast.Name):
        name = value.attr if isinstance(value, ast.Attribute) else value.id
        return name.lstrip("_")
    return "reason" if "error" in ast.unparse(value) else "value"


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _is_whole(translation: ElementTree.Element | None) -> bool:
    if translation is None or translation.get("type") is not None:
        return False
    forms = list(translation.iter("numerusform")) or [translation]
    return all((form.text or "").strip() for form in forms)


def _run(tool: str, *arguments: str | Path) -> None:
    specification = importlib.util.find_spec("PySide6")
    if specification is None or specification.origin is None:
        sys.exit("PySide6 isn't installed here: run the set-up first.")
    program = Path(specification.origin).parent / f"{tool}{'.exe' if os.name == 'nt' else ''}"
    subprocess.run([program, *arguments], check=True, cwd=ROOT)


def main() -> int:
    parser = argparse.ArgumentParser(description="Bring translations up to date.")
    parser.add_argument("step", choices=("update", "compile"))
    step = parser.parse_args().step
    if step == "update":
        update()
    compile_all()
    missing = [(ts, source) for ts in sorted(FOLDER.glob("*.ts")) for source in unfinished(ts)]
    if step == "update":
        for ts, source in missing:
            print(f"{ts.name}: {source!r} has no translation")
    return 0


if __name__ == "__main__":
    sys.exit(main())
