"""Writes what a bundle consists of: THIRD-PARTY-LICENCES.txt and sbom.json (CycloneDX 1.6).

    python packaging/licences.py BUNDLE INTO     with the Python that the bundle was made with

Fails when there is a part whose licence nobody has looked at.
"""

import json
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from components import Component, UnknownLicenceError, components
from names import ROOT, version

NAMESPACE = uuid.UUID("6c1f5f0e-8f0b-4f0e-9d3e-0d6b6f1f5a57")
LINE = "=" * 100


def main() -> int:
    bundle, into = map(Path, sys.argv[1:])
    shipped = json.loads((bundle.parent / "shipped.json").read_text("utf-8"))
    try:
        found = components(shipped)
    except UnknownLicenceError as error:
        print(error, file=sys.stderr)
        return 1
    (into / "THIRD-PARTY-LICENCES.txt").write_text(licences(found), "utf-8")
    (into / "LICENSE").write_text((ROOT / "LICENSE").read_text("utf-8"), "utf-8")
    text = json.dumps(sbom(found), indent=1, sort_keys=True)
    (into / "sbom.json").write_text(f"{text}\n", "utf-8")
    return 0


def licences(found: list[Component]) -> str:
    lines = ["Eremo itself is under the Apache License 2.0: see LICENSE. With it come:", ""]
    lines += [f"  {one.name} {one.version}: {one.licence}".replace(" :", ":") for one in found]
    for one in found:
        lines += [
            "",
            LINE,
            f"{one.name} {one.version} ({one.licence})".replace("  ", " "),
            LINE,
            "",
        ]
        lines += [text.strip() + "\n" for text in one.texts]
    return "\n".join(lines)


def sbom(found: list[Component]) -> dict[str, Any]:
    """Source: https://cyclonedx.org/docs/1.6/json/"""
    serial = uuid.uuid5(NAMESPACE, "\n".join(f"{one.name} {one.version}" for one in found))
    eremo = {
        "type": "application",
        "bom-ref": "eremo",
        "name": "eremo",
        "version": version(),
        "licenses": [{"license": {"id": "Apache-2.0"}}],
    }
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": eremo,
        },
        "components": [component(one) for one in found],
        "dependencies": [{"ref": "eremo", "dependsOn": [one.purl or one.name for one in found]}],
    }


def component(one: Component) -> dict[str, Any]:
    described: dict[str, Any] = {
        "type": "library" if one.purl else "data",
        "bom-ref": one.purl or one.name,
        "name": one.name,
        "licenses": [{"expression": one.licence}],
    }
    if one.version:
        described["version"] = one.version
    if one.purl:
        described["purl"] = one.purl
    return described


if __name__ == "__main__":
    sys.exit(main())
