"""`eremo chat`: one answer, a list of questions, or a conversation in a terminal."""

import io
import os
import pty
import signal
import sys

import pytest

from app.chats.store import ChatStore
from tests.pdf_files import pdf

CONTRACT = {
    "type",
    "chat",
    "message",
    "text",
    "reasoning",
    "reasoning_tokens",
    "finish_reason",
    "prompt_tokens",
    "reused_tokens",
    "completion_tokens",
    "prefill_seconds",
    "decode_seconds",
}


@pytest.fixture
def stored(paths):
    """The messages on show of a chat."""

    def messages(chat_id):
        with ChatStore(paths.database_file) as store:
            return store.branch(store.chat(chat_id).leaf_id)

    return messages


def type_in(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


# One answer


def test_a_prompt_gets_its_answer_and_both_are_kept(ask, stored):
    result = ask("hello there")
    assert (result.code, result.out, result.err) == (0, "hello there\n", "")
    question, answer = stored(1)
    assert (question.content, answer.content, answer.model) == (
        "hello there",
        "hello there",
        "Tiny",
    )
    assert answer.stats.finish_reason == "stop"


def test_a_prompt_can_come_from_standard_input(ask, monkeypatch):
    type_in(monkeypatch, "from\na pipe\n")
    assert ask("-").out == "from\na pipe\n"


def test_a_chat_goes_on(ask, stored):
    ask("one")
    ask("two", "--chat", "1")
    assert [message.content for message in stored(1)] == ["one", "one", "two", "two"]


def test_a_chat_that_is_not_there_is_one_sentence(ask):
    result = ask("hello", "--chat", "7")
    assert (result.code, result.err) == (1, "eremo: There is no chat 7.\n")


def test_the_system_prompt_is_that_of_the_option_or_of_the_settings(ask, paths):
    paths.create()
    paths.settings_file.write_text('system_prompt = "of the settings"')
    ask("one")
    ask("two", "--system", "of the option")
    ask("three", "--chat", "1", "--system", "a new one")
    with ChatStore(paths.database_file) as store:
        assert store.chat(1).system_prompt == "a new one"
        assert store.chat(2).system_prompt == "of the option"
        store.delete_chat(1)
    ask("four")
    with ChatStore(paths.database_file) as store:
        assert store.chat(3).system_prompt == "of the settings"


def test_json_is_the_events_and_then_the_whole(ask):
    *events, last = ask("hello there", "--json").json
    assert [event["type"] for event in events] == [
        "turn_started",
        "load_progress",
        "model_loaded",
        "prefill_progress",
        "prefill_progress",
        "text_delta",
        "text_delta",
        "memory_used",
    ]
    assert events[0] == {"type": "turn_started", "chat": 1, "question": 1, "message": 2}
    assert events[2]["context_length"] == 8192
    assert "".join(event.get("text", "") for event in events) == "hello there"
    assert last.keys() >= CONTRACT
    assert (last["type"], last["chat"], last["message"]) == ("finished", 1, 2)
    assert (last["text"], last["finish_reason"]) == ("hello there", "stop")
    assert last["completion_tokens"] == 2


def test_on_a_pipe_only_the_answer_is_printed(ask, stored):
    result = ask("!think 3 hello")
    assert (result.code, result.out, result.err) == (0, "hello\n", "")
    assert stored(1)[1].reasoning == "thought1 thought2 thought3"


@pytest.mark.parametrize(
    ("variable", "value", "shown"),
    [
        (
            "TERM",
            "xterm",
            "\x1b[2mthought1 \x1b[22m\x1b[2m\ufffd[31mthought2\x1b[22m\n\nhello\n",
        ),
        ("TERM", "dumb", "thought1 \ufffd[31mthought2\n\nhello\n"),
        ("NO_COLOR", "1", "thought1 \ufffd[31mthought2\n\nhello\n"),
    ],
)
def test_on_a_terminal_the_thinking_comes_first_and_dimmed(
    ask, monkeypatch, variable, value, shown
):
    monkeypatch.setattr("inference.fake._numbered", lambda *_: "thought1 \x1b[31mthought2")
    monkeypatch.setattr("app.cli.chat.is_terminal", lambda _stream: True)
    monkeypatch.setattr("app.cli.terminal.is_terminal", lambda stream: stream is sys.stdout)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(variable, value)
    assert ask("!think 2 hello").out == shown


def test_an_answer_that_is_all_thinking_says_so(ask):
    result = ask("!think 10 hello", "--max-tokens", "3")
    assert (result.code, result.out) == (0, "")
    assert result.err == (
        "eremo: The answer ended while the model was still thinking: "
        "ask again, or allow more with --max-tokens.\n"
    )


def test_json_tells_thinking_from_answer(ask):
    *events, last = ask("!think 2 hello", "--json").json
    assert [event["type"] for event in events][-4:] == [
        *("reasoning_delta", "reasoning_delta", "text_delta", "memory_used")
    ]
    assert (last["reasoning"], last["text"]) == ("thought1 thought2", "hello")
    assert (last["reasoning_tokens"], last["completion_tokens"]) == (2, 3)


def test_sampling_comes_from_the_settings_and_the_options_go_before(ask, paths):
    paths.create()
    paths.settings_file.write_text("max_tokens = 2")
    prompt = "!words 10"
    assert ask(prompt).out.split() == ["word1", "word2"]
    last = ask(prompt, "--max-tokens", "1", "--json").json[-1]
    assert (last["text"].strip(), last["finish_reason"]) == ("word1", "length")


def test_settings_that_make_no_sense_are_reported_and_do_not_stop_anything(ask, paths):
    paths.create()
    paths.settings_file.write_text("threads = -1")
    result = ask("hello")
    assert (result.code, result.out) == (0, "hello\n")
    assert result.err.startswith("eremo: The setting threads must be")


def test_a_failed_answer_keeps_its_text_and_says_why(ask, stored):
    result = ask("so far !error not this")
    assert (result.code, result.out) == (1, "so far \n")
    assert result.err == "eremo: The fake engine failed as it was told. Try something else.\n"
    assert (stored(1)[1].content, stored(1)[1].status) == ("so far ", "failed")


def test_a_failed_answer_in_json_has_the_same_keys(ask):
    result = ask("so far !error not this", "--json")
    last = result.json[-1]
    assert last.keys() >= CONTRACT | {"error"}
    assert (last["type"], last["text"], last["finish_reason"]) == ("failed", "so far ", None)
    assert result.code == 1
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("prompt", ["", " \n"])
def test_an_empty_prompt_is_one_sentence_and_makes_no_chat(ask, eremo, prompt):
    result = ask(prompt)
    assert result.code == 1
    assert "write a message first" in result.err
    assert eremo("chats", "list").out == ""


def test_a_model_that_is_not_there_is_one_sentence_and_makes_no_chat(eremo, paths):
    result = eremo("chat", "--model", "nowhere.gguf", "--prompt", "hello")
    assert result.code == 1
    assert result.err.count("\n") == 1
    assert "nowhere.gguf" in result.err or "There is no model yet" in result.err
    assert not paths.database_file.exists()


def test_a_temporary_chat_leaves_nothing_on_the_disk(ask, data_dir):
    result = ask("hello there", "--temporary", "--json")
    last = result.json[-1]
    assert (last["text"], last["chat"], last["message"]) == ("hello there", None, None)
    ask("!bug", "--temporary")
    assert not data_dir.exists()


def test_broken_characters_on_the_command_line_do_no_harm(ask, stored):
    result = ask("caf\udce9 \x1b[31m")
    assert (result.code, result.out) == (0, "caf\ufffd \ufffd[31m\n")
    assert stored(1)[0].content == "caf\ufffd \x1b[31m"


# A list of questions


def test_piped_lines_are_questions_of_one_chat(eremo, model, monkeypatch, stored):
    type_in(monkeypatch, "one\n\ntwo\n")
    result = eremo("chat", "--model", model)
    assert (result.code, result.out, result.err) == (0, "one\ntwo\n", "")
    assert len(stored(1)) == 4


def test_a_failure_in_the_middle_shows_in_the_code(eremo, model, monkeypatch):
    type_in(monkeypatch, "one\n!error\nthree\n")
    result = eremo("chat", "--model", model)
    assert (result.code, result.out) == (1, "one\nthree\n")


# Interruptions


def read_until(stream, words):
    """What came until `words` were there; the test's time limit is the only clock."""
    seen = b""
    while words not in seen:
        piece = os.read(stream, 10_000)
        assert piece, seen
        seen += piece
    return seen


def test_ctrl_c_stops_the_answer_and_keeps_what_is_there(start_eremo, model, stored):
    process = start_eremo("chat", "--model", model, "--prompt", "!words 999999")
    read_until(process.stdout.fileno(), b"word100 ")
    process.send_signal(signal.SIGINT)
    assert process.communicate()[1] == b""
    assert process.returncode == 130
    answer = stored(1)[1]
    assert answer.status == "stopped"
    assert answer.content.startswith("word1 word2 ")


def test_a_reader_who_leaves_early_stops_the_answer(start_eremo, model, stored):
    """`eremo chat --prompt … | head -c 100`"""
    process = start_eremo("chat", "--model", model, "--prompt", "!words 999999")
    read_until(process.stdout.fileno(), b"word100 ")
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 0
    assert stored(1)[1].status == "stopped"


@pytest.fixture
def terminal(start_eremo, model):
    """A conversation in a terminal: the process, and our end of the line."""
    ours, theirs = pty.openpty()
    process = start_eremo(
        "chat", "--model", model, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    yield process, ours
    os.close(ours)


def test_a_conversation_in_a_terminal(terminal, stored):
    process, line = terminal
    greeting = read_until(line, b"> ")
    assert b"Tiny" in greeting
    os.write(line, b"hello there\n")
    assert b"hello there\r\n" in read_until(line, b"\r\n> ").partition(b"\n")[2]
    os.write(line, b"!words 999999\n")
    read_until(line, b"word100 ")
    process.send_signal(signal.SIGINT)
    read_until(line, b"\r\n> ")
    os.write(line, b"\x04")
    assert process.wait() == 0
    assert [message.status for message in stored(1)[1::2]] == ["complete", "stopped"]


def test_ctrl_c_at_the_prompt_only_drops_the_line(eremo, model, monkeypatch, stored):
    def type_line(_prompt):
        match typed.pop(0):
            case str(text):
                return text
            case error:
                raise error

    typed = ["one", KeyboardInterrupt, "!error", "two", EOFError]
    monkeypatch.setattr("builtins.input", type_line)
    monkeypatch.setattr("app.cli.chat.is_terminal", lambda _stream: True)
    assert eremo("chat", "--model", model).code == 0
    assert typed == []
    assert len(stored(1)) == 6


# Documents


@pytest.fixture
def files(tmp_path):
    """A text and a PDF."""
    notes, lease = tmp_path / "notes.txt", tmp_path / "lease.pdf"
    notes.write_text("one two three")
    lease.write_bytes(pdf("four five", "six"))
    return notes, lease


def test_files_are_given_to_a_new_chat_and_counted_with_its_prompt(ask, eremo, files, paths):
    plain = ask("hello", "--json").json[-1]
    options = [option for file in files for option in ("--file", str(file))]
    result = ask("hello", "--json", *options).json[-1]
    assert result["prompt_tokens"] > plain["prompt_tokens"] + 6
    with ChatStore(paths.database_file) as store:
        assert [document.text for document in store.documents(result["chat"])] == [
            "one two three",
            "four five\n\nsix",
        ]
    shown = eremo("chats", "show", str(result["chat"]))
    assert "\nDocuments:\nnotes.txt\nlease.pdf (2 pages)\n" in shown.out
    [as_json] = eremo("chats", "show", str(result["chat"]), "--json").json
    assert [(d["name"], d["num_pages"]) for d in as_json["documents"]] == [
        ("notes.txt", None),
        ("lease.pdf", 2),
    ]


def test_a_file_is_given_to_a_chat_that_is_there(ask, files, paths):
    ask("hello")
    assert ask("again", "--chat", "1", "--file", str(files[0])).code == 0
    with ChatStore(paths.database_file) as store:
        assert [document.name for document in store.documents(1)] == ["notes.txt"]


def test_a_file_that_can_not_be_read_ends_the_command_before_anything_is_stored(
    ask, eremo, tmp_path
):
    result = ask("hello", "--file", str(tmp_path / "gone.txt"))
    assert (result.code, result.out) == (1, "")
    assert result.err == "eremo: gone.txt isn't there any more: choose it again.\n"
    assert eremo("chats", "list").out == ""


def test_what_is_missing_of_a_file_is_told_on_standard_error(ask, tmp_path):
    path = tmp_path / "mixed.pdf"
    path.write_bytes(pdf("text", ""))
    result = ask("hello", "--file", str(path))
    assert result.code == 0
    assert "1 of the 2 pages of mixed.pdf have no text" in result.err
