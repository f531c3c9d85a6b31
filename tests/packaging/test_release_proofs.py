"""The descriptions that systems read, as their own tools see them; what isn't there is skipped.

On Debian: apt-get install appstream desktop-file-utils flatpak-builder nsis shared-mime-info
shellcheck. The packages themselves are tried by packaging/smoke_test.py and clean_root_test.py.
"""

import json
import shutil
import subprocess

import pytest

from tests.packaging.scripts import FOLDER, ROOT, load

pytestmark = pytest.mark.proof

icons = load("icons")
names = load("names")
windows_packages = load("windows_packages")

LINUX = FOLDER / "linux"
SCRIPTS = sorted(FOLDER.rglob("*.sh"))


def run(tool, *arguments, **options):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not here")
    result = subprocess.run(
        [tool, *arguments], capture_output=True, text=True, check=False, **options
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def test_the_menu_s_entry_is_valid():
    assert run("desktop-file-validate", LINUX / f"{names.APP_ID}.desktop") == ""


def test_the_description_for_software_centres_is_valid():
    run("appstreamcli", "validate", "--no-net", LINUX / f"{names.APP_ID}.metainfo.xml")


def test_the_flatpak_manifest_is_read(tmp_path):
    file = LINUX / f"{names.APP_ID}.yml"
    manifest = run("flatpak-builder", "--show-manifest", file, cwd=tmp_path)
    read = json.loads(manifest[manifest.index("{") :])
    assert read["id"] == names.APP_ID
    assert read["modules"][0]["sources"][0]["type"] == "dir"


def test_files_are_known_by_their_names(tmp_path):
    (tmp_path / "packages").mkdir()
    shutil.copy(LINUX / f"{names.APP_ID}.mime.xml", tmp_path / "packages" / "eremo.xml")
    run("update-mime-database", tmp_path)
    globs = (tmp_path / "globs2").read_text().splitlines()
    assert "50:application/x-gguf:*.gguf" in globs
    assert "60:application/vnd.eremo.chats+json:*.eremo.json" in globs


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_the_shell_scripts_are_sound(script):
    run("shellcheck", script)


def test_the_installer_of_windows_compiles(tmp_path, qapp, monkeypatch):
    """Against a stand-in for the application, with every warning an error."""
    del qapp
    if shutil.which("makensis") is None:
        pytest.skip("makensis is not here")
    bundle, drawn = tmp_path / "bundle", tmp_path / "icons"
    for name in ("eremo.exe", "eremow.exe", "LICENSE", "lib/python311.dll"):
        (bundle / name).parent.mkdir(parents=True, exist_ok=True)
        (bundle / name).write_text("stand-in")
    monkeypatch.setattr("sys.argv", ["icons.py", str(drawn)])
    icons.main()
    made = windows_packages.make_installer(bundle, tmp_path, drawn)
    assert made.read_bytes()[:2] == b"MZ"
    with_folder = windows_packages.make_zip(bundle, tmp_path)
    assert with_folder.stat().st_size > 0


def test_what_the_installer_deletes_is_what_it_brings():
    """An uninstaller that empties its folder would take what the user has put there."""
    script = (FOLDER / "windows" / "eremo.nsi").read_text()
    removal = script.partition('Section "Uninstall"')[2]
    assert 'RMDir "$INSTDIR"' in removal
    assert 'RMDir /r "$INSTDIR"' not in removal
    for name in ("eremo.exe", "eremow.exe", "LICENSE", "THIRD-PARTY-LICENCES.txt", "sbom.json"):
        assert f'Delete "$INSTDIR\\{name}"' in removal


def test_the_components_of_a_bundle_are_valid_cyclonedx():
    validation = pytest.importorskip("cyclonedx.validation.json")
    from cyclonedx.schema import SchemaVersion

    found = sorted((ROOT / "dist").glob("*.sbom.json"))
    if not found:
        pytest.skip("nothing has been packaged here")
    for path in found:
        text = path.read_text("utf-8")
        assert validation.JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
