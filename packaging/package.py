"""Builds the packages of this system into dist/, and tries the application that is in them.

    python packaging/package.py                 everything (`make package`)
    python packaging/package.py --with-torch    with PyTorch, for processors without AVX2
    python packaging/package.py --bundle-only   the folder alone, tried, in build/package

Needs the embedded model (`make setup` fetches it) and the package index.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from bundle import BUILD, ICONS, environment, make_bundle
from names import ROOT, stem
from release_data import write_release_data

DIST = ROOT / "dist"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--with-torch", action="store_true")
    parser.add_argument("--bundle-only", action="store_true")
    arguments = parser.parse_args()
    write_release_data()
    bundle = make_bundle(arguments.with_torch)
    python = environment(arguments.with_torch, is_made=True)
    for script, of in (("sizes.py", bundle), ("smoke_test.py", program_of(bundle))):
        subprocess.run([python, ROOT / "packaging" / script, of], check=True)
    if not arguments.bundle_only:
        for made in make_packages(bundle):
            print(f"{made}  {made.stat().st_size / 1e6:.1f} MB")
    return 0


def program_of(bundle: Path) -> Path:
    if bundle.suffix == ".app":
        return bundle / "Contents" / "MacOS" / "eremo"
    return bundle / ("eremo.exe" if sys.platform == "win32" else "eremo")


def make_packages(bundle: Path) -> list[Path]:
    """For this system, and SHA256SUMS-<system> of them."""
    DIST.mkdir(exist_ok=True)
    if sys.platform == "darwin":
        from macos_packages import make_dmg

        made = [make_dmg(bundle, DIST)]
    elif sys.platform == "win32":
        from windows_packages import make_installer, make_zip

        made = [make_zip(bundle, DIST), make_installer(bundle, DIST, ICONS)]
    else:
        made = linux_packages(bundle)
    components = DIST / f"{stem()}.sbom.json"
    shutil.copy(next(bundle.rglob("sbom.json")), components)
    made.append(components)
    made.append(write_checksums(made, stem()))
    return made


def linux_packages(bundle: Path) -> list[Path]:
    from linux_packages import make_deb, make_tar, stage

    staged = BUILD / "staged"
    shutil.rmtree(staged, ignore_errors=True)
    stage(bundle, staged, ICONS)
    return [make_tar(staged, DIST), make_deb(staged, DIST, BUILD)]


def write_checksums(files: list[Path], name: str) -> Path:
    """As sha256sum writes and checks them; the release joins them into one file."""
    sums = DIST / f"SHA256SUMS-{name}"
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    sums.write_text("".join(lines), "utf-8", newline="\n")
    return sums


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        print(f"The packages could not be made: {error}", file=sys.stderr)
        sys.exit(1)
