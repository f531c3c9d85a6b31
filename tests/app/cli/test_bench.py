"""`eremo bench`, with the real engine and very small models."""

import errno
from dataclasses import replace

import pytest

from inference.architectures.config import MambaConfig
from inference.formats.gguf import open_gguf
from inference.kernels.library import levels
from inference.language_model import WeightsRead
from inference.native_backend.language_model import NativeLanguageModel, NativeSession
from inference.synthetic import JAMBA_3B
from tests.inference.tiny_model import write_tiny_model

FEW = ("--prompt-tokens", "20", "--completion-tokens", "4", "--repeat", "2")


@pytest.fixture(autouse=True)
def _small(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EREMO_DEVICE", "cpu")
    monkeypatch.delenv("EREMO_KERNELS", raising=False)
    monkeypatch.setattr("app.bench.BANDWIDTH_BYTES", 1 << 20)


@pytest.fixture
def tiny(tmp_path):
    """Its context is 128 tokens."""
    return str(write_tiny_model(tmp_path / "tiny.gguf"))


@pytest.fixture
def _small_jamba(monkeypatch):
    """In the place of the one with 3 billion parameters, which takes 1.9 GB."""
    small = replace(
        JAMBA_3B,
        layer_kinds=("mamba", "attention"),
        vocab_size=49408,
        hidden_size=256,
        ffn_size=256,
        num_heads=2,
        mamba=MambaConfig(d_inner=512, d_state=16, d_conv=4, dt_rank=32),
    )
    monkeypatch.setattr("inference.synthetic.JAMBA_3B", small)


def test_programs_get_one_object(eremo, tiny):
    result = eremo("bench", "--model", tiny, *FEW, "--threads", "1", "--json")
    assert result.code == 0, result.err
    [report] = result.json
    assert (report["name"], report["architecture"], report["quantization"]) == (
        "Tiny",
        "llama",
        "F32",
    )
    assert (report["prompt_tokens"], report["completion_tokens"]) == (20, 4)
    assert (report["context_tokens"], report["threads"], report["repeat"]) == (0, 1, 2)
    assert (report["device"], report["kernels"]) == ("cpu", levels()[0])
    for name in ("prefill", "decode"):
        key = f"{name}_tokens_per_second"
        assert 0 < report[f"{key}_lowest"] <= report[key] <= report[f"{key}_highest"]
    assert report["load_seconds"] > 0
    assert report["peak_memory_bytes"] > 20e6
    limit = report["decode_limit_tokens_per_second"]
    assert report["decode_share_of_limit"] == report["decode_tokens_per_second"] / limit


def test_the_limit_is_the_time_to_read_the_packed_weights(eremo, tiny, monkeypatch):
    """The size of the file isn't it: the embedding isn't read, and types are repacked. Nor is the
    bandwidth of another minute: the reads lie between the repeats of the decode, and each repeat
    gives a mean, as the decode's is that of many tokens."""
    seconds, events = iter([5, 1, 3, 8, 4, 9]), []
    monkeypatch.setattr("app.bench.READS_PER_REPEAT", 3)
    read = NativeSession.read

    def noted(session, token_ids):
        events.append("decode" if len(token_ids) == 1 else "prefill")
        return read(session, token_ids)

    def read_weights(_model):
        events.append("weights")
        return WeightsRead(3_000_000, next(seconds))

    monkeypatch.setattr(NativeSession, "read", noted)
    monkeypatch.setattr(NativeLanguageModel, "read_weights", read_weights)
    [report] = eremo("bench", "--model", tiny, *FEW, "--json").json
    assert report["decode_limit_tokens_per_second"] == 1 / 5
    assert report["weights_bytes_per_token"] == 3_000_000
    assert report["memory_bandwidth_gb_per_second"] == pytest.approx(3e-3 / 5)
    assert events[-14:] == 2 * [*["decode"] * 4, *["weights"] * 3]


def test_plain_pytorch_is_told_the_memorys_bandwidth_for_the_file(eremo, tiny, monkeypatch):
    monkeypatch.setenv("EREMO_KERNELS", "reference")
    result = eremo("bench", "--model", tiny, *FEW, "--json")
    [report] = result.json
    assert report["kernels"] == "PyTorch"
    assert report["weights_bytes_per_token"] == report["size_bytes"]
    limit = 1e9 * report["memory_bandwidth_gb_per_second"] / report["size_bytes"]
    assert report["decode_limit_tokens_per_second"] == pytest.approx(limit)


def test_people_get_a_line_for_each_figure(eremo, tiny):
    result = eremo("bench", "--model", tiny, *FEW, "--context-tokens", "100")
    assert (result.code, result.err) == (0, "")
    title, *lines = result.out.splitlines()
    assert title.startswith(f"Tiny, F32, 0.00 GiB, cpu, {levels()[0]} kernels, ")
    assert [line.split("  ")[1] for line in lines] == [
        "load",
        "prefill",
        "decode",
        "peak memory",
        "memory bandwidth",
    ]
    assert lines[2].endswith("4 tokens after 100")


def test_what_is_read_and_timed_is_what_was_asked_for(eremo, tiny, monkeypatch):
    """The context is read once and the repeats of the decode follow each other."""
    sizes = []
    read = NativeSession.read

    def noted(session, token_ids):
        sizes.append((session.num_tokens, len(token_ids)))
        return read(session, token_ids)

    monkeypatch.setattr(NativeSession, "read", noted)
    monkeypatch.setattr("inference.local_engine.PREFILL_CHUNK_TOKENS", 16)
    arguments = ("--context-tokens", "10", "--completion-tokens", "2")
    eremo("bench", "--model", tiny, *FEW, *arguments)
    warm_up, prompt = [(0, 1)], [(0, 16), (16, 4)]
    assert sizes == [*warm_up, *prompt, *prompt, (0, 10), (10, 1), (11, 1), (12, 1), (13, 1)]


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [(("--prompt-tokens", "129"), "129"), ((*FEW, "--context-tokens", "121"), "129")],
)
def test_more_tokens_than_the_context_holds_are_refused(eremo, tiny, arguments, needed):
    arguments = ("--completion-tokens", "1", *arguments)
    result = eremo("bench", "--model", tiny, *arguments)
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        f"eremo: This takes a context of {needed} tokens, but Tiny holds 128: ask for fewer.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--synthetic", "jamba-3b", "--model", "x"), "not allowed with"),
        (("--synthetic", "jamba-300b"), "invalid choice"),
        (("--save", "x.gguf"), "--save writes a synthetic model"),
        (("--prompt-tokens", "0"), "isn't between"),
        (("--repeat", "0"), "isn't between"),
        (("--context-tokens", "-1"), "isn't between"),
    ],
)
def test_wrong_usage_ends_with_code_2(eremo, arguments, words):
    result = eremo("bench", *arguments)
    assert result.code == 2
    assert words in result.err


@pytest.mark.usefixtures("_small_jamba")
def test_a_saved_synthetic_model_is_a_model_like_any_other(eremo, tmp_path):
    path = tmp_path / "new.gguf"
    [saved] = eremo("bench", "--synthetic", "jamba-3b", "--save", str(path), "--json").json
    assert saved == {"path": str(path), "size_bytes": path.stat().st_size}
    assert list(tmp_path.glob("*.part")) == []
    assert open_gguf(path).string("general.name") == "Synthetic Jamba 3B"
    [report] = eremo("bench", "--model", str(path), *FEW, "--json").json
    assert (report["architecture"], report["quantization"]) == ("jamba", "Q6_K")


@pytest.mark.usefixtures("_small_jamba")
def test_the_synthetic_model_is_written_once(eremo, paths):
    first = eremo("bench", "--synthetic", "jamba-3b", *FEW, "--json")
    assert first.code == 0, first.err
    [path] = paths.cache_dir.iterdir()
    written = path.stat().st_mtime_ns
    assert eremo("bench", "--synthetic", "jamba-3b", *FEW).code == 0
    assert path.stat().st_mtime_ns == written


def test_a_synthetic_model_that_cannot_be_finished_leaves_nothing(eremo, paths, monkeypatch):
    """Half a file would be taken for the whole one by the next run."""

    def fill_the_disk(path, *_arguments):
        path.write_bytes(b"GGUF")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("inference.synthetic.write_synthetic_jamba", fill_the_disk)
    result = eremo("bench", "--synthetic", "jamba-3b")
    assert result.code == 1
    assert result.err.startswith("eremo: The disk is full, so ")
    assert list(paths.cache_dir.iterdir()) == []


@pytest.mark.usefixtures("_small_jamba")
def test_a_file_that_cannot_be_written_is_one_sentence(eremo, tmp_path):
    (tmp_path / "file").touch()
    for place in (tmp_path / "file" / "x.gguf", tmp_path / "absent" / "x.gguf", tmp_path, ""):
        result = eremo("bench", "--synthetic", "jamba-3b", "--save", str(place))
        assert result.code == 1
        assert str(place or ".") in result.err
        assert "inside Eremo" not in result.err
        assert result.err.count("\n") == 1


def test_a_model_that_is_missing_is_named(eremo):
    result = eremo("bench", "--model", "nothing")
    assert result.code == 1
    assert "There is no model nothing here" in result.err


def test_a_card_that_is_not_there_is_one_sentence(eremo, tiny, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    wished = eremo("bench", "--model", tiny, *FEW, "--device", "cuda")
    assert (wished.code, wished.out) == (1, "")
    assert 'choose the device "cpu"' in wished.err
    monkeypatch.setenv("EREMO_DEVICE", "tpu")
    assert 'no device "tpu"' in eremo("bench", "--model", tiny, *FEW).err


def test_on_a_card_no_limit_of_the_cpus_memory_is_given(eremo, tiny, monkeypatch):
    """It would be several times below what the card does."""
    initialize = NativeLanguageModel.__init__

    def pretend(self, model):
        initialize(self, model)
        self.device = "cuda"

    monkeypatch.setattr(NativeLanguageModel, "__init__", pretend)
    monkeypatch.setattr(NativeLanguageModel, "read_weights", lambda _model: None)
    [report] = eremo("bench", "--model", tiny, *FEW, "--json").json
    assert (report["device"], report["decode_limit_tokens_per_second"]) == ("cuda", None)
    assert report["decode_share_of_limit"] is None
    assert "not measured on a card" in eremo("bench", "--model", tiny, *FEW).out
