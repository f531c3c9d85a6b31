"""Perplexity of a model by Eremo's kernels and by llama.cpp, against plain PyTorch in float32.

    python -m benchmarks.perplexity [--peer PYTHON] [--model FILE] [--text FILE] [--json]

The text is read in windows, each from an empty state; every token but a window's first is scored.
That is done token by token, as an answer is decoded, and again in pieces, as a prompt is read. Two
computations that round differently differ by chance too: the error is the standard error of the
ratio, by the differences of the tokens. PYTHON is an interpreter with llama-cpp-python; without one
it is left out.
"""

import argparse
import json
import math
import operator
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # when run by its path

from app.bench import physical_cores
from app.cli.terminal import ProgressLine
from app.paths import embedded_models_dir
from benchmarks.engines.child import (
    EREMO_MODULE,
    LLAMACPP_MODULE,
    PROJECT,
    Child,
    ChildEndedError,
)
from benchmarks.engines.peer import NoPeerError, find_peer
from inference.backends import REFERENCE
from inference.kernels.library import levels
from inference.model_source import open_model

TEXT = PROJECT / "LICENSE"
NUM_TOKENS, WINDOW_TOKENS = 2000, 2048
PIECES = (1, 7)
LLAMACPP = "llama.cpp"


@dataclass(frozen=True, slots=True)
class Row:
    """The log probabilities of a text's tokens by one engine and by the reference."""

    engine: str
    piece_tokens: int
    scores: list[float]
    reference: list[float]

    @property
    def perplexity(self) -> float:
        return perplexity(self.scores)

    @property
    def ratio(self) -> float:
        return self.perplexity / perplexity(self.reference)

    @property
    def error(self) -> float:
        differences = list(map(operator.sub, self.scores, self.reference))
        return self.ratio * statistics.stdev(differences) / math.sqrt(len(differences))


def perplexity(scores: list[float]) -> float:
    return math.exp(-statistics.fmean(scores))


def windows(token_ids: list[int], size: int) -> list[list[int]]:
    return [token_ids[start : start + size] for start in range(0, len(token_ids), size)]


def scores(child: Child, token_windows: list[list[int]], piece_tokens: int) -> list[float]:
    """Log probabilities, window after window."""
    return [
        score
        for window in token_windows
        for score in child.ask("score", token_ids=window, piece_tokens=piece_tokens)
    ]


def rows(
    path: Path,
    token_windows: list[list[int]],
    threads: int,
    peer: str | None,
    tell: Callable[[str], None],
) -> Iterator[Row]:
    """Of the reference, of every level that runs here, and of llama.cpp where there is one."""
    engines = [(level, sys.executable, EREMO_MODULE, level) for level in levels()]
    if peer:
        engines.append((LLAMACPP, peer, LLAMACPP_MODULE, ""))
    reference: list[float] = []
    for name, python, module, kernels in [
        (REFERENCE, sys.executable, EREMO_MODULE, REFERENCE),
        *engines,
    ]:
        with Child(python, module, kernels) as child:
            context = max(map(len, token_windows))
            child.ask("open", path=str(path), threads=threads, context_tokens=context)
            for piece_tokens in (1,) if name == REFERENCE else PIECES:
                tell(f"{name}, {piece_tokens} at a time")
                found = scores(child, token_windows, piece_tokens)
                reference = reference or found
                yield Row(name, piece_tokens, found, reference)


def as_json(path: Path, text: Path, num_tokens: int, found: list[Row]) -> dict[str, object]:
    return {
        "model": str(path),
        "text": str(text),
        "num_tokens": num_tokens,
        "rows": [
            {
                "engine": row.engine,
                "piece_tokens": row.piece_tokens,
                "perplexity": row.perplexity,
                "ratio": row.ratio,
                "ratio_error": row.error,
            }
            for row in found
        ],
    }


def table(path: Path, text: Path, num_tokens: int, found: list[Row]) -> Iterator[str]:
    yield f"{path.name}, {num_tokens:,} tokens of {text.name}"
    header = f"{'tokens at a time':>16} {'perplexity':>12} {'of the reference':>18}  error"
    yield f"  {'':<12} {header}"
    for row in found:
        figures = (
            f"{row.piece_tokens:>16} {row.perplexity:>12.4f} {row.ratio:>18.5f}  {row.error:.5f}"
        )
        yield f"  {row.engine:<12} {figures}"


def main() -> int:
    parsed = parse_arguments()
    progress = ProgressLine()
    try:
        peer = find_peer(parsed.peer, build=False)
    except NoPeerError as error:
        if parsed.peer:
            print(f"perplexity: {error}", file=sys.stderr)
            return 1
        peer = None
    path = parsed.model or next(embedded_models_dir().glob("*.gguf"))
    text = parsed.text.read_text("utf-8")
    token_ids = open_model(path).tokenizer.encode(text, parse_special=False)[: parsed.tokens]
    token_windows = windows(token_ids, parsed.window)
    try:
        found = list(rows(path, token_windows, parsed.threads, peer, progress.show))
    except ChildEndedError as error:
        print(f"perplexity: {error}", file=sys.stderr)
        return 1
    finally:
        progress.clear()
    described = (path, parsed.text, len(token_ids), found)
    print(json.dumps(as_json(*described)) if parsed.json else "\n".join(table(*described)))
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", metavar="PYTHON", help="an interpreter with llama-cpp-python")
    parser.add_argument("--model", type=Path, metavar="FILE", help="else the embedded one")
    parser.add_argument("--text", type=Path, metavar="FILE", default=TEXT)
    parser.add_argument(
        "--tokens", type=int, default=NUM_TOKENS, help="at most so many of the text"
    )
    parser.add_argument("--window", type=int, default=WINDOW_TOKENS)
    parser.add_argument("--threads", type=int, default=physical_cores())
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
