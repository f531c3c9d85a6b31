"""`eremo chats`: the stored conversations."""

import argparse
import sys
from dataclasses import asdict, replace

from app.chats.model import Chat, StoredMessage
from app.chats.page import pages_in_words
from app.chats.search import MATCH_END, MATCH_START, search
from app.chats.store import ChatStore
from app.cli.terminal import is_terminal, print_json, printable
from app.cli.transfer import run_export, run_import
from app.documents.model import Document
from app.kept_state import remove_states
from app.paths import DataPaths

_BOLD, _NORMAL = "\x1b[1m", "\x1b[22m"


def run_chats(parsed: argparse.Namespace, paths: DataPaths) -> int:
    paths.create()
    with ChatStore(paths.database_file) as store:
        match parsed.chats_command:
            case "list":
                _list(store, as_json=parsed.json)
            case "show":
                _show(store, parsed.id, as_json=parsed.json)
            case "search":
                _search(store, parsed.text, as_json=parsed.json)
            case "remove":
                _remove(store, paths, parsed.ids, as_json=parsed.json)
            case "export":
                run_export(store, parsed)
            case "import":
                run_import(store, parsed)
    return 0


def _list(store: ChatStore, *, as_json: bool) -> None:
    chats = store.chats()
    if as_json:
        print_json({"chats": [asdict(chat) for chat in chats]})
        return
    for chat in chats:
        print(_line(chat))


def _show(store: ChatStore, chat_id: int, *, as_json: bool) -> None:
    chat = store.chat(chat_id, include_deleted=False)
    shown = [(message, _versions(store, message)) for message in store.branch(chat.leaf_id)]
    documents = store.documents(chat_id)
    if as_json:
        messages = [asdict(message) | {"versions": versions} for message, versions in shown]
        names = [_facts(document) for document in documents]
        print_json({"chat": asdict(chat), "documents": names, "messages": messages})
        return
    print(_line(chat))
    if chat.system_prompt:
        print(f"\nSystem:\n{printable(chat.system_prompt)}")
    if documents:
        print("\nDocuments:")
        for document in documents:
            print(printable(pages_in_words(document)))
    for message, versions in shown:
        if message.reasoning:
            print(f"\n{_author(message)}, thinking:\n{printable(message.reasoning)}")
        print(f"\n{_author(message)} ({_place(message, versions)}):\n{printable(message.content)}")
        if message.error:
            print(f"({printable(message.error)})")


def _facts(document: Document) -> dict[str, object]:
    facts = asdict(document)
    del facts["text"]
    return facts


def _versions(store: ChatStore, message: StoredMessage) -> list[int]:
    """The ids of those that stand in one place of the chat, the message's own included."""
    return [version.id for version in store.children(message.chat_id, message.parent_id)]


def _place(message: StoredMessage, versions: list[int]) -> str:
    """By its id `eremo chat --from` goes on from the message."""
    if len(versions) == 1:
        return f"message {message.id}"
    number = versions.index(message.id) + 1
    others = ", ".join(str(version) for version in versions if version != message.id)
    return f"message {message.id}, version {number} of {len(versions)}; others: {others}"


def _search(store: ChatStore, text: str, *, as_json: bool) -> None:
    hits = search(store, text)
    if as_json:
        plain = [replace(hit, snippet=_marked(hit.snippet, "", "")) for hit in hits]
        print_json({"hits": [asdict(hit) for hit in plain]})
        return
    bold, normal = (_BOLD, _NORMAL) if is_terminal(sys.stdout) else ("", "")
    for hit in hits:
        print(_line(hit.chat))
        if hit.message_id is not None:
            print(f"       {_marked(hit.snippet, bold, normal)}")


def _marked(snippet: str, start: str, end: str) -> str:
    text = printable(snippet, keep=MATCH_START + MATCH_END)
    return text.replace(MATCH_START, start).replace(MATCH_END, end)


def _remove(store: ChatStore, paths: DataPaths, chat_ids: list[int], *, as_json: bool) -> None:
    unique = sorted(set(chat_ids))
    store.purge_chats(unique)
    remove_states(paths, unique)
    if as_json:
        print_json({"removed": unique})


def _line(chat: Chat) -> str:
    when = chat.updated_at.astimezone().strftime("%Y-%m-%d %H:%M")
    return f"{chat.id:>5}  {when}  {printable(chat.title) or 'New chat'}"


def _author(message: StoredMessage) -> str:
    names = {"user": "You", "system": "System", "assistant": message.model or "Assistant"}
    return names[message.role]
