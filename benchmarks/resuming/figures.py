"""What going on after a restart costs: figures, a table and JSON. Measures nothing."""

import statistics
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

MIB = 1 << 20


@dataclass(slots=True)
class Resumption:
    """One way to go on, each time in a process of its own.

    ideal: the tokens that could be known; None where it isn't asked.
    is_cut: whether an engine could forget what a state has too much; None where it has nothing.
    """

    prompt_tokens: int
    reused_tokens: int
    ideal: int | None = None
    is_cut: bool | None = None
    restored_disk_bytes: int | None = None
    restore_seconds: list[float] = field(default_factory=list)
    first_token_seconds: list[float] = field(default_factory=list)

    @property
    def reread_tokens(self) -> int:
        return self.prompt_tokens - self.reused_tokens

    def as_json(self) -> dict[str, object]:
        return asdict(self) | {"reread_tokens": self.reread_tokens}


@dataclass(frozen=True, slots=True)
class DiskFigures:
    """Of a chat's kept states.

    branch_point_bytes: of a recurrent state; 0 where the model has none.
    token_bytes: of keys and values, with the token itself and the file's header.
    turn_*: files that one more turn adds, their bytes, and all that its process gave the system
        to write, the index included; None where that isn't told.
    """

    num_tokens: int
    num_files: int
    total_bytes: int
    branch_point_bytes: int
    token_bytes: float
    turn_tokens: int
    turn_files: int
    turn_bytes: int
    turn_written_bytes: int | None


@dataclass(frozen=True, slots=True)
class PeerFigures:
    """is_alike: whether the state that was loaded gave the same next token as the one saved."""

    version: str
    chat_seconds: float
    save_seconds: float
    file_bytes: int
    is_alike: bool
    resumptions: dict[str, Resumption]

    def as_json(self) -> dict[str, object]:
        ways = {name: found.as_json() for name, found in self.resumptions.items()}
        return asdict(self) | {"resumptions": ways}


@dataclass(frozen=True, slots=True)
class MemoryFigures:
    """Resident bytes after loading, after each new chat, and after each was gone on with again."""

    chat_tokens: int
    budget_bytes: int
    loaded_bytes: int
    chats_bytes: list[int]
    again_bytes: list[int]

    @property
    def above_model_and_budget(self) -> int:
        """At most, in bytes."""
        highest = max(self.chats_bytes + self.again_bytes)
        return highest - self.loaded_bytes - self.budget_bytes

    def as_json(self) -> dict[str, object]:
        return asdict(self) | {"above_model_and_budget_bytes": self.above_model_and_budget}


@dataclass(slots=True)
class Figures:
    """Of one weights file. settle_seconds: the longest of the chat."""

    model: str
    threads: int
    version: str = ""
    chat_tokens: int = 0
    chat_seconds: float = 0.0
    settle_seconds: float = 0.0
    resumptions: dict[str, Resumption] = field(default_factory=dict)
    disk: DiskFigures | None = None
    long_state: Resumption | None = None
    peer: PeerFigures | None = None
    memory: MemoryFigures | None = None

    def as_json(self) -> dict[str, object]:
        return {
            "model": self.model,
            "threads": self.threads,
            "version": self.version,
            "chat_tokens": self.chat_tokens,
            "chat_seconds": self.chat_seconds,
            "settle_seconds": self.settle_seconds,
            "eremo": {name: found.as_json() for name, found in self.resumptions.items()},
            "long_state": self.long_state.as_json() if self.long_state else None,
            "disk": asdict(self.disk) if self.disk else None,
            "llamacpp": self.peer.as_json() if self.peer else None,
            "memory": self.memory.as_json() if self.memory else None,
        }


def table(figures: Figures) -> Iterator[str]:
    """Lines for people: medians, the lowest and the highest."""
    yield f"{figures.model}, a chat of {figures.chat_tokens:,} tokens, {figures.threads} threads"
    yield (
        f"  {'':<22} {'prompt':>8} {'reused':>8} {'ideal':>8} {'re-read':>8}  "
        f"{'restore':<20} first token"
    )
    for name, found in figures.resumptions.items():
        yield _line(name, found)
    if figures.long_state:
        yield _line("random state", figures.long_state)
    if figures.peer:
        for name, found in figures.peer.resumptions.items():
            yield _line(f"llama.cpp, {name}", found)
        yield from _peer_lines(figures.peer)
    if figures.disk:
        yield from _disk_lines(figures.disk)
    if figures.memory:
        yield from _memory_lines(figures.memory)


def _line(name: str, found: Resumption) -> str:
    counts = (found.prompt_tokens, found.reused_tokens, found.ideal)
    columns = " ".join(f"{'' if count is None else f'{count:,}':>8}" for count in counts)
    times = f"{_seconds(found.restore_seconds):<20} {_seconds(found.first_token_seconds)}"
    return f"  {name:<22} {columns} {found.reread_tokens:>8,}  {times}"


def _seconds(times: list[float]) -> str:
    if not times:
        return "not measured"
    spread = f" ({min(times):.3f}-{max(times):.3f})" if len(times) > 1 else ""
    return f"{statistics.median(times):.3f} s{spread}"


def _peer_lines(peer: PeerFigures) -> Iterator[str]:
    yield (
        f"  llama.cpp {peer.version}: chat read in {peer.chat_seconds:.1f} s, state of "
        f"{peer.file_bytes / MIB:.1f} MiB saved in {peer.save_seconds:.2f} s, "
        f"next token {'the same' if peer.is_alike else 'another'} after loading it"
    )
    refused = [name for name, found in peer.resumptions.items() if found.is_cut is False]
    if refused:
        yield f"  llama.cpp refused to cut the state back for: {', '.join(refused)}"


def _disk_lines(disk: DiskFigures) -> Iterator[str]:
    yield (
        f"  disk: {disk.num_files} files, {disk.total_bytes / MIB:.1f} MiB; "
        f"a branch point {disk.branch_point_bytes / MIB:.2f} MiB, a token {disk.token_bytes:,.0f} B"
    )
    written = disk.turn_written_bytes
    yield (
        f"  a turn of {disk.turn_tokens} tokens: {disk.turn_files} files, "
        f"{disk.turn_bytes / MIB:.2f} MiB; given to the system to write: "
        f"{'not known' if written is None else f'{written / MIB:.2f} MiB'}"
    )


def _memory_lines(memory: MemoryFigures) -> Iterator[str]:
    def listed(sizes: list[int]) -> str:
        return " ".join(f"{size / MIB:,.0f}" for size in sizes)

    yield (
        f"  chats of {memory.chat_tokens:,} tokens in turn, budget "
        f"{memory.budget_bytes / MIB:,.0f} MiB: resident {memory.loaded_bytes / MIB:,.0f} MiB "
        f"when loaded, then {listed(memory.chats_bytes)}; each again: {listed(memory.again_bytes)}"
    )
    yield f"  above the model and the budget at most {memory.above_model_and_budget / MIB:,.0f} MiB"
