"""Chats out of a file: Eremo's own, ChatGPT's or Open WebUI's, told apart by what is in it.

A file is taken whole or refused whole.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.chats.foreign import Skipped, chatgpt_chat, open_webui_chat
from app.chats.model import ChatCopy
from app.chats.own_json import FORMAT, VERSION, chat_from_json
from app.chats.store import ChatStore
from app.errors import AppError
from inference.errors import sentence

MAX_BYTES = 200 * 10**6


@dataclass(frozen=True, slots=True)
class Imported:
    chat_ids: list[int]
    note: str  # a sentence on what was left out, else ""


def import_chats(store: ChatStore, path: Path) -> Imported:
    """Add the chats of a file to the store.

    Raises:
        AppError: the file can't be read, is too large, or isn't one of the three; nothing is added.
    """
    copies, note = read_copies(path)
    return Imported(store.add_copies(copies), note)


def read_copies(path: Path) -> tuple[list[ChatCopy], str]:
    """The chats of a file, and a sentence on what was left out.

    Raises:
        AppError: as import_chats.
    """
    skipped = Skipped()
    try:
        file = json.loads(_content(path), object_pairs_hook=_without_duplicates)
        copies = _copies(file, skipped)
    except (ValueError, RecursionError) as error:
        raise _not_known(path) from error
    except MemoryError as error:
        raise AppError(f"{path} is too large to be imported on this machine.") from error
    if not copies:
        raise AppError(f"There are no chats in {path}.")
    return copies, _note(skipped)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)  # whatever size a device or a pipe claims
    except OSError as error:
        raise AppError(f"{path} couldn't be read: {error.strerror or error}.") from error
    if len(content) > MAX_BYTES:
        raise AppError(
            f"{path} is larger than {MAX_BYTES // 10**6} MB: export fewer chats at a time."
        )
    if content.startswith(b"PK\x03\x04"):
        raise AppError(f"{path} is an archive: unpack it and import the conversations.json in it.")
    return content


def _copies(file: Any, skipped: Skipped) -> list[ChatCopy]:
    """Raises ValueError: nothing that is known."""
    if isinstance(file, dict) and file.get("format") == FORMAT:
        version = file.get("version")
        if isinstance(version, int) and version > VERSION:
            raise AppError("These chats were exported by a newer Eremo: update Eremo.")
        if version != VERSION or not isinstance(file.get("chats"), list):
            raise ValueError("no chats")
        return [chat_from_json(chat) for chat in file["chats"]]
    chats = file if isinstance(file, list) else [file]
    if all(isinstance(chat, dict) and "mapping" in chat for chat in chats):
        return [chatgpt_chat(chat, skipped) for chat in chats]
    return [open_webui_chat(chat, skipped) for chat in chats]


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; where an id comes twice, it can't be known which one is meant."""
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a name comes twice")
    return values


def _note(skipped: Skipped) -> str:
    if not skipped.parts:
        return ""
    if skipped.parts == 1:
        return sentence("Only text is imported: one image, file or use of a tool was left out.")
    return sentence(
        f"Only text is imported: {skipped.parts:,} images, files or uses of tools were left out."
    )


def _not_known(path: Path) -> AppError:
    return AppError(
        f"{path} can't be imported: it is damaged, or neither an export of Eremo (JSON), "
        "nor ChatGPT's conversations.json, nor an export of Open WebUI."
    )
