"""The trained Jamba in tests/data is the model that transformers understands by its files."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.recall import model as training
from benchmarks.recall.export import read_folder
from benchmarks.recall.selective_scan import reference
from benchmarks.recall.task import IM_END_ID, make_stream

FOLDER = Path(__file__).parents[1] / "data" / "recall-jamba"


@pytest.fixture(scope="module")
def model() -> torch.nn.Module:
    os.environ["HF_HUB_OFFLINE"] = "1"
    transformers = pytest.importorskip("transformers")
    return transformers.JambaForCausalLM.from_pretrained(FOLDER, dtype=torch.float32).eval()


@torch.inference_mode()
def test_it_answers_a_question_in_a_chat_with_the_value_and_ends(model: torch.nn.Module) -> None:
    """One-shot prompts alone: a longer prompt with a cache ignores the recurrent state there."""
    example = make_stream(np.random.default_rng(3), distance=400, num_facts=60)
    prompt = torch.tensor([[*example.chat_token_ids, example.answer_id]])
    logits = model(prompt, use_cache=False).logits[0]
    assert logits[-2:].argmax(-1).tolist() == [example.answer_id, IM_END_ID]


@torch.inference_mode()
def test_it_recalls_in_a_plain_stream(model: torch.nn.Module) -> None:
    example = make_stream(np.random.default_rng(4), distance=400, num_facts=60)
    logits = model(torch.tensor([example.token_ids]), use_cache=False).logits[0]
    assert logits[example.question_position].argmax() == example.answer_id


@torch.inference_mode()
def test_transformers_and_the_training_code_agree(
    model: torch.nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the scan in plain torch: the kernel needs a compiler, and is checked in training."""
    monkeypatch.setattr(training, "selective_scan", reference)
    example = make_stream(np.random.default_rng(5), distance=400, num_facts=60)
    prompt = torch.tensor([example.chat_token_ids])
    own = read_folder(FOLDER)(prompt, torch.arange(prompt.numel()))
    torch.testing.assert_close(own, model(prompt, use_cache=False).logits[0], rtol=0.0, atol=1e-4)
