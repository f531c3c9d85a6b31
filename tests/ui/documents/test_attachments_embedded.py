"""A document in the window on the real engine, in its own process."""

from functools import partial

from app.settings import Settings
from inference.local_engine import open_engine
from inference.process import EngineProcess
from tests.embedded_model import EMBEDDED_MODEL
from tests.pdf_files import pdf

WAIT_MS = 60_000


def test_a_pdf_is_counted_read_and_reused_in_a_second_chat(open_window, qtbot, tmp_path):
    path = tmp_path / "lease.pdf"
    path.write_bytes(pdf(*["The tenant pays for the lamps, the landlord for the boiler."] * 8))
    settings = Settings(temperature=0, max_tokens=4)
    window = open_window(settings, EngineProcess(partial(open_engine, EMBEDDED_MODEL)))
    thread, strip = window.conversation._thread, window.view.documents
    with qtbot.waitSignal(thread.loaded, timeout=WAIT_MS):
        thread.load()
    window.attachments.add([path])
    qtbot.waitUntil(lambda: "tokens" in strip.cost.text(), timeout=WAIT_MS)
    [chip] = strip.chips()
    assert chip.facts.startswith("8 pages · 1")
    assert "Before the answer 1" in strip.cost.text()
    with qtbot.waitSignal(thread.turn_ended, timeout=WAIT_MS):
        window.view.composer.submitted.emit("Who pays for the boiler?")
    first = window.conversation.branch[-1].stats
    assert first.reused_tokens == 0
    strip.new_chat_requested.emit(strip.documents[0])
    qtbot.waitUntil(lambda: "nothing of this" in strip.cost.text(), timeout=WAIT_MS)
    with qtbot.waitSignal(thread.turn_ended, timeout=WAIT_MS):
        window.view.composer.submitted.emit("Who pays for the lamps?")
    second = window.conversation.branch[-1].stats
    assert second.prompt_tokens - second.reused_tokens < 20
