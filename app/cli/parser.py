"""The words of the command line. Knows what may be asked, not what is done about it."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from inference.errors import InvalidRequestError
from inference.events import SamplingParams

_MAX_INT = 2**63 - 1  # of SQLite, too
_BITS = (4, 8)
_SAMPLING_OPTIONS = (
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "repetition_penalty",
    "max_tokens",
    "seed",
)


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """What is asked for. `sampling` holds those sampling values that were given.

    Exits with code 2 after a sentence on standard error when the usage is wrong.
    """
    parser = _parser()
    parsed = parser.parse_args(arguments)
    if getattr(parsed, "save", None) and not parsed.synthetic:
        parser.error("--save writes a synthetic model: name one with --synthetic")
    if parsed.command == "chat":
        if (parsed.from_message or parsed.retry) and not parsed.chat:
            parser.error("--from and --retry are about a stored chat: name it with --chat")
        if parsed.retry and parsed.prompt is not None:
            parser.error("--retry asks nothing new: leave --prompt out")
    given = {name: getattr(parsed, name, None) for name in _SAMPLING_OPTIONS}
    parsed.sampling = {name: value for name, value in given.items() if value is not None}
    try:
        replace(SamplingParams(), **parsed.sampling)
    except InvalidRequestError as error:
        parser.error(str(error))
    return parsed


def _parser() -> argparse.ArgumentParser:
    # Accepted before and after the command; without a default, so that neither undoes the other.
    data_dir = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    data_dir.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help="keep everything that Eremo writes in DIR; else in $EREMO_DATA_DIR, "
        "or the system's folder for such data",
    )
    json = argparse.ArgumentParser(add_help=False)
    json.add_argument("--json", action="store_true", help="print JSON")

    parser = argparse.ArgumentParser(
        prog="eremo",
        description="An assistant on your own machine. Without a command: open the window.",
        parents=[data_dir],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_bench(commands, [data_dir, json])
    _add_chat(commands, [data_dir, json])
    _add_chats(commands, [data_dir, json])
    _add_models(commands, [data_dir, json])
    opening = commands.add_parser(
        "open",
        parents=[data_dir],
        help="open the window with files, as the desktop does",
        description="A window that is open already comes to the front and opens them.",
        allow_abbrev=False,
    )
    opening.add_argument(
        "files", type=Path, nargs="*", metavar="FILE", help="a model to use, or chats to import"
    )
    updates = commands.add_parser(
        "updates",
        parents=[data_dir, json],
        help="ask the network whether a newer Eremo has been released",
        allow_abbrev=False,
    )
    updates.add_argument(
        "--verify", type=Path, metavar="FILE", help="check a downloaded package, too"
    )
    commands.add_parser(
        "doctor",
        parents=[data_dir, json],
        help="print what Eremo finds on this machine",
        allow_abbrev=False,
    )
    return parser


_Commands = argparse._SubParsersAction  # argparse has no public name for it


def _add_bench(
    commands: "_Commands[argparse.ArgumentParser]", parents: list[argparse.ArgumentParser]
) -> None:
    bench = commands.add_parser(
        "bench",
        parents=parents,
        help="measure a model's speed and memory on this machine",
        description="Times the reading of a prompt and the writing of an answer, of random tokens.",
        allow_abbrev=False,
    )
    model = bench.add_mutually_exclusive_group()
    model.add_argument("--model", metavar="M", help="a model's name or the path of a GGUF file")
    model.add_argument(
        "--synthetic",
        choices=["jamba-3b"],
        help="a model of random weights in the shape of a true one, kept in the data folder",
    )
    bench.add_argument(
        "--save",
        type=Path,
        metavar="FILE",
        help="only write the synthetic model to FILE, a GGUF of 1.9 GB",
    )
    _add_quantize(bench)
    bench.add_argument("--prompt-tokens", type=_whole(1), default=512, metavar="N")
    bench.add_argument("--completion-tokens", type=_whole(1), default=64, metavar="N")
    bench.add_argument(
        "--context-tokens",
        type=_whole(0),
        default=0,
        metavar="N",
        help="read before the answer is timed",
    )
    bench.add_argument("--threads", type=_whole(0, 1024), metavar="N", help="0 chooses by itself")
    _add_device(bench)
    bench.add_argument("--repeat", type=_whole(1, 1000), default=3, metavar="N")


def _add_chat(
    commands: "_Commands[argparse.ArgumentParser]", parents: list[argparse.ArgumentParser]
) -> None:
    chat = commands.add_parser(
        "chat",
        parents=parents,
        help="get one answer, or hold a conversation in the terminal",
        description="Without --prompt: a conversation. Ctrl-C stops an answer, Ctrl-D leaves.",
        allow_abbrev=False,
    )
    chat.add_argument("--model", metavar="M", help="a model's name or the path of a GGUF file")
    _add_quantize(chat)
    chat.add_argument("--prompt", metavar="T", help="the question; - reads it from standard input")
    chat.add_argument("--system", metavar="T", help="the system prompt of the chat")
    chat.add_argument(
        "--file",
        dest="files",
        type=Path,
        action="append",
        default=[],
        metavar="PATH",
        help="give the chat a document: text, source code or PDF; may be given several times",
    )
    place = chat.add_mutually_exclusive_group()
    place.add_argument("--chat", type=_whole(1), metavar="ID", help="go on with this chat")
    place.add_argument("--temporary", action="store_true", help="keep nothing of the chat on disk")
    chat.add_argument(
        "--from",
        dest="from_message",
        type=_whole(1),
        metavar="MESSAGE",
        help="with --chat: go on after this answer, or ask in the place of this question",
    )
    chat.add_argument(
        "--retry",
        action="store_true",
        help="with --chat: answer the last question, or that of --from, once more",
    )
    chat.add_argument("--temperature", type=float, metavar="X", help="0 always takes the likeliest")
    chat.add_argument("--top-p", type=float, metavar="P")
    chat.add_argument("--top-k", type=_whole(0), metavar="K")
    chat.add_argument("--min-p", type=float, metavar="P")
    chat.add_argument("--repetition-penalty", type=float, metavar="X")
    chat.add_argument("--max-tokens", type=_whole(1), metavar="N", help="of the answer")
    chat.add_argument("--seed", type=_whole(0), metavar="S", help="for answers that come again")
    chat.add_argument("--threads", type=_whole(0, 1024), metavar="N", help="0 chooses by itself")
    _add_device(chat)


def _add_device(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--device",
        choices=["cpu", "cuda"],
        help="else $EREMO_DEVICE or the setting, or a graphics card where there is one",
    )


def _add_chats(
    commands: "_Commands[argparse.ArgumentParser]", parents: list[argparse.ArgumentParser]
) -> None:
    chats = commands.add_parser(
        "chats",
        parents=parents[:1],
        help="list, show, search, remove, export or import chats",
        allow_abbrev=False,
    )
    actions = chats.add_subparsers(dest="chats_command", metavar="COMMAND", required=True)

    def add(name: str, words: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, parents=parents, help=words, allow_abbrev=False)

    add("list", "list the chats, the latest first")
    show = add("show", "print a chat")
    show.add_argument("id", type=_whole(1), metavar="ID")
    search = add("search", "find chats by their titles and messages")
    search.add_argument("text", metavar="TEXT")
    remove = add("remove", "remove chats for good")
    remove.add_argument("ids", type=_whole(1), nargs="+", metavar="ID")
    export = add("export", "write a chat to a file")
    export.add_argument("id", type=_whole(1), metavar="ID")
    export.add_argument("file", type=Path, metavar="FILE", help="the new file")
    export.add_argument(
        "--format",
        choices=["markdown", "html", "json"],
        help="else what FILE ends in: .md, .html or .json; json has every version",
    )
    export.add_argument("--force", action="store_true", help="replace FILE if it is there")
    add(
        "import", "add the chats of a file: Eremo's JSON, ChatGPT's or Open WebUI's export"
    ).add_argument("file", type=Path, metavar="FILE")


def _add_models(
    commands: "_Commands[argparse.ArgumentParser]", parents: list[argparse.ArgumentParser]
) -> None:
    models = commands.add_parser(
        "models", parents=parents[:1], help="list or quantize models", allow_abbrev=False
    )
    actions = models.add_subparsers(dest="models_command", metavar="COMMAND", required=True)
    actions.add_parser("list", parents=parents, help="list the models", allow_abbrev=False)
    quantize = actions.add_parser(
        "quantize",
        parents=parents,
        help="make a smaller and faster model of one in safetensors",
        description="Writes the model of a Hugging Face folder as one GGUF file of 4 or 8 bits.",
        allow_abbrev=False,
    )
    quantize.add_argument("model", metavar="MODEL", help="its name or the path of its folder")
    quantize.add_argument("file", type=Path, metavar="FILE", help="the new file, a .gguf")
    quantize.add_argument("--bits", type=int, choices=_BITS, default=4, help="4 unless it is given")
    quantize.add_argument("--force", action="store_true", help="replace FILE if it is there")


def _add_quantize(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--quantize",
        type=int,
        choices=_BITS,
        help="quantize the weights to so many bits while they are loaded",
    )


def _whole(low: int, high: int = _MAX_INT) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} isn't between {low} and {high}")
        return value

    return number
