"""Any order of operations on the tree gives what a plain table of the same would."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from inference.state.budget import Budget
from inference.state.store import StateStore
from tests.inference.state.sessions import PLENTY, add, check, files, new_tree

# Few different tokens, so that branches share much.
runs = st.lists(st.integers(0, 2), min_size=1, max_size=6)
owners = st.sampled_from(["chat:1", "chat:2", "document:x", None])


def num_shared(one, two):
    pairs = zip(one, two, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(two)))


class TreeMachine(RuleBasedStateMachine):
    """Two tables, token ids -> owners: what must be found, and what may be found.

    They differ where losing something is allowed. None as an owner: in memory only.
    """

    @initialize(hybrid=st.booleans())
    def start(self, hybrid):
        self.folder = Path(tempfile.mkdtemp())
        self.hybrid = hybrid
        self.sure = {}
        self.possible = {}
        self.owners_are_known = True
        self.open()

    def open(self):
        self.tree = new_tree(StateStore(self.folder, PLENTY), self.hybrid)

    def longest(self, known, token_ids):
        lengths = [num_shared(tokens, token_ids) for tokens in known]
        if self.hybrid:
            pairs = zip(known, lengths, strict=True)
            lengths = [length for tokens, length in pairs if length == len(tokens)]
        return max(lengths, default=0)

    def continued(self, run, branch):
        """A run after a part of what was added once."""
        known = sorted(self.possible) or [()]
        base = known[branch % len(known)]
        return [*base[: len(base) - branch % 3], *run]

    @rule(run=runs, branch=st.integers(0, 100), owner=owners)
    def add(self, run, branch, owner):
        tokens = self.continued(run, branch)
        add(self.tree, tokens, owner, self.hybrid)
        self.sure.setdefault(tuple(tokens), set()).add(owner)
        self.possible.setdefault(tuple(tokens), set()).add(owner)

    @rule(run=runs, branch=st.integers(0, 100), cut=st.integers(0, 2))
    def restore(self, run, branch, cut):
        tokens = self.continued(run, branch)
        wanted = tuple(tokens[: max(0, len(tokens) - cut)])
        match = self.tree.find(tokens, len(wanted))
        num_found = match.num_tokens if match else 0
        sure, possible = list(self.sure), list(self.possible)
        assert self.longest(sure, wanted) <= num_found <= self.longest(possible, wanted)
        if match:
            check(self.tree.restore(match), tokens[:num_found])

    @rule(owner=owners)
    def release(self, owner):
        self.tree.flush()
        self.tree.release(owner)
        remaining = {tokens: owners - {owner} for tokens, owners in self.sure.items()}
        # What a stored branch lent to a temporary one goes with it.
        self.sure = {tokens: owners for tokens, owners in remaining.items() if owners - {None}}
        if self.owners_are_known:
            self.possible = self.possible_without(owner)
            assert owner not in self.tree._store.usage().owner_bytes
        else:
            self.sure = {}
        usage = self.tree._store.usage()
        assert bool(usage.owner_bytes) == bool(usage.num_nodes) == bool(files(self.folder))

    def possible_without(self, owner):
        """What nobody else added stays only where it leads to what somebody did."""
        left = {tokens: owners - {owner} for tokens, owners in self.possible.items()}
        for tokens, owners in left.items():
            needed = len(tokens) if self.hybrid else 1
            for other, others in self.possible.items():
                if num_shared(tokens, other) >= needed:
                    owners |= others - {owner}
        return {tokens: owners for tokens, owners in left.items() if owners}

    def close(self):
        self.tree.close()
        self.tree._store.close()

    @rule()
    def restart(self):
        self.close()
        self.open()
        remaining = {tokens: owners - {None} for tokens, owners in self.sure.items()}
        self.sure = {tokens: owners for tokens, owners in remaining.items() if owners}

    @rule()
    def restart_without_an_index(self):
        self.restart()
        self.close()
        for path in self.folder.glob("index*"):
            path.unlink()
        self.open()
        self.owners_are_known = False  # of a node, those that came after the first

    @rule(ram_bytes=st.integers(0, 2000), share=st.floats(0, 1))
    def evict(self, ram_bytes, share):
        self.tree.flush()
        limit = int(self.tree._store.usage().total_bytes * share)
        self.tree._store.set_budget(Budget(ram_bytes, limit, 0))
        self.add([0], 0, "chat:1")
        self.tree.flush()
        assert self.tree.ram_bytes <= ram_bytes
        assert self.tree._store.usage().total_bytes <= limit
        self.tree._store.set_budget(PLENTY)
        self.sure = {}

    @rule()
    def clear(self):
        self.tree.clear()
        assert files(self.folder) == []
        self.sure, self.possible, self.owners_are_known = {}, {}, True

    @invariant()
    def files_and_index_agree(self):
        if hasattr(self, "tree"):
            self.tree.flush()
            stored = sum(path.stat().st_size for path in files(self.folder))
            assert stored == self.tree._store.usage().total_bytes

    @invariant()
    def what_is_in_memory_is_counted(self):
        if hasattr(self, "tree"):
            nodes = self.tree._ram._nodes.values()
            assert self.tree.ram_bytes == sum(node.size_bytes for node in nodes)

    def teardown(self):
        if hasattr(self, "tree"):
            self.close()
            shutil.rmtree(self.folder)


TestTree = TreeMachine.TestCase
TestTree.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
