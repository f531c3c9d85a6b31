"""Files signed with minisign: whether the holder of a public key has signed these very bytes.

Source: https://jedisct1.github.io/minisign/#signature-format
"""

import base64
import binascii
import hashlib

from app.ed25519 import verify

_COMMENT = "trusted comment: "


class BadSignatureError(Exception):
    """The file isn't what the holder of the key has signed."""


def check_signature(public_key: str, content: bytes, signature_file: str) -> str:
    """Returns the trusted comment.

    public_key: the second line of minisign's file of it.
    signature_file: the text of the .minisig file.

    Raises:
        BadSignatureError
    """
    try:
        _, signature_line, comment_line, global_line, *_ = signature_file.splitlines()
        key, signature = _decoded(public_key, 42), _decoded(signature_line, 74)
        global_signature = _decoded(global_line, 64)
    except (ValueError, binascii.Error) as error:
        raise BadSignatureError("not a signature of minisign") from error
    if signature[2:10] != key[2:10]:
        raise BadSignatureError("signed with another key")
    if signature[:2] != b"ED":  # of the content's hash; older forms aren't made any more
        raise BadSignatureError("not a signature of minisign")
    hashed = hashlib.blake2b(content).digest()
    comment = comment_line.removeprefix(_COMMENT)
    if not comment_line.startswith(_COMMENT) or not (
        verify(key[10:], hashed, signature[10:])
        and verify(key[10:], signature[10:] + comment.encode(), global_signature)
    ):
        raise BadSignatureError("the signature is wrong")
    return comment


def _decoded(text: str, size: int) -> bytes:
    """Raises: ValueError."""
    decoded = base64.b64decode(text, validate=True)
    if len(decoded) != size:
        raise ValueError("not of that size")
    return decoded
