"""`eremo chat`: one answer, or a conversation in the terminal, by an engine in this process."""

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from types import FrameType
from typing import Literal, Protocol, cast

from app.assistant import Assistant
from app.chats.model import MessageStatus, StoredMessage, TurnStats
from app.chats.store import ChatStore
from app.cli.terminal import (
    ProgressLine,
    complain,
    has_style,
    is_terminal,
    print_json,
    printable,
)
from app.documents.model import Document
from app.documents.reading import read_document
from app.engines import engine_factory, load_options, wished_device
from app.errors import AppError
from app.events import TurnEnded, TurnEvent, TurnStarted
from app.kept_state import tidy_states
from app.models.local import find_model
from app.paths import DataPaths
from app.settings import Settings, SettingsFile
from inference.events import (
    LoadProgress,
    MemoryUsed,
    ModelLoaded,
    PrefillProgress,
    ReasoningDelta,
    SamplingParams,
    StateRestored,
    TextDelta,
)
from inference.load_options import LoadOptions

_STATS = tuple(field.name for field in fields(TurnStats))
_DIM, _NORMAL = "\x1b[2m", "\x1b[22m"
_EXIT_CODES: dict[MessageStatus, int] = {"complete": 0, "failed": 1, "stopped": 130}


def run_chat(parsed: argparse.Namespace, paths: DataPaths) -> int:
    if not parsed.temporary:
        paths.create()
    settings_file = SettingsFile(paths.settings_file)
    settings = settings_file.load()
    for problem in settings_file.problems:
        complain(problem)
    model = find_model(parsed.model or settings.model, paths)
    options = _load_options(parsed, settings, paths)
    documents = _read_documents(parsed.files)
    with (
        ChatStore(":memory:" if parsed.temporary else paths.database_file) as store,
        closing(Assistant(store, engine_factory(model.path, options)())) as assistant,
    ):
        if not parsed.temporary and not settings.keep_state:
            tidy_states(settings, paths, store.ids())
        if parsed.chat:
            _open_chat(store, parsed)
            store.attach_documents(parsed.chat, documents)
        talk = _Talk(
            assistant=assistant,
            output=_JsonOutput(temporary=parsed.temporary) if parsed.json else _TextOutput(),
            sampling=replace(settings.sampling(), **parsed.sampling),
            system_prompt=settings.system_prompt if parsed.system is None else parsed.system,
            model=model.id,
            chat_id=parsed.chat,
            documents=documents,
        )
        if parsed.chat and parsed.from_message:
            talk.parent_id = _place_of(store, parsed.chat, parsed.from_message)
        if parsed.prompt is None and not parsed.retry:
            return _converse(talk)
        if parsed.retry:
            code = talk.retry(_answer_of(store, parsed.chat, parsed.from_message))
        else:
            code = talk.ask(_standard_input() if parsed.prompt == "-" else parsed.prompt)
        if not parsed.temporary:
            _settle(assistant)
        return code


def _open_chat(store: ChatStore, parsed: argparse.Namespace) -> None:
    """Nothing is changed where something isn't there."""
    store.chat(parsed.chat, include_deleted=False)
    if parsed.from_message:
        _message_of(store, parsed.chat, parsed.from_message)
    if parsed.system is not None:
        store.set_system_prompt(parsed.chat, parsed.system)


def _read_documents(files: Sequence[Path]) -> tuple[Document, ...]:
    """Before anything is stored or loaded: a file that can't be read ends the command."""
    line = ProgressLine()
    documents = []
    for path in files:

        def show(done: int, total: int, name: str = path.name) -> None:
            line.show(f"{printable(name)}: page {done:,} of {total:,}")

        read = read_document(path, progress=show)
        line.clear()
        if read is not None:
            documents.append(read.document)
            if read.note:
                complain(read.note)
    return tuple(documents)


def _settle(assistant: Assistant) -> None:
    """The answer is there: Ctrl-C ends only what makes the next one faster."""
    stop = threading.Event()
    with stopped_by_interrupt(stop.set):
        assistant.settle(stop.is_set)


def _load_options(parsed: argparse.Namespace, settings: Settings, paths: DataPaths) -> LoadOptions:
    """The settings, but for what the command line says; a temporary chat writes nothing."""
    options = load_options(settings, paths)
    return replace(
        options,
        num_threads=options.num_threads if parsed.threads is None else parsed.threads,
        device=wished_device(settings.device, parsed.device),
        bits=parsed.quantize,
        packed_dir=None if parsed.temporary else options.packed_dir,
        state_dir=None if parsed.temporary else options.state_dir,
    )


def _place_of(store: ChatStore, chat_id: int, message_id: int) -> int | None:
    """What the next question follows: this answer, or what the question here follows."""
    message = _message_of(store, chat_id, message_id)
    return message.parent_id if message.role == "user" else message.id


def _answer_of(store: ChatStore, chat_id: int, message_id: int | None) -> int:
    """The message whose question is to be answered once more."""
    found = message_id or store.chat(chat_id).leaf_id
    if found is None:
        raise AppError(f"Chat {chat_id} is empty: there is no question to answer.")
    return _message_of(store, chat_id, found).id


def _message_of(store: ChatStore, chat_id: int, message_id: int) -> StoredMessage:
    message = store.message(message_id)
    if message.chat_id != chat_id:
        raise AppError(f"Message {message_id} isn't one of chat {chat_id}.")
    return message


class _Output(Protocol):
    def show(self, event: TurnEvent) -> None: ...


@dataclass
class _Talk:
    """A chat in progress.

    chat_id: None until the first question.
    documents: that a new chat is given.
    parent_id: what the next question follows.
    """

    assistant: Assistant
    output: _Output
    sampling: SamplingParams
    system_prompt: str
    model: str
    chat_id: int | None
    parent_id: int | Literal["leaf"] | None = "leaf"
    documents: Sequence[Document] = ()

    def ask(self, text: str) -> int:
        """Show the answer and return the exit code that it deserves."""
        events = self.assistant.send(
            text,
            self.chat_id,
            sampling=self.sampling,
            system_prompt=self.system_prompt,
            model=self.model,
            parent_id=self.parent_id,
            documents=self.documents if self.chat_id is None else (),
        )
        self.parent_id = "leaf"
        return self._show(events)

    def retry(self, message_id: int) -> int:
        """The same of another answer to a question."""
        return self._show(
            self.assistant.retry(message_id, sampling=self.sampling, model=self.model)
        )

    def _show(self, events: Iterator[TurnEvent]) -> int:
        code = 1
        # Closed even when nobody reads any more: what was answered so far is then kept.
        with (
            stopped_by_interrupt(self.assistant.stop),
            closing(cast("Generator[TurnEvent, None, None]", events)),
        ):
            for event in events:
                self.output.show(event)
                match event:
                    case TurnStarted(chat=chat):
                        self.chat_id = chat.id
                    case TurnEnded(answer=answer):
                        code = _EXIT_CODES.get(answer.status, 1)
        return code

    @contextmanager
    def settling(self) -> Iterator[None]:
        """Meanwhile the engine makes ready for the next question."""
        stop = threading.Event()
        thread = threading.Thread(target=self.assistant.settle, args=(stop.is_set,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@contextmanager
def stopped_by_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """The first Ctrl-C calls `stop`; a second one interrupts, should the first have no effect."""

    def handle(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop()

    previous = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _converse(talk: _Talk) -> int:
    """Ask line by line until the input ends; what is piped in is a list of questions."""
    typed = is_terminal(sys.stdin) and is_terminal(sys.stdout)
    if typed:
        with suppress(ImportError):  # Windows edits its lines by itself
            import readline  # noqa: F401 - input() uses it
        print(f"{talk.model} · Ctrl-C stops an answer, Ctrl-D leaves", file=sys.stderr)
    code = 0
    with suppress(EOFError):
        while True:
            try:
                with talk.settling():
                    text = input("> " if typed else "")
            except KeyboardInterrupt:
                if not typed:
                    raise
                print()  # the line is dropped
                continue
            if text.strip():
                code = max(code, talk.ask(text))
    if typed:
        print()
        return 0
    return code


def _standard_input() -> str:
    return sys.stdin.read() if sys.stdin else ""


class _TextOutput:
    """The answer on standard output, progress and failures on standard error.

    What the model thinks before it answers is shown in a terminal alone.
    """

    def __init__(self) -> None:
        self._progress = ProgressLine()
        self._is_thinking = False  # and its thoughts are on show

    def show(self, event: TurnEvent) -> None:
        match event:
            case LoadProgress(done=done, total=total):
                self._progress.show(f"Loading the model: {_percent(done, total)}")
            case PrefillProgress(done=done, total=total):
                self._progress.show(f"Reading: {_percent(done, total)}")
            case ReasoningDelta(text=text):
                self._show_reasoning(text)
            case TextDelta(text=text):
                self._progress.clear()
                if self._is_thinking:
                    print("\n")
                    self._is_thinking = False
                print(printable(text), end="", flush=True)
            case TurnEnded(answer=answer):
                self._end(answer)

    def _show_reasoning(self, text: str) -> None:
        if not is_terminal(sys.stdout):
            self._progress.show("Thinking")
            return
        self._progress.clear()
        self._is_thinking = True
        dim, normal = (_DIM, _NORMAL) if has_style(sys.stdout) else ("", "")
        print(f"{dim}{printable(text)}{normal}", end="", flush=True)

    def _end(self, answer: StoredMessage) -> None:
        self._progress.clear()
        if self._is_thinking or (answer.content and not answer.content.endswith("\n")):
            print(flush=True)
        self._is_thinking = False
        if answer.error:
            complain(answer.error)
        elif answer.reasoning and not answer.content and answer.status == "complete":
            complain(
                "The answer ended while the model was still thinking: "
                "ask again, or allow more with --max-tokens."
            )


class _JsonOutput:
    """Every event as one line. The numbers of a temporary chat would mislead: they are null."""

    def __init__(self, *, temporary: bool) -> None:
        self._temporary = temporary

    def show(self, event: TurnEvent) -> None:
        match event:
            case TurnStarted(chat=chat, user_message=question, answer=answer):
                self._print(
                    "turn_started",
                    chat=self._number(chat.id),
                    question=self._number(question.id),
                    message=self._number(answer.id),
                )
            case LoadProgress():
                self._print("load_progress", **asdict(event))
            case ModelLoaded(info=info):
                self._print("model_loaded", **asdict(info))
            case StateRestored():
                self._print("state_restored", **asdict(event))
            case PrefillProgress():
                self._print("prefill_progress", **asdict(event))
            case MemoryUsed():
                self._print("memory_used", **asdict(event))
            case ReasoningDelta(text=text):
                self._print("reasoning_delta", text=text)
            case TextDelta(text=text):
                self._print("text_delta", text=text)
            case TurnEnded(answer=answer):
                self._finish(answer)

    def _finish(self, answer: StoredMessage) -> None:
        """A failed answer has the same keys, with nulls for what isn't known, and `error`."""
        failed = answer.status == "failed"
        costs = asdict(answer.stats) if answer.stats else dict.fromkeys(_STATS)
        self._print(
            "failed" if failed else "finished",
            chat=self._number(answer.chat_id),
            message=self._number(answer.id),
            model=answer.model,
            text=answer.content,
            reasoning=answer.reasoning,
            **costs,
            **({"error": answer.error} if failed else {}),
        )
        if failed:
            complain(answer.error)

    def _number(self, row_id: int) -> int | None:
        return None if self._temporary else row_id

    def _print(self, kind: str, **values: object) -> None:
        print_json({"type": kind, **values})


def _percent(done: int, total: int) -> str:
    return f"{done / total:.0%}" if total else ""
