"""`eremo chats export` and `eremo chats import`: chats to and from files."""

import argparse

from app.chats.export import export_chats, format_of
from app.chats.imports import import_chats
from app.chats.store import ChatStore
from app.cli.terminal import complain, print_json, printable, readable_size


def run_export(store: ChatStore, parsed: argparse.Namespace) -> None:
    export_format = parsed.format or format_of(parsed.file)
    export_chats(store, [parsed.id], parsed.file, export_format, replace=parsed.force)
    size_bytes = parsed.file.stat().st_size
    if parsed.json:
        print_json({"path": str(parsed.file), "format": export_format, "size_bytes": size_bytes})
    else:
        print(printable(f"{parsed.file} ({readable_size(size_bytes)})"))


def run_import(store: ChatStore, parsed: argparse.Namespace) -> None:
    imported = import_chats(store, parsed.file)
    if parsed.json:
        print_json({"imported": imported.chat_ids, "note": imported.note})
        return
    for chat_id in imported.chat_ids:
        print(chat_id)
    if imported.note:
        complain(imported.note)
