"""The modules of packaging/, which is a folder of scripts and no package."""

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "packaging" / f"{name}.py")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build_kernels = load("build_kernels")
hatch_build = load("hatch_build")
translations = sys.modules["translations"]  # hatch_build needs it
