"""Where the embedded model lies, for the tests that need a real one."""

from importlib.resources import files
from pathlib import Path

EMBEDDED_MODEL = Path(str(files("resources"))) / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf"
