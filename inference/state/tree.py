"""The snapshot tree of one model: what it has read, found again by its token ids.

What can't be found, kept or read back only costs reading the tokens again: no method raises for
it. Knows no model: tensors come and go as they are.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from inference.state.header import DamagedFileError
from inference.state.node import ROOT, TOKEN_TYPE, Kind, Node, new_node
from inference.state.prefix import KnownNode, Match, TokenIds, longest_prefix
from inference.state.ram import RamNode, RamNodes, size_bytes
from inference.state.snapshot_file import Tensors, read_snapshot
from inference.state.store import StateStore
from inference.state.writer import Claim, Job, Writer

TakeKV = Callable[[int, int], Tensors]


@dataclass(frozen=True, slots=True)
class Restored:
    """What the first `num_tokens` left behind; the arrays are read-only.

    kv: segments one after the other, each array (num_kv_heads, length, head_dim).
    recurrent: None where the model has no recurrent layer.
    """

    num_tokens: int
    kv: Sequence[Tensors]
    recurrent: Tensors | None
    disk_bytes: int  # that were read; the rest was in memory


class SnapshotTree:
    """Nodes of one model, in memory and on disk. Methods may be called from any thread."""

    def __init__(self, store: StateStore, fingerprint: str, has_recurrent: bool) -> None:
        """fingerprint: hexadecimal, of everything that the tensors depend on.

        has_recurrent: the model has layers whose state exists only where it was saved.
        """
        self._store = store
        self._fingerprint = fingerprint
        self._has_recurrent = has_recurrent
        self._lock = threading.RLock()
        self._ram = RamNodes(has_recurrent)
        self._writer = Writer(store, fingerprint, has_recurrent, self._written)
        self._position = store.position()

    def claim(self, owner: str) -> Claim:
        """The right to keep nodes for `owner`, to be taken when a request begins.

        What a request adds after its owner was released is then not kept.
        """
        self._let_go()
        return Claim(owner, self._position)

    def find(self, token_ids: Sequence[int], limit: int) -> Match | None:
        """The longest prefix of the first `limit` tokens that can be restored. Reads no files."""
        self._let_go()
        with self._lock:
            return longest_prefix(_array(token_ids[:limit]), self._known, self._has_recurrent)

    def restore(self, match: Match) -> Restored | None:
        """What was found, verified. None: it was lost meanwhile or damaged; find another."""
        self._let_go()
        with self._lock:
            held = {node.id: self._ram.get(node.id) for node in match.chain}
        disk_bytes = 0
        segments: list[Tensors] = []
        for node in match.chain:
            ram_node = held[node.id]
            kv = ram_node.kv if ram_node else self._read(node, "kv")
            if kv is None:
                return None
            segments.append(kv)
            disk_bytes += 0 if ram_node else size_bytes(kv)
        last = held[match.chain[-1].id]
        recurrent = last.recurrent if last else None
        if self._has_recurrent and recurrent is None:
            recurrent = self._read(match.chain[-1], "recurrent")
            if recurrent is None:
                return None
            disk_bytes += size_bytes(recurrent)
        self._keep(match, segments, recurrent)
        cut = [
            {name: tensor[:, : end - node.start] for name, tensor in kv.items()}
            for node, end, kv in zip(match.chain, match.ends, segments, strict=True)
        ]
        return Restored(match.num_tokens, cut, recurrent, disk_bytes)

    def add(
        self,
        token_ids: Sequence[int],
        take_kv: TakeKV,
        recurrent: Tensors | None,
        claim: Claim | None,
    ) -> None:
        """Keep what `token_ids` left behind, as far as it isn't kept already.

        token_ids: at least one.
        take_kv: gives the keys and values of the tokens from one number up to another; copied.
        recurrent: the state after the last token; copied. None where no layer is recurrent.
        claim: for whom it is kept on disk; None keeps it in memory only.
        """
        self._let_go()
        wanted = _array(token_ids)
        with self._lock:
            match = longest_prefix(wanted, self._known, exact=False)
            chain = self._chain_to(match, wanted)
            if not self._is_whole(chain[-1]):
                self._hold(chain[-1], take_kv, recurrent)
            job = self._used(chain, claim)
            self._ram.shrink(self._store.budget.ram_bytes)
        self._put(job)

    def own(self, match: Match, claim: Claim) -> None:
        """Keep for one more owner what was found."""
        with self._lock:
            job = self._used(match.chain, claim)
        self._put(job)

    def release(self, owner: str | None) -> bool:
        """Remove what belongs to nobody else; None: what was added without an owner.

        Whether the disk was in order; see `StateStore.release`.
        """
        if owner is None:
            with self._lock:
                self._ram.release_temporary()
            return True
        done = self._store.release(owner)
        with self._lock:
            self._ram.release({owner}, self._still_stored)
        return done

    def clear(self) -> bool:
        """Remove everything, of other models too; whether the disk was in order."""
        done = self._store.clear()
        with self._lock:
            self._ram.clear()
        return done

    @property
    def ram_bytes(self) -> int:
        """Of the tensors in memory."""
        return self._ram.size_bytes

    def flush(self, timeout_seconds: float | None = None) -> bool:
        """Wait until what was added is on disk; whether the time was enough."""
        return self._writer.flush(timeout_seconds)

    def close(self, timeout_seconds: float | None = None) -> None:
        """Write what is pending, and let go of the memory. The store stays open."""
        self._writer.close()
        self._writer.flush(timeout_seconds)
        with self._lock:
            self._ram.clear()

    def _chain_to(self, match: Match | None, wanted: TokenIds) -> tuple[Node, ...]:
        """The nodes of all wanted tokens: those that are known, and a new one for the rest."""
        chain, start = (match.chain, match.num_tokens) if match else ((), 0)
        if start == len(wanted) and (chain[-1].end == start or not self._has_recurrent):
            return chain
        parent = chain[-1].id if chain else ROOT
        return (*chain, new_node(self._fingerprint, parent, start, wanted[start:].tobytes()))

    def _is_whole(self, node: Node) -> bool:
        """Whether nothing of it is missing in memory, or else on disk."""
        ram_node = self._ram.get(node.id)
        stored = self._store.stored([node.id])
        if not self._has_recurrent:
            return ram_node is not None or node.id in stored
        return stored.get(node.id, False) or bool(ram_node and ram_node.recurrent)

    def _hold(self, node: Node, take_kv: TakeKV, recurrent: Tensors | None) -> None:
        ram_node = self._ram.get(node.id)
        if ram_node is None:
            ram_node = RamNode(node, _copy(take_kv(node.start, node.end)), None)
            self._ram.put(ram_node)
        if recurrent is not None:
            self._ram.set_recurrent(ram_node, _copy(recurrent))

    def _known(self, parent: str) -> list[KnownNode]:
        known = {
            node.id: KnownNode(node, has_recurrent)
            for node, has_recurrent in self._store.children(self._fingerprint, parent)
        }
        for ram_node in self._ram.children(parent):
            node_id = ram_node.node.id
            on_disk = node_id in known and known[node_id].has_recurrent
            known[node_id] = KnownNode(ram_node.node, on_disk or ram_node.recurrent is not None)
        return list(known.values())

    def _read(self, node: Node, kind: Kind) -> Tensors | None:
        if not self._store.on_disk:
            return None
        path = self._store.folder.file(self._fingerprint, node.id, kind)
        with suppress(OSError, DamagedFileError):
            return read_snapshot(path, node, self._fingerprint, kind)
        self._store.drop(node, kind)
        if kind == "kv":
            with self._lock:
                self._ram.remove_below(node.id)
        return None

    def _keep(self, match: Match, segments: list[Tensors], recurrent: Tensors | None) -> None:
        """In memory, since what was used last is most likely used next."""
        with self._lock:
            for node, kv in zip(match.chain, segments, strict=True):
                if self._ram.get(node.id) is None:
                    self._ram.put(RamNode(node, kv, None, stored=True))
            last = self._ram.get(match.chain[-1].id)
            if last and last.recurrent is None:
                self._ram.set_recurrent(last, recurrent)
            self._used(match.chain, None)
            self._ram.shrink(self._store.budget.ram_bytes)

    def _used(self, chain: tuple[Node, ...], claim: Claim | None) -> Job | None:
        """Note the use, and make a job of what the owner wants on disk."""
        # A recurrent state is of use where it is: the earlier ones of a chain aren't used with it.
        used = [chain[-1].id] if self._has_recurrent else [node.id for node in chain]
        self._ram.touch(used)
        self._store.touch(used)
        if claim is None:
            return None
        held = {node.id: found for node in chain if (found := self._ram.get(node.id))}
        for ram_node in held.values():
            ram_node.owners.add(claim.owner)
        if not self._store.on_disk:
            return None
        # What an earlier job waits for is counted with that.
        unwritten = [node for node in held.values() if not node.stored and not node.num_writes]
        size = sum(ram_node.size_bytes for ram_node in unwritten)
        for ram_node in held.values():
            ram_node.num_writes += 1
        return Job(chain, held, claim, size)

    def _put(self, job: Job | None) -> None:
        if job:
            self._writer.put(job, self._store.budget.ram_bytes)

    def _written(self, job: Job) -> None:
        with self._lock:
            for ram_node in job.held.values():
                ram_node.num_writes -= 1
            self._ram.shrink(self._store.budget.ram_bytes)

    def _let_go(self) -> None:
        """Of what any process has released since the last time."""
        with self._lock:
            released = self._store.released_since(self._position)
            self._position = released.position
            if released.everything:
                self._ram.clear()
            elif released.owners:
                self._ram.release(released.owners, self._still_stored)

    def _still_stored(self, node_ids: list[str]) -> set[str]:
        return set(self._store.stored(node_ids))


def _array(token_ids: Sequence[int]) -> TokenIds:
    return np.asarray(token_ids, TOKEN_TYPE)


def _copy(tensors: Tensors) -> Tensors:
    """The session goes on changing its arrays."""
    copies = {name: np.array(tensor, order="C") for name, tensor in tensors.items()}
    for copy in copies.values():
        copy.flags.writeable = False
    return copies
