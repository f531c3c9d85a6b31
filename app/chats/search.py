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
_MAX_RANKED = 2_000  # matches; more are shown newest first
# Thai to Burmese, Khmer, Japanese and Chinese: the index takes a whole sentence for one word.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)
_VISIBLE = "chats.deleted_at IS NULL AND messages.deleted_at IS NULL"

_Row = tuple[Any, ...]  # CHAT_COLUMNS, the message's id, the snippet


@dataclass(frozen=True, slots=True)
class SearchHit:
    """`snippet` is one line; what matched lies between MATCH_START and MATCH_END."""

    chat: Chat
    message_id: int | None  # None: the title matched
    snippet: str


def first_match(snippet: str) -> str:
    """As it is written in the text."""
    return snippet.partition(MATCH_START)[2].partition(MATCH_END)[0]


def search(store: ChatStore, text: str, limit: int = 50) -> list[SearchHit]:
    """The chats whose title, then the messages whose text has every word of `text`, best first.

    The last word may be the beginning of one. Where no word matches, or the language puts no
    spaces between them, any place in the text does. Titles leave half of the hits to messages.
    """
    terms = storable(text)[:_MAX_LENGTH].split()[:_MAX_TERMS]
    if not terms:
        return []
    hits = [] if _UNSPACED.search(text) else _matching(store, terms, limit)
    return hits or _containing(store, terms, limit)


def _matching(store: ChatStore, terms: list[str], limit: int) -> list[SearchHit]:
    query = " ".join('"' + term.replace('"', '""') + '"' for term in terms) + "*"
    titles = store.rows(
        f"""SELECT {CHAT_COLUMNS}, NULL, snippet(chats_fts, 0, ?, ?, '…', {_SNIPPET_WORDS})
        FROM chats_fts JOIN chats ON chats.id = chats_fts.rowid
        WHERE chats_fts MATCH ? AND chats.deleted_at IS NULL ORDER BY chats_fts.rank LIMIT ?""",
        (MATCH_START, MATCH_END, query, limit),
    )
    order = "rank" if _can_be_ranked(store, query, terms[-1]) else "rowid DESC"
    messages = store.rows(
        f"""SELECT {CHAT_COLUMNS}, messages.id,
            snippet(messages_fts, 0, ?, ?, '…', {_SNIPPET_WORDS})
        FROM messages_fts JOIN messages ON messages.id = messages_fts.rowid
            JOIN chats ON chats.id = messages.chat_id
        WHERE messages_fts MATCH ? AND {_VISIBLE} ORDER BY messages_fts.{order} LIMIT ?""",
        (MATCH_START, MATCH_END, query, limit),
    )
    return _shared(titles, messages, limit)


def _can_be_ranked(store: ChatStore, query: str, last_term: str) -> bool:
    """To rank is to look at every match: a frequent word or a single letter has too many."""
    if len(last_term) == 1:
        return False
    [(num_matches,)] = store.rows(
        "SELECT COUNT(*) FROM (SELECT 1 FROM messages_fts WHERE messages_fts MATCH ? LIMIT ?)",
        (query, _MAX_RANKED),
    )
    return int(num_matches) < _MAX_RANKED


def _containing(store: ChatStore, terms: list[str], limit: int) -> list[SearchHit]:
    patterns = ["%" + re.sub(r"([\\%_])", r"\\\1", term) + "%" for term in terms]

    def conditions(column: str) -> str:
        return " AND ".join(rf"{column} LIKE ? ESCAPE '\'" for _ in terms)

    titles = store.rows(
        f"""SELECT {CHAT_COLUMNS}, NULL, title FROM chats
        WHERE {conditions("title")} AND chats.deleted_at IS NULL
        ORDER BY updated_at DESC LIMIT ?""",
        (*patterns, limit),
    )
    messages = store.rows(
        f"""SELECT {CHAT_COLUMNS}, messages.id, content
        FROM messages JOIN chats ON chats.id = messages.chat_id
        WHERE {conditions("content")} AND {_VISIBLE} ORDER BY messages.id DESC LIMIT ?""",
        (*patterns, limit),
    )
    term = re.compile(re.escape(terms[0]), re.IGNORECASE)
    marked = f"{MATCH_START}\\g<0>{MATCH_END}"

    def with_mark(row: _Row) -> _Row:
        return (*row[:-1], term.sub(marked, row[-1], count=1))

    return _shared(list(map(with_mark, titles)), list(map(with_mark, messages)), limit)


def _shared(titles: list[_Row], messages: list[_Row], limit: int) -> list[SearchHit]:
    num_titles = max((limit + 1) // 2, limit - len(messages))
    return [_hit(row) for row in (titles[:num_titles] + messages)[:limit]]


def _hit(row: _Row) -> SearchHit:
    *chat, message_id, snippet = row
    return SearchHit(chat_from(tuple(chat)), message_id, _one_line(snippet))


def _one_line(snippet: str) -> str:
    """Around the first match: a word of the index can be a whole file of letters."""
    line = " ".join(snippet.split())
    start = max(0, line.find(MATCH_START) - _SNIPPET_LEAD)
    end = start + _SNIPPET_LENGTH
    cut = ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")
    return cut + MATCH_END * (cut.count(MATCH_START) - cut.count(MATCH_END))
