"""What the comparison with llama.cpp found: medians, ratios, a table and JSON. Measures nothing."""

import os
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field

RATIOS = ("prefill_512", "prefill_4096", "decode", "decode_8192", "first_token")
"""Of each model; None where it wasn't measured."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Seconds of the same work by both engines, by turns.

    num_tokens: that were read in this time; 0 where the time itself is the figure.
    """

    num_tokens: int
    eremo: list[float]
    llamacpp: list[float]

    @property
    def ratio(self) -> float:
        """How many times as fast Eremo is, by the medians."""
        return statistics.median(self.llamacpp) / statistics.median(self.eremo)

    @property
    def ratio_of_fastest(self) -> float:
        """As above, by the least disturbed repeat of each: llama.cpp's threads wait by spinning,
        so that other work on the machine slows it more than Eremo."""
        return min(self.llamacpp) / min(self.eremo)


@dataclass(slots=True)
class ModelFigures:
    """Of one weights file. engines: what each says about itself; memory: in bytes.

    limit_seconds: to read once the packed weights that each token needs, between the decodes.
    """

    path: str
    size_bytes: int
    comparisons: dict[str, Comparison] = field(default_factory=dict)
    engines: dict[str, dict[str, object]] = field(default_factory=dict)
    memory: dict[str, dict[str, int | None]] = field(default_factory=dict)
    limit_seconds: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> dict[str, float | None]:
        measured = {name: found.ratio for name, found in self.comparisons.items()}
        return dict.fromkeys(RATIOS) | measured

    @property
    def decode_share_of_limit(self) -> float | None:
        """Of Eremo's decode at short context; 1 would be as fast as the weights can be read."""
        decode = self.comparisons.get("decode")
        if decode is None or not self.limit_seconds:
            return None
        token_seconds = statistics.median(decode.eremo) / decode.num_tokens
        return statistics.median(self.limit_seconds) / token_seconds

    def as_json(self) -> dict[str, object]:
        return {
            "path": self.path,
            "size_bytes": self.size_bytes,
            "engines": self.engines,
            "memory": self.memory,
            "decode_share_of_limit": self.decode_share_of_limit,
            "decode_limit_seconds": self.limit_seconds,
            "seconds": {
                name: {
                    "num_tokens": found.num_tokens,
                    "eremo": found.eremo,
                    "llamacpp": found.llamacpp,
                }
                for name, found in self.comparisons.items()
            },
        }


def report(models: dict[str, ModelFigures], threads: int) -> dict[str, object]:
    """One object, with the ratios first."""
    return {
        "ratios": {name: figures.ratios for name, figures in models.items()},
        "ratios_of_fastest": {
            name: {kind: found.ratio_of_fastest for kind, found in figures.comparisons.items()}
            for name, figures in models.items()
        },
        "decode_share_of_limit": {
            name: figures.decode_share_of_limit for name, figures in models.items()
        },
        "peak_memory_bytes": {
            name: {engine: found["peak_bytes"] for engine, found in figures.memory.items()}
            for name, figures in models.items()
        },
        "threads": threads,
        "load_average": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
        "models": {name: figures.as_json() for name, figures in models.items()},
    }


def table(name: str, figures: ModelFigures) -> Iterator[str]:
    """Lines for people: medians, the lowest and the highest, and the ratio of the medians."""
    yield f"{name}, {figures.size_bytes / 2**30:.2f} GiB"
    for engine, about in figures.engines.items():
        yield f"  {engine} {about['version']}: {about['kernels']}"
    yield f"  {'':<27} {'Eremo':<32} {'llama.cpp':<32} ratio  of fastest"
    for kind, found in figures.comparisons.items():
        eremo, llamacpp = (_figure(found, times) for times in (found.eremo, found.llamacpp))
        ratios = f"{found.ratio:<5.2f}  {found.ratio_of_fastest:.2f}"
        yield f"  {kind:<27} {eremo:<32} {llamacpp:<32} {ratios}"
    if figures.memory:
        eremo, llamacpp = (_gib(figures.memory[engine]) for engine in ("eremo", "llamacpp"))
        yield f"  {'peak memory':<27} {eremo:<32} {llamacpp}"
    if figures.decode_share_of_limit is not None:
        most = f"{1 / statistics.median(figures.limit_seconds):,.1f} tok/s"
        yield f"  {'decode limit':<27} {most}, {figures.decode_share_of_limit:.0%} reached"


def _figure(found: Comparison, times: list[float]) -> str:
    """Tokens a second, or seconds."""
    values = [found.num_tokens / seconds if found.num_tokens else seconds for seconds in times]
    unit = "tok/s" if found.num_tokens else "s"
    spread = f"({min(values):,.2f}-{max(values):,.2f})"
    return f"{statistics.median(values):,.2f} {unit} {spread}"


def _gib(memory: dict[str, int | None]) -> str:
    peak = memory["peak_bytes"]
    return "not known" if peak is None else f"{peak / 2**30:.2f} GiB"
