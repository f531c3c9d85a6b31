"""The models on this machine: the embedded ones and those in the models folder.

A model is a GGUF file, or a folder with a config.json and safetensors as Hugging Face publishes
them. Goes by names alone; whether one can be used shows when the engine opens it.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from app.errors import AppError
from app.paths import DataPaths, embedded_models_dir

_DEFAULT_PREFIX = "smollm2"


@dataclass(frozen=True, slots=True)
class ModelFile:
    id: str  # the path below its folder without ".gguf", with forward slashes
    path: Path  # of the file, or of the folder
    size_bytes: int
    embedded: bool


def installed_models(paths: DataPaths, added_paths: Iterable[str] = ()) -> list[ModelFile]:
    """The embedded models, the default first; those in the models folder, by name; then those
    that were added where they are, of which some may be gone.
    """
    embedded = sorted(
        _models_below(embedded_models_dir(), embedded=True),
        key=lambda model: (not model.id.lower().startswith(_DEFAULT_PREFIX), model.id.lower()),
    )
    added = sorted(
        _models_below(paths.models_dir, embedded=False), key=lambda model: model.id.lower()
    )
    elsewhere = [model for path in added_paths if (model := _model_at(Path(path)))]
    return embedded + added + [replace(model, id=str(model.path)) for model in elsewhere]


def model_at(path: Path) -> ModelFile:
    """
    Raises:
        AppError: there is no model.
    """
    if model := _model_at(path):
        return model
    raise AppError(
        f"{path.name} is no model: choose a GGUF file, or a folder with a config.json and "
        "safetensors files."
    )


def find_model(name: str, paths: DataPaths) -> ModelFile:
    """The model that `name` means: an id, a file name, the beginning of an id, or a path.

    "" is the default: the embedded model, or else the first of the installed ones.

    Raises:
        AppError: no model is meant, or more than one.
    """
    if name and (model := _model_at(Path(name))):
        return model
    models = installed_models(paths)
    if not models:
        raise AppError(
            f"There is no model yet: put a GGUF file into {paths.models_dir}, "
            "or name one with --model FILE."
        )
    wanted = name.lower().removesuffix(".gguf")
    for model in models:
        model_id = model.id.lower()
        if wanted in ("", model_id, model_id.rpartition("/")[2]):
            return model
    found = [model for model in models if model.id.lower().startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        raise AppError(f"{name} can be any of {_listed(found)}: write more of the name.")
    raise AppError(f"There is no model {name} here: choose one of {_listed(models)}.")


def _model_at(path: Path) -> ModelFile | None:
    try:
        path = path.expanduser()
        if path.suffix.lower() == ".gguf" and path.is_file():
            size_bytes = path.stat().st_size
            return ModelFile(path.stem, path.absolute(), size_bytes, embedded=False)
        if (path / "config.json").is_file() and (weights := list(path.glob("*.safetensors"))):
            size_bytes = sum(part.stat().st_size for part in weights)
            path = path.absolute()
            return ModelFile(path.name, path, size_bytes, embedded=False)
    except (OSError, ValueError, RuntimeError):  # unreadable; a NUL in the name; nobody's home
        pass
    return None


def _models_below(folder: Path, *, embedded: bool) -> Iterator[ModelFile]:
    for parent, folder_names, file_names in os.walk(folder):
        for name in sorted(folder_names + file_names):
            model = _model_at(Path(parent, name))
            # macOS leaves "._name" files beside the real ones.
            if model and not name.startswith("."):
                model_id = model.path.relative_to(folder)
                model_id = model_id.with_suffix("") if model.path.is_file() else model_id
                yield replace(model, id=model_id.as_posix(), embedded=embedded)


def _listed(models: list[ModelFile]) -> str:
    shown = [model.id for model in models[:5]]
    return ", ".join(shown) + (" …" if len(models) > len(shown) else "")
