"""Whose the kept states are, and when they go."""

import pytest

from app.kept_state import remove_states, state_budget, state_dir, tidy_states
from app.paths import DataPaths
from app.settings import Settings
from inference.state.store import StateStore
from tests.inference.state.sessions import PLENTY, add, files, new_tree

A = list(range(10, 30))


@pytest.fixture
def paths(data_dir):
    return DataPaths(data_dir)


@pytest.fixture
def kept(paths):
    """Who owns states: two chats that share their beginning, and a document."""
    tree = new_tree(StateStore(paths.state_dir, PLENTY))
    for owner, more in (("chat:1", [1]), ("chat:2", [2]), ("document:x", [3])):
        add(tree, A, owner)
        add(tree, [*A, *more], owner)
    tree.close()

    def owners():
        return set(tree._store.usage().owner_bytes)

    yield owners
    tree._store.close()


def test_a_removed_chat_owns_nothing_any_more(kept, paths):
    num_files = len(files(paths.state_dir))
    remove_states(paths, [1, 7])
    assert kept() == {"chat:2", "document:x"}
    assert 0 < len(files(paths.state_dir)) < num_files


def test_what_belongs_to_chats_that_are_gone_goes(kept, paths):
    tidy_states(Settings(), paths, [2])
    assert kept() == {"chat:2", "document:x"}
    tidy_states(Settings(), paths, [])
    assert kept() == {"document:x"}


def test_where_no_states_are_wanted_all_go(kept, paths):
    tidy_states(Settings(keep_state=False), paths, [1, 2])
    assert kept() == set()
    assert files(paths.state_dir) == []


def test_where_there_are_none_nothing_is_made(paths):
    remove_states(paths, [1])
    for keep in (True, False):
        tidy_states(Settings(keep_state=keep), paths, [])
    assert not paths.root.exists()


def test_the_settings_say_where_and_how_much(paths):
    assert state_dir(Settings(), paths) == paths.state_dir
    assert state_dir(Settings(keep_state=False), paths) is None
    budget = state_budget(Settings(state_ram_mib=3, state_disk_mib=5))
    assert (budget.ram_bytes, budget.disk_bytes) == (3 << 20, 5 << 20)
    assert 0 < state_budget(Settings()).ram_bytes <= 2 << 30
