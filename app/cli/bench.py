"""`eremo bench`: speed and memory of a model, for reading or as JSON."""

import argparse
from dataclasses import asdict
from pathlib import Path

from app.bench import BenchParams, BenchReport, Speed, measure, physical_cores
from app.cli.terminal import ProgressLine, complain, print_json, printable
from app.engines import wished_device
from app.models.local import find_model
from app.models.synthetic import cached_synthetic, write_synthetic
from app.paths import DataPaths
from app.settings import SettingsFile


def run_bench(parsed: argparse.Namespace, paths: DataPaths) -> int:
    progress = ProgressLine()
    try:
        if parsed.save:
            progress.show("Writing the synthetic model")
            write_synthetic(parsed.save)
            progress.clear()
            _show_saved(parsed.save, as_json=parsed.json)
            return 0
        report = _measure(parsed, paths, progress)
    finally:
        progress.clear()
    if parsed.json:
        print_json(_as_json(report))
    else:
        _show(report)
    return 0


def _measure(parsed: argparse.Namespace, paths: DataPaths, progress: ProgressLine) -> BenchReport:
    settings_file = SettingsFile(paths.settings_file)
    settings = settings_file.load()
    for problem in settings_file.problems:
        complain(problem)
    if parsed.synthetic:
        progress.show("Writing the synthetic model")
        path = cached_synthetic(paths)
    else:
        path = find_model(parsed.model or settings.model, paths).path
    threads = settings.threads if parsed.threads is None else parsed.threads
    params = BenchParams(
        prompt_tokens=parsed.prompt_tokens,
        completion_tokens=parsed.completion_tokens,
        context_tokens=parsed.context_tokens,
        threads=threads or physical_cores(),
        device=wished_device(settings.device, parsed.device),
        repeat=parsed.repeat,
        quantize=parsed.quantize,
    )
    return measure(path, params, progress.show)


def _show_saved(path: Path, *, as_json: bool) -> None:
    size_bytes = path.stat().st_size
    if as_json:
        print_json({"path": str(path), "size_bytes": size_bytes})
    else:
        print(f"{path} ({size_bytes / 2**30:.2f} GiB)")


def _as_json(report: BenchReport) -> dict[str, object]:
    """Flat, with the units in the names."""
    return {
        **asdict(report.info),
        **asdict(report.params),
        "device": report.device,
        "kernels": report.kernels or "PyTorch",
        "load_seconds": report.load_seconds,
        **_speed_as_json("prefill", report.prefill),
        **_speed_as_json("decode", report.decode),
        "peak_memory_bytes": report.peak_memory_bytes,
        **_limit_as_json(report),
    }


def _speed_as_json(name: str, speed: Speed) -> dict[str, float]:
    key = f"{name}_tokens_per_second"
    return {key: speed.median, f"{key}_lowest": speed.lowest, f"{key}_highest": speed.highest}


def _limit_as_json(report: BenchReport) -> dict[str, float | None]:
    limit = report.limit
    return {
        "memory_bandwidth_gb_per_second": limit.bandwidth / 1e9 if limit else None,
        "weights_bytes_per_token": limit.size_bytes if limit else None,
        "decode_limit_tokens_per_second": limit.tokens_per_second if limit else None,
        "decode_share_of_limit": report.share_of_limit,
    }


def _show(report: BenchReport) -> None:
    info, params = report.info, report.params
    kernels = f"{report.kernels} kernels" if report.kernels else "PyTorch"
    ran_on = f"{report.device}, {kernels}, {_count(params.threads, 'thread')}"
    print(f"{printable(info.name)}, {info.quantization}, {_gib(info.size_bytes)}, {ran_on}")
    prompt = _count(params.prompt_tokens, "token")
    completion = _count(params.completion_tokens, "token")
    context = f" after {params.context_tokens:,}" if params.context_tokens else ""
    for name, value in (
        ("load", f"{report.load_seconds:.2f} s"),
        ("prefill", f"{_speed(report.prefill)}, {prompt}"),
        ("decode", f"{_speed(report.decode)}, {completion}{context}"),
        ("peak memory", _gib(report.peak_memory_bytes)),
        ("memory bandwidth", _bandwidth(report)),
    ):
        print(f"  {name:<17} {value}")


def _speed(speed: Speed) -> str:
    return f"{speed.median:,.2f} tokens/s ({speed.lowest:,.2f} to {speed.highest:,.2f})"


def _bandwidth(report: BenchReport) -> str:
    if not report.limit:
        return "not measured on a card"
    most = f"at most {report.limit.tokens_per_second:,.1f} tokens/s of these weights"
    return f"{report.limit.bandwidth / 1e9:.1f} GB/s: {most}, {report.share_of_limit:.0%} reached"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _gib(num_bytes: int) -> str:
    return f"{num_bytes / 2**30:,.2f} GiB"
