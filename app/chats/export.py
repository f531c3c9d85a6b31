"""Chats as files: Markdown and HTML show the branch on show, JSON has everything.

PDF is the window's, since only Qt can write it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from app.chats.own_json import chats_as_json
from app.chats.page import ShownChat, author_of, day_of, page_of, pages_in_words
from app.chats.store import ChatStore
from app.errors import AppError, writing_failed
from inference.formats.whole_file import whole_file

Step = Callable[[int, int], None]
"""Called before each chat with how many are done and how many there are. What it raises ends the
export, and no file is written."""

ExportFormat = Literal["markdown", "html", "json"]

SUFFIXES: dict[str, ExportFormat] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".json": "json",
}

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$", re.MULTILINE)


def format_of(path: Path) -> ExportFormat:
    """What the file's name asks for.

    Raises:
        AppError: nothing that is known.
    """
    export_format = SUFFIXES.get(path.suffix.lower())
    if export_format is None:
        raise AppError(
            f"The name of the file has to end in .md, .html or .json, and {path} does not."
        )
    return export_format


def export_chats(
    store: ChatStore,
    chat_ids: Sequence[int],
    path: Path,
    export_format: ExportFormat,
    *,
    replace: bool = False,
    step: Step = lambda _done, _total: None,
) -> None:
    """Write chats to a file, which is there whole or not at all.

    Raises:
        AppError: a chat isn't there, the file is there already and isn't to be replaced, or it
            can't be written.
    """
    text = exported(store, chat_ids, export_format, step=step)
    if path.exists() and not path.is_dir() and not replace:
        raise AppError(f"{path} is there already: choose another name, or add --force.")
    try:
        with whole_file(path) as unfinished:
            unfinished.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise writing_failed(path, error) from error


def exported(
    store: ChatStore,
    chat_ids: Sequence[int],
    export_format: ExportFormat,
    *,
    step: Step = lambda _done, _total: None,
) -> str:
    """The text of the file.

    Raises:
        AppError: a chat isn't there.
    """
    if export_format == "json":
        return chats_as_json([store.copy_of(chat_id) for chat_id in stepped(chat_ids, step)])
    shown = [shown_chat(store, chat_id) for chat_id in stepped(chat_ids, step)]
    return page_of(shown) if export_format == "html" else "\n".join(map(_as_markdown, shown))


def stepped(chat_ids: Sequence[int], step: Step) -> Iterator[int]:
    for number, chat_id in enumerate(chat_ids):
        step(number, len(chat_ids))
        yield chat_id


def shown_chat(store: ChatStore, chat_id: int) -> ShownChat:
    """
    Raises:
        AppError: the chat isn't there.
    """
    chat = store.chat(chat_id, include_deleted=False)
    return ShownChat(chat, store.branch(chat.leaf_id), store.documents(chat_id))


def _as_markdown(shown: ShownChat) -> str:
    chat = shown.chat
    parts = [f"# {_escaped(chat.title) or 'New chat'}", day_of(chat)]
    if chat.system_prompt.strip():
        parts += ["## System prompt", _whole(chat.system_prompt)]
    if shown.documents:
        names = (f"- {_escaped(pages_in_words(document))}" for document in shown.documents)
        parts += ["## Documents", "\n".join(names)]
    for message in shown.messages:
        parts.append(f"## {_escaped(author_of(message))}")
        if message.reasoning.strip():
            parts += ["Thinking:", _quoted(_whole(message.reasoning))]
        if message.content.strip():
            parts.append(_whole(message.content))
        if message.error:
            parts.append(_quoted(message.error))
    return "\n\n".join(parts) + "\n"


def _escaped(line: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|~&])", r"\\\1", line)


def _whole(text: str) -> str:
    """Markdown that ends what it begins: an open fence would swallow the next message."""
    fence = ""
    for match in _FENCE.finditer(text):
        marks, rest = match.groups()
        if not fence:
            fence = "" if marks[0] == "`" and "`" in rest else marks
        elif marks.startswith(fence) and not rest.strip():
            fence = ""
    return text.strip("\n") + (f"\n{fence}" if fence else "")


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
