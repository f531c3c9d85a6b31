"""Makes the build compile the CPU kernels and the translations, which every wheel has."""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))
import build_kernels
import translations

TARGET_VARIABLE = "EREMO_TARGET"
"""Another machine than this one, such as aarch64-macos: the wheel is then for that."""


class CompilingHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":
            return
        target = chosen_target()
        in_place = build_kernels.default_output(target)
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform_tag(target)}"
        if version == "editable":
            build_kernels.build(target, in_place, [])
            return
        # Not beside the sources: what lies there is this machine's, or was left by another target.
        self.folder = tempfile.TemporaryDirectory()
        library = Path(self.folder.name) / in_place.name
        build_kernels.build(target, library, [])
        inside = in_place.relative_to(self.root).as_posix()
        build_data["force_include"][str(library)] = inside
        for compiled in translations.compile_all(output=Path(self.folder.name)):
            inside = (translations.FOLDER / compiled.name).relative_to(self.root).as_posix()
            build_data["force_include"][str(compiled)] = inside

    def finalize(
        self,
        version: str,  # noqa: ARG002
        build_data: dict[str, Any],  # noqa: ARG002
        artifact_path: str,  # noqa: ARG002
    ) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()


def chosen_target() -> build_kernels.Target:
    named = os.environ.get(TARGET_VARIABLE)
    try:
        return build_kernels.Target.parse(named) if named else build_kernels.Target.here()
    except argparse.ArgumentTypeError as error:
        sys.exit(str(error))


def platform_tag(target: build_kernels.Target) -> str:
    if target.system == "linux":
        # Another compiler links with the C library of this machine, whatever its age.
        prefix = "linux" if os.environ.get("EREMO_CXX") else "manylinux_2_17"
        return f"{prefix}_{target.machine}"
    if target.system == "windows":
        return "win_amd64" if target.machine == "x86_64" else "win_arm64"
    return f"macosx_11_0_{'arm64' if target.machine == 'aarch64' else target.machine}"
