"""Signatures as minisign writes them, and the curve below them."""

import pytest

from app.ed25519 import verify
from app.minisign import BadSignatureError, check_signature
from tests.app.signed_release import CHECKSUMS, OTHER_KEY, PUBLIC_KEY, SIGNATURE

# RFC 8032, section 7.1: public key, message, signature
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]
L = 2**252 + 27742317777372353535851937790883648493


@pytest.mark.parametrize("vector", VECTORS)
def test_the_vectors_of_the_rfc_verify_and_nothing_near_them(vector):
    key, message, signature = map(bytes.fromhex, vector)
    assert verify(key, message, signature)
    assert not verify(key, message + b"x", signature)
    for place in (0, 31, 32, 63):
        changed = bytearray(signature)
        changed[place] ^= 1
        assert not verify(key, message, bytes(changed))


def test_a_signature_has_one_form_only():
    """With s + L in the place of s it would have another."""
    key, message, signature = map(bytes.fromhex, VECTORS[1])
    s = int.from_bytes(signature[32:], "little") + L
    assert not verify(key, message, signature[:32] + s.to_bytes(32, "little"))


@pytest.mark.parametrize(
    ("key", "signature"), [(b"", b"\0" * 64), (b"\0" * 32, b""), (b"\xff" * 32, b"\xff" * 64)]
)
def test_what_is_no_key_or_signature_does_not_verify(key, signature):
    assert not verify(key, b"", signature)


def test_what_minisign_has_signed_is_accepted():
    assert check_signature(PUBLIC_KEY, CHECKSUMS, SIGNATURE) == "eremo 9.8.7"


def changed_line(number, text):
    lines = SIGNATURE.splitlines()
    lines[number] = text
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("key", "content", "signature"),
    [
        (PUBLIC_KEY, CHECKSUMS + b"\n", SIGNATURE),
        (PUBLIC_KEY, b"", SIGNATURE),
        (OTHER_KEY, CHECKSUMS, SIGNATURE),
        (PUBLIC_KEY, CHECKSUMS, ""),
        (PUBLIC_KEY, CHECKSUMS, "<html>\n<body>\nnot\nfound\n"),
        (PUBLIC_KEY, CHECKSUMS, changed_line(2, "trusted comment: eremo 9.8.8")),
        (PUBLIC_KEY, CHECKSUMS, changed_line(2, "eremo 9.8.7")),
        (PUBLIC_KEY, CHECKSUMS, changed_line(3, "AAAA")),
        (PUBLIC_KEY, CHECKSUMS, changed_line(1, "é")),
        ("", CHECKSUMS, SIGNATURE),
    ],
)
def test_anything_else_is_refused(key, content, signature):
    with pytest.raises(BadSignatureError):
        check_signature(key, content, signature)
