"""Whether a newer Eremo has been released. Asks the network, so only ever on a user's click.

Where releases are published, and with which key they are signed, is written into the packages when
they are made (packaging/release_data.py): resources/release.json. Without it there is nothing to
ask, and without a right signature nothing is believed.
"""

import http.client
import json
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from app.errors import AppError
from app.minisign import BadSignatureError, check_signature

CHECKSUMS = "SHA256SUMS"
SIGNATURE = f"{CHECKSUMS}.minisig"

_MAX_BYTES = 1 << 20
_TIMEOUT_SECONDS = 15.0
_PACKAGE = re.compile(r"eremo[-_](\d+)\.(\d+)\.(\d+)[-_.]")
# Where systems keep the certificates, if not where this Python's OpenSSL looks for them.
_CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")

Version = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class ReleaseSource:
    """feed: the address of the folder with the latest release's checksums. page: for a browser.
    public_key: minisign's."""

    feed: str
    page: str
    public_key: str


@dataclass(frozen=True, slots=True)
class Release:
    """checksums: SHA-256 in hexadecimal by the file's name."""

    version: Version
    checksums: Mapping[str, str]

    @property
    def version_text(self) -> str:
        return ".".join(map(str, self.version))


def release_source() -> ReleaseSource:
    """Of this Eremo.

    Raises:
        AppError: it was built without one.
    """
    file = files("resources").joinpath("release.json")
    try:
        return ReleaseSource(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise AppError(
            "This Eremo doesn't know where newer ones are published: look where you got it."
        ) from error


def latest_release(source: ReleaseSource) -> Release:
    """Ask the network.

    Raises:
        AppError: it can't be reached, or what it says isn't signed with the key.
    """
    try:
        content = _fetch(f"{source.feed.rstrip('/')}/{CHECKSUMS}")
        signature = _fetch(f"{source.feed.rstrip('/')}/{SIGNATURE}")
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise AppError(
            f"The releases of Eremo can't be reached ({reason}): try again later."
        ) from error
    try:
        check_signature(source.public_key, content, signature.decode("utf-8", "replace"))
    except BadSignatureError as error:
        raise AppError(
            "What the network says of newer releases isn't signed by Eremo's developers, "
            f"so it isn't believed ({error})."
        ) from error
    return _release_in(content.decode("utf-8", "replace"))


def is_newer(release: Release, current: str) -> bool:
    """current: of this Eremo; an unknown one is older than any."""
    match = re.match(r"(\d+)\.(\d+)\.(\d+)", current)
    return match is None or release.version > tuple(map(int, match.groups()))


def verify_download(release: Release, path: Path) -> None:
    """That a downloaded package is one of the release, to the bit.

    Raises:
        AppError
    """
    import hashlib

    expected = release.checksums.get(path.name)
    if expected is None:
        raise AppError(f"{path.name} is no file of Eremo {release.version_text}.")
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise AppError(f"{path} couldn't be read: {error.strerror or error}.") from error
    if found != expected:
        raise AppError(f"{path.name} is damaged or not Eremo's: delete it and download it again.")


def _fetch(address: str) -> bytes:
    """Raises: OSError, HTTPException, ValueError."""
    request = urllib.request.Request(address, headers={"User-Agent": "Eremo"})
    context = ssl.create_default_context() if address.startswith("https:") else None
    if context and not context.cert_store_stats()["x509_ca"]:
        for path in _CERTIFICATES:
            if Path(path).is_file():
                context.load_verify_locations(path)
                break
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS, context=context) as answer:
        content: bytes = answer.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise ValueError("the answer is too long")
    return content


def _release_in(text: str) -> Release:
    """Of lines as sha256sum writes them. Raises: AppError."""
    checksums: dict[str, str] = {}
    versions: set[Version] = set()
    for line in text.splitlines():
        checksum, _, name = line.partition("  ")
        if match := _PACKAGE.match(name):
            checksums[name] = checksum
            major, minor, patch = map(int, match.groups())
            versions.add((major, minor, patch))
    if len(versions) != 1:
        raise AppError("The list of Eremo's latest release can't be read: try again later.")
    return Release(versions.pop(), checksums)
