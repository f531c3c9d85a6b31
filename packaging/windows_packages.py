"""The packages of Windows: an installer by NSIS, and a folder in a .zip that needs none."""

import shutil
import subprocess
import zipfile
from pathlib import Path

from names import ROOT, stem, version

SCRIPT = ROOT / "packaging" / "windows" / "eremo.nsi"
PROGRAM = Path("C:/Program Files (x86)/NSIS/makensis.exe")  # where its installer puts it


def make_zip(bundle: Path, into: Path) -> Path:
    made = into / f"{stem()}-portable.zip"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(bundle.rglob("*")):
            archive.write(path, Path(stem()) / path.relative_to(bundle))
    return made


def make_installer(bundle: Path, into: Path, icons: Path) -> Path:
    """Raises: CalledProcessError, after NSIS has said what is wrong."""
    made = into / f"{stem()}-setup.exe"
    settings = {
        "VERSION": version(),
        "BUNDLE": bundle.as_posix(),
        "ICON": (icons / "eremo.ico").as_posix(),
        "OUTPUT": made.as_posix(),
    }
    program = shutil.which("makensis") or PROGRAM
    defined = [f"-D{name}={value}" for name, value in settings.items()]
    subprocess.run([program, "-V2", "-WX", *defined, SCRIPT], check=True)
    return made
