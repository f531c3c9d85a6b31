"""Finding chats by their titles and by what was said in them.

What the user types is words to look for, never query syntax.
"""

import re
from dataclasses import dataclass
from typing import Any

from app.chats.database import storable
from app.chats.model import Chat
from app.chats.store import CHAT_COLUMNS, ChatStore, chat_from

MATCH_START = "\x02"
MATCH_END = "\x03"

_SNIPPET_WORDS = 16
_SNIPPET_LENGTH = 200  # characters
_SNIPPET_LEAD = 60  # at most so many characters before the match
_MAX_TERMS = 32
_MAX_LENGTH = 500  # of the search text, in characters


@dataclass(frozen=True, slots=True)
class SearchHit:
    """`snippet` is one line; what matched lies between MATCH_START and MATCH_END."""

    chat: Chat
    message_id: int | None  # None: the title matched
    snippet: str


def search(store: ChatStore, text: str, limit: int = 50) -> list[SearchHit]:
    """The chats whose title, then the messages whose text has every word of `text`, best first.

    The last word may be the beginning of one. Where no word matches, any place in the text does:
    languages without spaces are found that way.
    """
    terms = storable(text)[:_MAX_LENGTH].split()[:_MAX_TERMS]
    if not terms:
        return []
    query = " ".join('"' + term.replace('"', '""') + '"' for term in terms) + "*"
    hits = _matching_titles(store, query, limit)
    hits += _matching_messages(store, query, limit - len(hits))
    return hits or _messages_containing(store, terms, limit)


def _matching_titles(store: ChatStore, query: str, limit: int) -> list[SearchHit]:
    rows = store.rows(
        f"""SELECT {CHAT_COLUMNS}, NULL, snippet(chats_fts, 0, ?, ?, '…', {_SNIPPET_WORDS})
        FROM chats_fts JOIN chats ON chats.id = chats_fts.rowid
        WHERE chats_fts MATCH ? AND chats.deleted_at IS NULL ORDER BY chats_fts.rank LIMIT ?""",
        (MATCH_START, MATCH_END, query, limit),
    )
    return [_hit(row) for row in rows]


def _matching_messages(store: ChatStore, query: str, limit: int) -> list[SearchHit]:
    rows = store.rows(
        f"""SELECT {CHAT_COLUMNS}, messages.id,
            snippet(messages_fts, 0, ?, ?, '…', {_SNIPPET_WORDS})
        FROM messages_fts JOIN messages ON messages.id = messages_fts.rowid
            JOIN chats ON chats.id = messages.chat_id
        WHERE messages_fts MATCH ? AND chats.deleted_at IS NULL ORDER BY messages_fts.rank LIMIT ?""",
        (MATCH_START, MATCH_END, query, limit),
    )
    return [_hit(row) for row in rows]


def _messages_containing(store: ChatStore, terms: list[str], limit: int) -> list[SearchHit]:
    conditions = " AND ".join(r"content LIKE ? ESCAPE '\'" for _ in terms)
    patterns = ["%" + re.sub(r"([\\%_])", r"\\\1", term) + "%" for term in terms]
    rows = store.rows(
        f"""SELECT {CHAT_COLUMNS}, messages.id, content
        FROM messages JOIN chats ON chats.id = messages.chat_id
        WHERE {conditions} AND chats.deleted_at IS NULL ORDER BY messages.id DESC LIMIT ?""",
        (*patterns, limit),
    )
    marked = f"{MATCH_START}\\g<0>{MATCH_END}"
    term = re.compile(re.escape(terms[0]), re.IGNORECASE)
    return [_hit((*row[:-1], term.sub(marked, row[-1], count=1))) for row in rows]


def _hit(row: tuple[Any, ...]) -> SearchHit:
    *chat, message_id, snippet = row
    return SearchHit(chat_from(tuple(chat)), message_id, _one_line(snippet))


def _one_line(snippet: str) -> str:
    """Around the first match: a word of the index can be a whole file of letters."""
    line = " ".join(snippet.split())
    start = max(0, line.find(MATCH_START) - _SNIPPET_LEAD)
    end = start + _SNIPPET_LENGTH
    cut = ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")
    return cut + MATCH_END * (cut.count(MATCH_START) - cut.count(MATCH_END))
