"""The .dmg of macOS: the application and a place to drop it; signed where there are keys.

EREMO_CODESIGN_IDENTITY is a "Developer ID Application: …" of the keychain. EREMO_NOTARY_PROFILE is
a profile that `xcrun notarytool store-credentials` has kept: with both the .dmg is notarized, too.
Without an identity everything is signed ad hoc, which runs on the Mac that built it, and elsewhere
after the user has allowed it.
"""

import os
import subprocess
import tempfile
from pathlib import Path

from names import ROOT, stem

ENTITLEMENTS = ROOT / "packaging" / "macos" / "entitlements.plist"


def make_dmg(app: Path, into: Path) -> Path:
    """Raises: CalledProcessError, after the tool that failed has said why."""
    identity = os.environ.get("EREMO_CODESIGN_IDENTITY", "-")
    sign(app, identity)
    made = into / f"{stem()}.dmg"
    made.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run("ditto", app, folder / app.name)
        (folder / "Applications").symlink_to("/Applications")
        run(
            *("hdiutil", "create", "-volname", "Eremo", "-srcfolder", folder),
            *("-fs", "HFS+", "-format", "UDZO", made),
        )
    if identity != "-":
        run("codesign", "--sign", identity, "--timestamp", made)
        notarize(made)
    return made


def sign(app: Path, identity: str) -> None:
    """Again as a whole: the licences came into it after PyInstaller had signed it."""
    options = ["--timestamp"] if identity != "-" else []
    run(
        *("codesign", "--force", "--deep", "--options", "runtime", *options),
        *("--entitlements", ENTITLEMENTS, "--sign", identity, app),
    )
    run("codesign", "--verify", "--deep", "--strict", app)


def notarize(image: Path) -> None:
    if profile := os.environ.get("EREMO_NOTARY_PROFILE"):
        run("xcrun", "notarytool", "submit", image, "--keychain-profile", profile, "--wait")
        run("xcrun", "stapler", "staple", image)


def run(*command: str | Path) -> None:
    subprocess.run(command, check=True)
