"""Tells whether two sets of weights are the same without reading them whole."""

import hashlib
from collections.abc import Mapping

from inference.formats.tensor import StoredTensor

SAMPLE_BYTES = 4096


def fingerprint(tensors: Mapping[str, StoredTensor]) -> str:
    """Hexadecimal; of every tensor's name, shape and type, and of its first and last bytes.

    The same for the same weights under another file name, or quantized at load once more.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name}\0{tensor.shape}\0{tensor.type_name}\0".encode())
        raw = tensor.raw()
        digest.update(raw[:SAMPLE_BYTES].tobytes())
        digest.update(raw[-SAMPLE_BYTES:].tobytes())
    return digest.hexdigest()
