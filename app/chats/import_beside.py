"""An import that neither freezes the window nor keeps others from the chats' file.

The file is taken apart in a process of its own. Its chats are then added one by one, as deleted
ones, and come to sight together: there are all of them or none, however far it comes.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.chats.imports import Imported, read_copies
from app.chats.model import ChatCopy
from app.chats.store import ChatStore
from app.errors import AppError
from app.watched_process import Limits, Sender, TooMuchError, WorkFailedError, messages_of

LIMITS = Limits(num_bytes=4 << 30, silent_seconds=300.0, seconds=3600.0)


@dataclass(frozen=True, slots=True)
class _Found:
    num_chats: int
    note: str


@dataclass(frozen=True, slots=True)
class _Refused:
    sentence: str


def import_beside(
    database: Path,
    path: Path,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> Imported | None:
    """Add the chats of a file to those of a database; None when cancelled.

    Raises:
        AppError: as app.chats.imports.import_chats; nothing is added.
    """
    with (
        ChatStore(database) as store,
        contextlib.closing(
            messages_of(_send_copies, str(path), limits=LIMITS, cancelled=cancelled)
        ) as messages,
    ):
        folders = {folder.id for folder in store.folders()}
        ids: list[int] = []
        found = _Found(-1, "")
        is_whole = False
        try:
            for message in messages:
                match message:
                    case _Refused(sentence):
                        raise AppError(sentence)
                    case _Found():
                        found = message
                    case ChatCopy():
                        ids += store.add_copies([message], deleted=True)
                        progress(len(ids), found.num_chats)
            if len(ids) == found.num_chats and not cancelled():
                store.restore_chats(ids)
                is_whole = True
                return Imported(ids, found.note)
        except TooMuchError as error:
            raise AppError(f"{path} takes too much {error.what} to be imported.") from error
        except (WorkFailedError, OSError) as error:
            raise AppError(f"{path} couldn't be imported: it needs too much memory.") from error
        finally:
            if not is_whole:
                _remove_new_folders(store, folders)
        return None


def _remove_new_folders(store: ChatStore, before: set[int]) -> None:
    with contextlib.suppress(AppError):
        for folder in store.folders():
            if folder.id not in before:
                store.delete_folder(folder.id)


def _send_copies(sender: Sender, path: str) -> None:
    try:
        copies, note = read_copies(Path(path))
    except AppError as error:
        sender.send(_Refused(str(error)))
        return
    sender.send(_Found(len(copies), note))
    for copy in copies:
        sender.send(copy)
