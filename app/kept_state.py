"""The model's kept states, as the app sees them: whose they are, how much they may take.

What is kept can always be computed again: nothing here is worth an error.
"""

import logging
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from app.paths import DataPaths
from app.settings import Settings
from inference.state.budget import Budget
from inference.state.store import StateStore

logger = logging.getLogger(__name__)

_MIB = 1 << 20
_CHAT = "chat:"


def chat_owner(chat_id: int) -> str:
    return f"{_CHAT}{chat_id}"


def state_dir(settings: Settings, paths: DataPaths) -> Path | None:
    """None where nothing is to be kept on disk."""
    return paths.state_dir if settings.keep_state else None


def state_budget(settings: Settings) -> Budget:
    """What the settings say, else what is fit for this machine."""
    budget = Budget.of_this_machine()
    if settings.state_ram_mib is not None:
        budget = replace(budget, ram_bytes=settings.state_ram_mib * _MIB)
    if settings.state_disk_mib is not None:
        budget = replace(budget, disk_bytes=settings.state_disk_mib * _MIB)
    return budget


def kept_bytes(paths: DataPaths) -> int:
    """What all states on disk take."""
    if not paths.state_dir.is_dir():
        return 0
    with closing(StateStore(paths.state_dir)) as store:
        return store.usage().total_bytes


def clear_states(paths: DataPaths) -> bool:
    """Remove all of them, here and in every process that has some in memory; whether it could."""
    if not paths.state_dir.is_dir():
        return True
    with closing(StateStore(paths.state_dir)) as store:
        return store.clear()


def remove_states(paths: DataPaths, chat_ids: Iterable[int]) -> None:
    """Of chats that were removed for good."""
    if paths.state_dir.is_dir():
        with closing(StateStore(paths.state_dir)) as store:
            for chat_id in chat_ids:
                if not store.release(chat_owner(chat_id)):
                    logger.warning("the states of chat %d can't be removed yet", chat_id)


def tidy_states(settings: Settings, paths: DataPaths, chat_ids: Iterable[int]) -> None:
    """Remove what nobody can use any more: of chats that are gone, or all where none is wanted.

    chat_ids: of all chats that there are, also of deleted ones that can be restored.
    """
    if not paths.state_dir.is_dir():
        return
    with closing(StateStore(paths.state_dir)) as store:
        if not settings.keep_state:
            store.clear()
            return
        owners = store.usage().owner_bytes
        known = {chat_owner(chat_id) for chat_id in chat_ids}
        for owner in owners:
            if owner.startswith(_CHAT) and owner not in known:
                store.release(owner)
