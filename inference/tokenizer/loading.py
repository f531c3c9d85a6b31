"""Finds the tokenizer of a weights file or of a folder, and what begins and ends a text.

Knows the names of metadata keys and of files; how the tokenizers work is in the other modules.
"""

from pathlib import Path

from inference.errors import WeightsError
from inference.formats.gguf import GGUFFile
from inference.formats.model_folder import faults_of, read_json
from inference.tokenizer.byte_level import PRE_TOKENIZERS, ByteLevelModel
from inference.tokenizer.huggingface import HuggingFaceModel
from inference.tokenizer.sentence_piece import SentencePieceModel, model_from_scores
from inference.tokenizer.tokenizer import SubwordModel, Tokenizer
from inference.tokenizer.vocabulary import TokenKind, make_vocabulary

NEEDED_AGREEMENT = 0.99  # converters rename a few tokens
EMBEDDED_JSON = "tokenizer.huggingface.json"
"""GGUF's key for a whole tokenizer.json."""
EOS_IDS = "eremo.eos_token_ids"
"""Our key for all tokens that end an answer; GGUF's own keys name three at most."""


def load_tokenizer(file: GGUFFile) -> Tokenizer:
    """From the metadata; where that won't do, from a tokenizer.json in it or a file beside it.

    Raises:
        WeightsError: neither can be used.
    """
    model, add_bos = _model_for(file)
    tokens = range(len(model.vocabulary))
    is_sentence_piece = _kind(file) == "llama"
    bos_id = file.integer("tokenizer.ggml.bos_token_id", default=1 if is_sentence_piece else -1)
    eos_id = file.integer("tokenizer.ggml.eos_token_id", default=2 if is_sentence_piece else -1)
    eot_id = file.integer("tokenizer.ggml.eot_token_id", default=-1)
    eom_id = file.integer("tokenizer.ggml.eom_token_id", default=-1)
    other_eos_ids = [eot_id, eom_id, *file.integers(EOS_IDS, default=[])]
    return Tokenizer(
        model,
        bos_id=bos_id if bos_id in tokens else None,
        eos_id=eos_id if eos_id in tokens else None,
        other_eos_ids=[token_id for token_id in other_eos_ids if token_id in tokens],
        add_bos=file.boolean("tokenizer.ggml.add_bos_token", default=add_bos),
    )


def load_tokenizer_folder(folder: Path) -> Tokenizer:
    """From a folder as Hugging Face publishes models: tokenizer.json, else tokenizer.model.

    Raises:
        WeightsError: there is none, or one of the files is damaged.
    """
    found = _model_in(folder)
    if found is None:
        raise WeightsError(
            f"The folder {folder.name} has no tokenizer. Put the model's tokenizer.json into it."
        )
    model, add_bos = found
    config = read_json(folder / "tokenizer_config.json")
    ids = {text: token_id for token_id, text in enumerate(model.vocabulary.texts) if text}
    bos_id = ids.get(_text_of(config.get("bos_token")))
    if bos_id is None and isinstance(model, HuggingFaceModel):
        bos_id = model.first_id
    tokens = range(len(model.vocabulary))
    other_eos_ids: list[int] = []
    for name in ("config.json", "generation_config.json"):
        other_eos_ids += _ids_of(read_json(folder / name).get("eos_token_id"))
    added = config.get("added_tokens_decoder")
    if isinstance(added, dict) and not added.keys() <= set(map(str, tokens)):
        raise WeightsError(
            f"The tokenizer in the folder {folder.name} lacks tokens that its configuration names. "
            "Put the model's tokenizer.json into it."
        )
    wish = config.get("add_bos_token")
    return Tokenizer(
        model,
        bos_id=bos_id,
        eos_id=ids.get(_text_of(config.get("eos_token"))),
        other_eos_ids=[token_id for token_id in other_eos_ids if token_id in tokens],
        add_bos=wish if isinstance(wish, bool) else add_bos,
    )


# A model comes with whether a text begins with BOS where nothing else says so.
Found = tuple[SubwordModel, bool]


def _model_for(file: GGUFFile) -> Found:
    try:
        return _model_from(file)
    except ValueError as error:
        beside = _model_in(file.path.parent)
        if beside is None:
            raise WeightsError(
                f"The tokenizer in {file.path.name} cannot be used: {error}. "
                "Put the model's tokenizer.json into the same folder."
            ) from error
    model, _ = beside
    texts, beside_texts = file.strings("tokenizer.ggml.tokens", default=[]), model.vocabulary.texts
    num_equal = sum(map(str.__eq__, texts, beside_texts))
    if texts and num_equal < NEEDED_AGREEMENT * max(len(texts), len(beside_texts)):
        raise WeightsError(
            f"The tokenizer in the folder of {file.path.name} belongs to another model. "
            "Replace it by the model's tokenizer.json."
        )
    return beside


def _model_from(file: GGUFFile) -> Found:
    """Raises: ValueError with the reason why the metadata can't be used."""
    try:
        return _model_of_vocabulary(file)
    except ValueError:
        embedded = file.string(EMBEDDED_JSON, default="")
        if not embedded:
            raise
    model = HuggingFaceModel(embedded)
    return model, model.first_id is not None


def _model_of_vocabulary(file: GGUFFile) -> Found:
    """From GGUF's own form of a tokenizer. Raises: like `_model_from`."""
    kind = _kind(file)
    if kind not in ("gpt2", "llama"):
        raise ValueError(f"its kind “{kind}” is not known to this version of Eremo")
    texts = file.strings("tokenizer.ggml.tokens")
    texts = [text or f"[EMPTY_{token_id}]" for token_id, text in enumerate(texts)]
    default_kinds = [int(TokenKind.NORMAL)] * len(texts)
    kinds = file.integers("tokenizer.ggml.token_type", default=default_kinds)
    if len(kinds) != len(texts):
        raise ValueError(f"it has {len(texts)} tokens but {len(kinds)} token types")
    vocabulary = make_vocabulary(texts, kinds)
    if kind == "llama":
        scores = file.numbers("tokenizer.ggml.scores", default=[])
        add_space_prefix = file.boolean("tokenizer.ggml.add_space_prefix", default=True)
        return model_from_scores(vocabulary, scores, add_space_prefix), True
    name = file.string("tokenizer.ggml.pre", default="default")
    if name not in PRE_TOKENIZERS:
        raise ValueError(f"its pre-tokenizer “{name}” is not known to this version of Eremo")
    merges = file.strings("tokenizer.ggml.merges")
    pre_tokenizer = PRE_TOKENIZERS[name]
    return ByteLevelModel(vocabulary, merges, pre_tokenizer), pre_tokenizer.add_bos


def _kind(file: GGUFFile) -> str:
    return file.string("tokenizer.ggml.model", default="none")


def _model_in(folder: Path) -> Found | None:
    """None when the folder has no tokenizer; raises WeightsError for a damaged one."""
    json_path, proto_path = folder / "tokenizer.json", folder / "tokenizer.model"
    if json_path.is_file():
        with faults_of(json_path):
            model = HuggingFaceModel(json_path.read_text("utf-8"))
            return model, model.first_id is not None
    if proto_path.is_file():
        with faults_of(proto_path):
            return SentencePieceModel(proto_path.read_bytes()), True
    return None


def _text_of(token: object) -> str:
    """Tokens are named by their text, or by an object that has it as its content."""
    text = token.get("content") if isinstance(token, dict) else token
    return text if isinstance(text, str) else ""


def _ids_of(value: object) -> list[int]:
    """`eos_token_id` is a number, a list of numbers, or null."""
    return [item for item in (value if isinstance(value, list) else [value]) if type(item) is int]
