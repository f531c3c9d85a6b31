"""Builds the wheel of this system and the source distribution, and tries both.

    python packaging/wheels.py [--no-sdist]

Each is installed into a new environment and passes packaging/smoke_test.py there; twine and
check-wheel-contents find nothing. Run it after packaging/package.py, whose environment it uses.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from bundle import CONSTRAINTS, environment
from names import ROOT, version
from package import DIST, write_checksums
from release_data import write_release_data


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--no-sdist", action="store_true", help="another machine makes it")
    arguments = parser.parse_args()
    write_release_data()
    tools = environment(with_torch=False, is_made=True)
    kinds = ["wheel"] if arguments.no_sdist else ["wheel", "sdist"]
    made = [build(tools, kind) for kind in kinds]
    run(tools, "-m", "twine", "check", "--strict", *made)
    run(tools, "-m", "check_wheel_contents", *[path for path in made if path.suffix == ".whl"])
    for path in made:
        try_installed(path, tools)
    write_checksums(made, "python-" + made[0].stem.split("-")[-1])
    return 0


def build(tools: Path, kind: str) -> Path:
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        run(tools, "-m", "hatchling", "build", "-t", kind, "-d", folder)
        (built,) = Path(folder).iterdir()
        DIST.mkdir(exist_ok=True)
        return Path(shutil.move(built, DIST / built.name))


def try_installed(package: Path, tools: Path) -> None:
    print(f"Installing {package.name} ...", flush=True)
    with tempfile.TemporaryDirectory(prefix="eremo-venv-") as name:
        folder = Path(name)
        venv.create(folder, with_pip=True)
        scripts = folder / ("Scripts" if os.name == "nt" else "bin")
        python = scripts / ("python.exe" if os.name == "nt" else "python")
        pip = ("-m", "pip", "--quiet", "--disable-pip-version-check", "install")
        run(python, *pip, "--constraint", CONSTRAINTS, package)
        program = scripts / ("eremo.exe" if os.name == "nt" else "eremo")
        run(tools, ROOT / "packaging" / "smoke_test.py", program)
        print(f"{package.name}: {package.stat().st_size / 1e6:.1f} MB, Eremo {version()}")


def run(*command: str | Path) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        print(f"The wheels could not be made: {error}", file=sys.stderr)
        sys.exit(1)
