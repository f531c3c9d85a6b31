"""For which machine the kernels are compiled, and what a wheel with them is called."""

import argparse
import subprocess
import sys

import pytest

from tests.packaging.scripts import ROOT, build_kernels, hatch_build

Target = build_kernels.Target
MACHINES, SYSTEMS = ("x86_64", "aarch64"), ("linux", "macos", "windows")


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_target_is_a_machine_and_a_system(machine, system):
    assert Target.parse(f"{machine}-{system}") == Target(machine, system)


@pytest.mark.parametrize("text", ["", "x86_64", "linux", "x86_64-", "riscv64-linux", "x86_64-bsd"])
def test_another_target_is_refused_with_a_sentence(text):
    with pytest.raises(argparse.ArgumentTypeError, match="There are no kernels for"):
        Target.parse(text)


@pytest.mark.parametrize(
    ("machine", "platform", "expected"),
    [
        ("x86_64", "linux", "x86_64-linux"),
        ("aarch64", "linux", "aarch64-linux"),
        ("x86_64", "darwin", "x86_64-macos"),
        ("arm64", "darwin", "aarch64-macos"),
    ],
)
def test_the_target_of_this_machine(machine, platform, expected, monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr(sys, "platform", platform)
    assert Target.here() == Target.parse(expected)


@pytest.mark.parametrize(
    ("python", "expected"), [("win-amd64", "x86_64-windows"), ("win-arm64", "aarch64-windows")]
)
def test_on_windows_python_and_not_the_machine_decides(python, expected, monkeypatch):
    """An x86-64 Python on an Arm machine, which emulates it, loads x86-64 libraries alone."""
    monkeypatch.setattr("platform.machine", lambda: "ARM64")
    monkeypatch.setattr("sysconfig.get_platform", lambda: python)
    monkeypatch.setattr(sys, "platform", "win32")
    assert Target.here() == Target.parse(expected)


def test_a_machine_without_kernels_is_named_in_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    monkeypatch.setattr(sys, "argv", ["build_kernels.py"])
    assert build_kernels.main() == 1
    assert capsys.readouterr().err.startswith("There are no kernels for riscv64-")


@pytest.mark.parametrize(
    ("target", "tag"),
    [
        ("x86_64-linux", "manylinux_2_17_x86_64"),
        ("aarch64-linux", "manylinux_2_17_aarch64"),
        ("x86_64-macos", "macosx_11_0_x86_64"),
        ("aarch64-macos", "macosx_11_0_arm64"),
        ("x86_64-windows", "win_amd64"),
        ("aarch64-windows", "win_arm64"),
    ],
)
def test_the_platform_tag_of_a_wheel(target, tag):
    assert hatch_build.platform_tag(Target.parse(target)) == tag


def test_another_compiler_makes_a_wheel_for_this_machine_alone(monkeypatch):
    """It links with this machine's C library, which may be newer than manylinux promises."""
    monkeypatch.setenv("EREMO_CXX", "g++")
    assert hatch_build.platform_tag(Target.parse("x86_64-linux")) == "linux_x86_64"


def test_the_library_has_the_name_that_it_is_loaded_by():
    from inference.kernels import library

    here = build_kernels.default_output(Target.here())
    assert here.name == library.LIBRARY_NAME
    assert here.parent == ROOT / "inference" / "kernels"


def test_every_level_is_compiled_once_and_with_its_own_flags():
    target = Target.parse("x86_64-linux")
    units = build_kernels.translation_units(target, ["g++"])
    names = [name for name, _, _ in units]
    assert len(set(names)) == len(names)
    assert names[:3] == ["avx2", "avxvnni", "avx512"]
    assert all("-mavx2" in flags for _, _, flags in units[:3])
    assert not any(flags for _, _, flags in units[3:])  # else it would not start on an old machine


def test_the_selftest_has_the_library_s_units_too():
    target = Target.parse("aarch64-linux")
    units = [
        {source for _, source, _ in build_kernels.translation_units(target, ["g++"], selftest)}
        for selftest in (False, True)
    ]
    assert units[0] < units[1]
    assert {path.parent.name for path in units[1] - units[0]} == {"selftest"}


def test_without_a_home_the_compiler_s_cache_is_temporary(tmp_path, monkeypatch):
    """zig refuses to compile where it finds no place for its cache, as in some containers."""
    for name in ("ZIG_GLOBAL_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.delenv(name, raising=False)
    temporary = {"ZIG_GLOBAL_CACHE_DIR": str(tmp_path / "cache")}
    assert build_kernels.cache_of_zig(tmp_path) == temporary
    monkeypatch.setenv("HOME", str(tmp_path / "missing"))
    assert build_kernels.cache_of_zig(tmp_path) == temporary
    monkeypatch.setenv("HOME", str(tmp_path))
    assert build_kernels.cache_of_zig(tmp_path) == {}
    monkeypatch.setenv("ZIG_GLOBAL_CACHE_DIR", str(tmp_path / "chosen"))
    assert build_kernels.cache_of_zig(tmp_path) == {}


def test_an_error_of_the_compiler_is_the_script_s(tmp_path, monkeypatch):
    monkeypatch.setenv("EREMO_CXX", "false")
    script, output = ROOT / "packaging" / "build_kernels.py", tmp_path / "library"
    result = subprocess.run(
        [sys.executable, script, "--output", output], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert result.stderr.startswith("The kernels could not be built")
    assert not output.exists()
