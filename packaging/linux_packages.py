"""The packages of Linux: a .deb, and a folder in a .tar.xz that runs from wherever it lies."""

import gzip
import os
import re
import shutil
import subprocess
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from names import APP_ID, ROOT, stem, version

SOURCES = ROOT / "packaging" / "linux"
MAINTAINER = f"The Eremo developers <{os.environ.get('DEBEMAIL', 'nobody@localhost')}>"
DEBIAN_MACHINES = {"x86_64": "amd64", "arm64": "arm64"}

# What the bundle asks of the system, by the file's name -> the package of Debian and Ubuntu
PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libgcc_s.so.1": "libgcc-s1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libstdc++.so.6": "libstdc++6",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libxcb.so.1": "libxcb1",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
OF_LIBC = re.compile(r"(lib(c|m|dl|rt|pthread|util)|ld-linux.*)\.so\.\d")
GCC_OF_GLIBCXX = {29: "11", 30: "12", 31: "13", 32: "13.1", 33: "14"}  # before: 9, in all of them


class UnknownLibraryError(Exception):
    """The text names the library that no package is known for."""


def stage(bundle: Path, folder: Path, icons: Path) -> None:
    """Lay out what both packages share: the application and what the desktop knows it by."""
    shutil.copytree(bundle, folder / "app", symlinks=True)
    share = folder / "share"
    for source, place in (
        (f"{APP_ID}.desktop", "applications"),
        (f"{APP_ID}.metainfo.xml", "metainfo"),
        (f"{APP_ID}.mime.xml", "mime/packages"),
    ):
        (share / place).mkdir(parents=True)
        shutil.copy(SOURCES / source, share / place / source.replace(".mime", ""))
    for icon in icons.glob("*.png"):
        place = share / f"icons/hicolor/{icon.stem}x{icon.stem}/apps"
        place.mkdir(parents=True)
        shutil.copy(icon, place / f"{APP_ID}.png")
    scalable = share / "icons/hicolor/scalable/apps"
    scalable.mkdir(parents=True)
    shutil.copy(ROOT / "resources/icons/eremo.svg", scalable / f"{APP_ID}.svg")


def make_tar(staged: Path, into: Path) -> Path:
    """One folder with the application, and install.sh for the menu."""
    made = into / f"{stem()}.tar.xz"
    with tarfile.open(made, "w:xz", preset=6) as archive:
        for source, place in (
            (staged / "app", ""),
            (staged / "share", "share"),
            (SOURCES / "install.sh", "install.sh"),
        ):
            archive.add(source, f"{stem()}/{place}".rstrip("/"), filter=of_nobody)
    return made


def of_nobody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """The same whoever builds it, and readable for all."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mode |= 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
    entry.mode &= 0o755
    return entry


def make_deb(staged: Path, into: Path, work: Path) -> Path:
    root = work / "deb"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(staged / "app", root / "usr/lib/eremo", symlinks=True)
    shutil.copytree(staged / "share", root / "usr/share")
    (root / "usr/bin").mkdir()
    (root / "usr/bin/eremo").symlink_to("../lib/eremo/eremo")
    write_documents(root)
    overrides = root / "usr/share/lintian/overrides"
    overrides.mkdir(parents=True)
    shutil.copy(SOURCES / "lintian-overrides", overrides / "eremo")
    normalize(root)
    control = root / "DEBIAN"
    control.mkdir(mode=0o755)
    (control / "control").write_text(control_file(root), "utf-8")
    machine = DEBIAN_MACHINES[stem().rpartition("-")[2]]
    made = into / f"eremo_{version()}-1_{machine}.deb"
    command = ["dpkg-deb", "--root-owner-group", "-Zxz", "--build", root, made]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return made


def control_file(root: Path) -> str:
    size = sum(path.stat().st_size for path in root.rglob("*") if not path.is_symlink())
    fields = {
        "Package": "eremo",
        "Version": f"{version()}-1",
        "Architecture": DEBIAN_MACHINES[stem().rpartition("-")[2]],
        "Maintainer": MAINTAINER,
        "Installed-Size": str(size // 1024),
        "Depends": ", ".join(depends(root)),
        "Section": "utils",
        "Priority": "optional",
        "Description": "private assistant that runs a language model on your own machine\n"
        " Eremo opens a window, loads a language model into the memory of this\n"
        " computer, and answers there. It needs no account and no network. A small\n"
        " model comes with it; others are GGUF files.",
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items())


def depends(root: Path) -> list[str]:
    """The packages with the libraries that the bundle's own files are linked with.

    Raises: UnknownLibraryError.
    """
    wanted: dict[str, list[str]] = defaultdict(list)  # library -> who asks for it
    own, glibc, glibcxx = set(), (0, 0), 0
    for path in elf_files(root):
        own.add(path.name)
        text = subprocess.run(
            ["readelf", "-dVW", path], capture_output=True, text=True, check=True
        ).stdout
        for name in re.findall(r"\(NEEDED\).*\[(.*)\]", text):
            wanted[name].append(path.name)
        found = re.findall(r"Name: GLIBC_(\d+)\.(\d+)", text)
        glibc = max(glibc, *((int(a), int(b)) for a, b in found), (0, 0))
        glibcxx = max(glibcxx, *map(int, re.findall(r"Name: GLIBCXX_3\.4\.(\d+)", text)), 0)
    packages = {f"libc6 (>= {glibc[0]}.{glibc[1]})"}
    for name in wanted.keys() - own:
        if OF_LIBC.fullmatch(name):
            continue
        if name not in PACKAGES:
            raise UnknownLibraryError(f"{name}, which {wanted[name][0]} needs, is of no package")
        package = PACKAGES[name]
        gcc = f" (>= {GCC_OF_GLIBCXX.get(glibcxx, '9')})" if package == "libstdc++6" else ""
        packages.add(package + gcc)
    return sorted(packages)


def elf_files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def normalize(root: Path) -> None:
    """Debian's modes: programs and folders 755, everything else, libraries too, 644."""
    for path in root.rglob("*"):
        if path.is_symlink():
            continue
        is_program = path.is_dir() or (path.parent.name == "eremo" and path.name == "eremo")
        path.chmod(0o755 if is_program else 0o644)


def copyright_file(third_party: str) -> str:
    return (
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
        "Upstream-Name: Eremo\n"
        "Comment: What comes with Eremo is listed below, each with its own licence.\n\n"
        "Files: *\n"
        "Copyright: The Eremo developers\n"
        "License: Apache-2.0\n"
        " On Debian systems the text of the Apache License, version 2.0, is in\n"
        " /usr/share/common-licenses/Apache-2.0.\n\n"
        "Files: usr/lib/eremo/lib/*\n"
        "Copyright: see the comment\n"
        "License: various\n"
        " The licences of all parts stand in /usr/lib/eremo/THIRD-PARTY-LICENCES.txt.\n"
        "Comment:\n"
    ) + "".join(f" {line}\n" for line in summary(third_party))


def summary(third_party: str) -> list[str]:
    """The list at the beginning of the licences."""
    lines = third_party.split("\n\n", 2)[1].splitlines()
    return [line.strip() for line in lines]


def write_documents(root: Path) -> None:
    pages, documents = root / "usr/share/man/man1", root / "usr/share/doc/eremo"
    pages.mkdir(parents=True)
    documents.mkdir(parents=True)
    (pages / "eremo.1.gz").write_bytes(
        gzip.compress((SOURCES / "eremo.1").read_bytes(), 9, mtime=0)
    )
    entry = (
        f"eremo ({version()}-1) unstable; urgency=medium\n\n  * Release {version()}.\n\n"
        f" -- {MAINTAINER}  {format_datetime(datetime.now(UTC))}\n"
    )
    changelog = gzip.compress(entry.encode(), 9, mtime=0)
    (documents / "changelog.Debian.gz").write_bytes(changelog)
    licences = root / "usr/lib/eremo/THIRD-PARTY-LICENCES.txt"
    (documents / "copyright").write_text(copyright_file(licences.read_text("utf-8")), "utf-8")
