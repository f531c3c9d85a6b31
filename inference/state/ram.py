"""The nodes whose tensors are in memory, the least recently used one first.

Not thread-safe: the tree's lock is held.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from inference.state.node import Node
from inference.state.snapshot_file import Tensors


@dataclass(eq=False, slots=True)
class RamNode:
    """A node with its keys and values, and perhaps its recurrent state; all of it read-only."""

    node: Node
    kv: Tensors
    recurrent: Tensors | None
    stored: bool = False  # is on disk too, or was
    owners: set[str] = field(default_factory=set)  # as far as this process gave it some
    num_writes: int = 0  # that wait for it; it stays until then

    @property
    def size_bytes(self) -> int:
        return size_bytes(self.kv) + size_bytes(self.recurrent or {})

    @property
    def is_temporary(self) -> bool:
        return not self.stored and not self.owners


class RamNodes:
    def __init__(self, hybrid: bool) -> None:
        """hybrid: a node without its recurrent state is only of use to what continues it."""
        self._hybrid = hybrid
        self._nodes: dict[str, RamNode] = {}  # in the order of their last use
        self._children: dict[str, set[str]] = {}
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._nodes)

    def get(self, node_id: str) -> RamNode | None:
        return self._nodes.get(node_id)

    def children(self, parent: str) -> list[RamNode]:
        return [self._nodes[node_id] for node_id in self._children.get(parent, ())]

    def put(self, added: RamNode) -> None:
        """As the last one used."""
        self._forget(added.node.id)
        self._nodes[added.node.id] = added
        self._children.setdefault(added.node.parent, set()).add(added.node.id)
        self.size_bytes += added.size_bytes

    def set_recurrent(self, ram_node: RamNode, recurrent: Tensors | None) -> None:
        self.size_bytes -= ram_node.size_bytes
        ram_node.recurrent = recurrent
        self.size_bytes += ram_node.size_bytes

    def touch(self, node_ids: Iterable[str]) -> None:
        for node_id in node_ids:
            if node_id in self._nodes:
                self._nodes[node_id] = self._nodes.pop(node_id)

    def shrink(self, limit_bytes: int) -> None:
        """Let go of what was least recently used and isn't needed by others.

        A node that others continue loses only its recurrent state. What waits to be written stays.
        """
        while self.size_bytes > limit_bytes:
            for ram_node in self._nodes.values():
                is_leaf = ram_node.node.id not in self._children
                if not ram_node.num_writes and (is_leaf or ram_node.recurrent is not None):
                    break
            else:
                return
            if is_leaf:
                self._remove_leaf(ram_node)
            else:
                self.set_recurrent(ram_node, None)

    def release(
        self, owners: Collection[str], still_stored: Callable[[list[str]], Collection[str]]
    ) -> None:
        """Let go of what belongs to none but these owners.

        still_stored: which of these nodes are on disk, thanks to others.
        """
        unowned = []
        for ram_node in self._nodes.values():
            if not ram_node.is_temporary:
                ram_node.owners.difference_update(owners)
                if not ram_node.owners:
                    unowned.append(ram_node.node.id)
        stored = still_stored(unowned)
        for node_id in unowned:
            if node_id not in stored:
                self.remove_below(node_id)

    def release_temporary(self) -> None:
        for ram_node in [node for node in self._nodes.values() if node.is_temporary]:
            self.remove_below(ram_node.node.id)

    def remove_below(self, node_id: str) -> None:
        """A node and all that continues it."""
        for child in list(self._children.get(node_id, ())):
            self.remove_below(child)
        self._forget(node_id)

    def clear(self) -> None:
        self._nodes.clear()
        self._children.clear()
        self.size_bytes = 0

    def _remove_leaf(self, ram_node: RamNode) -> None:
        """And the nodes above it that were of use to it alone."""
        leaf: RamNode | None = ram_node
        while leaf is not None:
            self._forget(leaf.node.id)
            leaf = self._nodes.get(leaf.node.parent)
            needed = leaf is not None and (
                not self._hybrid
                or leaf.recurrent is not None
                or leaf.num_writes
                or leaf.node.id in self._children
            )
            if needed:
                return

    def _forget(self, node_id: str) -> None:
        ram_node = self._nodes.pop(node_id, None)
        if ram_node is None:
            return
        self.size_bytes -= ram_node.size_bytes
        siblings = self._children[ram_node.node.parent]
        siblings.discard(node_id)
        if not siblings:
            del self._children[ram_node.node.parent]


def size_bytes(tensors: Tensors) -> int:
    return sum(tensor.nbytes for tensor in tensors.values())
