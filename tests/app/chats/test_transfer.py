"""Exports opened again, imports of three programs, and files that mustn't be imported."""

import json
import tracemalloc
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.chats.export import export_chats, exported, format_of
from app.chats.imports import import_chats
from app.chats.model import ChatCopy, MessageCopy, TurnStats
from app.chats.store import ChatStore, storable
from app.documents.model import Document
from app.errors import AppError
from tests.effort import at_most

texts = st.text(st.characters(), max_size=30).map(storable)
lines = texts.map(lambda text: " ".join(text.split()))
moments = st.datetimes(timezones=st.just(UTC))
counts = st.integers(0, 2**63 - 1)
seconds = st.floats(0, 1e9)
stats = st.builds(
    TurnStats, st.sampled_from(["stop", "length", "cancelled"]), counts, counts, counts, seconds,
    seconds, counts,
)  # fmt: skip
documents = st.builds(Document, lines, texts, counts, st.none() | counts)
statuses = st.sampled_from(["partial", "complete", "stopped", "failed"])


@st.composite
def copies(draw):
    messages = []
    for place in range(draw(st.integers(0, 8))):
        parent = draw(st.none() | st.integers(0, place - 1)) if place else None
        role = draw(st.sampled_from(["user", "assistant", "system"]))
        fields = (draw(texts), draw(moments), draw(texts), draw(statuses), draw(texts), draw(texts))
        messages.append(MessageCopy(parent, role, *fields, draw(st.none() | stats)))
    leaf = draw(st.none() | st.integers(0, len(messages) - 1)) if messages else None
    sampling = st.fixed_dictionaries(
        {},
        optional={"temperature": st.floats(0, 10), "top_k": st.integers(0, 9), "seed": st.none()},
    )
    return ChatCopy(
        draw(lines), draw(moments), draw(moments), tuple(messages), leaf, draw(texts), draw(lines),
        draw(st.booleans()), draw(texts), draw(texts), draw(sampling), draw(st.booleans()),
        tuple(draw(st.lists(documents, max_size=3, unique_by=lambda document: document.text))),
    )  # fmt: skip


@given(st.lists(copies(), min_size=1, max_size=3))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
def test_json_brings_everything_into_another_store(tmp_path, chats):
    file = tmp_path / "chats.json"
    with ChatStore(":memory:") as store, ChatStore(":memory:") as other:
        ids = store.add_copies(chats)
        assert [store.copy_of(chat_id) for chat_id in ids] == chats
        export_chats(store, ids, file, "json", replace=True)
        other.create_chat()  # ids differ
        imported = import_chats(other, file)
        assert [other.copy_of(chat_id) for chat_id in imported.chat_ids] == chats
        assert imported.note == ""


@pytest.fixture
def chat(store):
    """A chat with everything in it that an export has to keep apart."""
    chat = store.create_chat("Be <brief>.")
    store.rename(chat.id, "Pipes & <b>bars</b>")
    question = store.append_message(chat.id, None, "user", "Why\n<script>alert(1)</script>?")
    store.append_message(chat.id, question.id, "assistant", "Old version")
    answer = store.append_message(
        chat.id,
        question.id,
        "assistant",
        "**Because** <img src=x onerror=alert(1)>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
        "![remote](https://example.org/x.png) [bad](javascript:alert(1))\n\n```python\nopen",
        model="Tiny",
    )
    store.update_answer(answer.id, reasoning="Hm & so", error="It <broke>.")
    store.append_message(chat.id, answer.id, "user", "And after the fence?")
    return store.chat(chat.id)


class Page(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def test_the_html_has_the_texts_and_nothing_that_runs_or_is_fetched(store, chat):
    page = Page(exported(store, [chat.id], "html"))
    for text in (
        "Pipes & <b>bars</b>", "Be <brief>.", "Why\n<script>alert(1)</script>?", "Because",
        "<img src=x onerror=alert(1)>", "Hm & so", "It <broke>.", "Tiny", "And after the fence?",
    ):  # fmt: skip
        assert text in page.text
    assert {"table", "strong", "pre"} <= set(page.tags)
    assert not {"script", "img", "iframe", "link", "object"} & set(page.tags)
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name.startswith("on") or name == "src"}
    links = [value for name, value in page.attributes if name == "href"]
    assert links == ["https://example.org/x.png"]
    assert "Old version" not in page.text


def test_the_markdown_has_the_texts_and_its_headings(store, chat):
    text = exported(store, [chat.id], "markdown")
    tokens = MarkdownIt("commonmark").parse(text)
    headings = [tokens[i + 1].content for i, token in enumerate(tokens) if token.tag == "h2"][::2]
    assert headings == ["System prompt", "You", "Tiny", "You"]  # no fence swallowed one
    for part in (
        "Be <brief>.",
        "**Because**",
        "> Hm & so",
        "> It <broke>.",
        "```python\nopen\n```",
    ):
        assert part in text
    assert MarkdownIt().render(text).startswith("<h1>Pipes &amp; &lt;b&gt;bars")


@pytest.mark.parametrize(
    "bomb",
    [">" * 100_000, "[" * 100_000, "*" * 100_000, "![" * 50_000,
     "a|" * 50_000 + "\n" + "-|" * 50_000,
     "```\n" * 20_000, "x" * 1_000_000, "- " * 50_000, "<" * 100_000,
     "[x][" * 24_000, "- a\n" * 250_000],
)  # fmt: skip
def test_no_answer_makes_the_page_slow(store, bomb):
    chat = store.create_chat()
    store.append_message(chat.id, None, "assistant", bomb)
    for export_format in ("html", "markdown"):
        with at_most(units=600):
            exported(store, [chat.id], export_format)


def test_what_is_nested_too_deeply_is_still_there(store):
    chat = store.create_chat()
    store.append_message(chat.id, None, "assistant", ">" * 60 + " deep")
    assert "deep" in Page(exported(store, [chat.id], "html")).text


def test_a_file_that_is_there_stays_unless_told_otherwise(store, chat, tmp_path):
    file = tmp_path / "chat.md"
    file.write_text("mine")
    with pytest.raises(AppError, match="is there already"):
        export_chats(store, [chat.id], file, "markdown")
    assert file.read_text() == "mine"
    export_chats(store, [chat.id], file, "markdown", replace=True)
    assert "Because" in file.read_text()
    with pytest.raises(AppError, match="a folder is in its place"):
        export_chats(store, [chat.id], tmp_path, "markdown", replace=True)
    with pytest.raises(AppError, match="couldn't be written"):
        export_chats(store, [chat.id], tmp_path / "no" / "chat.md", "markdown")


def test_the_suffix_is_the_format(tmp_path):
    assert format_of(tmp_path / "a.HTML") == "html"
    with pytest.raises(AppError, match=r"end in \.md, \.html or \.json"):
        format_of(tmp_path / "a.docx")


# Other programs


def chatgpt(*nodes, current=None, **fields):
    """nodes: id, parent, role, content, then fields of the message."""
    mapping = {"root": {"id": "root", "message": None, "parent": None, "children": []}}
    for node_id, parent, role, content, extra in nodes:
        content = (
            content if isinstance(content, dict) else {"content_type": "text", "parts": [content]}
        )
        message = {"id": node_id, "author": {"role": role}, "content": content, "recipient": "all",
                   "create_time": 1700000000.5, "metadata": {}} | extra  # fmt: skip
        mapping[node_id] = {"id": node_id, "message": message, "parent": parent, "children": []}
        mapping[parent]["children"].append(node_id)
    return {"title": "Trip", "create_time": 1700000000.0, "update_time": 1700000100.0,
            "mapping": mapping, "current_node": current or nodes[-1][0]} | fields  # fmt: skip


def imported(store, tmp_path, file):
    path = tmp_path / "file.json"
    path.write_text(file if isinstance(file, str) else json.dumps(file), "utf-8")
    return import_chats(store, path)


def branch_of(store, chat_id):
    return [(m.role, m.content) for m in store.branch(store.chat(chat_id).leaf_id)]


def test_chatgpts_tree_comes_with_its_versions_thoughts_and_models(store, tmp_path):
    thoughts = {"content_type": "thoughts", "thoughts": [{"summary": "Plan", "content": "Go."}]}
    image = {"content_type": "multimodal_text", "parts": [{"asset_pointer": "file"}, "See?"]}
    call = {"content_type": "code", "language": "unknown", "text": "search('x')"}
    file = chatgpt(
        ("s", "root", "system", "", {}),
        ("ctx", "s", "user", {"content_type": "user_editable_context"},
         {"metadata": {"is_visually_hidden_from_conversation": True}}),
        ("q", "ctx", "user", image, {}),
        ("a1", "q", "assistant", "First", {"metadata": {"model_slug": "gpt-4o"}}),
        ("t", "q", "assistant", thoughts, {}),
        ("c", "t", "assistant", call, {"recipient": "web"}),
        ("r", "c", "tool", "result", {}),
        ("a2", "r", "assistant", "Second", {"metadata": {"model_slug": "o3"}}),
        ("q2", "a1", "user", "More", {}),
        current="a2",
    )  # fmt: skip
    result = imported(store, tmp_path, [file])
    [chat_id] = result.chat_ids
    chat = store.chat(chat_id)
    assert (chat.title, chat.updated_at) == ("Trip", datetime.fromtimestamp(1700000100, UTC))
    assert branch_of(store, chat_id) == [("user", "See?"), ("assistant", "Second")]
    second = store.message(chat.leaf_id)
    assert (second.model, second.reasoning) == ("o3", "Plan\n\nGo.")
    first, _ = store.siblings(second.id)
    assert (first.content, first.model) == ("First", "gpt-4o")
    assert [message.content for message in store.children(chat_id, first.id)] == ["More"]
    assert result.note.startswith("Only text is imported: 3 ")


def open_webui(**fields):
    reasoning = (
        '<details type="reasoning" done="true" duration="5">\n<summary>Thought for 5 seconds'
        "</summary>\n&gt; Is 1 &lt; 2?\n> Yes.\n</details>\n"
    )
    messages = {
        "q": {"id": "q", "parentId": None, "childrenIds": ["b", "a"], "role": "user",
              "content": "Hello", "timestamp": 1700000000, "files": [{"type": "image"}]},
        "a": {"id": "a", "parentId": "q", "childrenIds": [], "role": "assistant",
              "content": reasoning + "Hi", "model": "llama3.2", "done": True},
        "b": {"id": "b", "parentId": "q", "childrenIds": [], "role": "assistant", "content": "",
              "error": {"content": "Out of memory"}},
    }  # fmt: skip
    chat = {"title": "Greeting", "params": {"system": "Be kind."}, "timestamp": 1700000000123,
            "history": {"currentId": "a", "messages": messages}}  # fmt: skip
    return {"id": "x", "chat": chat, "pinned": True, "created_at": 1700000000} | fields


@pytest.mark.parametrize("shape", ["list", "single", "legacy"])
def test_open_webuis_tree_comes_with_its_versions_thoughts_and_errors(store, tmp_path, shape):
    outer = open_webui()
    file = {"list": [outer], "single": outer, "legacy": [outer["chat"]]}[shape]
    result = imported(store, tmp_path, file)
    [chat_id] = result.chat_ids
    chat = store.chat(chat_id)
    assert (chat.title, chat.system_prompt) == ("Greeting", "Be kind.")
    assert (chat.pinned, chat.created_at.year) == (shape != "legacy", 2023)
    assert branch_of(store, chat_id) == [("user", "Hello"), ("assistant", "Hi")]
    failed, answer = store.siblings(chat.leaf_id)  # as the parent lists them
    assert (answer.reasoning, answer.model) == ("Is 1 < 2?\nYes.", "llama3.2")
    assert (failed.status, failed.error) == ("failed", "Out of memory")
    assert "one image" in result.note


def test_a_chain_of_twenty_thousand_messages_is_imported(store, tmp_path):
    nodes = [("0", "root", "user", "x", {})]
    nodes += [(str(n), str(n - 1), ("user", "assistant")[n % 2], "x", {}) for n in range(1, 20_000)]
    with at_most(units=3_000):
        [chat_id] = imported(store, tmp_path, [chatgpt(*nodes)]).chat_ids
    assert len(branch_of(store, chat_id)) == 20_000


def own(**fields):
    message = {"parent": None, "role": "user", "content": "x", "created_at": "2026-01-01T00:00:00Z",
               "status": "complete"}  # fmt: skip
    chat = {"title": "", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
            "leaf": 0, "messages": [message | fields.pop("message", {})]}  # fmt: skip
    return {"format": "eremo-chats", "version": 1, "chats": [chat | fields]}


def circle():
    file = chatgpt(("a", "root", "user", "x", {}), ("b", "a", "assistant", "y", {}))
    file["mapping"]["a"]["parent"] = "b"
    return [file]


def test_the_files_that_the_refusals_spoil_are_good(store, tmp_path):
    assert imported(store, tmp_path, own()).chat_ids == [1]


STATS = {"finish_reason": "stop", "prompt_tokens": 1, "reused_tokens": 0, "completion_tokens": 1,
         "prefill_seconds": 0, "decode_seconds": 0, "reasoning_tokens": 0}  # fmt: skip


@pytest.mark.parametrize(
    "file",
    [
        "", "not JSON", "5", "null", "{}", '"text"', "[1]", "[[]]", '{"a": NaN}', "[" * 100_000,
        '{"a":' * 100_000, "9" * 10_000, '[{"mapping": 5}]', '[{"mapping": {"a": 5}}]',
        '[{"mapping": {"a": {"message": 5}}}]', '[{"mapping": {"a": {"message": {"author": 5}}}}]',
        '[{"mapping": {"a": {}, "a": {}}}]', '[{"chat": 5}]', '[{"chat": {"history": []}}]',
        '[{"history": {"messages": {"a": []}}}]', [{"uuid": "1", "chat_messages": []}],
        [chatgpt(("a", "root", "user", "good", {})), 5], circle(),
        own(messages=5), own(title=5), own(leaf=1), own(leaf=-1), own(leaf=True),
        own(created_at="x"),
        own(created_at="2026-01-01T00:00:00"), own(created_at="0001-01-01T00:00:00+10:00"),
        own(pinned="yes"), own(message={"parent": 0}), own(message={"parent": 7}),
        own(message={"role": "tool"}), own(message={"role": []}), own(message={"content": None}),
        own(documents=5), own(documents=[{"name": "a"}]),
        own(documents=[{"name": "a", "text": "b", "size_bytes": -1}]),
        own(message={"status": "odd"}), own(message={"stats": 5}),
        own(message={"stats": STATS | {"prompt_tokens": 2**63}}),
        own(message={"stats": STATS | {"decode_seconds": 10**400}}),
        own(message={"stats": STATS | {"finish_reason": "bored"}}),
        own() | {"version": 0}, own() | {"chats": {}}, own() | {"version": "1"},
    ],
)  # fmt: skip
def test_what_is_damaged_or_of_another_program_is_refused_whole(store, tmp_path, file):
    with pytest.raises(AppError, match=r"file\.json can't be imported: it is damaged, or neither"):
        imported(store, tmp_path, file)
    assert store.ids() == []


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("[]", "no chats in"),
        (own() | {"version": 2}, "by a newer Eremo"),
        ("PK\x03\x04...", "unpack it"),
    ],
)
def test_what_can_be_told_apart_is_told(store, tmp_path, file, words):
    with pytest.raises(AppError, match=words):
        imported(store, tmp_path, file)


def test_hostile_values_where_nothing_depends_on_them_are_passed_over(store, tmp_path):
    node = ("a", "root", "user", "text", {"create_time": 10**400, "metadata": None})
    file = chatgpt(node, title=["x"], create_time="now", update_time=1e999, current_node=[])
    file["mapping"]["root"]["children"] = ["gone", 5, "a", "a", "root"]
    text = json.dumps([file]).replace("Infinity", "1e999")
    [chat_id] = imported(store, tmp_path, text).chat_ids
    assert branch_of(store, chat_id) == [("user", "text")]
    unclosed = open_webui()
    for message in unclosed["chat"]["history"]["messages"].values():
        message["content"] = '<details type="reasoning"' * 100_000
    with at_most(units=500):
        imported(store, tmp_path, unclosed)


def test_a_huge_file_is_not_read_into_memory(store, tmp_path, monkeypatch):
    monkeypatch.setattr("app.chats.imports.MAX_BYTES", 10**6)
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(500 * 10**6)  # sparse
    tracemalloc.start()
    try:
        with pytest.raises(AppError, match="larger than 1 MB: export fewer"):
            import_chats(store, huge)
        assert tracemalloc.get_traced_memory()[1] < 50 * 10**6
    finally:
        tracemalloc.stop()
    with pytest.raises(AppError, match="couldn't be read"):
        import_chats(store, tmp_path / "missing.json")
    with pytest.raises(AppError, match="couldn't be read"):
        import_chats(store, tmp_path)


def test_a_disk_that_fills_up_meanwhile_leaves_nothing_half_imported(store, tmp_path):
    store.rows(f"PRAGMA max_page_count = {store.rows('PRAGMA page_count')[0][0] + 4}")
    chats = own()["chats"]
    large = own(message={"content": "x" * 100_000})["chats"]
    with pytest.raises(AppError, match="disk is full"):
        imported(store, tmp_path, own() | {"chats": chats + large})
    assert store.ids() == []
