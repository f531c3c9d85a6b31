"""The modules of packaging/, which is a folder of scripts and no package."""

import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "packaging"


def load(name):
    """The scripts import each other by their names alone."""
    sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(FOLDER))


build_kernels = load("build_kernels")
hatch_build = load("hatch_build")
translations = sys.modules["translations"]  # hatch_build needs it
PseudoTranslator = load("pseudo_translation").PseudoTranslator
