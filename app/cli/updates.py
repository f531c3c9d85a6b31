"""`eremo updates`: whether a newer Eremo has been released, and whether a download is one."""

import argparse

from app.cli.terminal import print_json
from app.updates import is_newer, latest_release, release_source, verify_download
from app.version import eremo_version


def run_updates(parsed: argparse.Namespace) -> int:
    """Asks the network."""
    source = release_source()
    release = latest_release(source)
    newer = is_newer(release, eremo_version())
    if parsed.verify is not None:
        verify_download(release, parsed.verify)
    if parsed.json:
        answer = {"version": release.version_text, "newer": newer, "page": source.page}
        print_json(answer | ({"verified": str(parsed.verify)} if parsed.verify else {}))
    elif parsed.verify is not None:
        print(
            f"{parsed.verify.name} is of Eremo {release.version_text}, as its developers made it."
        )
    elif newer:
        print(f"Eremo {release.version_text} has been released: {source.page}")
    else:
        print("There is no newer Eremo.")
    return 0
