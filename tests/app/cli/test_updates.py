"""`eremo updates`: asks when it is told to, and never else."""

import pytest

from app.updates import CHECKSUMS, SIGNATURE, ReleaseSource
from tests.app import signed_release
from tests.app.release_server import serving


@pytest.fixture
def asked(monkeypatch):
    files = {
        CHECKSUMS: signed_release.CHECKSUMS,
        SIGNATURE: signed_release.SIGNATURE.encode(),
    }
    with serving(files) as (feed, asked):
        source = ReleaseSource(feed, "https://example.org/download", signed_release.PUBLIC_KEY)
        monkeypatch.setattr("app.cli.updates.release_source", lambda: source)
        yield asked


def test_a_newer_release_is_told_with_its_page(eremo, asked):
    result = eremo("updates")
    assert (result.code, result.err) == (0, "")
    assert result.out == "Eremo 9.8.7 has been released: https://example.org/download\n"
    assert asked == ["/latest/SHA256SUMS", "/latest/SHA256SUMS.minisig"]
    assert eremo("updates", "--json").json[0]["newer"] is True


@pytest.mark.usefixtures("asked")
def test_a_download_is_verified(eremo, tmp_path):
    package = tmp_path / signed_release.PACKAGE_NAME
    package.write_bytes(signed_release.PACKAGE)
    assert "is of Eremo 9.8.7" in eremo("updates", "--verify", str(package)).out
    package.write_bytes(b"")
    result = eremo("updates", "--verify", str(package))
    assert (result.code, result.out) == (1, "")
    assert "damaged" in result.err


def test_other_commands_ask_nothing(eremo, asked):
    eremo("doctor")
    eremo("models", "list")
    assert asked == []


def test_files_are_opened_in_the_window(eremo, tmp_path):
    opened = []

    def open_window(paths, files=()):
        opened.append((paths.root, files))
        return 0

    names = [tmp_path / "a.gguf", tmp_path / "b.json"]
    eremo("open", *map(str, names), open_window=open_window)
    eremo("open", open_window=open_window)
    assert opened == [(tmp_path / "data", names), (tmp_path / "data", [])]
