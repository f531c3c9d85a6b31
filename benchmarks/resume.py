"""What it costs to go on with a long chat after a restart, beside llama.cpp's saved state.

    python -m benchmarks.resume [--model FILE] [--peer PYTHON] [--chats N] [--json]

A chat is read and answered in one process, and gone on with in others, each after loading the
model: its next turn, its last answer again, its last question in other words, another question
after its first answer. The time counts from the request to the first text. What is kept lies in
the page cache. PYTHON is an interpreter with llama-cpp-python, which reads the same tokens.

ideal counts the tokens of the prompt before the question's own, and where the question isn't new
all but the last token, which is always read.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # when run by its path

from app.bench import physical_cores
from app.cli.terminal import ProgressLine
from app.errors import AppError
from app.models.synthetic import cached_synthetic
from app.paths import data_paths
from benchmarks.engines.child import Child, ChildEndedError
from benchmarks.engines.peer import NoPeerError, find_peer
from benchmarks.resuming.chat import ANSWER_TOKENS, Chat, Way, go_on, make_chat, question, ways_on
from benchmarks.resuming.figures import (
    MIB,
    DiskFigures,
    Figures,
    MemoryFigures,
    PeerFigures,
    Resumption,
    table,
)
from benchmarks.resuming.kept_files import copy_states, kept_files, read_into_page_cache

EREMO_MODULE = "benchmarks.resuming.eremo_child"
STATE_MODULE = "benchmarks.resuming.state_child"
LLAMACPP_MODULE = "benchmarks.resuming.llamacpp_child"

NEW_TOKENS = 8  # after the random state
LEAVE_ROOM = 512  # tokens of llama.cpp's context after the chat
ALWAYS_READ = ("next turn", "regenerate")
"""What llama.cpp is timed with; it has as much to read again for the others."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """peer: an interpreter with llama-cpp-python, None leaves it out; `peer_all` times all of it.

    chats: so many are opened in turn, with `budget_bytes` of memory for what is kept of them.
    """

    path: Path
    threads: int
    tokens: int = 8192
    state_tokens: int = 100_000
    repeat: int = 3
    peer: str | None = None
    peer_all: bool = False
    chats: int = 0
    budget_bytes: int = 256 * MIB

    @contextmanager
    def eremo(self, folder: Path, **more: object) -> Iterator[Child]:
        """With the model loaded."""
        with Child(sys.executable, EREMO_MODULE) as engine:
            engine.ask("open", **self._model, folder=str(folder), **more)
            yield engine

    @contextmanager
    def random_states(self, folder: Path) -> Iterator[Child]:
        with Child(sys.executable, STATE_MODULE) as engine:
            engine.ask("open", **self._model, folder=str(folder))
            yield engine

    @contextmanager
    def llamacpp(self) -> Iterator[Child]:
        assert self.peer
        with Child(self.peer, LLAMACPP_MODULE) as engine:
            engine.ask("open", **self._model, context_tokens=self.tokens + LEAVE_ROOM)
            yield engine

    @property
    def _model(self) -> dict[str, object]:
        return {"path": str(self.path), "threads": self.threads}


def measure(settings: Settings, folder: Path, tell: Tell) -> Figures:
    """folder: for what is kept."""
    figures = Figures(str(settings.path), settings.threads)
    states = folder / "states"
    chat, ways = measure_chat(settings, states, figures, tell)
    for name, way in ways.items():
        figures.resumptions[name] = measure_way(settings, states, chat, name, way, tell)
    figures.disk = measure_disk(settings, states, chat, ways["next turn"], tell)
    if settings.state_tokens:
        figures.long_state = measure_long_state(settings, folder / "long", tell)
    if settings.peer:
        figures.peer = measure_peer(settings, folder / "llamacpp.state", chat, ways, tell)
    if settings.chats:
        figures.memory = measure_memory(settings, folder / "chats", tell)
    return figures


def measure_chat(
    settings: Settings, states: Path, figures: Figures, tell: Tell
) -> tuple[Chat, dict[str, Way]]:
    tell(f"Reading a chat of {settings.tokens:,} tokens")
    with settings.eremo(states) as engine:
        chat = make_chat(engine, settings.tokens, number=1)
        ways = ways_on(engine, chat)
        figures.version = engine.ask("version")
        engine.ask("close")
    figures.chat_tokens = len(chat.settled)
    figures.chat_seconds, figures.settle_seconds = chat.seconds, chat.settle_seconds
    return chat, ways


def measure_way(
    settings: Settings, states: Path, chat: Chat, name: str, way: Way, tell: Tell
) -> Resumption:
    """Every time in a new process, from the states as the chat has left them."""
    repeats = []
    for number in range(1, settings.repeat + 1):
        tell(f"{name}: {number} of {settings.repeat}")
        with copied(states) as copy, settings.eremo(copy) as engine:
            repeats.append(
                engine.ask("answer", messages=way.messages, owner=chat.owner, max_tokens=1)
            )
    found = repeats[0]
    return Resumption(
        prompt_tokens=found["prompt_tokens"],
        reused_tokens=found["reused_tokens"],
        ideal=way.ideal,
        restored_disk_bytes=found["restored_disk_bytes"],
        restore_seconds=[repeat["restore_seconds"] for repeat in repeats],
        first_token_seconds=[repeat["first_token_seconds"] for repeat in repeats],
    )


def measure_disk(
    settings: Settings, states: Path, chat: Chat, next_turn: Way, tell: Tell
) -> DiskFigures:
    """What there is of the chat, and what one more turn adds."""
    tell("One more turn")
    before = kept_files(states)
    with copied(states) as copy:
        with settings.eremo(copy) as engine:
            begun = engine.ask("written")
            longer = Chat(chat.owner, chat.seed, list(next_turn.messages))
            go_on(engine, longer)
            engine.ask("close")
            written = None if begun is None else engine.ask("written") - begun
            turn_tokens = len(engine.ask("settled", messages=longer.messages)) - len(chat.settled)
        after = kept_files(copy)
    new = [size for name, size in after.sizes.items() if name not in before.sizes]
    return DiskFigures(
        num_tokens=before.num_tokens,
        num_files=len(before.sizes),
        total_bytes=sum(before.sizes.values()),
        branch_point_bytes=max(before.recurrent.values(), default=0),
        token_bytes=sum(before.kv.values()) / before.num_tokens,
        turn_tokens=turn_tokens,
        turn_files=len(new),
        turn_bytes=sum(new),
        turn_written_bytes=written,
    )


def measure_long_state(settings: Settings, states: Path, tell: Tell) -> Resumption:
    """A state of random numbers, since to read so much would take long."""
    source = random.Random(0)
    with settings.random_states(states) as engine:
        tell(f"Writing a random state of {settings.state_tokens:,} tokens")
        vocab_size = engine.ask("vocab_size")
        known = [source.randrange(vocab_size) for _ in range(settings.state_tokens)]
        engine.ask("write", token_ids=known)
    prompt = known + [source.randrange(vocab_size) for _ in range(NEW_TOKENS)]
    repeats = []
    for number in range(1, settings.repeat + 1):
        tell(f"The random state: {number} of {settings.repeat}")
        with settings.random_states(states) as engine:
            read_into_page_cache(states)
            repeats.append(engine.ask("resume", token_ids=prompt))
    return Resumption(
        prompt_tokens=len(prompt),
        reused_tokens=repeats[0]["reused_tokens"],
        ideal=len(known),
        restored_disk_bytes=repeats[0]["restored_disk_bytes"],
        restore_seconds=[repeat["restore_seconds"] for repeat in repeats],
        first_token_seconds=[repeat["first_token_seconds"] for repeat in repeats],
    )


def measure_peer(
    settings: Settings, file: Path, chat: Chat, ways: dict[str, Way], tell: Tell
) -> PeerFigures:
    """The state after the last answer is saved, as a server's slot is."""
    with settings.llamacpp() as engine:
        tell(f"llama.cpp reads the chat of {len(chat.settled):,} tokens")
        chat_seconds = engine.ask("read", token_ids=chat.settled)
        saved = engine.ask("save", file=str(file), token_ids=chat.settled)
        version = engine.ask("about")["version"]
        engine.ask("read_on", token_ids=ways["next turn"].token_ids[len(chat.settled) :])
        expected = engine.ask("likeliest")
    found = {name: resume_peer(settings, file, name, way, tell) for name, way in ways.items()}
    return PeerFigures(
        version=version,
        chat_seconds=chat_seconds,
        save_seconds=saved["seconds"],
        file_bytes=saved["size_bytes"],
        is_alike=found["next turn"][1] == expected,
        resumptions={name: resumption for name, (resumption, _token) in found.items()},
    )


def resume_peer(
    settings: Settings, file: Path, name: str, way: Way, tell: Tell
) -> tuple[Resumption, int | None]:
    """And the first token. Reading everything again takes minutes: that is measured once."""
    read = settings.peer_all or name in ALWAYS_READ
    repeats = []
    for number in range(1, settings.repeat + 1):
        tell(f"llama.cpp, {name}: {number} of {settings.repeat}")
        with settings.llamacpp() as engine:
            repeats.append(engine.ask("resume", file=str(file), token_ids=way.token_ids, read=read))
        if repeats[0]["is_cut"] is False:
            break
    found = repeats[0]
    resumption = Resumption(
        prompt_tokens=found["prompt_tokens"],
        reused_tokens=found["reused_tokens"],
        is_cut=found["is_cut"],
        restore_seconds=[repeat["restore_seconds"] for repeat in repeats],
        first_token_seconds=[repeat["first_token_seconds"] for repeat in repeats if read],
    )
    return resumption, found["first_token"]


def measure_memory(settings: Settings, states: Path, tell: Tell) -> MemoryFigures:
    """Chats in one process, each new one after the other, and then each of them again."""
    with settings.eremo(states, ram_bytes=settings.budget_bytes) as engine:
        loaded = resident(engine)
        chats, sizes, again = [], [], []
        for number in range(1, settings.chats + 1):
            tell(f"Memory: chat {number} of {settings.chats}")
            chats.append(make_chat(engine, settings.tokens, number, short_turns=1))
            sizes.append(resident(engine))
        for number, chat in enumerate(chats, 1):
            tell(f"Memory: chat {number} of {settings.chats} again")
            chat.messages.append(question(engine, ANSWER_TOKENS, chat.seed + 50))
            go_on(engine, chat)
            again.append(resident(engine))
    chat_tokens = max(len(chat.settled) for chat in chats)
    return MemoryFigures(chat_tokens, settings.budget_bytes, loaded, sizes, again)


def resident(engine: Child) -> int:
    return engine.ask("memory")["resident_bytes"]


@contextmanager
def copied(states: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=states.parent) as folder:
        yield copy_states(states, Path(folder) / "states")


def main() -> int:
    parsed = parse_arguments()
    progress = ProgressLine()
    try:
        settings = Settings(
            path=parsed.model or cached_synthetic(data_paths()),
            threads=parsed.threads,
            tokens=parsed.tokens,
            state_tokens=parsed.state_tokens,
            repeat=parsed.repeat,
            peer=find_peer(parsed.peer, build=False) if parsed.peer else None,
            peer_all=parsed.peer_all,
            chats=parsed.chats,
            budget_bytes=parsed.budget_mib * MIB,
        )
        with tempfile.TemporaryDirectory(dir=parsed.folder, prefix="eremo-resume-") as folder:
            figures = measure(settings, Path(folder), progress.show)
    except (AppError, ChildEndedError, NoPeerError) as error:
        progress.clear()
        print(f"resume: {error}", file=sys.stderr)
        return 1
    progress.clear()
    print(json.dumps(figures.as_json()) if parsed.json else "\n".join(table(figures)))
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, metavar="FILE", help="else the synthetic Jamba 3B")
    parser.add_argument("--peer", metavar="PYTHON", help="an interpreter with llama-cpp-python")
    parser.add_argument(
        "--peer-all", action="store_true", help=f"time more than {' and '.join(ALWAYS_READ)}"
    )
    parser.add_argument("--tokens", type=int, default=8192, help="of the chat")
    parser.add_argument(
        "--state-tokens", type=int, default=100_000, help="of the random state; 0 makes none"
    )
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--chats", type=int, default=0, help="so many are opened in turn")
    parser.add_argument(
        "--budget-mib", type=int, default=256, help="of memory for the states of --chats"
    )
    parser.add_argument("--folder", type=Path, help="for what is kept; else the system's temporary")
    parser.add_argument("--threads", type=int, default=physical_cores())
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
