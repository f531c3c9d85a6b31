"""The real engine: true answers of the embedded model, and every fault of a weights file."""

import functools

import numpy as np
import pytest

from inference.errors import InferenceError, OutOfMemoryError, WeightsError
from inference.events import (
    Finished,
    Message,
    ReasoningDelta,
    Request,
    SamplingParams,
    TextDelta,
)
from inference.local_engine import LocalEngine, decode, prompt_for, snapshot_places
from inference.memory import Memory
from inference.prompt import Prompt
from tests.embedded_model import EMBEDDED_MODEL
from tests.inference.tiny_model import HIDDEN, write_tiny_model


@pytest.fixture(scope="module")
def embedded():
    engine = LocalEngine(EMBEDDED_MODEL)
    yield engine
    engine.close()


@pytest.fixture
def tiny(tmp_path):
    return LocalEngine(write_tiny_model(tmp_path / "tiny.gguf"))


def ask(engine, *texts, **sampling) -> tuple[str, Finished]:
    """Alternating questions and answers, the last a question."""
    roles = ("user", "assistant") * len(texts)
    messages = tuple(Message(role, text) for role, text in zip(roles, texts, strict=False))
    params = SamplingParams(**({"temperature": 0, "max_tokens": 24} | sampling))
    events = list(engine.generate(Request(messages, params), lambda: False))
    return "".join(event.text for event in events if isinstance(event, TextDelta)), events[-1]


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("What is gravity?", "Gravity is a fundamental concept in physics that describes the"),
        ("What is 2+2?", "The answer to this classic math problem is 4."),
    ],
)
def test_greedy_answers_are_those_of_llama_cpp(embedded, question, begins):
    """Recorded with llama-cpp-python 0.3.36 from the same file, temperature 0."""
    answer, _ = ask(embedded, question)
    assert answer.startswith(begins)


def test_a_near_tie_is_decided_by_the_exact_logits_and_goes_on_like_llama_cpp(monkeypatch):
    """llama.cpp rounds activations to 8 bits and begins this answer with "1" by 0.03 of a logit;
    in float32, here and in transformers, "Here" leads by 0.34. Both list bananas.
    """
    monkeypatch.setenv("EREMO_KERNELS", "reference")
    exact = LocalEngine(EMBEDDED_MODEL)
    question = "List three fruits."
    assert ask(exact, question)[0].startswith("Here are three fruits")
    model = exact._model
    prompt = prompt_for(model, Request((Message("user", question),))).token_ids
    prompt += model.tokenizer.encode("1", parse_special=False)
    memory = Memory(model.language_model.new_session())
    logits = memory.read(prompt)
    greedy = Request((), SamplingParams(temperature=0, max_tokens=24))
    rest = "".join(delta.text for delta in decode(model, memory, logits, greedy, lambda: False))
    assert rest == ". Bananas\n2. Apples\n3. Oranges"


def test_an_answer_that_the_model_ends_says_so(embedded):
    answer, finished = ask(embedded, "What is 2+2?")
    assert answer == "The answer to this classic math problem is 4."
    assert (finished.reason, finished.prompt_tokens) == ("stop", 37)  # as llama.cpp counts
    assert finished.completion_tokens == 11


def test_the_next_turn_reads_only_what_is_new(embedded):
    first, before = ask(embedded, "What is 2+2?")
    warm, after = ask(embedded, "What is 2+2?", first, "And 3+3?")
    assert after.reused_tokens >= before.prompt_tokens + before.completion_tokens
    cold_engine = LocalEngine(EMBEDDED_MODEL)
    cold, cleared = ask(cold_engine, "What is 2+2?", first, "And 3+3?")
    cold_engine.close()
    assert cleared.reused_tokens == 0
    assert warm == cold


def test_an_answer_stops_where_the_context_ends(tiny):
    _, finished = ask(tiny, "hello", max_tokens=None)
    assert finished.reason in ("length", "stop")
    if finished.reason == "length":
        assert finished.prompt_tokens + finished.completion_tokens == 128


def test_what_is_thought_after_a_prompt_that_opens_the_thinking_is_no_answer(tmp_path):
    """Jamba's generation prompt ends with <think>: the answer itself has no opening tag."""
    template = "{{ messages[-1].content }}{% if add_generation_prompt %}\n<think>\n{% endif %}"
    path = write_tiny_model(tmp_path / "tiny.gguf", {"tokenizer.chat_template": template})
    request = Request((Message("user", "hello"),), SamplingParams(seed=1, max_tokens=24))
    events = list(LocalEngine(path).generate(request, lambda: False))
    assert any(isinstance(event, ReasoningDelta) for event in events)
    assert not any(isinstance(event, TextDelta) for event in events)
    assert events[-1].reasoning_tokens == events[-1].completion_tokens > 0


def test_a_failure_in_mid_answer_leaves_the_engine_usable(tiny, monkeypatch):
    """Half-read tokens must not be taken for read ones by the next prompt."""
    expected, _ = ask(tiny, "hello")
    session = type(tiny._memory._session)
    whole = session.read
    calls = iter(range(1000))

    def failing(self, token_ids):
        logits = whole(self, token_ids)
        if next(calls) == 1:  # when the state has changed already
            raise OutOfMemoryError("There is not enough memory.")
        return logits

    monkeypatch.setattr(session, "read", failing)
    with pytest.raises(InferenceError, match="not enough memory"):
        ask(tiny, "hello you")
    assert ask(tiny, "hello")[0] == expected


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"llama.embedding_length": None}, "llama.embedding_length"),
        ({"llama.block_count": "two"}, "llama.block_count"),
        ({"llama.block_count": 3}, "blk.2.attn_norm.weight"),
        ({"llama.block_count": 1}, "blk.1"),
        ({"llama.block_count": 0}, "zero"),
        ({"llama.attention.head_count": 0}, "zero"),
        ({"llama.attention.head_count_kv": 3}, "3 KV heads"),
        ({"llama.attention.head_count": 8}, "attn_k"),
        ({"llama.rope.dimension_count": 99}, "99 rotary"),
        ({"llama.rope.scaling.type": "yarn"}, "yarn"),
        ({"tokenizer.ggml.model": "nonsense"}, "nonsense"),
        ({"tokenizer.ggml.pre": "nonsense"}, "nonsense"),
        ({"tokenizer.ggml.tokens": None}, "tokens"),
    ],
)
def test_metadata_that_can_not_be_true_is_named(tmp_path, changed, sentence):
    engine = LocalEngine(write_tiny_model(tmp_path / "tiny.gguf", changed))
    with pytest.raises(WeightsError, match=sentence):
        list(engine.load())


def test_an_unknown_architecture_is_named(tmp_path):
    engine = LocalEngine(write_tiny_model(tmp_path / "tiny.gguf", architecture="quux"))
    with pytest.raises(WeightsError, match="“quux”"):
        list(engine.load())


@pytest.mark.parametrize(
    ("changed_tensors", "sentence"),
    [
        ({"blk.1.ffn_up.weight": None}, "lacks the tensor blk.1.ffn_up.weight"),
        ({"blk.1.attn_q.bias": np.zeros(HIDDEN, np.float32)}, "blk.1.attn_q.bias"),
        ({"output_norm.weight": np.zeros(HIDDEN + 1, np.float32)}, "output_norm.weight"),
        ({"token_embd.weight": None}, "token_embd.weight"),
    ],
)
def test_a_missing_a_surplus_and_a_misshapen_tensor_are_named(tmp_path, changed_tensors, sentence):
    """A surplus one belongs to a variant that would be computed wrongly, without a word."""
    path = write_tiny_model(tmp_path / "tiny.gguf", changed_tensors=changed_tensors)
    with pytest.raises(WeightsError, match=sentence):
        list(LocalEngine(path).load())


def test_weights_that_are_no_numbers_are_an_error(tmp_path):
    bad = np.full((HIDDEN,), np.nan, np.float32)
    path = write_tiny_model(tmp_path / "tiny.gguf", changed_tensors={"output_norm.weight": bad})
    with pytest.raises(InferenceError, match="no numbers"):
        ask(LocalEngine(path), "hello")


def test_a_model_cut_anywhere_is_an_error_of_the_file_and_never_a_crash(tmp_path):
    whole = write_tiny_model(tmp_path / "tiny.gguf").read_bytes()
    cut = tmp_path / "cut.gguf"
    for size in np.random.default_rng(1).integers(0, len(whole), 100):
        cut.write_bytes(whole[:size])
        with pytest.raises(WeightsError, match=r"cut\.gguf"):
            list(LocalEngine(cut).load())


def test_a_failed_load_can_be_tried_again(tmp_path):
    path = tmp_path / "tiny.gguf"
    engine = LocalEngine(path)
    with pytest.raises(WeightsError, match="does not exist"):
        list(engine.load())
    write_tiny_model(path)
    assert ask(engine, "hello")[1].prompt_tokens > 0


def test_making_an_engine_costs_nothing(tmp_path):
    """The window's process names the engine for its child; it must not load a library for that."""
    functools.partial(LocalEngine, tmp_path / "missing.gguf")()


def test_a_checkpoint_is_a_long_way_of_reading_from_what_was_reused():
    """By its number in the prompt it would often lie beside a snapshot: 10 MB for a few tokens."""
    prompt = Prompt([0] * 20_000, marks=[8188, 19_990])
    assert snapshot_places(prompt, reused=8188) == [8188, 16_380, 19_990]
    assert snapshot_places(Prompt([0] * 20_000, []), reused=0) == [8192, 16_384]
