"""Small tokenizers for tests, made by the libraries that define their formats."""

import io
import json
from functools import cache
from pathlib import Path

import sentencepiece
import tokenizers
from tokenizers import decoders, models, pre_tokenizers, processors

DATA = Path(__file__).parent / "data"
LLAMA_CPP = json.loads((DATA / "smollm2_llama_cpp.json").read_text())
LLAMA_CPP_RULES = json.loads((DATA / "pre_tokenizers_llama_cpp.json").read_text())
"""How they were recorded is said in test_tokenizer.py."""


@cache
def sentence_piece_model() -> bytes:
    """A tiny sentencepiece BPE model that was trained here, serialized."""
    texts = [text for text, _ in LLAMA_CPP["plain"][:120] if text.strip() and "\0" not in text]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts * 5),
        model_writer=model,
        vocab_size=800,
        model_type="bpe",
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        control_symbols=["<|im_end|>"],
        user_defined_symbols=["<tag>"],
        character_coverage=0.98,
        minloglevel=2,
    )
    return model.getvalue()


def byte_level_json() -> str:
    """With a BOS that the tokenizer itself adds, and the limits of a training run left in."""
    merges = [tuple(merge.split(" ")) for merge in LLAMA_CPP_RULES["merges"]]
    vocabulary = {text: i for i, text in enumerate(LLAMA_CPP_RULES["tokens"])}
    backend = tokenizers.Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(["<|end|>", "<|start|>"])
    backend.add_tokens(["<tag>"])
    backend.post_processor = processors.TemplateProcessing(
        single="<|start|> $0", special_tokens=[("<|start|>", 1400)]
    )
    backend.enable_truncation(4)
    backend.enable_padding(length=16)
    return str(backend.to_str())


def metaspace_json(prepend_scheme: str) -> str:
    tokens = ["<unk>", "<s>", "▁", "a", "b", "▁a", *(f"<0x{byte:02X}>" for byte in range(256))]
    vocabulary = {text: i for i, text in enumerate(tokens)}
    model = models.BPE(vocab=vocabulary, merges=[("▁", "a")], unk_token="<unk>", byte_fallback=True)
    backend = tokenizers.Tokenizer(model)
    backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=prepend_scheme, split=False)
    backend.decoder = decoders.Metaspace(prepend_scheme=prepend_scheme)
    backend.add_special_tokens(["<unk>", "<s>"])
    return str(backend.to_str())
