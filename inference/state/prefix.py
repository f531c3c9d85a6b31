"""Finds the longest prefix of token ids in a tree of nodes, wherever these are."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inference.state.node import ROOT, TOKEN_TYPE, Node

TokenIds = npt.NDArray[np.int32]


class KnownNode(NamedTuple):
    node: Node
    has_recurrent: bool


class Match(NamedTuple):
    """The first `num_tokens` are those of a chain: its nodes from the first one on.

    Of each node only the tokens before the next one's start count.
    """

    num_tokens: int
    chain: tuple[Node, ...]

    @property
    def ends(self) -> list[int]:
        """Where each node's part ends."""
        return [*(node.start for node in self.chain[1:]), self.num_tokens]


def longest_prefix(
    token_ids: TokenIds,
    children: Callable[[str], Iterable[KnownNode]],
    exact: bool,
) -> Match | None:
    """The longest one that is known of `token_ids`.

    children: the nodes that continue the one of this id.
    exact: only where a node with a recurrent state ends; else a node may be cut. Then, of equal
        ones, a node's own end is taken.
    """
    best: Match | None = None
    best_rank = (0, False)
    open_chains: list[tuple[Node, ...]] = [()]
    limits = [0]  # of each: the tokens that are known to be equal
    while open_chains:
        chain, limit = open_chains.pop(), limits.pop()
        for node, has_recurrent in children(chain[-1].id if chain else ROOT):
            if node.start > limit:
                continue
            end = node.start + _num_equal(node, token_ids)
            longer = (*chain, node)
            open_chains.append(longer)
            limits.append(end)
            rank = (end, end == node.end)
            usable = has_recurrent and rank[1] if exact else True
            if usable and rank > best_rank and end > 0:
                best, best_rank = Match(end, longer), rank
    return best


def _num_equal(node: Node, token_ids: TokenIds) -> int:
    run = np.frombuffer(node.tokens, TOKEN_TYPE)
    wanted = token_ids[node.start : node.end]
    different = run[: len(wanted)] != wanted
    return int(different.argmax()) if different.any() else len(wanted)
