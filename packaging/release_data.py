"""Writes into the packages where newer ones are published, and whose signature is believed.

    EREMO_RELEASE_FEED   the https address of the folder with SHA256SUMS and SHA256SUMS.minisig
    EREMO_RELEASE_PAGE   the page that a browser opens
    EREMO_RELEASE_KEY    the public key of minisign: the second line of its .pub file

Without all three the packages know of no releases, and "Check for updates" says so.
"""

import base64
import binascii
import json
import os
import sys
from pathlib import Path

from names import ROOT

FILE = ROOT / "resources" / "release.json"
VARIABLES = {
    "feed": "EREMO_RELEASE_FEED",
    "page": "EREMO_RELEASE_PAGE",
    "public_key": "EREMO_RELEASE_KEY",
}


def write_release_data(file: Path = FILE) -> None:
    """Exits with a sentence when a value can't be right."""
    values = {name: os.environ.get(variable, "") for name, variable in VARIABLES.items()}
    if not all(values.values()):
        file.unlink(missing_ok=True)
        if any(values.values()):
            sys.exit(f"Set all of {', '.join(VARIABLES.values())}, or none of them.")
        return
    for name in ("feed", "page"):
        if not values[name].startswith("https://"):
            sys.exit(f"{VARIABLES[name]} must begin with https://.")
    if not is_public_key(values["public_key"]):
        sys.exit(f"{VARIABLES['public_key']} is no public key of minisign.")
    file.write_text(f"{json.dumps(values, indent=1)}\n", "utf-8")


def is_public_key(text: str) -> bool:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    return len(key) == 42 and key.startswith(b"Ed")
