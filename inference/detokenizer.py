"""Token ids back to text, one token at a time and in whole characters.

Knows nothing of stop strings or of which tokens end an answer.
"""

import codecs

from inference.tokenizer import Tokenizer


class Detokenizer:
    """For one text. Bytes that are no UTF-8 become U+FFFD."""

    def __init__(self, tokenizer: Tokenizer, *, at_start: bool = True) -> None:
        """at_start: False where it goes on with a text."""
        self._tokenizer = tokenizer
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._at_start = at_start and tokenizer.strips_leading_space

    def add(self, token_id: int) -> str:
        """The characters that are complete now; the rest waits for the next token."""
        data = self._tokenizer.token_bytes(token_id)
        if self._at_start and data:
            data = data.removeprefix(b" ")
            self._at_start = False
        return self._decoder.decode(data)

    def finish(self) -> str:
        """What is left of a character that never became whole."""
        return self._decoder.decode(b"", final=True)
