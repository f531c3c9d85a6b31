"""The rows of the chat list, without a window."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from PySide6.QtCore import Qt

from app.chats.model import FIRST_TEMPORARY_ID, Chat, Folder
from tests.effort import at_most
from ui.sidebar.chat_list_model import CHAT_ROLE, HINT_ROLE, ChatListModel, Place

TODAY = date(2026, 11, 24)


def chat(chat_id: int, days_ago: int = 0, title: str = "") -> Chat:
    noon = datetime(2026, 11, 24, 12).astimezone() - timedelta(days=days_ago)
    return Chat(chat_id, title or f"Chat {chat_id}", "", noon, noon.astimezone(UTC), None)


@pytest.fixture
def model(qtmodeltester):
    model = ChatListModel()
    yield model
    qtmodeltester.check(model)


def texts(model):
    return [model.index(row).data() for row in range(model.rowCount())]


def test_chats_stand_under_headings_by_age(model):
    model.set_chats(
        [chat(n, days) for n, days in enumerate((0, 0, 1, 2, 6, 7, 29, 30, 400))], TODAY
    )
    assert texts(model) == [
        *("Today", "Chat 0", "Chat 1"),
        *("Yesterday", "Chat 2"),
        *("Last 7 days", "Chat 3", "Chat 4"),
        *("Last 30 days", "Chat 5", "Chat 6"),
        *("Earlier", "Chat 7", "Chat 8"),
    ]


def test_a_chat_from_the_future_is_still_listed(model):
    """After a clock was set back its chats would stand under no heading."""
    model.set_chats([chat(1, days_ago=-3)], TODAY)
    assert texts(model) == ["Today", "Chat 1"]


@pytest.fixture
def auckland(monkeypatch):
    """Thirteen hours ahead of UTC in November."""
    if not hasattr(time, "tzset"):
        pytest.skip("the time zone can't be set here")
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Pacific/Auckland")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("auckland")
def test_days_begin_at_the_users_midnight(model):
    """Stored times are UTC: that is another day in much of the world."""
    just_now = datetime(2026, 11, 24, 0, 1).astimezone().astimezone(UTC)
    model.set_chats([replace(chat(1), updated_at=just_now)], TODAY)
    assert texts(model) == ["Today", "Chat 1"]


def test_a_heading_can_be_neither_selected_nor_renamed(model):
    model.set_chats([chat(1)], TODAY)
    heading = model.index(0)
    assert model.flags(heading) == Qt.ItemFlag.NoItemFlags
    assert not model.setData(heading, "Tomorrow")


def test_a_chat_is_found_by_its_id(model):
    model.set_chats([chat(7), chat(5, 1)], TODAY)
    assert model.index_of(5).data(CHAT_ROLE).id == 5
    assert not model.index_of(6).isValid()
    assert not model.index_of(None).isValid()


def test_a_new_title_is_asked_for_and_not_taken_for_granted(model, qtbot):
    model.set_chats([chat(7)], TODAY)
    with qtbot.waitSignal(model.rename_requested) as asked:
        assert model.setData(model.index_of(7), "  Lease ")
    assert asked.args == [7, "Lease"]
    assert model.index_of(7).data() == "Chat 7"


@pytest.mark.parametrize("title", ["", "   ", "Chat 7"])
def test_an_empty_or_unchanged_title_is_no_new_title(model, qtbot, title):
    model.set_chats([chat(7)], TODAY)
    with qtbot.assertNotEmitted(model.rename_requested):
        assert not model.setData(model.index_of(7), title)


def test_a_chat_without_a_title_has_something_to_click_on(model):
    model.set_chats([replace(chat(1), title="")], TODAY)
    assert texts(model) == ["Today", "New chat"]


def test_ten_thousand_chats_are_listed_at_once():
    model = ChatListModel()
    chats = [chat(n, days_ago=n // 20) for n in range(10_000)]
    with at_most(units=100):
        model.set_chats(chats, TODAY)
    assert model.rowCount() == 10_005


HOUSE, WORK = Folder(1, "House"), Folder(2, "Work")


def in_order():
    """One of each kind, as the window hands them over."""
    return [
        chat(FIRST_TEMPORARY_ID),
        replace(chat(1), pinned=True, folder_id=HOUSE.id),
        replace(chat(2, 400), folder_id=HOUSE.id),
        chat(3),
    ]


def test_temporary_pinned_and_foldered_chats_stand_before_the_others(model):
    model.set_chats(in_order(), TODAY, [WORK, HOUSE])
    assert texts(model) == [
        *("Temporary", f"Chat {FIRST_TEMPORARY_ID}"),
        *("Pinned", "Chat 1"),
        *("Folders", "Work", "House", "Chat 2"),
        *("Today", "Chat 3"),
    ]


def test_a_folded_folder_hides_its_chats_and_tells_how_many(model):
    model.set_chats(in_order(), TODAY, [HOUSE], folded=[HOUSE.id])
    assert not model.index_of(2).isValid()
    row = model.index_of_folder(HOUSE.id)
    assert row.data(HINT_ROLE) == "1"
    assert row.data(Qt.ItemDataRole.AccessibleTextRole) == "Folder House, 1 chat, folded"


def test_a_pinned_chat_tells_its_folder(model):
    model.set_chats(in_order(), TODAY, [HOUSE])
    assert model.index_of(1).data(HINT_ROLE) == "House"
    assert model.index_of(3).data(HINT_ROLE) == ""


def test_what_is_special_of_a_chat_is_spoken(model):
    model.set_chats(in_order(), TODAY, [HOUSE])
    role = Qt.ItemDataRole.AccessibleTextRole
    assert model.index_of(1).data(role) == "Chat 1, pinned, in the folder House"
    assert model.index_of(FIRST_TEMPORARY_ID).data(role).endswith("temporary")


def test_every_row_tells_where_a_drop_on_it_goes(model):
    model.set_chats(in_order(), TODAY, [HOUSE])
    assert model.place_at(model.index_of(1)) == Place(is_pinned=True)
    assert model.place_at(model.index_of(2)) == Place(folder_id=HOUSE.id)
    assert model.place_at(model.index_of_folder(HOUSE.id)) == Place(folder_id=HOUSE.id)
    assert model.place_at(model.index_of(3)) == Place()
    assert model.place_at(model.index(-1)) == Place()
    assert model.place_at(model.index_of(FIRST_TEMPORARY_ID)) is None
    assert model.head_of(Place()).data() == "Today"


def test_a_folder_s_new_name_is_asked_for(model, qtbot):
    model.set_chats([], TODAY, [HOUSE])
    with qtbot.waitSignal(model.folder_rename_requested) as asked:
        assert model.setData(model.index_of_folder(HOUSE.id), " Home ")
    assert asked.args == [HOUSE.id, "Home"]


def test_a_chat_of_a_folder_that_is_gone_is_still_listed(model):
    model.set_chats([replace(chat(1), folder_id=7)], TODAY)
    assert texts(model) == ["Today", "Chat 1"]
