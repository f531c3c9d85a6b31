"""The comparison with llama.cpp: its figures, and a whole run with Eremo in llama.cpp's place."""

import json
import operator
import sys

import pytest

from benchmarks import vs_llamacpp
from benchmarks.engines import peer
from benchmarks.engines.child import EREMO_MODULE, Child, ChildEndedError
from benchmarks.engines.figures import RATIOS, Comparison, ModelFigures, report, table
from benchmarks.engines.peer import NoPeerError, find_peer
from benchmarks.vs_llamacpp import Settings, by_turns, choose_long_context, measure
from inference.kernels.library import levels
from tests.inference.tiny_model import write_tiny_model


@pytest.fixture
def figures():
    """Medians: prefill 2 s against 6 s; decode 0.5 s against 0.4 s for ten tokens."""
    return ModelFigures(
        path="m.gguf",
        size_bytes=1 << 30,
        comparisons={
            "prefill_512": Comparison(512, [2, 9, 1], [6, 5, 7]),
            "decode": Comparison(10, [0.5, 0.5, 0.6], [0.4, 0.4, 0.3]),
            "first_token": Comparison(0, [1.0], [1.5]),
        },
        engines={
            "eremo": {"version": "1.0", "kernels": "avx2"},
            "llamacpp": {"version": "0.3", "kernels": "AVX2 = 1"},
        },
        memory={"eremo": {"peak_bytes": 1 << 30}, "llamacpp": {"peak_bytes": None}},
        limit_seconds=[0.03, 0.04, 0.9],
    )


def test_ratios_are_of_medians_and_above_1_where_eremo_is_faster(figures):
    assert figures.ratios == {
        "prefill_512": 3.0,
        "prefill_4096": None,
        "decode": 0.8,
        "decode_8192": None,
        "first_token": 1.5,
    }
    assert figures.decode_share_of_limit == pytest.approx(0.04 / 0.05)


def test_what_was_not_measured_is_null(figures):
    """A program that looks for a ratio finds its name, whatever was left out."""
    nothing = ModelFigures("n.gguf", 1)
    found = json.loads(json.dumps(report({"smollm2": figures, "jamba-3b": nothing}, 2)))
    assert found["ratios"]["smollm2"]["prefill_512"] == 3.0
    assert found["ratios"]["jamba-3b"] == dict.fromkeys(RATIOS)
    assert found["ratios_of_fastest"]["smollm2"]["prefill_512"] == 5.0
    assert found["decode_share_of_limit"] == {"smollm2": pytest.approx(0.8), "jamba-3b": None}
    assert found["peak_memory_bytes"]["smollm2"] == {"eremo": 1 << 30, "llamacpp": None}
    assert found["models"]["smollm2"]["seconds"]["prefill_512"]["eremo"] == [2, 9, 1]
    assert found["models"]["smollm2"]["engines"]["eremo"]["kernels"] == "avx2"


def test_the_table_gives_medians_spread_and_ratio(figures):
    lines = "\n".join(table("smollm2", figures)).splitlines()
    assert lines[:3] == ["smollm2, 1.00 GiB", "  eremo 1.0: avx2", "  llamacpp 0.3: AVX2 = 1"]
    words = [" ".join(line.split()) for line in lines[3:]]
    assert words == [
        "Eremo llama.cpp ratio of fastest",
        "prefill_512 256.00 tok/s (56.89-512.00) 85.33 tok/s (73.14-102.40) 3.00 5.00",
        "decode 20.00 tok/s (16.67-20.00) 25.00 tok/s (25.00-33.33) 0.80 0.60",
        "first_token 1.00 s (1.00-1.00) 1.50 s (1.50-1.50) 1.50 1.50",
        "peak memory 1.00 GiB not known",
        "decode limit 25.0 tok/s, 80% reached",
    ]


def test_the_engines_take_turns():
    """One after the other would compare two moments of the machine."""
    seen = []
    engines = {"eremo": "E", "llamacpp": "L"}
    found = by_turns(engines, "x", 1, 2, lambda _text: None, lambda e: seen.append(e) or len(seen))
    assert seen == ["E", "L", "E", "L"]
    assert (found.eremo, found.llamacpp) == ([1, 3], [2, 4])


def test_the_long_context_fits_what_follows_it():
    settings = Settings("python", "", 1, repeat=5)
    assert choose_long_context(262_144, settings) == 8192
    assert choose_long_context(8192, settings) == 7900
    assert choose_long_context(8059, settings) == 0
    without = Settings("python", "", 1, repeat=5, skip=frozenset({"decode_8192"}))
    assert choose_long_context(262_144, without) == 0


def test_a_whole_run_measures_both_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(vs_llamacpp, "PREFILLS", {"prefill_512": 20})
    monkeypatch.setattr(vs_llamacpp, "LONG_CONTEXTS", (500, 60))
    monkeypatch.setattr(vs_llamacpp, "LONG_DECODE", 8)
    path = write_tiny_model(tmp_path / "tiny.gguf")
    modules = (EREMO_MODULE, EREMO_MODULE)
    settings = Settings(sys.executable, levels()[-1], 1, repeat=2, modules=modules)
    figures = measure(path, settings, lambda _text: None)
    assert list(figures.comparisons) == [
        *("first_token", "first_token_without_import", "prefill_512", "decode", "decode_60"),
    ]
    for found in figures.comparisons.values():
        assert len(found.eremo) == len(found.llamacpp) == 2
        assert min(found.eremo + found.llamacpp) > 0
    whole, rest = (figures.comparisons[f"first_token{end}"] for end in ("", "_without_import"))
    assert all(map(operator.gt, whole.eremo, rest.eremo))
    assert figures.engines["eremo"]["kernels"] == levels()[-1]
    assert figures.engines["llamacpp"]["kernels"] == levels()[0]
    assert figures.memory["llamacpp"]["peak_bytes"] > 20e6
    assert len(figures.limit_seconds) == 2 * 2


def test_an_engine_that_ends_is_reported(tmp_path):
    with Child(sys.executable, EREMO_MODULE) as child:
        with pytest.raises(ChildEndedError, match="ended during “open”"):
            child.ask("open", path=str(tmp_path / "absent.gguf"), threads=1, context_tokens=1)
        with pytest.raises(ChildEndedError):
            child.ask("memory")


def test_without_llamacpp_one_is_told_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(peer, "has_llamacpp", lambda _python: False)
    monkeypatch.setattr(sys, "argv", ["vs_llamacpp"])
    assert vs_llamacpp.main() == 1
    assert "--peer PYTHON" in capsys.readouterr().err
    with pytest.raises(NoPeerError, match="here/python has no llama-cpp-python"):
        find_peer("here/python", build=True)


def test_it_is_built_for_this_cpu_where_it_is_asked_for(monkeypatch):
    commands = []

    def run(command, env, **_options):
        commands.append((command[1:], env["CMAKE_ARGS"]))
        return type("Done", (), {"returncode": len(commands) - 1})

    monkeypatch.setattr(peer, "has_llamacpp", lambda _python: False)
    monkeypatch.setattr(peer.venv, "create", lambda _folder, **_options: None)
    monkeypatch.setattr(peer.subprocess, "run", run)
    assert find_peer(None, build=True) == str(peer.built_python())
    [(command, cmake)] = commands
    assert command[-3:] == ["--no-binary", "llama-cpp-python", "llama-cpp-python"]
    assert cmake == "-DGGML_NATIVE=ON"
    with pytest.raises(NoPeerError, match="couldn't be compiled"):
        find_peer(None, build=True)
