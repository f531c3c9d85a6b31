"""What a model might keep of tokens: every value depends on all the tokens before it."""

import hashlib

import numpy as np

from inference.state.budget import Budget
from inference.state.store import StateStore
from inference.state.tree import SnapshotTree

FINGERPRINT = "0123456789abcdef" * 4
OTHER_MODEL = "fedcba9876543210" * 4
PLENTY = Budget(1 << 30, 1 << 30, 0)

KV_BYTES = 2 * 2 * 4 * 2  # of one token: keys and values, 2 heads, 4 dimensions, fp16
RECURRENT_BYTES = 3 * 8 * 4


def digests(token_ids):
    """(length, 16): of each token, a hash over it and all before it."""
    digest, rows = hashlib.sha256(), []
    for token in token_ids:
        digest.update(int(token).to_bytes(4, "little"))
        rows.append(digest.digest()[:16])
    return np.frombuffer(b"".join(rows), np.uint8).reshape(-1, 16)


def kv_of(token_ids, start=0, end=None):
    values = digests(token_ids)[start:end]
    keys = values[:, :8].reshape(-1, 2, 4).swapaxes(0, 1)
    return {
        "1.keys": keys.astype(np.float16),
        "1.values": (values[:, 8:].reshape(-1, 2, 4).swapaxes(0, 1) / 8).astype(np.float16),
    }


def recurrent_of(token_ids):
    last = digests(token_ids)[-1].astype(np.float32)
    return {"0.conv": last[:8] / 3, "0.ssm": last.reshape(2, 8) / 7}


def new_tree(store, hybrid=True, fingerprint=FINGERPRINT):
    return SnapshotTree(store, fingerprint, hybrid)


def opened(folder, budget=PLENTY, hybrid=True, **options):
    return new_tree(StateStore(folder, budget, **options), hybrid)


def add(tree, token_ids, owner="chat:1", hybrid=True):
    """As a session would that has just read `token_ids`; what was asked of its KV cache."""
    asked = []

    def take_kv(start, end):
        asked.append((start, end))
        return kv_of(token_ids, start, end)

    claim = None if owner is None else tree.claim(owner)
    tree.add(token_ids, take_kv, recurrent_of(token_ids) if hybrid else None, claim)
    return asked


def num_found(tree, token_ids, limit=None):
    match = tree.find(token_ids, len(token_ids) if limit is None else limit)
    return match.num_tokens if match else 0


def restored(tree, token_ids, limit=None):
    """What is restored of `token_ids`, proved to be exactly what had been added; or None."""
    while match := tree.find(token_ids, len(token_ids) if limit is None else limit):
        if found := tree.restore(match):
            check(found, token_ids[: match.num_tokens])
            return found
    return None


def num_restored(tree, token_ids):
    found = restored(tree, token_ids)
    return found.num_tokens if found else 0


def check(found, token_ids):
    assert found.num_tokens == len(token_ids)
    expected = kv_of(token_ids)
    for name, tensor in expected.items():
        parts = [segment[name] for segment in found.kv]
        assert np.concatenate(parts, 1).tobytes() == tensor.tobytes()
        assert all(part.dtype == tensor.dtype for part in parts)
    if found.recurrent is not None:
        expected = recurrent_of(token_ids)
        assert found.recurrent.keys() == expected.keys()
        for name, tensor in expected.items():
            assert found.recurrent[name].tobytes() == tensor.tobytes()


def files(folder):
    """The files of nodes and unfinished ones, without the index."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and "index" not in path.name)
