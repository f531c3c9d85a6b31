"""Settings: whatever the file holds, Eremo starts, and what the user wrote isn't lost."""

import errno
import os
import tomllib
from dataclasses import replace

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tomlkit.exceptions import TOMLKitError

from app.errors import AppError
from app.settings import Settings, SettingsFile, WindowState
from inference.events import SamplingParams

ANY_TEST = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
CHANGED = Settings(
    model="jamba",
    system_prompt='Say "yes"\nor \\no.',
    temperature=0.0,
    top_p=1.0,
    top_k=40,
    min_p=0.05,
    repetition_penalty=1.1,
    seed=7,
    max_tokens=100,
    threads=2,
    device="cuda",
    theme="dark",
    window=WindowState(
        640,
        480,
        -5,
        10,
        maximized=True,
        sidebar_visible=False,
        last_chat_id=3,
        folded_folders=(2, 5),
    ),
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "settings.toml"


def load(path):
    file = SettingsFile(path)
    return file.load(), file.problems


def test_a_missing_file_means_the_defaults(path):
    assert load(path) == (Settings(), [])
    assert not path.exists()


def test_what_is_saved_is_loaded(path):
    SettingsFile(path).save(CHANGED)
    assert load(path) == (CHANGED, [])
    SettingsFile(path).save(Settings())
    assert load(path) == (Settings(), [])


def test_the_defaults_are_not_written_down(path):
    """Or a better default would never reach anybody."""
    SettingsFile(path).save(replace(Settings(), theme="dark"))
    assert tomllib.loads(path.read_text()) == {"theme": "dark"}


def test_the_file_ends_with_a_whole_line(path):
    SettingsFile(path).save(CHANGED)
    assert path.read_text().endswith("folded_folders = [2, 5]\n")


def test_comments_unknown_keys_and_order_are_kept(path):
    path.write_text(
        "# mine\nfuture = [1, 2]\ntemperature = 0.3  # cold\n\n"
        "[window]\nx = 1\ny = 2\ncolour = 'red'\n\n[later]\nthing = true\n"
    )
    file = SettingsFile(path)
    loaded = file.load()
    assert (loaded.temperature, loaded.window.x, file.problems) == (0.3, 1, [])
    file.save(
        replace(loaded, temperature=0.4, seed=5, window=replace(loaded.window, x=None, width=800))
    )
    assert path.read_text() == (
        "# mine\nfuture = [1, 2]\ntemperature = 0.4  # cold\nseed = 5\n\n"
        "[window]\ny = 2\ncolour = 'red'\nwidth = 800\n\n[later]\nthing = true\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        'temperature = "hot"',
        "temperature = 11",
        "temperature = -0.1",
        "temperature = nan",
        "temperature = inf",
        "temperature = true",
        "top_p = 0",
        "top_k = 1.5",
        "min_p = [0.1]",
        "repetition_penalty = 0",
        "seed = -1",
        "seed = 9999999999999999999999",
        "max_tokens = 0",
        "threads = 100000",
        'device = "tpu"',
        'theme = "pink"',
        "theme = [1]",
        "model = 3",
        "system_prompt = false",
        "window = 3",
        "window.width = 0",
        'window.maximized = "yes"',
        "window.last_chat_id = 0",
        'window.folded_folders = ["House"]',
        'model_titles = "sometimes"',
    ],
)
def test_a_value_that_makes_no_sense_is_reported_and_the_others_count(path, line):
    path.write_text(f"{line}\nsidebar = 1\n[other]\n")
    with path.open("a") as file:
        file.write("x = 1\n")
    loaded, problems = load(path)
    assert loaded == Settings()
    [problem] = problems
    assert line.split(" = ")[0] in problem
    assert problem.endswith(": its default is used.")


def test_a_value_that_makes_no_sense_stays_in_the_file_until_it_is_changed(path):
    """It may be the value of a newer Eremo."""
    path.write_text('theme = "sepia"\nwindow = 3\n')
    SettingsFile(path).save(replace(Settings(), threads=1))
    assert tomllib.loads(path.read_text()) == {"theme": "sepia", "window": 3, "threads": 1}
    changed = replace(Settings(), theme="dark", threads=1, window=WindowState(width=800))
    SettingsFile(path).save(changed)
    assert load(path) == (changed, [])


def test_an_int_will_do_for_a_number_and_a_byte_order_mark_is_no_problem(path):
    path.write_bytes(b"\xef\xbb\xbftemperature = 1\r\n# end\r\n")
    loaded, problems = load(path)
    assert (loaded.temperature, problems) == (1, [])
    SettingsFile(path).save(replace(loaded, top_k=3))
    assert load(path)[0].top_k == 3


BROKEN = [
    b"theme = ",
    b"\x00\x01\xfe\xff",
    "theme = 'dark'".encode("utf-16"),
    b"a = 1\na = 2\n",
    b"a = " + b"[" * 100_000,
    b"a = " + b"[" * 5000 + b"]" * 5000,
    b"a = " + b"9" * 10_000,
    b"# " + b"x" * 2_000_000,
]


@pytest.mark.parametrize("content", BROKEN)
def test_a_damaged_file_is_reported_and_kept_aside_by_the_next_save(path, content):
    path.write_bytes(content)
    path.with_name("settings.toml.broken-1").write_text("an earlier one")
    loaded, [problem] = load(path)
    assert loaded == Settings()
    assert "damaged" in problem
    assert "\n" not in problem
    assert path.read_bytes() == content
    SettingsFile(path).save(CHANGED)
    assert load(path) == (CHANGED, [])
    assert path.with_name("settings.toml.broken-1").read_text() == "an earlier one"
    assert path.with_name("settings.toml.broken-2").read_bytes() == content


def test_a_file_that_cannot_be_read_is_reported_and_never_overwritten(path):
    path.mkdir()
    loaded, [problem] = load(path)
    assert loaded == Settings()
    assert "can't be read" in problem
    with pytest.raises(AppError, match="a folder is in its place"):
        SettingsFile(path).save(CHANGED)


@given(st.binary())
@ANY_TEST
def test_no_bytes_can_keep_eremo_from_starting_or_saving(path, content):
    path.write_bytes(content)
    load(path)
    SettingsFile(path).save(CHANGED)
    assert load(path) == (CHANGED, [])


@pytest.mark.parametrize("effect", [TOMLKitError("stumbled"), ""])
def test_a_file_that_tomlkit_cannot_change_is_kept_aside(path, monkeypatch, effect):
    def dumps(document):
        if "mine" not in document:
            return real_dumps(document)
        if isinstance(effect, Exception):
            raise effect
        return effect

    real_dumps = tomlkit.dumps
    monkeypatch.setattr(tomlkit, "dumps", dumps)
    path.write_text("mine = 1")
    SettingsFile(path).save(CHANGED)
    assert load(path) == (CHANGED, [])
    assert path.with_name("settings.toml.broken-1").read_text() == "mine = 1"


TOML_LINES = st.sampled_from(
    [
        "theme = 'light'",
        "theme = 1",
        "seed = 1",
        "temperature = 0.5 # c",
        "window.x = 3",
        "window.width.deep = 3",
        "window = {x = 1}",
        "window = []",
        "[window]",
        "[[window]]",
        "[window.sub]",
        "[a]",
        "[a.b]",
        "[[c]]",
        "height = 300",
        "x = 2",
        "a.b = 1",
        "# comment",
        "",
    ]
)


@given(st.lists(TOML_LINES, max_size=8))
@ANY_TEST
def test_saving_over_any_well_formed_file_works(path, lines):
    """tomlkit has had errors with dotted keys and with tables out of order."""
    path.write_text("\n".join(lines))
    SettingsFile(path).save(CHANGED)
    assert load(path) == (CHANGED, [])


@given(st.text(st.characters(exclude_categories=["Cs"])))
@ANY_TEST
def test_any_text_is_kept(path, text):
    SettingsFile(path).save(Settings(system_prompt=text, model=text))
    loaded, _ = load(path)
    assert (loaded.system_prompt, loaded.model) == (text, text)


def test_half_a_surrogate_pair_does_not_stop_saving(path):
    SettingsFile(path).save(Settings(system_prompt="a\ud800b"))
    assert load(path)[0].system_prompt == "a?b"


def test_a_value_out_of_range_is_not_saved(path):
    SettingsFile(path).save(CHANGED)
    with pytest.raises(AppError, match="temperature must be a number between 0 and 10"):
        SettingsFile(path).save(replace(CHANGED, temperature=20))
    assert load(path) == (CHANGED, [])


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "disk is full"), (errno.EROFS, "permissions")]
)
def test_a_failed_save_leaves_the_old_file_and_no_rubbish(path, monkeypatch, number, words):
    def refuse(_descriptor):
        raise OSError(number, "technical")

    SettingsFile(path).save(CHANGED)
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(AppError, match=words):
        SettingsFile(path).save(Settings())
    assert load(path) == (CHANGED, [])
    assert [file.name for file in path.parent.iterdir()] == ["settings.toml"]


def test_a_symbolic_link_stays_one(path, tmp_path):
    target = tmp_path / "dotfiles.toml"
    target.write_text("theme = 'light'\n")
    path.symlink_to(target)
    SettingsFile(path).save(CHANGED)
    assert path.is_symlink()
    assert load(target) == (CHANGED, [])


def test_the_sampling_values_are_those_of_a_request():
    assert Settings().sampling() == SamplingParams()
    assert CHANGED.sampling() == SamplingParams(
        temperature=0.0,
        top_k=40,
        top_p=1.0,
        min_p=0.05,
        repetition_penalty=1.1,
        seed=7,
        max_tokens=100,
    )
