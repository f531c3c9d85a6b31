"""A chat as one page of HTML: no scripts, nothing that is fetched, and every text escaped.

An answer's Markdown is laid out; what would take too long to lay out stays text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

from markdown_it import MarkdownIt

from app.chats.model import Chat, StoredMessage
from app.documents.model import Document

_MAX_MARKDOWN = 100_000  # characters of an answer: at most about a second
_MAX_NESTING = 32
_SAFE_LINK = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
:root { color-scheme: light dark; --bg: #FAF9F6; --ink: #1F1E1B; --hint: #6F6C64; --line: #E3E0D8;
  --accent: #2F6B5B; --soft: #E6EFEB; --code: #F4F2EC; --warn: #8A5A00; }
@media (prefers-color-scheme: dark) { :root { --bg: #1A1B1C; --ink: #ECEAE4; --hint: #98958C;
  --line: #313336; --accent: #7CC4AE; --soft: #22302C; --code: #1E2022; --warn: #E2B45C; } }
body { margin: 0 auto; padding: 32px 24px; max-width: 720px; background: var(--bg);
  color: var(--ink); font: 15px/24px Inter, system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 22px; line-height: 32px; margin: 0; }
h2 { font-size: 12px; line-height: 16px; font-weight: 600; margin: 0 0 4px; color: var(--hint); }
header, article { margin: 0 0 24px; }
.day, summary { color: var(--hint); font-size: 12px; }
.text { white-space: pre-wrap; }
.user .text { background: var(--soft); border-radius: 12px; padding: 12px 16px; }
details { border-left: 2px solid var(--line); padding-left: 12px; margin: 8px 0; }
.error { color: var(--warn); }
a { color: var(--accent); }
pre, code { font: 13px/20px "JetBrains Mono", ui-monospace, monospace; background: var(--code); }
pre { padding: 12px; border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid var(--line); padding: 6px 12px; text-align: start; }
blockquote { border-left: 2px solid var(--line); margin-left: 0; padding-left: 12px; }
"""


@dataclass(frozen=True, slots=True)
class ShownChat:
    """What is shown of a chat: the branch on show, and the names of its documents."""

    chat: Chat
    messages: Sequence[StoredMessage]
    documents: Sequence[Document] = ()


def author_of(message: StoredMessage) -> str:
    """Who wrote it, in a word or two."""
    names = {"user": "You", "system": "System", "assistant": message.model or "Assistant"}
    return names[message.role]


def day_of(chat: Chat) -> str:
    return chat.created_at.astimezone().strftime("%Y-%m-%d")


def pages_in_words(document: Document) -> str:
    """A document's name, and how many pages it has."""
    if document.num_pages is None:
        return document.name
    pages = "1 page" if document.num_pages == 1 else f"{document.num_pages:,} pages"
    return f"{document.name} ({pages})"


def page_of(shown: Sequence[ShownChat]) -> str:
    """A whole page of one or more chats."""
    title = escape(_title(shown[0].chat) if len(shown) == 1 else "Chats")
    body = "\n".join(map(chat_as_html, shown))
    return (
        f'<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def _title(chat: Chat) -> str:
    return chat.title or "New chat"


def chat_as_html(shown: ShownChat) -> str:
    """What a page's body holds of a chat."""
    chat = shown.chat
    heading = f'<h1 dir="auto">{escape(_title(chat))}</h1><div class="day">{day_of(chat)}</div>'
    parts = [f"<header>{heading}</header>"]
    if chat.system_prompt.strip():
        parts.append(f"<article><h2>System prompt</h2>{_text(chat.system_prompt)}</article>")
    if shown.documents:
        names = "".join(
            f'<li dir="auto">{escape(pages_in_words(document))}</li>'
            for document in shown.documents
        )
        parts.append(f"<article><h2>Documents</h2><ul>{names}</ul></article>")
    parts += [_message(message) for message in shown.messages]
    return "\n".join(parts) + "\n"


def _message(message: StoredMessage) -> str:
    parts = [f'<article class="{message.role}"><h2>{escape(author_of(message))}</h2>']
    if message.reasoning.strip():
        parts.append(f"<details><summary>Thinking</summary>{_text(message.reasoning)}</details>")
    is_answer = message.role == "assistant"
    parts.append(_laid_out(message.content) if is_answer else _text(message.content))
    if message.error:
        parts.append(f'<p class="error">{escape(message.error)}</p>')
    return "".join(parts) + "</article>"


def _text(text: str) -> str:
    return f'<div class="text" dir="auto">{escape(text.strip(chr(10)))}</div>'


def _laid_out(markdown: str) -> str:
    if len(markdown) > _MAX_MARKDOWN:
        return _text(markdown)
    environment: dict[str, object] = {}
    tokens = _parser().parse(markdown, environment)
    if any(token.level >= _MAX_NESTING - 1 for token in tokens):  # what is deeper is dropped
        return _text(markdown)
    html = _parser().renderer.render(tokens, _parser().options, environment)
    return f'<div dir="auto">{html}</div>'


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        return _SAFE_LINK.match(url) is not None


@cache
def _parser() -> _Parser:
    parser = _Parser("commonmark", {"html": False, "maxNesting": _MAX_NESTING})
    parser.enable(["table", "strikethrough"])
    parser.disable("image")  # becomes a link: a page that is opened fetches nothing
    return parser
