"""Running one command: where every error becomes one sentence and an exit code.

0 is success, 1 an error that was said, 2 wrong usage, 130 an interruption by Ctrl-C.
"""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence

from app.cli.parser import parse_arguments
from app.cli.terminal import complain, prepare_streams
from app.errors import AppError
from app.logs import log_file, start_logging
from app.paths import DataPaths, data_paths
from inference.errors import InferenceError

logger = logging.getLogger(__name__)

INTERRUPTED = 130  # what shells make of SIGINT


def run(arguments: Sequence[str], open_window: Callable[..., int]) -> int:
    """Do what `arguments` ask for and return the exit code; `open_window` is the default command.

    open_window: takes the DataPaths and, for `open`, the files.

    Raises:
        SystemExit: wrong usage (2), or only help was asked for (0).
    """
    prepare_streams()
    parsed = parse_arguments(arguments)
    paths = data_paths(getattr(parsed, "data_dir", None))
    temporary = getattr(parsed, "temporary", False)
    start_logging(None if temporary else paths)
    try:
        code = _run_command(parsed, paths, open_window)
        _flush_standard_output()
        return code
    except (AppError, InferenceError) as error:
        complain(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever reads has read enough
        _silence_standard_output()
        return 0
    except Exception as error:
        logger.exception("bug in the command %s", parsed.command)
        where = "" if temporary else f" The details are in {log_file(paths)}."
        complain(f"Something went wrong inside Eremo ({type(error).__name__}: {error}).{where}")
    return 1


def _run_command(
    parsed: argparse.Namespace, paths: DataPaths, open_window: Callable[..., int]
) -> int:
    """Each command imports what it needs: the window's start must not wait for the others."""
    if parsed.version:
        from app.version import eremo_version

        print(f"eremo {eremo_version()}")
        return 0
    match parsed.command:
        case "bench":
            from app.cli.bench import run_bench

            return run_bench(parsed, paths)
        case "chat":
            from app.cli.chat import run_chat

            return run_chat(parsed, paths)
        case "chats":
            from app.cli.chats import run_chats

            return run_chats(parsed, paths)
        case "doctor":
            from app.cli.doctor import run_doctor

            return run_doctor(parsed, paths)
        case "models":
            from app.cli.models import run_models

            return run_models(parsed, paths)
        case "updates":
            from app.cli.updates import run_updates

            return run_updates(parsed)
        case "open":
            return open_window(paths, [file.absolute() for file in parsed.files])
    return open_window(paths)


def _flush_standard_output() -> None:
    """Here, where a pipe that nobody reads any more is no error."""
    if sys.stdout:
        sys.stdout.flush()


def _silence_standard_output() -> None:
    """What is still buffered would complain once more when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
