"""`eremo chat` with a real model: what was read in one run isn't read in the next."""

import pytest

from app.chats.store import ChatStore
from app.paths import data_paths
from inference.state.store import StateStore
from tests.inference.warm_engine import PLENTY, RECALL

SYSTEM = "Kita 217 the and of rain"
QUESTIONS = [f"{key} {value} old stone ? {key}" for key, value in (("Baba", 101), ("Dimu", 222))]


@pytest.fixture(autouse=True)
def _real_engine(monkeypatch):
    """However little room the disk has."""
    monkeypatch.delenv("EREMO_FAKE_ENGINE")
    monkeypatch.setattr("inference.state.budget.Budget.of_this_machine", lambda: PLENTY)


@pytest.fixture
def chat(eremo):
    def command(*arguments):
        return eremo("chat", "--model", str(RECALL), "--temperature", "0", *arguments)

    return command


@pytest.fixture
def told(chat):
    """Chat 1: two questions (messages 1 and 3) and their answers."""
    chat("--prompt", QUESTIONS[0], "--system", SYSTEM)
    return chat("--prompt", QUESTIONS[1], "--chat", "1", "--json").json[-1]


@pytest.fixture
def messages(paths):
    """Of a chat, those on show, as pairs of id and parent."""

    def messages(chat_id):
        with ChatStore(paths.database_file) as store:
            branch = store.branch(store.chat(chat_id).leaf_id)
            return [(message.id, message.parent_id) for message in branch]

    return messages


def state_files():
    return sorted(data_paths().state_dir.rglob("*.safetensors"))


def owners():
    store = StateStore(data_paths().state_dir, PLENTY)
    try:
        return set(store.usage().owner_bytes)
    finally:
        store.close()


def test_the_next_run_goes_on_from_the_state_of_the_last(chat, told):
    assert (told["message"], told["text"]) == (4, "222")
    *events, last = chat("--prompt", "snow ? Kita", "--chat", "1", "--json").json
    [restored] = [event for event in events if event["type"] == "state_restored"]
    assert restored["tokens"] == last["reused_tokens"] > told["prompt_tokens"]
    assert restored["disk_bytes"] > 0
    assert last["prompt_tokens"] - last["reused_tokens"] < 12
    kinds = [event["type"] for event in events]
    assert kinds.index("state_restored") < kinds.index("prefill_progress")
    progress = [event for event in events if event["type"] == "prefill_progress"]
    assert {event["reused"] for event in progress} == {last["reused_tokens"]}


def test_another_answer_reads_one_token(chat, told, messages):
    last = chat("--chat", "1", "--retry", "--json").json[-1]
    assert last["text"] == told["text"]
    assert last["prompt_tokens"] - last["reused_tokens"] == 1
    assert messages(1) == [(1, None), (2, 1), (3, 2), (5, 3)]
    last = chat("--chat", "1", "--retry", "--from", "2", "--json").json[-1]
    assert last["prompt_tokens"] - last["reused_tokens"] == 1
    assert messages(1) == [(1, None), (6, 1)]


def test_a_question_is_asked_in_the_place_of_another(chat, told, messages):
    last = chat("--chat", "1", "--from", "3", "--prompt", "snow ? Kita", "--json").json[-1]
    assert messages(1) == [(1, None), (2, 1), (5, 2), (6, 5)]
    assert last["reused_tokens"] > 20
    chat("--chat", "1", "--from", "1", "--prompt", "snow ? Kita")
    assert messages(1) == [(7, None), (8, 7)]
    assert told["message"] == 4


@pytest.mark.usefixtures("told")
def test_a_chat_goes_on_from_an_earlier_answer(chat, eremo, messages):
    last = chat("--chat", "1", "--from", "2", "--prompt", "snow ? Kita", "--json").json[-1]
    assert messages(1) == [(1, None), (2, 1), (5, 2), (6, 5)]
    assert last["reused_tokens"] > 20
    [shown] = eremo("chats", "show", "1", "--json").json
    assert [message["versions"] for message in shown["messages"]] == [[1], [2], [3, 5], [6]]
    chat("--chat", "1", "--from", "4", "--prompt", "rain ? Baba")
    assert messages(1)[:4] == [(1, None), (2, 1), (3, 2), (4, 3)]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--from", "2", "--prompt", "hello"),
        ("--retry",),
        ("--chat", "1", "--retry", "--prompt", "hello"),
        ("--chat", "1", "--from", "0", "--prompt", "hello"),
        ("--chat", "1", "--from", "first", "--prompt", "hello"),
        ("--temporary", "--from", "2", "--prompt", "hello"),
        ("--temporary", "--retry"),
    ],
)
def test_wrong_usage_says_so(chat, arguments):
    result = chat(*arguments)
    assert (result.code, result.out) == (2, "")
    assert "usage:" in result.err


@pytest.mark.usefixtures("told")
def test_a_message_that_is_not_there_is_one_sentence_and_changes_nothing(chat, paths, messages):
    chat("--prompt", "snow ? Kita")  # chat 2: messages 5 and 6
    before = messages(1)
    for command in (("--prompt", "hello"), ("--retry",), ("--prompt", "a", "--system", "b")):
        result = chat("--chat", "1", "--from", "99", *command)
        assert (result.code, result.out) == (1, "")
        assert result.err == "eremo: There is no message 99: its chat was removed.\n"
        result = chat("--chat", "1", "--from", "6", *command)
        assert (result.code, result.err) == (1, "eremo: Message 6 isn't one of chat 1.\n")
    with ChatStore(paths.database_file) as store:
        assert store.chat(1).system_prompt == SYSTEM
        empty = store.create_chat().id
    assert messages(1) == before
    result = chat("--chat", str(empty), "--retry")
    assert result.code == 1
    assert result.err.count("\n") == 1
    assert "is empty" in result.err


@pytest.mark.usefixtures("told")
def test_a_removed_chat_takes_its_states_with_it_and_leaves_those_of_others(chat, eremo):
    chat("--prompt", "snow ? Kita", "--system", SYSTEM)
    assert owners() == {"chat:1", "chat:2"}
    num_files = len(state_files())
    eremo("chats", "remove", "1")
    assert owners() == {"chat:2"}
    assert 0 < len(state_files()) < num_files
    last = chat("--chat", "2", "--retry", "--json").json[-1]
    assert last["prompt_tokens"] - last["reused_tokens"] == 1
    last = chat("--prompt", "rain ? Kita", "--system", SYSTEM, "--json").json[-1]
    assert last["reused_tokens"] > 5  # the system prompt, which both read
    eremo("chats", "remove", "2", "3")
    assert owners() == set()
    assert state_files() == []


def test_a_temporary_chat_writes_no_state(chat, paths):
    paths.create()
    last = chat("--prompt", QUESTIONS[0], "--temporary", "--json").json[-1]
    assert last["text"] == "101"
    assert not paths.state_dir.exists()


@pytest.mark.usefixtures("told")
def test_where_no_states_are_wanted_none_is_written_and_the_old_ones_go(chat, paths):
    assert state_files()
    paths.settings_file.write_text("keep_state = false\n")
    *events, last = chat("--prompt", "snow ? Kita", "--chat", "1", "--json").json
    assert last["reused_tokens"] == 0
    assert "state_restored" not in {event["type"] for event in events}
    assert state_files() == []
    assert owners() == set()


def test_without_old_states_no_folder_is_made_for_them(chat, paths):
    paths.create()
    paths.settings_file.write_text("keep_state = false\n")
    assert chat("--prompt", QUESTIONS[0]).out == "101\n"
    assert not paths.state_dir.exists()


def test_a_state_folder_that_can_not_be_used_is_no_error(chat, paths, told):
    for path in state_files():
        path.write_bytes(b"nonsense")
    (paths.state_dir / "index.sqlite").write_bytes(b"nonsense")
    result = chat("--chat", "1", "--retry", "--json")
    assert (result.code, result.err) == (0, "")
    assert result.json[-1]["text"] == told["text"]
