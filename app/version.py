"""The version of this Eremo."""

from importlib.metadata import PackageNotFoundError, version


def eremo_version() -> str:
    """As the installation says; a checkout that isn't installed doesn't know."""
    try:
        return version("eremo")
    except PackageNotFoundError:
        return "unknown"
