"""What a bundle is made of: each component with its version, its licence and the licence's text.

Read from the metadata of the installed packages, and from Debian's of the build machine's
libraries. What has no licence that is known here is an error: nobody would have looked at it.
"""

import platform
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import Distribution, distributions
from pathlib import Path

from names import ROOT

TEXTS = ROOT / "packaging" / "licences"

# Of SPDX; an expression of these is known, too
ALLOWED = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "ISC", "MIT"),
    *("LLVM-exception", "MPL-2.0", "PSF-2.0", "Zlib"),
}

# As packages write them otherwise -> SPDX
KNOWN = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "BSD-3-Clause, Apache-2.0, dependency licenses": "BSD-3-Clause AND Apache-2.0",  # of PDFium
    "GPLv2-or-later with a special exception which allows to use PyInstaller to build and "
    "distribute non-free programs (including commercial ones)": (
        "GPL-2.0-or-later WITH Bootloader-exception"
    ),
    "LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only": "LGPL-3.0-only",
    "MIT License": "MIT",
    "Python Software Foundation License": "PSF-2.0",
}

# Debian's and Ubuntu's packages with the libraries that eremo.spec takes along
OF_LIBRARIES = {
    "libbz2": "bzip2-1.0.6",
    "libffi": "MIT",
    "liblzma": "0BSD",
    "libpython": "PSF-2.0",
    "libsqlite3": "blessing",
    "libssl": "Apache-2.0",
    "libxcb": "X11",
    "libxkbcommon": "MIT",
}

QT_NOTE = """\
Qt and Qt for Python are used under the GNU Lesser General Public License, version 3, whose text
and that of the General Public License follow. They are separate files in this folder: you may
replace them by versions of your own. Their source code is at https://download.qt.io and
https://code.qt.io/cgit/pyside/pyside-setup.git. What Qt itself contains of others is listed at
https://doc.qt.io/qt-6/licenses-used-in-qt.html.
"""


class UnknownLicenceError(Exception):
    """The text names the component."""


@dataclass(frozen=True)
class Component:
    name: str
    version: str
    licence: str  # SPDX
    purl: str = ""
    texts: list[str] = field(default_factory=list)


def components(shipped: Iterable[str]) -> list[Component]:
    """Of the files that a bundle was made of, by name.

    Raises:
        UnknownLicenceError
    """
    owners = owners_of_files()
    found: dict[str, Component] = {}
    for source in sorted(shipped):
        path = Path(source).resolve()
        owner = owners.get(path)
        if owner is not None:
            component = found.get(owner.name) or of_distribution(owner)
        elif is_of_python(path):
            component = python()
        elif str(path).startswith(("/usr/lib/", "/lib/")):
            component = of_library(path)
        elif path.is_relative_to(ROOT / "packaging") or path.is_relative_to(ROOT / "build"):
            continue  # written for the bundle
        else:
            raise UnknownLicenceError(f"Nobody knows whose file {path} is.")
        found[component.name] = component
    found.pop("eremo", None)  # its own licence stands first, by itself
    return sorted([*found.values(), *built_in()], key=lambda component: component.name.lower())


def owners_of_files() -> dict[Path, Distribution]:
    owners = {}
    for distribution in distributions():
        for file in distribution.files or ():
            owners[Path(str(distribution.locate_file(file))).resolve()] = distribution
    return owners


def of_distribution(distribution: Distribution) -> Component:
    metadata = distribution.metadata
    name, version = metadata["Name"], distribution.version
    return Component(
        name,
        version,
        licence_of(distribution),
        f"pkg:pypi/{name.lower().replace('_', '-')}@{version}",
        texts_of(distribution),
    )


def licence_of(distribution: Distribution) -> str:
    """As SPDX. Raises: UnknownLicenceError."""
    metadata = distribution.metadata
    classifiers = metadata.get_all("Classifier") or []
    named = [
        metadata.get("License-Expression"),
        metadata.get("License"),
        *(line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License ::")),
    ]
    for text in filter(None, named):
        if licence := as_spdx(" ".join(text.split())):
            return licence
    raise UnknownLicenceError(
        f"{metadata['Name']} has a licence that nobody has looked at yet: "
        f"{', '.join(filter(None, named)) or 'none'}."
    )


def as_spdx(text: str) -> str | None:
    parts = re.split(r"[()]| AND | OR | WITH ", text)
    if {part.strip() for part in parts if part.strip()} <= ALLOWED:
        return text
    return KNOWN.get(text)


def texts_of(distribution: Distribution) -> list[str]:
    texts = [
        Path(str(distribution.locate_file(file))).read_text("utf-8", "replace")
        for file in distribution.files or ()
        if ".dist-info" in str(file) and is_licence(str(file).lower())
    ]
    if texts:
        return texts
    metadata = distribution.metadata
    licence = licence_of(distribution)
    if licence == "LGPL-3.0-only":
        return [QT_NOTE]
    holder = metadata.get("Author") or metadata.get("Author-email") or metadata["Name"]
    text = {"MIT": TEXTS / "MIT.txt", "Apache-2.0": ROOT / "LICENSE"}.get(licence)
    if text is None:
        raise UnknownLicenceError(f"{metadata['Name']} comes without the text of its licence.")
    return [f"Copyright: {holder}\n\n{text.read_text('utf-8')}"]


def is_licence(path: str) -> bool:
    """Of a file in the folder with a package's metadata."""
    names = ("licen", "copying", "notice", "authors")
    return "/licenses/" in path or any(name in path.rpartition("/")[2] for name in names)


def is_of_python(path: Path) -> bool:
    prefixes = (sys.base_prefix, sysconfig.get_path("stdlib"))
    return any(path.is_relative_to(Path(prefix).resolve()) for prefix in prefixes)


def python() -> Component:
    folders = [Path(sys.base_prefix), Path(sysconfig.get_path("stdlib"))]
    files = [
        *(folder / "LICENSE.txt" for folder in folders),
        Path("/usr/share/doc/python3/copyright"),
    ]
    text = next((file for file in files if file.is_file()), None)
    if text is None:
        raise UnknownLicenceError("This Python comes without the text of its licence.")
    version = platform.python_version()
    purl = f"pkg:generic/python@{version}"
    return Component("Python", version, "PSF-2.0", purl, [text.read_text("utf-8", "replace")])


def of_library(path: Path) -> Component:
    """Of a Debian or Ubuntu package. Raises: UnknownLicenceError."""
    package, version = debian_package(path)
    licence = next((OF_LIBRARIES[n] for n in OF_LIBRARIES if package.startswith(n)), None)
    text = Path("/usr/share/doc", package.partition(":")[0], "copyright")
    if licence is None or not text.is_file():
        raise UnknownLicenceError(f"{path} is of {package}, which nobody has looked at yet.")
    name = package.partition(":")[0]
    purl = f"pkg:deb/debian/{name}@{version}"
    return Component(name, version, licence, purl, [text.read_text("utf-8", "replace")])


def debian_package(path: Path) -> tuple[str, str]:
    for spelled in (path, Path(str(path).removeprefix("/usr"))):
        result = subprocess.run(
            ["dpkg-query", "--search", spelled], capture_output=True, text=True, check=False
        )
        if result.returncode == 0:
            package = result.stdout.partition(": ")[0].split(",")[0]
            shown = ["dpkg-query", "--show", "--showformat", "${Version}", package]
            return package, subprocess.run(shown, capture_output=True, text=True, check=True).stdout
    raise UnknownLicenceError(f"{path} is of no package of this system.")


def built_in() -> list[Component]:
    """What isn't a file of its own: data in resources/, and what the compiler links in."""
    apache = (ROOT / "LICENSE").read_text("utf-8")
    fonts = (ROOT / "resources" / "fonts" / "OFL.txt").read_text("utf-8")
    lgpl, gpl = ((TEXTS / f"{name}-3.0.txt").read_text("utf-8") for name in ("LGPL", "GPL"))
    llvm = "Part of the CPU kernels' library, by the licence's exception without further notice.\n"
    return [
        Component("Inter and JetBrains Mono", "", "OFL-1.1", "", [fonts]),
        Component("LGPL-3.0 and GPL-3.0 (of Qt)", "", "LGPL-3.0-only", "", [lgpl, gpl]),
        Component("libc++ (LLVM)", "", "Apache-2.0 WITH LLVM-exception", "", [llvm]),
        Component("SmolLM2-135M-Instruct by Hugging Face", "", "Apache-2.0", "", [apache]),
    ]
