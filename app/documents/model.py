"""A document as the rest of the app sees it, and as the model is told of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

PREFACE = "The user has given you the following documents."
"""Never translated: another text would make the model read every document again."""


@dataclass(frozen=True, slots=True)
class Document:
    """What was read of a file. Two with one text are one document under two names."""

    name: str  # of the file, without its folder
    text: str
    size_bytes: int  # of the file
    num_pages: int | None = None  # None: the file has no pages

    @property
    def content_hash(self) -> str:
        """Hexadecimal; of the text alone."""
        return sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


def as_told(document: Document) -> str:
    """A document as it stands in the context."""
    name = " ".join(document.name.replace('"', "'").split())
    return f'<document name="{name}">\n{document.text.strip()}\n</document>'


def with_documents(system_prompt: str, documents: Sequence[Document]) -> str:
    """What the system message says: the prompt, and right after it the whole documents.

    Nothing in it changes from chat to chat, so that what was read once is known in the next one.
    """
    if not documents:
        return system_prompt
    prompt = system_prompt.strip()
    parts = [prompt] if prompt else []
    return "\n\n".join([*parts, PREFACE, *map(as_told, documents)])
