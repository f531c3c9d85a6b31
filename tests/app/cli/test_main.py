"""Exit codes and sentences: what every command has in common."""

import pytest

from app.cli import main
from app.errors import AppError
from app.logs import log_file
from inference.errors import InferenceError


def test_without_a_command_the_window_is_opened(eremo, tmp_path):
    opened = []

    def open_window(paths):
        opened.append(paths.root)
        return 3

    assert eremo(open_window=open_window).code == 3
    eremo("--data-dir", str(tmp_path / "x"), open_window=open_window)
    assert opened == [tmp_path / "data", tmp_path / "x"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--data-dir", "{}", "chats", "list"),
        ("chats", "--data-dir", "{}", "list"),
        ("chats", "list", "--data-dir", "{}"),
    ],
)
def test_the_data_folder_may_be_named_anywhere(eremo, tmp_path, arguments):
    folder = tmp_path / "named"
    assert eremo(*(argument.format(folder) for argument in arguments)).code == 0
    assert (folder / "chats.db").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nonsense",), "invalid choice: 'nonsense'"),
        (("--nonsense",), "unrecognized arguments"),
        (("chats",), "required: COMMAND"),
        (("chats", "show"), "required: ID"),
        (("chats", "show", "x"), "invalid number value: 'x'"),
        (("chats", "show", "0"), "0 isn't between 1 and"),
        (("chats", "show", "99999999999999999999"), "isn't between 1 and"),
        (("chats", "remove"), "required: ID"),
        (("chat", "--temperature", "99"), "temperature must be between 0 and 10"),
        (("chat", "--temperature", "nan"), "temperature must be between 0 and 10"),
        (("chat", "--top-p", "0"), "top_p must be above 0"),
        (("chat", "--max-tokens", "0"), "0 isn't between 1 and"),
        (("chat", "--threads", "-1"), "-1 isn't between 0 and 1024"),
        (("chat", "--device", "tpu"), "invalid choice: 'tpu'"),
        (("chat", "--chat", "1", "--temporary"), "not allowed with"),
        (("chat", "--temp", "1"), "unrecognized arguments"),
    ],
)
def test_wrong_usage_ends_with_code_2_and_a_sentence(eremo, data_dir, arguments, words):
    result = eremo(*arguments)
    assert result.code == 2
    assert words in result.err
    assert not data_dir.exists()


@pytest.mark.parametrize("error", [AppError("It is full."), InferenceError("It is full.")])
def test_an_expected_error_is_its_sentence_and_code_1(eremo, error):
    def open_window(_paths):
        raise error

    result = eremo(open_window=open_window)
    assert (result.code, result.out, result.err) == (1, "", "eremo: It is full.\n")


def test_a_bug_is_one_sentence_and_its_traceback_is_in_the_log(eremo, paths):
    def open_window(_paths):
        raise ValueError("odd")

    result = eremo(open_window=open_window)
    assert result.code == 1
    assert result.err == (
        "eremo: Something went wrong inside Eremo (ValueError: odd). "
        f"The details are in {log_file(paths)}.\n"
    )
    assert "Traceback" in log_file(paths).read_text()


def test_ctrl_c_ends_with_the_code_of_shells(eremo):
    def open_window(_paths):
        raise KeyboardInterrupt

    assert eremo(open_window=open_window).code == main.INTERRUPTED


def test_the_doctor_reports_for_people_and_for_programs(eremo):
    people = eremo("doctor")
    assert people.code == 0
    for words in ("Versions\n  eremo", "Machine\n", "  memory  ", " GiB", "none yet"):
        assert words in people.out
    [report] = eremo("doctor", "--json").json
    assert report["versions"].keys() >= {"eremo", "python", "system", "torch"}


def test_a_data_folder_that_cannot_be_made_is_one_sentence(eremo, data_dir, ask):
    data_dir.write_text("a file in the way")
    for result in (eremo("chats", "list"), ask("Hello")):
        assert result.code == 1
        assert result.err.startswith("eremo: Eremo needs the folder")
        assert result.err.count("\n") == 1
    assert eremo("doctor").code == 0
