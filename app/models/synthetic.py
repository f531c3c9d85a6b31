"""The synthetic model on disk: random weights in the shape of Jamba 3B, for measuring alone."""

from pathlib import Path

from app.errors import AppError, writing_failed
from app.paths import DataPaths, embedded_models_dir

NAME = "Synthetic Jamba 3B"


def write_synthetic(path: Path) -> None:
    """Write it to `path`, which stays as it is until the file is whole.

    Raises:
        AppError: the file can't be written, or the model whose tokenizer it takes is missing.
    """
    from inference.formats.gguf import open_gguf
    from inference.formats.whole_file import whole_file
    from inference.synthetic import JAMBA_3B, write_synthetic_jamba

    donors = sorted(embedded_models_dir().glob("*.gguf"))
    if not donors:
        raise AppError(
            "A synthetic model takes its tokenizer from the embedded model, which is missing: "
            "install Eremo again."
        )
    try:
        with whole_file(path) as unfinished:
            write_synthetic_jamba(unfinished, JAMBA_3B, NAME, open_gguf(donors[0]))
    except OSError as error:
        raise writing_failed(path, error) from error


def cached_synthetic(paths: DataPaths) -> Path:
    """Its file in the data folder, written the first time that it is asked for.

    Raises:
        AppError: see `write_synthetic`.
    """
    path = paths.cache_dir / "synthetic-jamba-3b.gguf"
    if not path.exists():
        paths.create()
        try:
            path.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise writing_failed(path.parent, error) from error
        write_synthetic(path)
    return path
