"""Eremo's speed and memory against llama.cpp's: the same files, the same run, by turns.

    python -m benchmarks.vs_llamacpp --peer PYTHON [--jamba FILE] [--quick] [--json]

PYTHON is an interpreter with llama-cpp-python; --build compiles it for this CPU instead. Each
engine has a process of its own, and while one is measured the other one sleeps. A ratio above 1
says that Eremo is faster. The ratios are what counts: other work on the machine slows both.

Before anything but first_token, an engine may do what it does while nobody asks: Eremo puts its
weights into large pages.

first_token is the time of fresh processes, Python being up, from the request to load a file, which
lies in the page cache, to the logits after a prompt of ten tokens: importing the engine's
libraries, loading, reading.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # when run by its path

from app.bench import physical_cores
from app.cli.terminal import ProgressLine
from app.errors import AppError
from app.models.synthetic import cached_synthetic
from app.paths import data_paths, embedded_models_dir
from benchmarks.engines.child import EREMO_MODULE, LLAMACPP_MODULE, Child, ChildEndedError
from benchmarks.engines.figures import Comparison, ModelFigures, report, table
from benchmarks.engines.peer import NoPeerError, find_peer
from inference.model_source import open_model

ENGINES = ("eremo", "llamacpp")
MODELS = ("jamba-3b", "smollm2")
PREFILLS = {"prefill_512": 512, "prefill_4096": 4096}
KINDS = (*PREFILLS, "decode", "decode_8192", "first_token")
SHORT_CONTEXT, SHORT_DECODE = 16, 64
LONG_CONTEXTS, LONG_DECODE = (8192, 7900), 32  # the first that the model holds, with what follows
FIRST_TOKEN_PARTS = {
    "first_token": ("import", "load", "read"),
    "first_token_without_import": ("load", "read"),
}
QUICK_REPEATS, QUICK_SKIPS = 2, {"prefill_4096", "decode_8192"}
LONG_REPEATS = 3  # at most, of what takes minutes
PAUSE_SECONDS = 0.05  # before each measurement: the other engine's threads go to sleep

Engines = dict[str, Child]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """modules: of the two engines' processes. kernels: EREMO_KERNELS, or "" for the best."""

    peer: str
    kernels: str
    threads: int
    repeat: int
    skip: frozenset[str] = frozenset()
    modules: tuple[str, str] = (EREMO_MODULE, LLAMACPP_MODULE)

    @contextmanager
    def started(self) -> Iterator[Engines]:
        """Both processes, Python being up in them and nothing else."""
        with ExitStack() as stack:
            pythons = ((sys.executable, self.kernels), (self.peer, ""))
            yield {
                name: stack.enter_context(Child(python, module, kernels))
                for name, module, (python, kernels) in zip(
                    ENGINES, self.modules, pythons, strict=True
                )
            }


def measure(path: Path, settings: Settings, tell: Tell) -> ModelFigures:
    figures = ModelFigures(str(path), path.stat().st_size)
    if "first_token" not in settings.skip:
        measure_first_token(path, settings, figures, tell)
    if settings.skip.issuperset(KINDS[:-1]):
        return figures
    context_length = open_model(path).describe().context_length
    long_context = choose_long_context(context_length, settings)
    with settings.started() as engines:
        # llama.cpp sets its cache up for the whole context at once: no more than is needed.
        needed = max(long_context + room_after_long(settings), *PREFILLS.values())
        load(engines, path, min(needed, context_length), settings, figures, tell)
        measure_prefill(engines, settings, figures, tell)
        if "decode" not in settings.skip:
            measure_decode(engines, settings, figures, tell)
        if long_context:
            measure_long_decode(engines, long_context, settings, figures, tell)
        figures.memory = {name: engine.ask("memory") for name, engine in engines.items()}
    return figures


def load(
    engines: Engines,
    path: Path,
    context_tokens: int,
    settings: Settings,
    figures: ModelFigures,
    tell: Tell,
) -> None:
    """And read and decode a little, since the first calls are slower."""
    threads = settings.threads
    for name, engine in engines.items():
        tell(f"Loading: {name}")
        figures.engines[name] = engine.ask(
            "open", path=str(path), threads=threads, context_tokens=context_tokens
        )
        engine.ask("begin", context_tokens=SHORT_CONTEXT)
        engine.ask("decode", num_tokens=4)


def measure_first_token(path: Path, settings: Settings, figures: ModelFigures, tell: Tell) -> None:
    """Every time in new processes, one after the other."""
    parts: dict[str, list[dict[str, float]]] = {name: [] for name in ENGINES}
    for number in range(1, settings.repeat + 1):
        for name in ENGINES:
            tell(f"{path.stem}: first_token, {name}, {number} of {settings.repeat}")
            with settings.started() as engines:
                read_into_page_cache(path)
                engines[name].ask("memory")  # Python is up
                parts[name].append(
                    engines[name].ask("first_token", path=str(path), threads=settings.threads)
                )
    for kind, counted in FIRST_TOKEN_PARTS.items():
        times = ([sum(part[key] for key in counted) for part in parts[name]] for name in ENGINES)
        figures.comparisons[kind] = Comparison(0, *times)


def measure_prefill(
    engines: Engines, settings: Settings, figures: ModelFigures, tell: Tell
) -> None:
    for kind, num_tokens in PREFILLS.items():
        if kind not in settings.skip:
            repeat = settings.repeat if num_tokens <= 512 else min(settings.repeat, LONG_REPEATS)
            figures.comparisons[kind] = by_turns(
                engines, kind, num_tokens, repeat, tell, partial(prefill, num_tokens=num_tokens)
            )


def prefill(engine: Child, num_tokens: int) -> float:
    return engine.ask("prefill", num_tokens=num_tokens)


def measure_decode(engines: Engines, settings: Settings, figures: ModelFigures, tell: Tell) -> None:
    """At short context; every time followed by reads of the weights."""

    def decode(engine: Child) -> float:
        engine.ask("begin", context_tokens=SHORT_CONTEXT)
        seconds = engine.ask("decode", num_tokens=SHORT_DECODE)
        if limit := engine.ask("limit"):
            figures.limit_seconds.append(limit)
        return seconds

    figures.comparisons["decode"] = by_turns(
        engines, "decode", SHORT_DECODE, settings.repeat, tell, decode
    )


def measure_long_decode(
    engines: Engines, context_tokens: int, settings: Settings, figures: ModelFigures, tell: Tell
) -> None:
    """The context is read once: a recurrent state can't be cut back to it."""
    kind = f"decode_{context_tokens}"
    for name, engine in engines.items():
        tell(f"{kind}: {name} reads the context")
        engine.ask("begin", context_tokens=context_tokens)
    figures.comparisons[kind] = by_turns(
        engines,
        kind,
        LONG_DECODE,
        settings.repeat,
        tell,
        lambda engine: engine.ask("decode", num_tokens=LONG_DECODE),
    )


def by_turns(
    engines: Engines,
    kind: str,
    num_tokens: int,
    repeat: int,
    tell: Tell,
    work: Callable[[Child], float],
) -> Comparison:
    """A, B, A, B, ... `work` returns seconds."""
    seconds: dict[str, list[float]] = {name: [] for name in ENGINES}
    for number in range(1, repeat + 1):
        for name in ENGINES:
            tell(f"{kind}: {name}, {number} of {repeat}")
            time.sleep(PAUSE_SECONDS)
            seconds[name].append(work(engines[name]))
    return Comparison(num_tokens, **seconds)


def room_after_long(settings: Settings) -> int:
    return settings.repeat * LONG_DECODE


def choose_long_context(context_length: int, settings: Settings) -> int:
    """0 where there is none, or none is wanted."""
    if "decode_8192" in settings.skip:
        return 0
    room = room_after_long(settings)
    return next((size for size in LONG_CONTEXTS if size + room <= context_length), 0)


def read_into_page_cache(path: Path) -> None:
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass


def model_path(name: str, jamba: Path | None) -> Path:
    if name == "smollm2":
        return next(embedded_models_dir().glob("*.gguf"))
    return jamba or cached_synthetic(data_paths())


def main() -> int:
    parsed = parse_arguments()
    progress = ProgressLine()
    try:
        settings = Settings(
            peer=find_peer(parsed.peer, parsed.build),
            kernels=parsed.kernels,
            threads=parsed.threads,
            repeat=QUICK_REPEATS if parsed.quick else parsed.repeat,
            skip=frozenset(parsed.skip) | (QUICK_SKIPS if parsed.quick else set()),
        )
        models = {
            name: measure(model_path(name, parsed.jamba), settings, progress.show)
            for name in parsed.models
        }
    except (AppError, ChildEndedError, NoPeerError) as error:
        progress.clear()
        print(f"vs_llamacpp: {error}", file=sys.stderr)
        return 1
    progress.clear()
    if parsed.json:
        print(json.dumps(report(models, settings.threads)))
    else:
        print("\n".join(line for name, found in models.items() for line in table(name, found)))
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", metavar="PYTHON", help="an interpreter with llama-cpp-python")
    parser.add_argument("--build", action="store_true", help="compile llama-cpp-python if need be")
    parser.add_argument("--jamba", type=Path, metavar="FILE", help="else it is written once")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--skip", nargs="+", choices=KINDS, default=())
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help=f"without {', '.join(QUICK_SKIPS)}")
    parser.add_argument("--threads", type=int, default=physical_cores())
    parser.add_argument("--kernels", default="", help="Eremo's CPU level, such as avx2")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
