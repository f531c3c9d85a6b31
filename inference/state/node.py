"""What a node of the snapshot tree is, and how its content names it. Knows no files or tensors."""

import hashlib
from dataclasses import dataclass
from typing import Literal

FORMAT_VERSION = 1
"""Of the files and of the index; what has another one is never read."""

ROOT = ""  # the parent of a node that begins at the first token
TOKEN_TYPE = "<i4"
TOKEN_BYTES = 4

Kind = Literal["kv", "recurrent"]


@dataclass(frozen=True, slots=True)
class Node:
    """A run of token ids that follows the first `start` tokens of the chain up to its parent.

    A node begins at its parent's end, or inside its parent's run where only the beginning of that
    is shared. An empty run is the place of a recurrent state inside its parent's run.
    """

    id: str
    parent: str
    start: int
    tokens: bytes  # of TOKEN_TYPE

    @property
    def length(self) -> int:
        return len(self.tokens) // TOKEN_BYTES

    @property
    def end(self) -> int:
        return self.start + self.length


def new_node(fingerprint: str, parent: str, start: int, tokens: bytes) -> Node:
    """The node of this content: the same whoever reads it, in whatever chat or process."""
    digest = hashlib.sha256(f"{FORMAT_VERSION}\0{fingerprint}\0{parent}\0{start}\0".encode())
    digest.update(tokens)
    return Node(digest.hexdigest()[:32], parent, start, tokens)
