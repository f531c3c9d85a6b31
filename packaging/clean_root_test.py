"""Tries the .deb and the .tar.xz in a new Debian that has nothing but its base system.

    python packaging/clean_root_test.py dist/eremo_*.deb dist/eremo-*.tar.xz [--base FOLDER]

The .deb is installed by apt with what it depends on, tried as packaging/smoke_test.py does, and
purged; nothing of it may be left. The .tar.xz is then tried by a user without rights, where only
the libraries are that the .deb depends on. Needs root, debootstrap, Xvfb and Debian's archive.
--base keeps the base system for the next time.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from smoke_test import FailedError, check, smoke_test

RELEASE = "bookworm"
USER = "1000:1000"
HOME = "home/somebody"
ABSENT = ("python3", "python3.11", "cc", "gcc", "g++", "clang", "zig")
# Of the package manager, or made by libraries that others than Eremo brought
IGNORED = ("var/lib/dpkg", "var/lib/apt", "var/cache", "var/log", "etc/ld.so.cache", "tmp", "proc")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("deb", type=Path)
    parser.add_argument("tar", type=Path)
    parser.add_argument("--base", type=Path, help="of debootstrap; made if it isn't there")
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="eremo-root-") as folder:
            base = arguments.base or Path(folder) / "base"
            if not base.exists():
                run("debootstrap", "--variant=minbase", RELEASE, base)
            root = Path(folder) / "root"
            run("cp", "--archive", base, root)
            with mounted(root):
                depends = try_deb(root, arguments.deb)
                try_tar(root, arguments.tar, depends)
    except FailedError as error:
        print(f"It failed: {error}", file=sys.stderr)
        return 1
    return 0


def try_deb(root: Path, deb: Path) -> list[str]:
    """Returns the packages that it depends on."""
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    apt(root, "update")
    for name in ABSENT:
        check(which(root, name) is None, f"{name} is there: this root isn't clean")
    before = files_of(root)
    shutil.copy(deb, root / "tmp" / deb.name)
    print(f"Installing {deb.name} ...")
    apt(root, "install", f"/tmp/{deb.name}")
    for name in ABSENT:
        check(which(root, name) is None, f"the package brings {name} along")
    smoke_test(["chroot", str(root), "/usr/bin/eremo"], root)
    depends = output("dpkg-deb", "--field", deb, "Depends")
    apt(root, "purge", "eremo")
    apt(root, "autoremove", "--purge")
    left = files_of(root) - before
    check(not left, f"the package leaves {sorted(left)[:10]}")
    print("The .deb was installed, tried and purged; nothing was left.")
    return [part.split(" ")[0] for part in depends.strip().split(", ")]


def try_tar(root: Path, tar: Path, depends: list[str]) -> None:
    apt(root, "install", *depends)
    home = root / HOME
    home.mkdir()
    os.chown(home, *map(int, USER.split(":")))
    run("chroot", "--userspec", USER, root, "mkdir", f"/{HOME}/a folder")
    shutil.copy(tar, root / "tmp" / tar.name)
    as_user = ["chroot", f"--userspec={USER}", str(root), "env", f"HOME=/{HOME}"]
    apt(root, "install", "xz-utils")
    run(*as_user, "tar", "-xf", f"/tmp/{tar.name}", "-C", f"/{HOME}/a folder")
    (folder,) = (home / "a folder").iterdir()
    inside = f"/{folder.relative_to(root)}"
    before = files_of(home)
    smoke_test([*as_user, f"{inside}/eremo"], root)
    # The system's library for fonts keeps a list of them there, for all programs.
    written = {name for name in files_of(home) - before if not name.startswith(".cache")}
    check(not written, f"it wrote outside its data folder: {written}")
    run(*as_user, f"{inside}/install.sh")
    entry = home / ".local/share/applications/org.eremo.Eremo.desktop"
    check(f'Exec="{inside}/eremo" open %f' in entry.read_text("utf-8"), "the menu's entry is wrong")
    run(*as_user, f"{inside}/install.sh", "--remove")
    left = {name for name in files_of(home) - before if (home / name).is_file()}
    left = {name for name in left if not name.startswith(".cache")}
    check(not left, f"install.sh --remove leaves {left}")
    print("The .tar.xz runs for a user without rights, from a folder with a space in its name.")


@contextlib.contextmanager
def mounted(root: Path) -> Iterator[None]:
    """With /proc, and the socket of this machine's X server."""
    sockets = root / "tmp/.X11-unix"
    sockets.mkdir(mode=0o1777, exist_ok=True)
    Path("/tmp/.X11-unix").mkdir(mode=0o1777, exist_ok=True)
    run("mount", "-t", "proc", "proc", root / "proc")
    run("mount", "--bind", "/tmp/.X11-unix", sockets)
    try:
        yield
    finally:
        run("umount", sockets)
        run("umount", root / "proc")


def files_of(folder: Path) -> set[str]:
    found = set()
    for parent, folders, names in os.walk(folder):
        place = Path(parent).relative_to(folder)
        folders[:] = [name for name in folders if str(place / name) not in IGNORED]
        found |= {str(place / name) for name in [*folders, *names]} - set(IGNORED)
    return found


def which(root: Path, name: str) -> str | None:
    path = f"/usr/bin/{name}"
    return path if os.path.lexists(f"{root}{path}") else None


def apt(root: Path, command: str, *arguments: str) -> None:
    options = ["-qq", "--yes", "--no-install-recommends"]
    run(
        "chroot",
        root,
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        *options,
        command,
        *arguments,
    )


def run(*command: str | Path) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    check(result.returncode == 0, f"{' '.join(map(str, command))}: {result.stderr[-2000:]}")


def output(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
