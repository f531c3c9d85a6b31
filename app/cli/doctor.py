"""`eremo doctor`: what was found on this machine, for reading or as JSON."""

import argparse
from collections.abc import Mapping

from app.cli.terminal import print_json, printable, readable_size
from app.doctor import examine
from app.paths import DataPaths


def run_doctor(parsed: argparse.Namespace, paths: DataPaths) -> int:
    report = examine(paths)
    if parsed.json:
        print_json(report)
        return 0
    for title, section in report.items():
        print(title.capitalize())
        for key, value in section.items():
            name = key.removesuffix("_bytes").replace("_", " ")
            print(f"  {name:<20} {printable(_readable(key, value))}")
    return 0


def _readable(key: str, value: object) -> str:
    match value:
        case None:
            return "not known" if key == "instruction_sets" else "not installed"
        case bool():
            return "yes" if value else "no"
        case int() if key.endswith("_bytes"):
            return readable_size(value)
        case list():
            return ", ".join(_readable("", item) for item in value) or "none"
        case Mapping():  # a model
            return f"{value['id']} ({readable_size(value['size_bytes'])})"
    return str(value)
