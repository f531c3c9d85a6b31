"""The states of the window that pictures are taken of, and the stage that brings it into them."""

import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from app.assistant import Assistant
from app.chats.model import TurnStats
from app.chats.temporary import Chats
from app.paths import DataPaths
from app.settings import Settings, WindowState
from inference.events import ModelInfo
from inference.fake import FakeEngine, Script
from ui import fonts
from ui.chat.text_button import TextButton
from ui.chat.thought_view import ThoughtView
from ui.composer.chat_dialog import ChatDialog
from ui.composer.prompts_dialog import PromptsDialog
from ui.engine_thread import EngineThread
from ui.main_window import MainWindow
from ui.palette import Palette
from ui.settings.dialog import SettingsDialog
from ui.shortcut_sheet import ShortcutSheet
from ui.sidebar.chat_list import ChatList, Chosen
from ui.theme import Theme

WAIT_MS = 10_000
PAGES = ("models", "generation", "memory", "performance", "appearance", "keyboard")
MODEL = ModelInfo("SmolLM2-135M-Instruct", "llama", "Q4_1", 134_515_008, 98_000_000, 8192)
QUESTION = "How much water do lentils need, and for how long do they cook?"
ANSWER = """\
Use about **three parts of water to one part of lentils**. They need no soaking; rinse them and
look for small stones. The time depends on the kind:

| Kind | Minutes | Water |
|:-----|--------:|------:|
| Red, split | 12 | 2.5 cups |
| Green | 30 | 3 cups |
| Black | 25 | 3 cups |

Salt them at the end. To scale a recipe:

```python
def water(cups_of_lentils: float) -> float:
    return 3 * cups_of_lentils  # cups
```
"""
ARABIC_QUESTION = "كم من الماء يحتاج العدس، وكم يستغرق طبخه؟"
ARABIC_ANSWER = """\
استعمل **ثلاثة أكواب** من الماء لكل كوب من العدس (lentils):

1. اغسل العدس.
2. اطبخه `30` دقيقة.

| النوع | الدقائق |
|:------|--------:|
| أحمر | 12 |
| أخضر | 30 |

> الملح في النهاية.

```python
def water(cups: float) -> float:
    return 3 * cups
```
"""
SUMMARY = (
    "The user asked how much water lentils need and for how long they cook. Three parts of water "
    "to one part of lentils; red ones take 12 minutes, black ones 25, green ones 30. They need no "
    "soaking, and salt comes at the end. A function in Python scales the water with the lentils. "
    "Nothing is open."
)
PHYSICS_QUESTION = "How long does a stone fall from a tower of 45 metres?"
PHYSICS_THOUGHTS = (
    "Without air the height is half of g times the square of the time. So the time is the square "
    "root of twice the height over g. Twice 45 is 90, over 9.81 is 9.17, and its root is 3.03."
)
PHYSICS_ANSWER = """\
About **three seconds**, if the air is left out. From $h = \\tfrac{1}{2} g t^2$ follows

$$t = \\sqrt{\\frac{2h}{g}} = \\sqrt{\\frac{2 \\cdot 45}{9.81}} \\approx 3.03\\ \\text{s}$$

and it arrives with $v = g t \\approx 30$ metres a second.
"""
OTHER_CHATS = [  # title, days ago
    ("Monthly budget in a table", 0),
    ("A letter to the landlord", 1),
    ("Regular expressions for dates", 3),
    ("Why the sky is blue", 5),
    ("Notes on Calvino", 20),
]


class Stage:
    """A window with a few chats and an engine that follows a script."""

    def __init__(self, data_dir: Path, theme: Theme) -> None:
        paths = DataPaths(data_dir)
        with Chats(paths.database_file) as store:
            self.chat_id = fill(store)
        date_back(paths.database_file)
        self.store = Chats(paths.database_file)
        self.paths = paths
        self.settings = Settings(window=WindowState(width=1280, height=800))
        self.window = MainWindow(self.store, self.settings, paths)
        self.window.resize(1280, 800)  # the offscreen screen is smaller
        self.window.apply_theme(theme)
        self.window.show()
        self.thread: EngineThread | None = None

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        if self.thread is not None:
            self.thread.close(WAIT_MS / 1000)
            QApplication.processEvents()
        self.window.hide()  # one on show would ask what to do with temporary chats
        self.window.close()
        self.window.deleteLater()
        self.store.close()

    def start_engine(self, script: Script = Script()) -> None:  # noqa: B008 - immutable
        self.thread = EngineThread(Assistant(self.store, FakeEngine(script)))
        self.window.attach(self.thread, MODEL.name)
        self.thread.start()
        self.thread.load()

    def ask(self, text: str) -> None:
        self.window.view.composer.submitted.emit(text)

    def wait_for_text(self, text: str) -> None:
        assert self.thread is not None
        seen: list[str] = []
        self.thread.text.connect(lambda piece, _: seen.append(piece))
        wait_until(lambda: text in "".join(seen))


def fill(store: Chats) -> int:
    """Returns the id of the chat with the long answer."""
    stats = TurnStats("stop", 212, 198, 164, 0.1, 6.8)
    for title, _ in reversed(OTHER_CHATS):
        chat = store.create_chat()
        store.rename(chat.id, title)
        question = store.append_message(chat.id, None, "user", f"{title}, please.")
        store.append_message(chat.id, question.id, "assistant", "Here it is.")
    chat = store.create_chat()
    store.rename(chat.id, "Cooking lentils")
    question = store.append_message(chat.id, None, "user", QUESTION)
    answer = store.append_message(chat.id, question.id, "assistant", ANSWER)
    store.update_answer(answer.id, stats=stats, model=MODEL.name)
    return chat.id


def date_back(database: Path) -> None:
    connection = sqlite3.connect(database)
    with connection:
        for title, days_ago in OTHER_CHATS:
            moment = datetime.now(UTC) - timedelta(days=days_ago, minutes=1)
            connection.execute(
                "UPDATE chats SET updated_at = ? WHERE title = ?",
                (moment.isoformat(timespec="microseconds"), title),
            )
    connection.close()


def pause(milliseconds: int) -> None:
    """As QTest.qWait, which doesn't let other threads of Python work."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def show_told(
    stage: Stage, title: str, question: str, answer: str, stats: TurnStats, thoughts: str = ""
) -> None:
    """A chat of one turn."""
    chat = stage.store.create_chat()
    stage.store.rename(chat.id, title)
    asked = stage.store.append_message(chat.id, None, "user", question)
    answered = stage.store.append_message(chat.id, asked.id, "assistant", answer)
    stage.store.update_answer(answered.id, reasoning=thoughts, stats=stats)
    stage.window.conversation.show_chat(chat.id)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_MS / 1000
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError
        pause(10)


def take_empty(stage: Stage) -> None:
    stage.start_engine()


def take_no_model(stage: Stage) -> None:
    stage.window.conversation.set_has_model(False)


def take_loading(stage: Stage) -> None:
    stage.start_engine(Script(load_steps=100, seconds_per_load_step=0.02))
    stage.ask("What is gravity?")
    wait_until(lambda: "40" in stage.window.view.status.state.text())


def take_chat(stage: Stage) -> None:
    stage.start_engine()
    stage.window.conversation.show_chat(stage.chat_id)


def take_documents(stage: Stage) -> None:
    """Before the first question about two of them."""
    texts = {"Lease 2026.md": "The tenant pays for the lamps. " * 900, "notes.txt": "call\n" * 300}
    paths = [stage.paths.root / name for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_text(text)
    stage.start_engine()
    stage.window.new_chat()
    stage.window.attachments.add(paths)
    strip = stage.window.view.documents
    wait_until(lambda: "5,404" in "".join(chip.facts for chip in strip.chips()))


def take_streaming(stage: Stage) -> None:
    stage.start_engine(Script(answer=ANSWER, seconds_per_word=0.03))
    stage.ask(QUESTION)
    stage.wait_for_text("| Green |")


def take_reading(stage: Stage) -> None:
    stage.start_engine(Script(prefill_steps=40, seconds_per_prefill_step=0.15))
    stage.ask("word " * 4_000 + "\n\nWhat is this about?")
    assert stage.thread is not None
    seen: list[int] = []
    stage.thread.prefilled.connect(lambda done, *_: seen.append(done))
    wait_until(lambda: bool(seen) and seen[-1] > 1_500)


def take_thinking(stage: Stage) -> None:
    """What was thought, unfolded, above a formula."""
    stage.start_engine()
    stats = TurnStats("stop", 96, 60, 148, 0.1, 6.2, reasoning_tokens=61)
    show_told(stage, "Falling stones", PHYSICS_QUESTION, PHYSICS_ANSWER, stats, PHYSICS_THOUGHTS)
    pause(3_000)  # for the formulas, which are drawn beside
    thought = stage.window.view.transcript.findChildren(ThoughtView)[-1]
    thought.findChildren(TextButton)[0].click()


def take_versions(stage: Stage) -> None:
    stage.start_engine()
    [_, answer] = stage.store.branch(stage.store.chat(stage.chat_id).leaf_id)
    text = "About **three cups of water** to a cup of lentils; red ones take 12 minutes."
    other = stage.store.append_message(stage.chat_id, answer.parent_id, "assistant", text)
    stage.store.update_answer(other.id, stats=TurnStats("stop", 212, 198, 25, 0.1, 1.1))
    stage.window.conversation.show_chat(stage.chat_id)


def take_failed(stage: Stage) -> None:
    answer = "Use about three parts of water to one part of lentils. They need !error"
    stage.start_engine(Script(answer=answer))
    stage.ask(QUESTION)
    stage.wait_for_text("need")
    wait_until(lambda: stage.window.conversation.answering_chat_id is None)


def take_search(stage: Stage) -> None:
    take_chat(stage)
    stage.window.focus_search()
    stage.window.sidebar.search.setText("lentils")
    stage.window.sidebar.search_changed.emit("lentils")


def take_deleted(stage: Stage) -> None:
    take_chat(stage)
    stage.window.chats.delete(Chosen((stage.store.chats()[1].id,)))


def take_folders(stage: Stage) -> None:
    take_chat(stage)
    ids = {chat.title: chat.id for chat in stage.store.chats()}
    house, reading = stage.store.create_folder("House"), stage.store.create_folder("Reading")
    inside = ["A letter to the landlord", "Monthly budget in a table"]
    stage.store.move_chats([ids[title] for title in inside], house.id)
    stage.store.move_chats([ids["Notes on Calvino"]], reading.id)
    stage.store.set_pinned([ids["Why the sky is blue"]], True)
    stage.window.sidebar.toggle_folder(reading.id)
    stage.window.chats.show_chats()


def take_selected(stage: Stage) -> None:
    """Several chats and a folder, with the keyboard on one of them."""
    take_folders(stage)
    ids = [chat.id for chat in stage.store.chats()]
    chat_list = stage.window.sidebar.findChild(ChatList)
    chat_list.choose(Chosen(tuple(ids[:3])))
    stage.window.activateWindow()
    chat_list.setFocus(Qt.FocusReason.TabFocusReason)


def take_temporary(stage: Stage) -> None:
    take_folders(stage)
    stage.window.chats.new_temporary_chat()


def take_arabic(stage: Stage) -> None:
    stage.start_engine()
    stats = TurnStats("stop", 212, 198, 164, 0.1, 6.8)
    show_told(stage, "طبخ العدس", ARABIC_QUESTION, ARABIC_ANSWER, stats)


def take_narrow(stage: Stage) -> None:
    take_chat(stage)
    stage.window.resize(600, 800)


def take_inspector(stage: Stage) -> None:
    """After a few turns, with a draft."""
    stage.start_engine()
    for words in (30, 12, 55, 8, 40, 25):
        assert stage.thread is not None
        ended: list[object] = []
        stage.thread.turn_ended.connect(ended.append)
        stage.ask(f"!words {words}")
        wait_until(lambda ended=ended: bool(ended))
    stage.window.view.composer.set_text("And how much salt do they need?")
    wait_until(lambda: not stage.window.inspector.parts["draft"].isHidden())


def take_drawer(stage: Stage) -> None:
    take_inspector(stage)
    stage.window.resize(1000, 800)
    stage.window.inspector.show()


def take_near_the_limit(stage: Stage) -> None:
    take_chat(stage)
    stage.window.view.composer.set_text("word " * 3_800)
    stage.window.view.composer.edit.insertPlainText("word " * 3_700)
    pause(600)


def take_prompts(stage: Stage) -> None:
    take_chat(stage)
    fill_prompts(stage.store)
    stage.window.activateWindow()
    stage.window.view.composer.focus()
    wait_until(stage.window.view.composer.edit.hasFocus)
    stage.window.view.composer.edit.insertPlainText("/")


def fill_prompts(store: Chats) -> None:
    for name, text in (
        ("Letter", "Write a letter to {{whom}} about {{what}}. Keep it short and polite."),
        ("Review", "Look for mistakes in this code, and say how to mend them:"),
        ("Translate", "Translate into {{language}}, keeping names as they are:"),
    ):
        store.create_prompt(name, text)


def take_prompts_dialog(stage: Stage) -> QWidget:
    fill_prompts(stage.store)
    stage.window.composing.open_prompts()
    return stage.window.findChild(PromptsDialog)


def take_chat_options(stage: Stage) -> QWidget:
    take_chat(stage)
    stage.window.conversation.options.set_sampling({"temperature": 0.2})
    stage.window.composing.open_chat_options()
    dialog = stage.window.findChild(ChatDialog)
    dialog.fields["system_prompt"].control.setPlainText("Answer in short sentences.")
    wait_until(lambda: bool(dialog.cost.text()))
    return dialog


def take_summary(stage: Stage) -> None:
    stage.start_engine(Script(answer=SUMMARY, seconds_per_word=0.05))
    stage.window.conversation.show_chat(stage.chat_id)
    stage.window.view.composer.set_text("And how much salt do they need?")
    wait_until(lambda: stage.window.view.header.model.isVisible())
    stage.window.composing.summary.begin()
    wait_until(lambda: "They need" in stage.window.view.summary.text.toPlainText())


def take_palette(stage: Stage) -> QWidget:
    take_chat(stage)
    stage.window.open_palette()
    palette_on_show = stage.window.findChild(Palette)
    palette_on_show.field.setText("ch")
    if palette_on_show.found.currentRow() < 0:  # nothing in this language
        palette_on_show.field.clear()
    return palette_on_show


def take_sheet(stage: Stage) -> QWidget:
    stage.window.open_shortcut_sheet()
    return stage.window.findChild(ShortcutSheet)


def take_settings(page: str) -> Callable[[Stage], QWidget]:
    def take(stage: Stage) -> QWidget:
        model = stage.paths.models_dir / "SmolLM2-135M-Instruct-Q4_1.gguf"
        model.parent.mkdir(parents=True, exist_ok=True)
        model.write_bytes(bytes(MODEL.size_bytes // 1000))
        window = stage.window
        dialog = SettingsDialog(stage.settings, stage.paths, window.shortcuts, window)
        dialog.show_settings(stage.settings, model.stem)
        dialog.show_page(page)
        dialog.resize(min(fonts.scaled(860), 1280), min(fonts.scaled(620), 800))
        dialog.show()
        return dialog

    return take


STATES: dict[str, Callable[[Stage], QWidget | None]] = {
    "empty": take_empty,
    "no-model": take_no_model,
    "loading": take_loading,
    "chat": take_chat,
    "documents": take_documents,
    "streaming": take_streaming,
    "reading": take_reading,
    "thinking": take_thinking,
    "versions": take_versions,
    "failed": take_failed,
    "arabic": take_arabic,
    "search": take_search,
    "deleted": take_deleted,
    "folders": take_folders,
    "selected": take_selected,
    "temporary": take_temporary,
    "narrow": take_narrow,
    "inspector": take_inspector,
    "drawer": take_drawer,
    "near-the-limit": take_near_the_limit,
    "prompts": take_prompts,
    "saved-prompts": take_prompts_dialog,
    "this-chat": take_chat_options,
    "summary": take_summary,
    "palette": take_palette,
    "shortcuts": take_sheet,
    **{f"settings-{page}": take_settings(page) for page in PAGES},
}
