"""The torch decoder on the embedded model, against transformers and against itself."""

import logging
from pathlib import Path

import pytest
import torch

from inference.formats.gguf import open_gguf
from inference.tokenizer import load_tokenizer
from tests.embedded_model import EMBEDDED_MODEL

CHAT = "<|im_start|>user\nWhat is gravity?<|im_end|>\n<|im_start|>assistant\n"
CODE = "def fibonacci(n: int) -> int:\n    return n if n < 2 else fibonacci(n - 1) + fibonacci("
LICENCE = Path(__file__).parents[3] / "LICENSE"


@pytest.fixture(scope="module")
def prompts() -> list[list[int]]:
    tokenizer = load_tokenizer(open_gguf(EMBEDDED_MODEL))
    long = tokenizer.encode(LICENCE.read_text(), parse_special=False)[:2000]
    assert len(long) == 2000
    return [tokenizer.encode(CHAT, parse_special=True), tokenizer.encode(CODE, False), long]


def all_logits(decoder, token_ids, chunk=None):
    cache = decoder.new_state(torch.float32)
    chunk = chunk or len(token_ids)
    pieces = [token_ids[at : at + chunk] for at in range(0, len(token_ids), chunk)]
    with torch.inference_mode():
        return torch.cat([decoder.logits(decoder(piece, cache)) for piece in pieces])


@pytest.mark.filterwarnings("ignore")  # transformers' and accelerate's own
def test_logits_equal_those_of_transformers(decoder, prompts, record_property):
    """An implementation that we did not write, on the same file: layout, rotation, norms, head."""
    transformers = pytest.importorskip("transformers")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    logging.disable(logging.WARNING)
    try:
        theirs = transformers.AutoModelForCausalLM.from_pretrained(
            EMBEDDED_MODEL.parent, gguf_file=EMBEDDED_MODEL.name, dtype=torch.float32
        )
    finally:
        logging.disable(logging.NOTSET)
    for token_ids in prompts:
        with torch.inference_mode():
            expected = theirs(torch.tensor([token_ids])).logits[0]
        difference = (all_logits(decoder, token_ids) - expected).abs().max().item()
        record_property(f"largest difference over {len(token_ids)} tokens", f"{difference:.1e}")
        assert difference <= 1e-3


def test_decoding_with_the_cache_equals_the_full_forward(decoder, prompts):
    token_ids = prompts[1]
    one_by_one = all_logits(decoder, token_ids, chunk=1)
    torch.testing.assert_close(one_by_one, all_logits(decoder, token_ids), rtol=0, atol=1e-4)


@pytest.mark.parametrize(("chunk", "length"), [(1, 100), (7, 100), (64, 600), (512, 600)])
def test_prefill_in_chunks_equals_one_shot(decoder, prompts, chunk, length):
    """Each chunk size is followed by a shorter last chunk, but for 1."""
    token_ids = prompts[2][:length]
    chunked = all_logits(decoder, token_ids, chunk)[-1]
    torch.testing.assert_close(chunked, all_logits(decoder, token_ids)[-1], rtol=0, atol=1e-4)


def test_reading_on_after_a_trim_equals_a_fresh_start(decoder, prompts):
    """A shared prefix is kept between turns; what was cut off must leave no trace."""
    token_ids = prompts[2][:100]
    cache = decoder.new_state(torch.float32)
    with torch.inference_mode():
        decoder(token_ids[:60] + [7] * 30, cache)
        for layer in cache:
            layer.trim(60)
        resumed = decoder.logits(decoder(token_ids[60:], cache)[-1])
    torch.testing.assert_close(resumed, all_logits(decoder, token_ids)[-1], rtol=0, atol=1e-4)
