"""Writes nodes to the disk in the background, each once, parents before their children."""

import json
import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inference.state.adoption import HYBRID, OWNERS
from inference.state.node import Kind, Node
from inference.state.ram import RamNode
from inference.state.snapshot_file import Tensors, pack_snapshot
from inference.state.store import NewNode, Position, StateStore

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to keep nodes for an owner; it ends when that owner is released."""

    owner: str
    since: Position | None


@dataclass(frozen=True, slots=True)
class Job:
    """A chain, root first, that an owner wants on disk, and what of it is in memory."""

    chain: tuple[Node, ...]
    held: dict[str, RamNode]
    claim: Claim
    size_bytes: int  # that memory is needed for until it is done


class Writer:
    """One thread that does one job after the other; it ends with the process."""

    def __init__(
        self, store: StateStore, fingerprint: str, hybrid: bool, done: Callable[[Job], None]
    ) -> None:
        """done: called on the writer's thread after every job, successful or not."""
        self._store = store
        self._fingerprint = fingerprint
        self._hybrid = hybrid
        self._done = done
        self._jobs: deque[Job] = deque()  # the first one is being done
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def put(self, job: Job, limit_bytes: int) -> None:
        """Wait until what is pending takes no more than `limit_bytes`, or is this job alone."""
        with self._changed:
            if self._closed:
                return
            self._jobs.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)
                self._thread.start()
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: (
                    len(self._jobs) <= 1
                    or sum(pending.size_bytes for pending in self._jobs) <= limit_bytes
                )
            )

    def flush(self, timeout_seconds: float | None = None) -> bool:
        """Wait until everything is written; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._jobs, timeout_seconds)

    def close(self) -> None:
        """Take no more jobs. What is pending is still done if the process lives that long."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._jobs or self._closed)
                if not self._jobs:
                    return
                job = self._jobs[0]
            try:
                self._store_chain(job)
            except OSError as error:
                logger.warning("a snapshot can't be kept on disk: %s", error)
            except Exception:  # the thread has to live on
                logger.exception("a snapshot can't be kept on disk")
            self._done(job)
            with self._changed:
                self._jobs.popleft()
                self._changed.notify_all()

    def _store_chain(self, job: Job) -> None:
        owner, since = job.claim.owner, job.claim.since
        if since is None:
            return
        stored = self._store.stored([node.id for node in job.chain])
        if not self._store.own(list(stored), owner, since):
            return
        for node in job.chain:
            held = job.held.get(node.id)
            parts: dict[Kind, Tensors] = {}
            if node.id not in stored:
                if held is None:
                    return  # it was on disk when the job was given
                parts["kv"] = held.kv
            # Of earlier nodes a recurrent state that was evicted isn't written again.
            wanted = node.id not in stored or (node == job.chain[-1] and not stored[node.id])
            if held and held.recurrent and wanted:
                parts["recurrent"] = held.recurrent
            if parts and not self._write(node, parts, job.claim):
                return
            if held:
                held.stored = True

    def _write(self, node: Node, parts: dict[Kind, Tensors], claim: Claim) -> bool:
        assert claim.since is not None
        more = {HYBRID: "yes" if self._hybrid else "no", OWNERS: json.dumps([claim.owner])}
        packed = {
            kind: pack_snapshot(node, self._fingerprint, kind, tensors, more)
            for kind, tensors in parts.items()
        }
        sizes = {kind: snapshot.size_bytes for kind, snapshot in packed.items()}
        if not self._store.make_room(sum(sizes.values()), node.parent):
            return False
        files: dict[Kind, Path] = {}
        with ExitStack() as unfinished:
            for kind, snapshot in packed.items():
                files[kind] = unfinished.enter_context(self._store.folder.new_file())
                snapshot.write(files[kind])
            new = NewNode(node, self._fingerprint, self._hybrid, files, sizes)
            return self._store.insert(new, claim.owner, claim.since)
