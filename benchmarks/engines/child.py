"""A benchmarked engine's process, seen from the process that measures."""

import json
import os
import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
EREMO_MODULE = "benchmarks.engines.eremo_child"
LLAMACPP_MODULE = "benchmarks.engines.llamacpp_child"


class ChildEndedError(Exception):
    """It has said why on stderr."""


class Child:
    """python: the interpreter that runs it. kernels: Eremo's EREMO_KERNELS, "" leaves it alone."""

    def __init__(self, python: str, module: str, kernels: str = "") -> None:
        self._module = module
        chosen = {"EREMO_KERNELS": kernels} if kernels else {}
        self._process = subprocess.Popen(
            [python, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=PROJECT,
            env=os.environ | chosen,
        )

    def ask(self, command: str, **arguments: object):
        """Wait until it is done; what it answers.

        Raises:
            ChildEndedError: there is no answer.
        """
        try:
            print(json.dumps({"command": command, **arguments}), file=self._process.stdin)
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise ChildEndedError(f"{self._module} has ended") from error
        reply = self._process.stdout.readline()
        if not reply:
            raise ChildEndedError(f"{self._module} ended during “{command}”")
        return json.loads(reply)

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_error: object) -> None:
        """Ends it, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
