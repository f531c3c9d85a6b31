"""Writes a trained model as the folder that Hugging Face's libraries load."""

import json
from pathlib import Path

from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from benchmarks.recall.model import CONFIG, Jamba
from benchmarks.recall.task import CHAT_TEMPLATE, SPECIAL_TOKENS, VOCABULARY

TOKENIZER_CONFIG = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "bos_token": "<|startoftext|>",
    "eos_token": "<|im_end|>",
    "pad_token": "<|pad|>",
    "unk_token": "<|unk|>",
    "add_bos_token": False,  # the chat template begins with it
    "clean_up_tokenization_spaces": False,
    "model_max_length": CONFIG["max_position_embeddings"],
    "chat_template": CHAT_TEMPLATE,
}


def make_tokenizer() -> Tokenizer:
    """Whole words, each with the space before it (`▁word`); newlines are tokens of their own."""
    apart = {*SPECIAL_TOKENS, "\n"}
    vocabulary = {
        word if word in apart else f"▁{word}": token_id for token_id, word in enumerate(VOCABULARY)
    }
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<|unk|>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Strip(), normalizers.Replace(Regex(r"\s+"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    tokenizer.add_special_tokens([AddedToken(t, normalized=False) for t in SPECIAL_TOKENS])
    tokenizer.add_tokens([AddedToken("\n", normalized=False)])
    return tokenizer


def write_folder(model: Jamba, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    save_file(model.state_dict(), folder / "model.safetensors", metadata={"format": "pt"})
    make_tokenizer().save(str(folder / "tokenizer.json"), pretty=False)
    for name, content in (("config", CONFIG), ("tokenizer_config", TOKENIZER_CONFIG)):
        (folder / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def read_folder(folder: Path) -> Jamba:
    model = Jamba()
    model.load_state_dict(load_file(folder / "model.safetensors"))
    return model
