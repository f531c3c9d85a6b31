"""Where Eremo keeps its data, and where the embedded model lies.

Everything that Eremo writes is under `DataPaths.root`. Nothing is created before it is needed.
"""

import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from platformdirs import user_data_path

from app.errors import writing_failed


@dataclass(frozen=True, slots=True)
class DataPaths:
    root: Path  # absolute

    @property
    def settings_file(self) -> Path:
        return self.root / "settings.toml"

    @property
    def database_file(self) -> Path:
        return self.root / "chats.db"

    @property
    def new_chat_file(self) -> Path:
        """The draft of a chat that isn't begun yet."""
        return self.root / "new-chat.json"

    @property
    def models_dir(self) -> Path:
        return self.root / "models"

    @property
    def logs_dir(self) -> Path:
        return self.root / "logs"

    @property
    def cache_dir(self) -> Path:
        """What can be made again. Made by whoever writes into it."""
        return self.root / "cache"

    @property
    def state_dir(self) -> Path:
        """Snapshots of what models have read; costs only time to lose."""
        return self.root / "state"

    @property
    def requests_dir(self) -> Path:
        """Where a second start leaves what it wants of the open window. Made when needed."""
        return self.root / "open"

    @property
    def lock_file(self) -> Path:
        return self.root / "window.lock"

    def create(self) -> None:
        """Make the folders that are missing. The root of the data is for its owner's eyes alone.

        Raises:
            AppError: a folder can't be made.
        """
        for folder, mode in ((self.root, 0o700), (self.models_dir, 0o777), (self.logs_dir, 0o777)):
            try:
                folder.mkdir(mode=mode, parents=True, exist_ok=True)
            except OSError as error:
                raise writing_failed(folder, error) from error


def data_paths(data_dir: Path | None = None) -> DataPaths:
    """The folder that was asked for: `data_dir`, else $EREMO_DATA_DIR, else the system's place."""
    chosen = data_dir or os.environ.get("EREMO_DATA_DIR")
    root = Path(chosen).expanduser() if chosen else user_data_path("eremo", appauthor=False)
    return DataPaths(Path(os.path.abspath(root)))  # noqa: PTH100 - keeps symbolic links as given


def embedded_models_dir() -> Path:
    """The folder of the models that come with Eremo; it may be empty."""
    return Path(str(files("resources"))) / "models"
