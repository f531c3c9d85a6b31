"""`eremo models`: what is installed, and smaller models made of it."""

import argparse

from app.cli.terminal import ProgressLine, print_json, printable, readable_size
from app.models.local import ModelFile, find_model, installed_models
from app.models.quantize import write_quantized
from app.paths import DataPaths


def run_models(parsed: argparse.Namespace, paths: DataPaths) -> int:
    match parsed.models_command:
        case "list":
            _list(installed_models(paths), as_json=parsed.json)
        case "quantize":
            _quantize(parsed, paths)
    return 0


def _list(models: list[ModelFile], *, as_json: bool) -> None:
    if as_json:
        print_json({"models": [_as_json(model) for model in models]})
        return
    width = max((len(model.id) for model in models), default=0)
    for model in models:
        size = readable_size(model.size_bytes)
        print(printable(f"{model.id:<{width}}  {size:>10}  {model.path}"))


def _as_json(model: ModelFile) -> dict[str, object]:
    return {
        "id": model.id,
        "size_bytes": model.size_bytes,
        "path": str(model.path),
        "embedded": model.embedded,
    }


def _quantize(parsed: argparse.Namespace, paths: DataPaths) -> None:
    model = find_model(parsed.model, paths)
    progress = ProgressLine()
    try:
        progress.show("Quantizing")
        write_quantized(
            model.path,
            parsed.file,
            parsed.bits,
            replace=parsed.force,
            on_progress=lambda done, total: progress.show(f"Quantizing: {done / total:.0%}"),
        )
    finally:
        progress.clear()
    size_bytes = parsed.file.stat().st_size
    if parsed.json:
        print_json({"path": str(parsed.file), "size_bytes": size_bytes})
    else:
        print(printable(f"{parsed.file} ({readable_size(size_bytes)})"))
