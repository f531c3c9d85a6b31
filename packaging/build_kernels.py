"""Compiles the CPU kernels of inference/kernels/src into one shared library.

    python packaging/build_kernels.py                      for this machine, beside the sources
    python packaging/build_kernels.py --target aarch64-macos --output FILE
    python packaging/build_kernels.py --selftest           a program that checks them, into build/

The compiler is that of the `ziglang` package, which needs nothing else on the machine and compiles
for every system; EREMO_CXX names another one, for this machine alone. Standard library only.
"""

import argparse
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "inference" / "kernels" / "src"
SELFTEST = ROOT / "inference" / "kernels" / "selftest"
FLAGS = [
    *("-std=c++17", "-O3", "-fvisibility=hidden", "-fno-exceptions", "-fno-rtti"),
    "-ffp-contract=off",  # sums in one order and rounding, whatever the compiler would make of them
    *("-Wall", "-Wextra", "-Wno-psabi"),
]

AVX2 = ["-mavx2", "-mfma", "-mf16c"]
LEVELS = {
    "x86_64": {
        "avx2": AVX2,
        "avxvnni": [*AVX2, "-mavxvnni", "-DEREMO_HAS_VNNI"],
        "avx512": [*AVX2, *(f"-mavx512{part}" for part in ("f", "bw", "vl", "dq", "vnni"))],
    },
    "aarch64": {"neon": ["-march=armv8.2-a+dotprod"]},
}
LIBRARY_NAMES = {
    "linux": "liberemo_kernels.so",
    "macos": "liberemo_kernels.dylib",
    "windows": "eremo_kernels.dll",
}
ZIG_TARGETS = {"linux": "linux-gnu.2.17", "macos": "macos.11.0", "windows": "windows-gnu"}
ZIG_LEVELS = {"neon": ["-mcpu=generic+dotprod"]}  # zig has its own words for processors
OTHER_FLAGS = ["-Wno-uninitialized", "-Wno-maybe-uninitialized"]  # GCC 12 warns of its own headers


@dataclass(frozen=True)
class Target:
    machine: str  # x86_64 or aarch64
    system: str  # linux, macos or windows

    @classmethod
    def parse(cls, text: str) -> "Target":
        """Raises: ArgumentTypeError."""
        machine, _, system = text.partition("-")
        if machine not in LEVELS or system not in LIBRARY_NAMES:
            raise argparse.ArgumentTypeError(
                f"There are no kernels for {text}, only for {' and '.join(LEVELS)}, "
                f"each on {', '.join(LIBRARY_NAMES)}."
            )
        return cls(machine, system)

    @classmethod
    def here(cls) -> "Target":
        """The machine that this Python is made for. Raises: ArgumentTypeError."""
        machine = platform.machine().lower()
        if sys.platform == "win32":  # where a Python for x86-64 runs on Arm too
            machine = sysconfig.get_platform().removeprefix("win-")
        machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
        system = {"darwin": "macos", "win32": "windows"}.get(sys.platform, sys.platform)
        return cls.parse(f"{machine}-{system}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--target", type=Target.parse, help="such as aarch64-macos")
    parser.add_argument("--output", type=Path, metavar="FILE")
    parser.add_argument("--flags", default="", help="more flags for compiler and linker")
    parser.add_argument("--selftest", action="store_true", help="the program, not the library")
    arguments = parser.parse_args()
    try:
        target = arguments.target or Target.here()
    except argparse.ArgumentTypeError as error:
        print(error, file=sys.stderr)
        return 1
    output = arguments.output or default_output(target, arguments.selftest)
    build(target, output, shlex.split(arguments.flags), arguments.selftest)
    print(output)
    return 0


def default_output(target: Target, selftest: bool = False) -> Path:
    if selftest:
        suffix = ".exe" if target.system == "windows" else ""
        return ROOT / "build" / f"selftest-{target.machine}-{target.system}{suffix}"
    return SOURCES.parent / LIBRARY_NAMES[target.system]


def fingerprint() -> str:
    """Changes with everything that the library is made from, but for the compiler."""
    digest = hashlib.sha256(os.environ.get("EREMO_CXX", "").encode())
    for path in sorted([*SOURCES.iterdir(), Path(__file__)]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def build(target: Target, output: Path, flags: list[str], selftest: bool = False) -> None:
    """The shared library, or the program that checks what it is made of.

    Raises: CalledProcessError, after the compiler has said what is wrong.
    """
    compiler = compiler_for(target, selftest)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = [
            (source, flags + unit_flags, Path(folder) / f"{name}.o")
            for name, source, unit_flags in translation_units(target, compiler, selftest)
        ]

        environment = os.environ | cache_of_zig(Path(folder))

        def run(*command: str | Path) -> None:
            subprocess.run([*compiler, *command], env=environment, check=True)

        def compile_one(unit: tuple[Path, list[str], Path]) -> Path:
            source, unit_flags, to = unit
            run(*FLAGS, *unit_flags, *position(target), "-c", source, "-o", to)
            return to

        compiled = list(pool.map(compile_one, objects))
        finished = Path(folder) / output.name
        kind = [] if selftest else ["-shared", *exports(target)]
        strip = [] if flags else ["-s"]
        run(*kind, *flags, *strip, *compiled, "-o", finished, *libraries(target))
        output.parent.mkdir(parents=True, exist_ok=True)
        # A process that runs keeps the file that it has loaded.
        output.unlink(missing_ok=True)
        shutil.copy(finished, output)


def compiler_for(target: Target, selftest: bool = False) -> list[str]:
    if named := os.environ.get("EREMO_CXX"):
        return shlex.split(named)
    system = ZIG_TARGETS[target.system]
    if selftest and target.system == "linux":
        system = "linux-musl"  # static, so that an emulator needs no other files
    return [sys.executable, "-m", "ziglang", "c++", "-target", f"{target.machine}-{system}"]


def translation_units(
    target: Target, compiler: list[str], selftest: bool = False
) -> list[tuple[str, Path, list[str]]]:
    """Name, source and flags; the slowest first."""
    is_zig = "ziglang" in compiler
    other_flags = [] if is_zig else OTHER_FLAGS
    levels = [
        (
            name,
            SOURCES / "level.cpp",
            [
                f"-DEREMO_LEVEL={name}",
                *(ZIG_LEVELS.get(name, flags) if is_zig else flags),
                *other_flags,
            ],
        )
        for name, flags in LEVELS[target.machine].items()
    ]
    common = [path for path in sorted(SOURCES.glob("*.cpp")) if path.name != "level.cpp"]
    checks = sorted(SELFTEST.glob("*.cpp")) if selftest else []
    return levels + [(path.stem, path, []) for path in checks + common]


def position(target: Target) -> list[str]:
    return [] if target.system == "windows" else ["-fPIC"]


def exports(target: Target) -> list[str]:
    return [f"-Wl,--version-script={SOURCES / 'exports.map'}"] if target.system == "linux" else []


def libraries(target: Target) -> list[str]:
    return ["-pthread"] if target.system == "linux" else []


def cache_of_zig(folder: Path) -> dict[str, str]:
    """Where a user has no home that can be written to, zig's own libraries are kept in `folder`."""
    variables = os.environ
    if "ZIG_GLOBAL_CACHE_DIR" in variables:
        return {}
    homes = [variables.get(name) for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME")]
    if os.access(next(filter(None, homes), ""), os.W_OK):
        return {}
    return {"ZIG_GLOBAL_CACHE_DIR": str(folder / "cache")}


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        print(f"The kernels could not be built: {error}", file=sys.stderr)
        sys.exit(1)
