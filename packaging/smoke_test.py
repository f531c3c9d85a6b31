"""Tries a packaged Eremo as a user would: opens it, asks a question, quits, and looks around.

    python packaging/smoke_test.py build/package/eremo/eremo
    python packaging/smoke_test.py --prefix "chroot ROOT" /usr/bin/eremo

Begins with an empty profile. Passes when the window has painted, the embedded model has answered
from the engine's process, and after the end no process, no temporary file and no error in the log
is left. On Linux it runs where there is no network, if that is allowed; everywhere the sockets of
its processes are watched. Needs psutil, and Xvfb where there is no display (else it is offscreen).
"""

import argparse
import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

WAIT_SECONDS = 180.0
END_SECONDS = 2.0  # that the helpers of an ended process may take to notice
POLL_SECONDS = 0.02
JAMBA = Path(__file__).resolve().parent.parent / "tests" / "data" / "recall-jamba"
WITHOUT_NETWORK = (["unshare", "--net"], ["unshare", "--map-current-user", "--net"])


class FailedError(Exception):
    """The text says what went wrong."""


@dataclass
class Run:
    """One window from its start to its end. Times are in seconds after the start."""

    events: dict[str, dict] = field(default_factory=dict)
    started_at: float = 0.0
    exit_code: int | None = None
    processes: dict[int, psutil.Process] = field(default_factory=dict)
    connections: set[str] = field(default_factory=set)
    memory: dict[str, int] = field(default_factory=dict)  # bytes at rest, see `at_rest`

    def seconds(self, event: str) -> float:
        return self.events[event]["at"] - self.started_at


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("command", type=Path, help="the program eremo")
    parser.add_argument("--prefix", default="", help="what runs it, such as chroot ROOT")
    parser.add_argument("--root", type=Path, default=Path("/"), help="of the program's files")
    arguments = parser.parse_args()
    try:
        smoke_test([*shlex.split(arguments.prefix), str(arguments.command)], arguments.root)
    except FailedError as error:
        print(f"The smoke test failed: {error}", file=sys.stderr)
        return 1
    return 0


def smoke_test(command: list[str], root: Path = Path("/")) -> None:
    """root: where the program's own file system begins, as seen from here.

    Raises: FailedError.
    """
    with profile(root) as (folder, inside), display() as environment:
        isolated = without_network()
        print("Network: none there." if isolated else "Network: watched; it can't be taken away.")
        command = [*isolated, *command]
        data = ["--data-dir", str(inside / "data")]
        environment = environment | {"TMPDIR": str(inside / "tmp"), "TEMP": str(inside / "tmp")}
        print(output([*command, "--version"], environment).strip())
        report = json.loads(output([*command, "doctor", "--json", *data], environment))
        check(report["kernels"].get("built"), f"the kernels are not there: {report['kernels']}")
        print(f"Kernels: {report['kernels']['used']}")
        run = run_window([*command, *data], environment, folder, inside)
        check_run(run, folder)
        for event in ("painted", "usable", "loaded", "begun", "answered"):
            print(f"{event:9} after {run.seconds(event):.2f} s")
        print(f"The answer begins: {run.events['answered']['text'][:60]!r}")
        try_quantizing([*command, *data], environment, folder, inside)
        asked = [*command, "chat", "--temporary", "--prompt", "Hello", "--max-tokens", "8", *data]
        check(output(asked, environment).strip(), "the command line gives no answer")
    print("Nothing was left running, and nothing was connected. The smoke test has passed.")


def try_quantizing(
    command: list[str], environment: dict[str, str], folder: Path, inside: Path
) -> None:
    """A small Jamba, in an own GGUF: goes through what an answer of the embedded model doesn't."""
    shutil.copytree(JAMBA, folder / "jamba")
    model = str(inside / "small.gguf")
    output([*command, "models", "quantize", str(inside / "jamba"), model], environment)
    tokens = ["--prompt-tokens", "8", "--completion-tokens", "4", "--repeat", "1"]
    told = output([*command, "bench", "--model", model, "--json", *tokens], environment)
    check(json.loads(told), "a quantized model can't be run")


def check_run(run: Run, folder: Path) -> None:
    log = folder / "data" / "logs" / "eremo.log"
    errors = [line for line in lines_of(log) if " ERROR " in line or " CRITICAL " in line]
    check(run.exit_code == 0, f"the window ended with exit code {run.exit_code}")
    answer = run.events.get("answered")
    check(answer is not None, f"there was no answer: {list(run.events.values())}")
    assert answer is not None
    check(answer["status"] == "complete" and answer["text"].strip(), f"the answer is {answer}")
    drawn = run.events.get("drawn", {})
    check(drawn.get("formulas"), "formulas can't be drawn")
    check(drawn.get("colours"), "code can't be coloured")
    check(len(run.processes) > 1, "the engine had no process of its own")
    check(not run.events["painted"]["imported"], "a tensor library was loaded for the window")
    check(not run.connections, f"there were connections: {run.connections}")
    check(not errors, f"the log has errors: {errors}")
    left = wait_for_ends(list(run.processes.values()))
    check(not left, f"processes were left running: {left}")
    files = [path.name for path in (folder / "tmp").iterdir()]
    check(not files, f"temporary files were left: {files}")


def wait_for_ends(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run after a moment."""
    deadline = time.monotonic() + END_SECONDS
    while running := [process for process in processes if is_running(process)]:
        if time.monotonic() > deadline:
            break
        time.sleep(POLL_SECONDS)
    return running


def is_running(process: psutil.Process) -> bool:
    """Not so where only its exit code waits to be fetched by whoever has taken it over."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def run_window(command: list[str], environment: dict[str, str], folder: Path, inside: Path) -> Run:
    """Open the window with the question of ui/self_check.py and watch it to its end."""
    report = folder / "report.jsonl"
    report.unlink(missing_ok=True)
    report.touch()
    report.chmod(0o666)
    run = Run(started_at=time.time())
    environment = environment | {"EREMO_SELF_CHECK": str(inside / "report.jsonl")}
    with (folder / "printed").open("w") as printed:
        child = subprocess.Popen(command, env=environment, stdout=printed, stderr=printed)
        deadline = time.monotonic() + WAIT_SECONDS
        while child.poll() is None and time.monotonic() < deadline:
            watch(child.pid, run)
            run.events = {event["event"]: event for event in map(json.loads, lines_of(report))}
            if "drawn" in run.events and "total" not in run.memory:
                at_rest(run)
            time.sleep(POLL_SECONDS)
        if child.poll() is None:
            child.kill()
            raise FailedError(f"the window doesn't end: {list(run.events.values())}")
    run.events = {event["event"]: event for event in map(json.loads, lines_of(report))}
    run.exit_code = child.returncode
    if printed_lines := lines_of(folder / "printed"):
        print("It printed: " + " / ".join(printed_lines[-5:]))
    return run


def watch(pid: int, run: Run) -> None:
    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            run.processes.setdefault(process.pid, process)
            for connection in process.net_connections("inet"):
                run.connections.add(f"{connection.laddr} -> {connection.raddr}")


def at_rest(run: Run) -> None:
    """Memory of the processes after the answer: the window's, the engine's, and all together.

    In bytes; what several processes share counts once (PSS) where the system tells that.
    """
    time.sleep(1.0)
    sizes = []
    for process in run.processes.values():
        with contextlib.suppress(psutil.Error):
            sizes.append(memory_of(process))
    sizes.sort(reverse=True)
    run.memory = {"total": sum(sizes), "largest": max(sizes), "processes": len(sizes)}


def memory_of(process: psutil.Process) -> int:
    full = process.memory_full_info()
    return getattr(full, "pss", 0) or full.rss


@contextlib.contextmanager
def profile(root: Path) -> Iterator[tuple[Path, Path]]:
    """A new folder with data and tmp: as seen from here, and by the program."""
    base = root / "tmp"
    with tempfile.TemporaryDirectory(
        prefix="eremo-smoke-", dir=base if root != Path("/") else None, ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        folder.chmod(0o777)
        for part in ("tmp",):
            (folder / part).mkdir()
            (folder / part).chmod(0o777)
        yield folder, folder if root == Path("/") else Path("/") / folder.relative_to(root)


@contextlib.contextmanager
def display() -> Iterator[dict[str, str]]:
    """The environment with a display: this one's, one of Xvfb, or none at all."""
    environment = dict(os.environ)
    if sys.platform != "linux" or environment.get("DISPLAY"):
        yield environment
        return
    if shutil.which("Xvfb") is None:
        yield environment | {"QT_QPA_PLATFORM": "offscreen"}
        return
    environment.pop("QT_QPA_PLATFORM", None)
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        yield environment | {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
    finally:
        server.terminate()
        server.wait()


def without_network() -> list[str]:
    """The beginning of a command that has no network; empty where that can't be had."""
    if sys.platform == "linux":
        for command in WITHOUT_NETWORK:
            with contextlib.suppress(OSError):
                if subprocess.run([*command, "true"], capture_output=True).returncode == 0:
                    return command
    return []


def output(command: list[str], environment: dict[str, str]) -> str:
    result = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=WAIT_SECONDS,
        check=False,
    )
    check(result.returncode == 0, f"{command} ended with {result.returncode}: {result.stderr}")
    return result.stdout


def lines_of(path: Path) -> list[str]:
    """Whole lines only: the last one may be half written."""
    if not path.exists():
        return []
    return path.read_text("utf-8", "replace").rpartition("\n")[0].splitlines()


def check(is_right: object, otherwise: str) -> None:
    if not is_right:
        raise FailedError(otherwise)


if __name__ == "__main__":
    sys.exit(main())
