import pytest

from inference.state.store import StateStore
from tests.inference.state.sessions import PLENTY, new_tree


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def store(folder):
    store = StateStore(folder, PLENTY)
    yield store
    store.close()


@pytest.fixture
def tree(store):
    tree = new_tree(store)
    yield tree
    tree.close()
