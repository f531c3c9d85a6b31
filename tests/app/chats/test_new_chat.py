import pytest

from app.chats.new_chat import NewChat, NewChatFile
from app.errors import AppError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "new-chat.json"


def test_what_is_written_for_a_new_chat_is_there_at_the_next_start(path):
    NewChatFile(path).change(draft="a draft", sampling={"temperature": 0.2}, system_prompt="")
    again = NewChatFile(path).value
    assert again == NewChat("a draft", "", "", {"temperature": 0.2})


def test_nothing_is_left_on_disk_of_a_draft_that_was_sent(path):
    file = NewChatFile(path)
    file.change(draft="secret")
    file.change(draft="")
    assert not path.exists()
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"draft": 3, "sampling": [1]}'),
        b'{"sampling": {"temperature": 99}}',
    ],
)
def test_a_damaged_file_is_an_empty_draft(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    assert NewChatFile(path).value == NewChat()


def test_half_a_surrogate_pair_can_be_kept(path):
    NewChatFile(path).change(draft="a \ud83d b")
    assert NewChatFile(path).value.draft.startswith("a ")


def test_a_folder_that_cannot_be_written_is_told_and_the_value_stays(tmp_path):
    (tmp_path / "file").write_text("")
    file = NewChatFile(tmp_path / "file" / "new-chat.json")
    with pytest.raises(AppError):
        file.change(draft="a draft")
    assert file.value.draft == "a draft"
