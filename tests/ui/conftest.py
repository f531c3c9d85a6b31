"""The window's parts on the real assistant and store, with the fake engine."""

import pytest
from PySide6.QtWidgets import QApplication

from app.assistant import Assistant
from app.chats.temporary import Chats
from app.paths import DataPaths
from app.settings import Settings
from inference.fake import FakeEngine, Script
from tests.packaging.scripts import translations
from tests.ui.hand import FAST, Hand
from ui import languages
from ui.engine_thread import EngineThread
from ui.main_window import MainWindow

CLOSE_SECONDS = 10.0


@pytest.fixture(scope="session", autouse=True)
def compiled_translations():
    translations.compile_all()


@pytest.fixture(scope="session", autouse=True)
def empty_clipboard_at_the_end(qapp):
    """Qt's plain clipboard outlives Python: what Python has put into it can't be freed then."""
    yield
    qapp.clipboard().clear()


@pytest.fixture(autouse=True)
def application(qapp):
    """Every part of the window needs one, and a language with its plural forms."""
    languages.install(qapp, "en")
    return qapp


@pytest.fixture
def store(paths):
    """As the window has it."""
    with Chats(paths.database_file) as store:
        yield store


@pytest.fixture
def paths(data_dir):
    paths = DataPaths(data_dir)
    paths.create()
    return paths


@pytest.fixture
def start_thread(store):
    """Starts an EngineThread on an engine, or on a FakeEngine with a script."""
    threads = []

    def start(engine=None, **script):
        thread = EngineThread(Assistant(store, engine or FakeEngine(Script(**script))))
        threads.append(thread)
        thread.start()
        return thread

    yield start
    for thread in threads:
        assert thread.close(CLOSE_SECONDS)
    QApplication.processEvents()  # the end of a turn is shown while its store is still open


@pytest.fixture
def open_window(qtbot, store, paths, start_thread):
    """Opens a MainWindow; with `script`, or an engine, somebody answers."""

    def open_window(settings=None, engine=None, **script):
        window = MainWindow(store, settings or Settings(), paths)
        # One on show would ask what to do with temporary chats.
        qtbot.addWidget(window, before_close_func=MainWindow.hide)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)  # shortcuts need it
        if engine or script:
            thread = start_thread(engine, **script)
            window.attach(thread, "fake")
        return window

    return open_window


@pytest.fixture
def hand(open_window, store, qtbot):
    """Opens a window whose fake engine follows a script."""
    return lambda **script: Hand(open_window(**(script or FAST)), store, qtbot)
