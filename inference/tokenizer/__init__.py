"""Text to token ids and back, by the rules that come with the model's weights.

`Tokenizer` is what the rest of inference uses; `loading` finds out which kind of tokenizer a file
or folder has.
"""

from inference.tokenizer.loading import load_tokenizer, load_tokenizer_folder
from inference.tokenizer.tokenizer import Boundary, Tokenizer

__all__ = ["Boundary", "Tokenizer", "load_tokenizer", "load_tokenizer_folder"]
