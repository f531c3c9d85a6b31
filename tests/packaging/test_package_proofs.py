"""Packages as they reach other machines: built for every target, and installed without a compiler.

They need the package index, for the compiler that the build brings along.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from tests.packaging import binaries
from tests.packaging.scripts import ROOT, build_kernels

pytestmark = pytest.mark.proof

HEADER = build_kernels.SOURCES / "eremo.h"
LIBRARIES = [f"inference/kernels/{name}" for name in build_kernels.LIBRARY_NAMES.values()]
EXPORTS = re.findall(r"^EREMO_API .*\b(eremo_\w+)\(", HEADER.read_text(), re.MULTILINE)
GLIBC = {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "ld-linux-x86-64.so.2"}


def run(*command, **options):
    result = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """The sources as git has them, without what was built from them."""
    folder = tmp_path_factory.mktemp("checkout")
    names = run("git", "ls-files", cwd=ROOT).splitlines()
    for name in names:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def names_in(folder):
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


def build(checkout, kind, into, **environment):
    into.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", into]
    run(*command, cwd=checkout, env=os.environ | environment)
    (built,) = into.iterdir()
    return built


def check_elf(library):
    if shutil.which("readelf") is None:
        pytest.skip("the wheel is right, but readelf is not here to look into its library")
    binary = binaries.read_elf(library)
    assert binary.libraries <= GLIBC
    assert binary.glibc <= (2, 17)
    assert binary.exports == set(EXPORTS)


def check_pe(library):
    if shutil.which("objdump") is None:
        pytest.skip("the wheel is right, but objdump is not here to look into its library")
    binary = binaries.read_pe(library)
    runtime = {name for name in binary.libraries if name.startswith("api-ms-win-crt-")}
    assert binary.libraries - runtime == {"KERNEL32.dll"}
    assert binary.exports == set(EXPORTS)


def check_mach_o(library):
    binary = binaries.read_mach_o(library)
    assert binary.libraries == {"/usr/lib/libSystem.B.dylib"}
    assert {f"_{name}" for name in EXPORTS} <= binary.exports
    assert binary.min_system == (11, 0)


def check_signed_mach_o(library):
    """A Mac with Apple's processor ends a process that loads unsigned code."""
    check_mach_o(library)
    assert binaries.read_mach_o(library).is_signed


TARGETS = {
    "x86_64-linux": ("manylinux_2_17_x86_64", check_elf),
    "aarch64-linux": ("manylinux_2_17_aarch64", check_elf),
    "x86_64-windows": ("win_amd64", check_pe),
    "x86_64-macos": ("macosx_11_0_x86_64", check_mach_o),
    "aarch64-macos": ("macosx_11_0_arm64", check_signed_mach_o),
}


@pytest.mark.parametrize("target", TARGETS)
def test_a_wheel_holds_the_library_of_its_target_alone(target, checkout, tmp_path):
    tag, check = TARGETS[target]
    stale = [checkout / name for name in LIBRARIES]
    for path in stale:
        path.write_bytes(b"of another target")
    wheel = build(checkout, "wheel", tmp_path / "dist", EREMO_TARGET=target)
    assert wheel.name.endswith(f"-py3-none-{tag}.whl")
    with zipfile.ZipFile(wheel) as archive:
        (info,) = [name for name in archive.namelist() if name.endswith("/WHEEL")]
        lines = archive.read(info).decode().splitlines()
        (inside,) = [
            name for name in archive.namelist() if name.endswith((".so", ".dylib", ".dll"))
        ]
        library = Path(archive.extract(inside, tmp_path))
    assert {"Root-Is-Purelib: false", f"Tag: py3-none-{tag}"} <= set(lines)
    assert library.name == build_kernels.LIBRARY_NAMES[target.partition("-")[2]]
    assert [path.read_bytes() for path in stale] == [b"of another target"] * 3  # not written over
    check(library)


def test_a_wheel_is_built_from_the_source_distribution(checkout, tmp_path):
    sdist = build(checkout, "sdist", tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"packaging/hatch_build.py", "packaging/build_kernels.py"} <= names
    sources = {f"inference/kernels/src/{path.name}" for path in build_kernels.SOURCES.iterdir()}
    assert sources <= names
    assert not names & set(LIBRARIES)
    (unpacked,) = [path for path in tmp_path.iterdir() if path.name.startswith("eremo-")]
    wheel = build(unpacked, "wheel", tmp_path / "dist")
    with zipfile.ZipFile(wheel) as archive:
        built = set(archive.namelist()) & set(LIBRARIES)
        translated = {name for name in archive.namelist() if "/translations/" in name}
    assert len(built) == 1
    assert translated == {
        f"resources/translations/{name}" for name in ("eremo_en.qm", "eremo_it.qm", "sentences.txt")
    }


def test_installed_without_a_compiler(checkout, tmp_path):
    """In a new environment, with nothing on the PATH but this, empty caches, and a build that
    brings its own requirements. Of Eremo's dependencies only NumPy, all that the check needs."""
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=True)
    binaries_folder = folder / ("Scripts" if os.name == "nt" else "bin")
    (tmp_path / "home").mkdir()
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    environment = kept | {
        "PATH": str(binaries_folder),
        "HOME": str(tmp_path / "home"),
        "CC": "/bin/false",
        "CXX": "/bin/false",
    }
    for compiler in ("cc", "c++", "gcc", "g++", "clang", "clang++", "zig"):
        assert shutil.which(compiler, path=environment["PATH"]) is None
    python = binaries_folder / "python"
    options = {"cwd": tmp_path, "env": environment}
    before = names_in(checkout)
    run(python, "-m", "pip", "install", "--quiet", "numpy", **options)
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", checkout, **options)
    assert names_in(checkout) == before  # nothing of the compiler's is left there
    where = run(python, "-c", "import inference; print(inference.__file__)", **options)
    assert where.startswith(str(folder))
    result = run(python, "-m", "inference.kernels", **options)
    assert result
    assert all("products are right" in line for line in result.splitlines())
