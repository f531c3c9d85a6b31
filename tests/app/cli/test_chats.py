"""`eremo chats`."""

import os
import re

import pytest

from app.chats.store import ChatStore


@pytest.fixture
def chats(paths):
    """Two chats; the second has the newer message."""
    paths.create()
    with ChatStore(paths.database_file) as store:
        for title, text in (("Physics", "What is gravity?"), ("Fruit", "List three fruits.")):
            chat = store.create_chat("Be brief.")
            store.rename(chat.id, title)
            question = store.append_message(chat.id, None, "user", text)
            answer = store.append_message(
                chat.id, question.id, "assistant", f"On {title}", "partial", "Tiny"
            )
            store.update_answer(answer.id, status="failed", error="It broke.")
    return paths.database_file


@pytest.mark.usefixtures("chats")
def test_the_list_begins_with_the_newest(eremo):
    lines = eremo("chats", "list").out.splitlines()
    assert [line.split()[0] for line in lines] == ["2", "1"]
    assert lines[0].endswith("  Fruit")
    [listed] = eremo("chats", "list", "--json").json
    assert [chat["title"] for chat in listed["chats"]] == ["Fruit", "Physics"]
    assert listed["chats"][0].keys() >= {"id", "created_at", "updated_at", "system_prompt"}


def test_no_chats_are_an_empty_list(eremo):
    assert eremo("chats", "list").out == ""
    assert eremo("chats", "list", "--json").json == [{"chats": []}]


@pytest.mark.usefixtures("chats")
def test_a_chat_is_shown_whole(eremo):
    assert eremo("chats", "show", "1").out.split("\n", 1)[1] == (
        "\nSystem:\nBe brief.\n\nYou (message 1):\nWhat is gravity?\n\n"
        "Tiny (message 2):\nOn Physics\n(It broke.)\n"
    )
    [shown] = eremo("chats", "show", "1", "--json").json
    assert shown["chat"]["title"] == "Physics"
    assert [message["content"] for message in shown["messages"]] == [
        "What is gravity?",
        "On Physics",
    ]


def test_versions_are_told_by_their_numbers(eremo, chats):
    """Without them nobody could go back to another one with --from."""
    with ChatStore(chats) as store:
        edited = store.append_message(1, None, "user", "What is mass?").id
        for text in ("Weight", "Inertia", "A property"):
            store.append_message(1, edited, "assistant", text, model="Tiny")
        store.set_leaf(1, edited + 2)
    assert eremo("chats", "show", "1").out.endswith(
        "\n\nYou (message 5, version 2 of 2; others: 1):\nWhat is mass?\n"
        "\nTiny (message 7, version 2 of 3; others: 6, 8):\nInertia\n"
    )
    [shown] = eremo("chats", "show", "1", "--json").json
    assert [(message["id"], message["versions"]) for message in shown["messages"]] == [
        (5, [1, 5]),
        (7, [6, 7, 8]),
    ]
    [other] = eremo("chats", "show", "2", "--json").json
    assert [message["versions"] for message in other["messages"]] == [[3], [4]]


def test_what_was_thought_is_shown_and_marked_and_not_searched(eremo, chats):
    with ChatStore(chats) as store:
        store.update_answer(store.chat(1).leaf_id, reasoning="Newton\x1b[2J")
    assert eremo("chats", "show", "1").out.endswith(
        "\nTiny, thinking:\nNewton\ufffd[2J\n\nTiny (message 2):\nOn Physics\n(It broke.)\n"
    )
    [shown] = eremo("chats", "show", "1", "--json").json
    assert [message["reasoning"] for message in shown["messages"]] == ["", "Newton\x1b[2J"]
    assert eremo("chats", "search", "newton").out == ""


@pytest.mark.usefixtures("chats")
def test_search_shows_where_it_was_found(eremo):
    lines = eremo("chats", "search", "gravi").out.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "What"]
    assert "\x1b" not in lines[1]
    [found] = eremo("chats", "search", "gravi", "--json").json
    [hit] = found["hits"]
    assert (hit["chat"]["id"], hit["message_id"], hit["snippet"]) == (1, 1, "What is gravity?")
    assert eremo("chats", "search", "nothing").out == ""


@pytest.mark.usefixtures("chats")
def test_on_a_terminal_the_match_is_bold(eremo, monkeypatch):
    monkeypatch.setattr("app.cli.chats.is_terminal", lambda _stream: True)
    assert "What is \x1b[1mgravity\x1b[22m?" in eremo("chats", "search", "gravity").out


def test_removed_chats_are_gone_from_the_disk(eremo, chats):
    assert eremo("chats", "remove", "1", "1", "--json").json == [{"removed": [1]}]
    assert eremo("chats", "list", "--json").json[0]["chats"][0]["id"] == 2
    assert b"gravity" not in b"".join(file.read_bytes() for file in chats.parent.glob("chats.db*"))


@pytest.mark.usefixtures("chats")
def test_a_chat_that_is_not_there_removes_none(eremo):
    result = eremo("chats", "remove", "1", "9")
    assert (result.code, result.err) == (1, "eremo: There is no chat 9.\n")
    assert eremo("chats", "show", "9").err == "eremo: There is no chat 9.\n"
    assert len(eremo("chats", "list").out.splitlines()) == 2


def test_a_chat_deleted_in_the_window_is_not_shown(eremo, chats):
    with ChatStore(chats) as store:
        store.delete_chat(1)
    assert eremo("chats", "show", "1").code == 1
    assert len(eremo("chats", "list").out.splitlines()) == 1


def test_nothing_in_a_chat_can_command_the_terminal(eremo, chats):
    """A pasted escape sequence could retitle the terminal, or worse."""
    with ChatStore(chats) as store:
        store.append_message(1, None, "user", "evil \x1b]0;title\x07 \x9b31m text")
        store.rename(1, "\x1b[2J")
    for command in (("list",), ("show", "1"), ("search", "evil")):
        out = eremo("chats", *command).out
        assert not {"\x1b", "\x07", "\x9b"} & set(out)
    assert "evil" in out


def test_a_data_folder_of_a_newer_eremo_is_one_sentence(eremo, chats):
    with ChatStore(chats) as store:
        store.rows("PRAGMA user_version = 99")
    result = eremo("chats", "list")
    assert result.code == 1
    assert result.err.startswith("eremo: This data folder was written by a newer Eremo")


@pytest.mark.usefixtures("chats")
def test_a_reader_who_leaves_early_is_no_error(start_eremo):
    """`eremo chats list | head -0`"""
    read_end, write_end = os.pipe()
    process = start_eremo("chats", "show", "1", stdout=write_end)
    os.close(read_end)
    os.close(write_end)
    assert process.communicate()[1] == b""
    assert process.returncode == 0


def test_a_terminal_without_the_letters_gets_the_rest(start_eremo, chats):
    with ChatStore(chats) as store:
        store.rename(1, "Perch\u00e9 \u65e5\u672c")
    process = start_eremo("chats", "list", env={"PYTHONIOENCODING": "ascii"})
    out, err = process.communicate()
    assert rb"Perch\xe9 \u65e5\u672c" in out
    assert (process.returncode, err) == (0, b"")


@pytest.mark.usefixtures("chats")
def test_a_chat_goes_to_a_file_and_comes_back(eremo, tmp_path):
    file = tmp_path / "chat.json"
    [done] = eremo("chats", "export", "1", str(file), "--json").json
    assert done == {"path": str(file), "format": "json", "size_bytes": file.stat().st_size}
    assert eremo("chats", "import", str(file)).out == "3\n"
    assert eremo("chats", "import", str(file), "--json").json == [{"imported": [4], "note": ""}]
    # The messages have other numbers.
    first, copy = (
        re.sub(r"message \d+", "message", eremo("chats", "show", number).out)
        for number in ("1", "4")
    )
    assert copy.split("\n")[1:] == first.split("\n")[1:]


@pytest.mark.usefixtures("chats")
def test_the_format_is_that_of_the_name_unless_it_is_given(eremo, tmp_path):
    page, text, odd = (tmp_path / name for name in ("chat.html", "chat.md", "chat.txt"))
    assert eremo("chats", "export", "1", str(page)).out.startswith(str(page))
    assert page.read_text().startswith("<!DOCTYPE html>")
    eremo("chats", "export", "1", str(text))
    assert text.read_text().startswith("# Physics\n")
    assert eremo("chats", "export", "1", str(odd)).err.startswith("eremo: The name of the file has")
    assert eremo("chats", "export", "1", str(odd), "--format", "markdown").code == 0
    assert odd.read_text() == text.read_text()
    again = eremo("chats", "export", "2", str(text))
    assert (again.code, again.err) == (
        1, f"eremo: {text} is there already: choose another name, or add --force.\n",
    )  # fmt: skip
    assert eremo("chats", "export", "2", str(text), "--force").code == 0
    assert text.read_text().startswith("# Fruit\n")
    assert (
        eremo("chats", "export", "9", str(tmp_path / "no.md")).err == "eremo: There is no chat 9.\n"
    )


def test_another_programs_file_is_one_sentence(eremo, tmp_path):
    file = tmp_path / "other.json"
    file.write_text('{"some": "thing"}')
    result = eremo("chats", "import", str(file))
    assert result.code == 1
    assert result.err.count("\n") == 1
    assert "can't be imported" in result.err


def test_what_an_import_left_out_is_said(eremo, tmp_path):
    file = tmp_path / "conversations.json"
    parts = '["Look", {"asset_pointer": "file-service://x"}]'
    file.write_text(
        '[{"title": "T", "current_node": "a", "mapping": {"a": {"message": {"author": {"role": '
        '"user"}, "content": {"content_type": "multimodal_text", "parts": ' + parts + "}}}}}]"
    )
    result = eremo("chats", "import", str(file))
    assert (result.out, result.err) == (
        "1\n", "eremo: Only text is imported: one image, file or use of a tool was left out.\n",
    )  # fmt: skip
