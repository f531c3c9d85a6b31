"""SentencePiece models: of a `tokenizer.model` file, or put together again from GGUF metadata.

Knows nothing of files or of control tokens in a text. The libraries, 20 ms to import, come with
the first model.
"""

from collections.abc import Sequence

from inference.tokenizer.vocabulary import TokenKind, Vocabulary, make_vocabulary

SPACE = "▁"


class SentencePieceModel:
    """A SubwordModel. Raises: ValueError when the serialized model is unusable."""

    def __init__(self, model_proto: bytes) -> None:
        from google.protobuf.message import DecodeError
        from sentencepiece import SentencePieceProcessor
        from sentencepiece.sentencepiece_model_pb2 import ModelProto  # type: ignore[attr-defined]

        try:
            proto = ModelProto.FromString(model_proto)
            self._processor = SentencePieceProcessor(model_proto=model_proto)
        except (DecodeError, RuntimeError) as error:
            raise ValueError("it is not a SentencePiece model") from error
        if not proto.pieces:
            raise ValueError("it has no tokens")
        self.vocabulary = make_vocabulary(
            [piece.piece for piece in proto.pieces], [piece.type for piece in proto.pieces]
        )
        self.strips_leading_space: bool = proto.normalizer_spec.add_dummy_prefix

    def encode(self, text: str, at_start: bool) -> list[int]:  # noqa: ARG002
        token_ids: list[int] = self._processor.encode(text)
        return token_ids

    def bytes_of(self, text: str) -> bytes:
        return sentence_piece_bytes(text)


def sentence_piece_bytes(text: str) -> bytes:
    return text.replace(SPACE, " ").encode()


def model_from_scores(
    vocabulary: Vocabulary, scores: Sequence[float], add_space_prefix: bool
) -> SentencePieceModel:
    """The BPE model whose merges are ranked by the scores, which is all that GGUF keeps of one.

    Raises:
        ValueError: the scores don't rank anything, or the tokens make no model.
    """
    from sentencepiece.sentencepiece_model_pb2 import (  # type: ignore[attr-defined]
        ModelProto,
        TrainerSpec,
    )

    if len(scores) != len(vocabulary):
        raise ValueError(f"it has {len(vocabulary)} tokens but {len(scores)} scores")
    if len({scores[token_id] for token_id in vocabulary.ids_of(TokenKind.NORMAL)}) < 2:
        raise ValueError("its tokens have no scores")  # converters write placeholders
    proto = ModelProto()
    proto.trainer_spec.model_type = TrainerSpec.BPE
    proto.trainer_spec.byte_fallback = bool(vocabulary.ids_of(TokenKind.BYTE))
    proto.normalizer_spec.name = "identity"
    proto.normalizer_spec.add_dummy_prefix = add_space_prefix
    proto.normalizer_spec.remove_extra_whitespaces = False
    for text, kind, score in zip(vocabulary.texts, vocabulary.kinds, scores, strict=True):
        proto.pieces.add(piece=text, type=kind, score=score)
    return SentencePieceModel(proto.SerializeToString())
