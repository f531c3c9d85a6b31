"""What a newer release is, and that only a signed one is believed."""

import pytest

from app.errors import AppError
from app.updates import (
    CHECKSUMS,
    SIGNATURE,
    Release,
    ReleaseSource,
    is_newer,
    latest_release,
    release_source,
    verify_download,
)
from tests.app import signed_release
from tests.app.release_server import serving

SIGNED = {
    CHECKSUMS: signed_release.CHECKSUMS,
    SIGNATURE: signed_release.SIGNATURE.encode(),
}


def source(feed, key=signed_release.PUBLIC_KEY):
    return ReleaseSource(feed, "https://example.org/download", key)


def ask(files, key=signed_release.PUBLIC_KEY):
    with serving(files) as (feed, _):
        return latest_release(source(feed, key))


def test_the_version_and_the_checksums_of_a_signed_release_are_read():
    release = ask(SIGNED)
    assert release.version_text == "9.8.7"
    assert set(release.checksums) == {signed_release.PACKAGE_NAME}


def test_another_key_or_other_checksums_are_not_believed():
    with pytest.raises(AppError, match="isn't signed by Eremo's developers"):
        ask(SIGNED, signed_release.OTHER_KEY)
    forged = SIGNED[CHECKSUMS].replace(b"9.8.7", b"9.9.9")
    with pytest.raises(AppError, match="isn't signed"):
        ask(SIGNED | {CHECKSUMS: forged})
    with pytest.raises(AppError, match="isn't signed"):
        ask(SIGNED | {SIGNATURE: b"\xff not a signature"})


@pytest.mark.parametrize("files", [{}, {CHECKSUMS: SIGNED[CHECKSUMS]}])
def test_a_missing_file_is_a_sentence(files):
    with pytest.raises(AppError, match="can't be reached"):
        ask(files)


def test_an_endless_answer_is_cut_off():
    with pytest.raises(AppError, match="can't be reached"):
        ask(SIGNED | {CHECKSUMS: b"x" * (2 << 20)})


@pytest.mark.parametrize("feed", ["http://127.0.0.1:1", "nonsense", "", "http://", "http://[x"])
def test_an_address_where_nobody_answers_is_a_sentence(feed):
    with pytest.raises(AppError, match="can't be reached"):
        latest_release(source(feed))


def test_a_build_that_knows_no_releases_says_so():
    with pytest.raises(AppError, match="doesn't know where newer ones are published"):
        release_source()


@pytest.mark.parametrize(
    ("current", "expected"),
    [("9.8.6", True), ("9.8.7", False), ("9.8.10", False), ("10.0.0", False), ("unknown", True)],
)
def test_versions_are_compared_as_numbers(current, expected):
    assert is_newer(Release((9, 8, 7), {}), current) is expected


def test_a_download_is_verified_to_the_bit(tmp_path):
    release = ask(SIGNED)
    package = tmp_path / signed_release.PACKAGE_NAME
    with pytest.raises(AppError, match="couldn't be read"):
        verify_download(release, package)
    package.write_bytes(signed_release.PACKAGE)
    verify_download(release, package)
    package.write_bytes(signed_release.PACKAGE + b"!")
    with pytest.raises(AppError, match="damaged or not Eremo's"):
        verify_download(release, package)
    with pytest.raises(AppError, match=r"is no file of Eremo 9\.8\.7"):
        verify_download(release, tmp_path / "other.zip")
