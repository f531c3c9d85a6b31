"""What Eremo finds on this machine, for whoever asks why something doesn't work.

Changes nothing, opens no model and fails in no part: what can't be found out says so.
"""

import importlib.util
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from app.engines import wished_device
from app.models.local import installed_models
from app.paths import DataPaths
from app.settings import SettingsFile
from app.version import eremo_version
from inference.errors import InferenceError

Section = dict[str, object]

_CPU_INFO = Path("/proc/cpuinfo")

_PACKAGES = (
    *("torch", "mlx", "PySide6-Essentials", "gguf", "tokenizers", "sentencepiece", "pypdfium2"),
)

# What fast kernels ask for, as Linux and macOS spell it.
_INSTRUCTION_SETS = {
    *("sse4_2", "avx", "avx2", "avx2_0", "f16c", "fma", "avx_vnni", "amx_bf16", "amx_int8"),
    *("avx512f", "avx512bw", "avx512_bf16", "avx512_fp16", "avx512_vnni"),
    *("neon", "asimd", "asimdhp", "asimddp", "dotprod", "fp16", "bf16", "i8mm", "sve", "sve2"),
}


def examine(paths: DataPaths) -> dict[str, Section]:
    """Everything, by section."""
    return {
        "versions": _section(_versions),
        "machine": _section(_machine),
        "backends": _section(_backends),
        "kernels": _section(_kernels),
        "device": _section(lambda: _device(paths)),
        "data": _section(lambda: _data(paths)),
        "settings": _section(lambda: _settings(paths)),
        "chats": _section(lambda: _chats(paths)),
        "models": _section(lambda: _models(paths)),
    }


def _section(find_out: Callable[[], Section]) -> Section:
    try:
        return find_out()
    except InferenceError as error:
        return {"error": str(error)}
    except Exception as error:  # noqa: BLE001 - a broken machine is what this is for
        return {"error": f"{type(error).__name__}: {error}"}


def _versions() -> Section:
    return {
        "eremo": eremo_version(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": platform.platform(),
        **{package: _installed_version(package) for package in _PACKAGES},
    }


def _installed_version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _machine() -> Section:
    import psutil

    memory = psutil.virtual_memory()
    return {
        "processor": _processor(),
        "physical_cores": psutil.cpu_count(logical=False),
        "logical_cores": psutil.cpu_count(),
        "instruction_sets": _instruction_sets(),
        "memory_bytes": memory.total,
        "available_memory_bytes": memory.available,
    }


def _processor() -> str:
    """Its name where the system tells it, else its architecture."""
    if sys.platform == "linux":
        for line in _CPU_INFO.read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return f"{line.partition(':')[2].strip()} ({platform.machine()})"
    return platform.processor() or platform.machine()


def _instruction_sets() -> list[str] | None:
    """Sorted; None where this system isn't asked."""
    if sys.platform == "linux":
        words = _CPU_INFO.read_text("utf-8", "replace").split()
    elif sys.platform == "darwin":
        words = _words_of_sysctl()
    else:
        return None
    return sorted(_INSTRUCTION_SETS.intersection(words))


def _words_of_sysctl() -> list[str]:
    """The features that are on, of lines like "hw.optional.arm.FEAT_DotProd: 1"."""
    output = subprocess.run(
        ["/usr/sbin/sysctl", "hw.optional"], capture_output=True, text=True, check=True, timeout=5
    ).stdout
    names = [line.removesuffix(": 1") for line in output.splitlines() if line.endswith(": 1")]
    return [name.rpartition(".")[2].removeprefix("FEAT_").lower() for name in names]


def _backends() -> Section:
    return {name: importlib.util.find_spec(name) is not None for name in ("torch", "mlx")}


def _kernels() -> Section:
    """Of the CPU: the levels that run here, the best first, and what a model is computed with."""
    from inference.backends import kernel_level
    from inference.kernels.library import levels, library

    return {
        "built": library() is not None,
        "levels": levels(),
        "used": kernel_level() or "PyTorch",
    }


def _device(paths: DataPaths) -> Section:
    """What a model would run on; fails when the wished device isn't there."""
    from inference.backends import describe_device

    wished = wished_device(SettingsFile(paths.settings_file).load().device)
    return {
        "wished": wished or "automatic",
        "used": describe_device(wished),
    }


def _data(paths: DataPaths) -> Section:
    existing = next(path for path in (paths.root, *paths.root.parents) if path.exists())
    return {
        "folder": str(paths.root),
        "exists": paths.root.is_dir(),
        "writable": os.access(existing, os.W_OK),
        "free_bytes": shutil.disk_usage(existing).free,
    }


def _settings(paths: DataPaths) -> Section:
    settings_file = SettingsFile(paths.settings_file)
    settings_file.load()
    return {"file": str(paths.settings_file), "problems": settings_file.problems}


def _chats(paths: DataPaths) -> Section:
    file = paths.database_file
    if not file.exists():
        return {"file": str(file), "state": "none yet"}
    # Without a log beside it nobody writes, and so not even a lock is needed.
    mode = "mode=ro" if file.with_name(f"{file.name}-wal").exists() else "immutable=1"
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?{mode}", uri=True)) as database:
        state = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        return {
            "file": str(file),
            "size_bytes": file.stat().st_size,
            "state": state,
            "version": database.execute("PRAGMA user_version").fetchone()[0],
            "chats": database.execute("SELECT COUNT(*) FROM chats").fetchone()[0],
            "messages": database.execute("SELECT COUNT(*) FROM messages").fetchone()[0],
        }


def _models(paths: DataPaths) -> Section:
    return {
        "folder": str(paths.models_dir),
        "installed": [
            {"id": model.id, "size_bytes": model.size_bytes, "embedded": model.embedded}
            for model in installed_models(paths)
        ],
    }
