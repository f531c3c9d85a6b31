"""Chats of other programs, as Eremo keeps them. Only text is taken.

ChatGPT's conversations.json: https://help.openai.com/en/articles/7260999 tells how to get it; the
format is published nowhere. Its fields are those in github.com/mitkury/chatgpt-export-parser,
docs/chatgpt-data-export-format.md, and in github.com/pionxzh/chatgpt-exporter, src/api.ts.

Open WebUI's export: https://docs.openwebui.com/features/chat-conversations/data-controls/import-export

Both are maps of messages by id, each with its parent and its children.
"""

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.chats.database import one_line
from app.chats.model import ChatCopy, MessageCopy, MessageStatus
from inference.events import Role

_MAX_TITLE = 200  # characters
_LATEST = 10**11  # seconds after 1970
_REASONING = '<details type="reasoning"'


@dataclass(slots=True)
class Skipped:
    """What couldn't be taken over."""

    parts: int = 0  # images, files, tools


@dataclass(frozen=True, slots=True)
class _Node:
    """What is taken of one message. Without a role there is nothing to show of it."""

    role: Role | None = None
    content: str = ""
    reasoning: str = ""
    error: str = ""
    model: str = ""
    status: MessageStatus = "complete"
    created_at: datetime | None = None
    system: str = ""  # a system prompt


def chatgpt_chat(value: object, skipped: Skipped) -> ChatCopy:
    """One conversation of conversations.json.

    Raises:
        ValueError: it isn't one; messages that follow each other in a circle are none.
    """
    chat = _object(value)
    nodes = _Nodes(
        _object(chat.get("mapping")),
        "parent",
        "children",
        lambda node: _chatgpt_node(node, skipped),
    )
    created_at = _moment(chat.get("create_time"))
    return nodes.chat(
        chat.get("current_node"),
        title=_title(chat.get("title")),
        created_at=created_at,
        updated_at=_moment(chat.get("update_time")) or created_at,
        pinned=chat.get("is_starred") is True,
    )


def open_webui_chat(value: object, skipped: Skipped) -> ChatCopy:
    """One chat of an export.

    Raises:
        ValueError: it isn't one; messages that follow each other in a circle are none.
    """
    outer = _object(value)
    chat = _object(outer.get("chat", outer))
    history = _object(chat.get("history"))
    nodes = _Nodes(
        _object(history.get("messages")),
        "parentId",
        "childrenIds",
        lambda node: _open_webui_node(node, skipped),
    )
    params = chat.get("params")
    system = params.get("system") if isinstance(params, dict) else None
    created_at = _moment(outer.get("created_at")) or _moment(chat.get("timestamp"))
    return nodes.chat(
        history.get("currentId"),
        title=_title(chat.get("title") or outer.get("title")),
        created_at=created_at,
        updated_at=_moment(outer.get("updated_at")) or created_at,
        pinned=outer.get("pinned") is True,
        system_prompt=_text(system) or _text(chat.get("system")),
    )


def _chatgpt_node(node: Mapping[str, Any], skipped: Skipped) -> _Node:
    if node.get("message") is None:  # the root
        return _Node()
    message = _object(node["message"])
    author, content, metadata = (
        _object(message.get(name) or {}) for name in ("author", "content", "metadata")
    )
    kind, role = content.get("content_type"), author.get("role")
    if kind == "thoughts":
        return _Node(reasoning=_thoughts(content.get("thoughts")))
    if metadata.get("is_visually_hidden_from_conversation") is True or kind == "reasoning_recap":
        return _Node()
    text = _chatgpt_text(content, skipped)
    if role == "system":
        return _Node(system=text)
    is_said = role in ("user", "assistant") and message.get("recipient", "all") == "all"
    if not is_said or kind not in ("text", "multimodal_text"):
        skipped.parts += 1 if text or kind != "text" else 0
        return _Node()
    if not text.strip():
        return _Node()
    return _Node(
        role,
        text,
        model=_text(metadata.get("model_slug")) if role == "assistant" else "",
        created_at=_moment(message.get("create_time")),
    )


def _chatgpt_text(content: Mapping[str, Any], skipped: Skipped) -> str:
    parts = content.get("parts")
    texts = []
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict) and isinstance(part.get("text"), str):  # what was spoken
            texts.append(part["text"])
        else:
            skipped.parts += 1
    return "\n\n".join(text for text in texts if text)


def _thoughts(thoughts: object) -> str:
    texts = []
    for thought in thoughts if isinstance(thoughts, list) else ():
        if isinstance(thought, dict):
            texts += [_text(thought.get("summary")), _text(thought.get("content"))]
    return "\n\n".join(text for text in texts if text)


def _open_webui_node(node: Mapping[str, Any], skipped: Skipped) -> _Node:
    role = node.get("role")
    files = node.get("files")
    skipped.parts += len(files) if isinstance(files, list) else 0
    content = node.get("content")
    if isinstance(content, list):  # as the API takes it: {"type": "text", "text": ...}
        skipped.parts += sum(not (isinstance(part, dict) and "text" in part) for part in content)
        texts = [_text(part.get("text")) for part in content if isinstance(part, dict)]
        content = "\n\n".join(text for text in texts if text)
    text = _text(content)
    if role == "system":
        return _Node(system=text)
    if role not in ("user", "assistant"):
        skipped.parts += 1
        return _Node()
    if role == "user":
        return _Node(role, text, created_at=_moment(node.get("timestamp")))
    error = node.get("error")
    error_text = _text(error.get("content")) if isinstance(error, dict) else _text(error)
    text, reasoning = _without_reasoning(text)
    return _Node(
        role,
        text,
        reasoning,
        error_text,
        model=_text(node.get("model")),
        status="failed" if error_text else "stopped" if node.get("done") is False else "complete",
        created_at=_moment(node.get("timestamp")),
    )


def _without_reasoning(text: str) -> tuple[str, str]:
    """An answer of Open WebUI, whose thinking stands in blocks of HTML, and the thinking."""
    said, thought = [], []
    place = 0
    while (start := text.find(_REASONING, place)) >= 0:
        begin = text.find(">", start) + 1
        end = text.find("</details>", begin)
        if begin == 0 or end < 0:
            break
        said.append(text[place:start])
        thought.append(_unquoted(text[begin:end]))
        place = end + len("</details>")
    rest = text[place:]
    return "".join([*said, rest.lstrip() if thought else rest]), "\n\n".join(thought)


def _unquoted(block: str) -> str:
    _, _, quote = block.rpartition("</summary>")
    lines = [html.unescape(line) for line in quote.strip().splitlines()]
    return "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines)


@dataclass(slots=True)
class _Nodes:
    """The map of a chat's messages by id."""

    mapping: Mapping[str, Any]
    parent_field: str
    children_field: str
    convert: Callable[[Mapping[str, Any]], _Node]

    def chat(
        self,
        current: object,
        *,
        title: str,
        created_at: datetime | None,
        updated_at: datetime | None,
        pinned: bool,
        system_prompt: str = "",
    ) -> ChatCopy:
        """The chat with its branches; what isn't taken over is left out of them."""
        now = datetime.now(UTC)
        messages: list[MessageCopy] = []
        # By id: the last message up to there, and what was thought since then.
        taken: dict[str | None, tuple[int | None, str]] = {None: (None, "")}
        for node_id, parent_id in self._walk():
            place, thoughts = taken[parent_id]
            node = self.convert(_object(self.mapping[node_id]))
            system_prompt = system_prompt or node.system
            reasoning = "\n\n".join(filter(None, (thoughts, node.reasoning)))
            if node.role is not None:
                messages.append(
                    MessageCopy(
                        place,
                        node.role,
                        node.content,
                        node.created_at or created_at or now,
                        reasoning if node.role == "assistant" else "",
                        node.status,
                        node.error,
                        node.model,
                    )
                )
                place, reasoning = len(messages) - 1, ""
            taken[node_id] = (place, reasoning)
        leaf = taken[current][0] if isinstance(current, str) and current in taken else None
        return ChatCopy(
            title=title,
            created_at=created_at or now,
            updated_at=updated_at or now,
            messages=tuple(messages),
            leaf=len(messages) - 1 if leaf is None and messages else leaf,
            system_prompt=system_prompt,
            pinned=pinned,
            title_is_typed=title != "",
        )

    def _walk(self) -> list[tuple[str, str | None]]:
        """Each id with its parent's, which comes before it; versions in their order."""
        parents = self._parents()
        children: dict[str | None, list[str]] = {}
        for node_id in self.mapping:
            children.setdefault(parents.get(node_id), []).append(node_id)
        walk: list[tuple[str, str | None]] = []
        waiting: list[tuple[str, str | None]] = [(root, None) for root in children.get(None, ())]
        waiting.reverse()
        while waiting:
            node_id, parent_id = waiting.pop()
            walk.append((node_id, parent_id))
            order = {child: place for place, child in enumerate(self._listed(node_id))}
            below = sorted(
                children.get(node_id, ()), key=lambda child: order.get(child, len(order))
            )
            waiting += [(child, node_id) for child in reversed(below)]
        if len(walk) < len(self.mapping):
            raise ValueError("messages follow each other in a circle")
        return walk

    def _parents(self) -> dict[str, str]:
        parents: dict[str, str] = {}
        for node_id, node in self.mapping.items():
            parent_id = _object(node).get(self.parent_field)
            if isinstance(parent_id, str) and parent_id in self.mapping:
                parents[node_id] = parent_id
        for node_id in self.mapping:  # some writers name the children only
            for child in self._listed(node_id):
                if child in self.mapping and child != node_id:
                    parents.setdefault(child, node_id)
        return parents

    def _listed(self, node_id: str) -> list[str]:
        children = self.mapping[node_id].get(self.children_field)
        listed = children if isinstance(children, list) else []
        return [child for child in listed if isinstance(child, str)]


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _title(value: object) -> str:
    return one_line(_text(value)[: _MAX_TITLE * 10])[:_MAX_TITLE]


def _moment(seconds: object) -> datetime | None:
    """Of a Unix time in seconds, or in the smaller units of some writers."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    for per_second in (1, 10**3, 10**6, 10**9):
        if 0 < seconds < _LATEST * per_second:
            return datetime.fromtimestamp(seconds / per_second, UTC)
    return None
