"""A conversation as the text that a model was trained to answer.

The layout is the model's own Jinja template, which is run as untrusted code. Knows nothing of
how text is cut into tokens.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from jinja2 import TemplateError
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension, loopcontrols
from jinja2.nodes import Node
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from inference.errors import InferenceError
from inference.events import Message
from inference.formats.gguf import GGUFFile
from inference.formats.model_folder import faults_of, read_json
from inference.tokenizer import Tokenizer

CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""For models that bring no template: the most widespread layout."""

TEMPLATE_DATE = datetime(2024, 7, 26)
"""Today, to every template: a date that changes would change the beginning of every prompt each
night, and no state of the model that was kept for a conversation could be used any more. It is
the day that Llama 3.2's template takes itself when it is told none."""

FAULTS = (
    TemplateError,
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    SyntaxError,
    MemoryError,
)
"""What a template's own code can raise."""


class ChatTemplate:
    """A model's layout of a conversation."""

    def __init__(self, source: str | None, tokenizer: Tokenizer) -> None:
        """source: None for ChatML.

        Raises:
            InferenceError: the template is no Jinja.
        """
        self.source = source or CHATML
        self._bos_token = _text_of(tokenizer, tokenizer.bos_id)
        self._eos_token = _text_of(tokenizer, tokenizer.eos_id)
        try:
            self._template = _environment().from_string(self.source)
        except FAULTS as error:
            raise _broken(error) from error

    @classmethod
    def from_gguf(cls, file: GGUFFile, tokenizer: Tokenizer) -> "ChatTemplate":
        return cls(file.string("tokenizer.chat_template", default=""), tokenizer)

    @classmethod
    def from_folder(cls, folder: Path, tokenizer: Tokenizer) -> "ChatTemplate":
        """From a folder as Hugging Face publishes models.

        Raises:
            WeightsError: one of its files is damaged.
        """
        path = folder / "chat_template.jinja"
        if path.is_file():
            with faults_of(path):
                return cls(path.read_text("utf-8"), tokenizer)
        found = read_json(folder / "tokenizer_config.json").get("chat_template")
        if isinstance(found, list):  # several, with names
            named = [item for item in found if isinstance(item, dict)]
            found = {str(item.get("name")): item.get("template") for item in named}.get("default")
        return cls(found if isinstance(found, str) else None, tokenizer)

    def render(self, messages: Sequence[Message], add_generation_prompt: bool = True) -> str:
        """Raises: InferenceError when the template fails, or refuses the conversation."""
        try:
            return self._template.render(
                messages=[_as_variable(message) for message in messages],
                add_generation_prompt=add_generation_prompt,
                bos_token=self._bos_token,
                eos_token=self._eos_token,
                tools=None,
                documents=None,
            )
        except _RefusedError as error:
            raise InferenceError(
                f"The model's chat template does not take this conversation: {_one_line(error)}."
            ) from error
        except FAULTS as error:
            raise _broken(error) from error


def _as_variable(message: Message) -> dict[str, str]:
    variable = {"role": message.role, "content": message.content}
    if message.role == "assistant":
        # Also where it is empty: templates of thinking models ask whether it is there.
        variable["reasoning_content"] = message.reasoning
    return variable


def _text_of(tokenizer: Tokenizer, token_id: int | None) -> str:
    return "" if token_id is None else tokenizer.token_text(token_id)


def _environment() -> ImmutableSandboxedEnvironment:
    """With what templates are written for. Source: transformers' chat_template_utils."""
    environment = _Sandbox(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, _GenerationBlock]
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = TEMPLATE_DATE.strftime
    return environment


class _Sandbox(ImmutableSandboxedEnvironment):
    def unsafe_undefined(self, obj: object, attribute: str) -> NoReturn:
        """At once; Jinja's own answer is an empty text until it is used."""
        raise SecurityError(
            f"access to attribute {attribute!r} of {type(obj).__name__!r} is unsafe"
        )


class _GenerationBlock(Extension):
    """{% generation %}, which marks the answers for training, shows what is in it."""

    tags = {"generation"}  # noqa: RUF012

    def parse(self, parser: Parser) -> list[Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _RefusedError(TemplateError):
    """The template's author says that a conversation doesn't fit."""


def _raise_exception(message: object) -> NoReturn:
    raise _RefusedError(str(message))


def _tojson(
    value: object,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """Unlike Jinja's own, without the escapes that HTML needs."""
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=separators,
        sort_keys=sort_keys,
    )


def _broken(error: BaseException) -> InferenceError:
    return InferenceError(
        f"The model's chat template cannot be used: {_one_line(error)}. Choose another model."
    )


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
