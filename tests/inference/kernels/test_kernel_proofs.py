"""The self-test of the kernels where the other tests can't go: under sanitizers, which see what a
right result hides, and on systems that an emulator stands for."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.packaging.scripts import build_kernels

pytestmark = pytest.mark.proof

Target = build_kernels.Target
X86_64_LEVELS = ["avx512", "avxvnni", "avx2"]
NUM_GROUPS = 16  # of checks, each a line


def built(folder, target, flags="", selftest=True):
    system = Target.parse(target)
    name = build_kernels.default_output(system, selftest).name
    build_kernels.build(system, folder / name, flags.split(), selftest)
    return folder / name


def check(*command, timeout_seconds=300, **environment):
    """Runs a self-test; returns the levels that were right in everything."""
    result = subprocess.run(
        command,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    lines = [line.split() for line in result.stdout.splitlines()]
    levels = list(dict.fromkeys(line[0] for line in lines))
    assert len(lines) == NUM_GROUPS * len(levels)
    assert all("right," in line for line in lines)
    return levels


def needs(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not here")


def require_sanitizer(flags, folder):
    source = folder / "empty.cpp"
    source.write_text("int main() { return 0; }\n")
    trial = subprocess.run(
        ["g++", *flags.split(), source, "-o", folder / "empty"], capture_output=True, check=False
    )
    if trial.returncode:
        pytest.skip(f"g++ has no {flags} here")


@pytest.fixture
def with_gcc(monkeypatch):
    monkeypatch.setenv("EREMO_CXX", "g++")


def here():
    target = Target.here()
    return f"{target.machine}-{target.system}"


@needs("g++")
@pytest.mark.usefixtures("with_gcc")
def test_no_step_beyond_memory_and_nothing_undefined(tmp_path):
    """New memory is filled with 0xFF, which as a float is no number: what is used before it was
    written shows too."""
    flags = "-fsanitize=address,undefined -fno-sanitize-recover=undefined"
    require_sanitizer(flags, tmp_path)
    program = built(tmp_path, here(), f"-O1 -g {flags}")
    fill = "max_malloc_fill_size=1000000000:malloc_fill_byte=255"
    assert check(program, ASAN_OPTIONS=f"{fill}:detect_stack_use_after_return=1")


@needs("g++")
@needs("setarch")
@pytest.mark.usefixtures("with_gcc")
def test_threads_do_not_race(tmp_path):
    """setarch: newer systems scatter addresses more widely than the sanitizer knows."""
    flags = "-fsanitize=thread"
    require_sanitizer(flags, tmp_path)
    program = built(tmp_path, here(), f"-O1 -g {flags}")
    assert check("setarch", "--addr-no-randomize", program)


def test_this_machine(tmp_path):
    """As the compiler of the installation makes it."""
    assert check(built(tmp_path, here()))


@needs("qemu-aarch64")
def test_neon_in_an_emulator(tmp_path):
    program = built(tmp_path, "aarch64-linux")
    assert check("qemu-aarch64", "-cpu", "max", program) == ["neon"]
    old = subprocess.run(
        ["qemu-aarch64", "-cpu", "cortex-a57", program], capture_output=True, text=True, check=False
    )
    assert old.returncode == 1  # without the dot product: refused, not killed
    assert old.stdout == "This machine runs no CPU level of the kernels.\n"


@needs("qemu-x86_64")
@pytest.mark.parametrize(
    ("processor", "levels"), [("Haswell", ["avx2"]), ("Nehalem", []), ("qemu64", [])]
)
def test_older_x86_64_processors_in_an_emulator(processor, levels, tmp_path):
    """The library's start must not run what they lack."""
    program = built(tmp_path, "x86_64-linux")
    command = ["qemu-x86_64", "-cpu", processor, program]
    if levels:
        assert check(*command) == levels
        return
    old = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (old.returncode, old.stdout) == (1, "This machine runs no CPU level of the kernels.\n")


@pytest.fixture
def wine(tmp_path, monkeypatch):
    """The command that runs a program of Windows."""
    program = shutil.which("wine64") or shutil.which("wine", path="/usr/lib/wine:/usr/bin")
    program = program or shutil.which("wine64", path="/usr/lib/wine")
    if program is None:
        pytest.skip("Wine is not here")
    monkeypatch.setenv("WINEPREFIX", str(tmp_path / "wine"))
    monkeypatch.setenv("WINEDEBUG", "-all")
    yield program
    stop = shutil.which("wineserver", path="/usr/lib/wine:/usr/bin")
    if stop:
        subprocess.run([stop, "--kill"], check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="is Windows itself")
def test_windows_in_wine(wine, tmp_path):
    assert set(check(wine, built(tmp_path, "x86_64-windows"))) <= set(X86_64_LEVELS)


LOADER = r"""
#include <stdio.h>
#include <windows.h>
int main(void) {
  HMODULE library = LoadLibraryA("eremo_kernels.dll");
  if (!library) return (int)GetLastError();
  puts(((const char *(*)(void))(void *)GetProcAddress(library, "eremo_levels"))());
  return 0;
}
"""


@pytest.mark.skipif(sys.platform == "win32", reason="is Windows itself")
def test_the_library_is_loaded_in_wine(wine, tmp_path):
    built(tmp_path, "x86_64-windows", selftest=False)
    (tmp_path / "loader.c").write_text(LOADER)
    zig = [sys.executable, "-m", "ziglang", "cc", "-target", "x86_64-windows-gnu"]
    subprocess.run([*zig, "loader.c", "-o", "loader.exe"], cwd=tmp_path, check=True)
    result = subprocess.run(
        [wine, "loader.exe"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    levels = result.stdout.split()
    assert levels
    assert levels == [level for level in X86_64_LEVELS if level in levels]
