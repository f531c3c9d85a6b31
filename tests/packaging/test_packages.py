"""What the packages are made by: names, licences, checksums and the descriptions in many places."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PathDistribution
from xml.etree import ElementTree

import pytest

from tests.packaging.scripts import FOLDER, ROOT, load

components = load("components")
icons = load("icons")
licences = load("licences")
linux_packages = load("linux_packages")
names = load("names")
release_data = load("release_data")
sizes = load("sizes")
smoke_test = load("smoke_test")

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LINUX = FOLDER / "linux"
KEY = "RWQvK2DQDK+VsygAIrlY03BfGyyzMf6r8M1dRt9bv1tBh/pdrMxPsecP"


def distribution(tmp_path, metadata, **files):
    folder = tmp_path / "thing-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: thing\nVersion: 1.0\n{metadata}"
    )
    for name, text in files.items():
        (folder / name).write_text(text)
    record = "".join(f"thing-1.0.dist-info/{path.name},,\n" for path in folder.iterdir())
    (folder / "RECORD").write_text(record)
    return PathDistribution(folder)


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ("License-Expression: MIT\n", "MIT"),
        ("License-Expression: (MIT AND Zlib) OR 0BSD\n", "(MIT AND Zlib) OR 0BSD"),
        ("License: 3-Clause BSD License\n", "BSD-3-Clause"),
        ("Classifier: License :: OSI Approved :: Apache Software License\n", "Apache-2.0"),
        ("License: a long text\nClassifier: License :: OSI Approved :: MIT License\n", "MIT"),
    ],
)
def test_a_known_licence_is_told_in_the_words_of_spdx(tmp_path, metadata, expected):
    assert components.licence_of(distribution(tmp_path, metadata)) == expected


@pytest.mark.parametrize(
    "metadata", ["", "License: Proprietary\n", "License-Expression: MIT AND AGPL-3.0-only\n"]
)
def test_an_unknown_licence_stops_the_build(tmp_path, metadata):
    with pytest.raises(components.UnknownLicenceError, match="nobody has looked at"):
        components.licence_of(distribution(tmp_path, metadata))


def test_a_licence_without_its_text_stops_the_build_unless_there_is_one_text(tmp_path):
    with pytest.raises(components.UnknownLicenceError, match="without the text"):
        components.texts_of(distribution(tmp_path, "License-Expression: BSD-2-Clause\n"))


def test_the_text_comes_from_the_package(tmp_path):
    found = distribution(tmp_path, "License-Expression: MIT\n", LICENSE="The words.")
    assert components.texts_of(found) == ["The words."]


def test_a_missing_text_of_mit_names_the_author(tmp_path):
    found = distribution(tmp_path, "License-Expression: MIT\nAuthor: A. Writer\n")
    (text,) = components.texts_of(found)
    assert text.startswith("Copyright: A. Writer\n\nPermission is hereby granted")


def test_a_file_that_nobody_owns_stops_the_build(tmp_path):
    with pytest.raises(components.UnknownLicenceError, match="Nobody knows whose file"):
        components.components([str(tmp_path / "stray.so")])


def test_the_list_of_components_has_what_cyclonedx_asks_for():
    found = [components.Component("numpy", "2.0", "MIT AND Zlib", "pkg:pypi/numpy@2.0", ["text"])]
    bom = licences.sbom(found)
    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.6")
    assert bom["metadata"]["component"]["version"] == PROJECT["version"]
    assert bom["components"][0]["licenses"] == [{"expression": "MIT AND Zlib"}]
    assert bom["dependencies"][0]["dependsOn"] == ["pkg:pypi/numpy@2.0"]
    assert "numpy 2.0: MIT AND Zlib" in licences.licences(found)


def test_every_description_has_the_version_the_id_and_the_types():
    assert names.version() == PROJECT["version"]
    metainfo = ElementTree.parse(LINUX / f"{names.APP_ID}.metainfo.xml").getroot()
    assert metainfo.findtext("id") == names.APP_ID
    assert metainfo.find("releases/release").get("version") == PROJECT["version"]
    assert metainfo.findtext("project_license") == PROJECT["license"]
    desktop = (LINUX / f"{names.APP_ID}.desktop").read_text()
    assert f"Icon={names.APP_ID}\n" in desktop
    assert "Exec=eremo open %F\n" in desktop
    mime = ElementTree.parse(LINUX / f"{names.APP_ID}.mime.xml").getroot()
    types = {node.get("type") for node in mime}
    offered = re.search(r"^MimeType=(.*);$", desktop, re.MULTILINE)[1].split(";")
    assert types == set(offered) == {node.text for node in metainfo.iter("mediatype")}
    window = (ROOT / "ui" / "application.py").read_text()
    assert f'setDesktopFileName("{names.APP_ID}")' in window


def test_the_icon_is_drawn_in_every_size(qapp, tmp_path, monkeypatch):
    del qapp
    monkeypatch.setattr(sys, "argv", ["icons.py", str(tmp_path)])
    icons.main()
    assert {int(path.stem) for path in tmp_path.glob("*.png")} == set(icons.SIZES)
    assert (tmp_path / "48.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "eremo.ico").read_bytes()[:6] == bytes([0, 0, 1, 0, len(icons.ICO_SIZES), 0])
    apple = (tmp_path / "eremo.icns").read_bytes()
    assert apple[:4] == b"icns"
    assert int.from_bytes(apple[4:8], "big") == len(apple)


@pytest.fixture
def variables(monkeypatch):
    def variables(**values):
        for name, variable in release_data.VARIABLES.items():
            monkeypatch.setenv(variable, values.get(name, ""))

    return variables


def test_where_releases_are_is_written_whole_or_not_at_all(variables, tmp_path):
    file = tmp_path / "release.json"
    variables(feed="https://a.test/f", page="https://a.test/p", public_key=KEY)
    release_data.write_release_data(file)
    assert json.loads(file.read_text())["feed"] == "https://a.test/f"
    variables()
    release_data.write_release_data(file)
    assert not file.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"feed": "https://a.test/f"},
        {"feed": "http://a.test/f", "page": "https://a.test/p", "public_key": KEY},
        {"feed": "https://a.test/f", "page": "https://a.test/p", "public_key": "secret"},
        {"feed": "https://a.test/f", "page": "https://a.test/p", "public_key": "AAAA"},
    ],
)
def test_half_of_it_or_no_key_stops_the_build(variables, tmp_path, values):
    variables(**values)
    with pytest.raises(SystemExit):
        release_data.write_release_data(tmp_path / "release.json")
    assert not (tmp_path / "release.json").exists()


@pytest.mark.skipif(shutil.which("readelf") is None, reason="readelf is not here")
def test_the_packages_that_a_library_needs_are_found(tmp_path):
    kernels = ROOT / "inference" / "kernels" / "liberemo_kernels.so"
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "kernels.so").write_bytes(kernels.read_bytes())
    (package,) = linux_packages.depends(tmp_path)
    assert re.fullmatch(r"libc6 \(>= 2\.\d+\)", package)


def test_a_library_that_no_package_is_known_for_stops_the_build(tmp_path, monkeypatch):
    (tmp_path / "thing.so").write_bytes(b"\x7fELF")
    told = subprocess.CompletedProcess([], 0, " 0x1 (NEEDED) Shared library: [libodd.so.7]\n")
    monkeypatch.setattr(linux_packages.subprocess, "run", lambda *_, **__: told)
    with pytest.raises(linux_packages.UnknownLibraryError, match=r"libodd\.so\.7"):
        linux_packages.depends(tmp_path)


def test_the_smoke_test_fails_where_something_is_wrong(tmp_path):
    (tmp_path / "tmp").mkdir()
    answered = {"status": "complete", "text": "Gravity", "at": 2.0}
    drawn = {"formulas": True, "colours": True}
    painted = {"imported": [], "at": 1.0}
    events = {"painted": painted, "answered": answered, "drawn": drawn}
    run = smoke_test.Run(events, exit_code=0)
    run.processes = {-1: _Ended(), -2: _Ended()}
    smoke_test.check_run(run, tmp_path)
    for name, wrong in (
        ("exit_code", 1),
        ("events", {}),
        ("events", events | {"answered": answered | {"status": "failed"}}),
        ("events", events | {"drawn": drawn | {"formulas": False}}),
        ("events", events | {"painted": painted | {"imported": ["numpy"]}}),
        ("processes", {-1: _Ended()}),
        ("connections", {"127.0.0.1:1 -> 192.0.2.1:443"}),
    ):
        right = getattr(run, name)
        setattr(run, name, wrong)
        with pytest.raises(smoke_test.FailedError):
            smoke_test.check_run(run, tmp_path)
        setattr(run, name, right)
    (tmp_path / "tmp" / "eremo-engine-1.log").touch()
    with pytest.raises(smoke_test.FailedError, match="temporary files"):
        smoke_test.check_run(run, tmp_path)


class _Ended:
    def is_running(self):
        return False


def test_what_weighs_what_is_told_by_groups(tmp_path, monkeypatch, capsys):
    for name, size in (("eremo", 10), ("lib/torch/a.so", 2_000_000), ("lib/numpy/b.so", 5)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * size)
    monkeypatch.setattr(sys, "argv", ["sizes.py", str(tmp_path)])
    assert sizes.main() == 0
    assert capsys.readouterr().out.startswith("PyTorch ")
    monkeypatch.setattr(sizes, "LIMIT_BYTES", 1_000_000)
    assert sizes.main() == 1
