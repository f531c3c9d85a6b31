"""Prompts that the user keeps under a name."""

from app.chats.database import Database, one_line, storable
from app.chats.model import SavedPrompt
from app.errors import AppError


class SavedPrompts(Database):
    """Every method may raise AppError: the file can't be read or written, or what is asked for
    isn't there.
    """

    def prompts(self) -> list[SavedPrompt]:
        """By name, whatever its case."""
        rows = self.rows("SELECT id, name, text FROM prompts")
        return sorted(
            (SavedPrompt(*row) for row in rows),
            key=lambda prompt: (prompt.name.casefold(), prompt.id),
        )

    def prompt(self, prompt_id: int) -> SavedPrompt:
        rows = self.rows("SELECT id, name, text FROM prompts WHERE id = ?", (prompt_id,))
        if not rows:
            raise AppError(f"There is no saved prompt {prompt_id}.")
        return SavedPrompt(*rows[0])

    def create_prompt(self, name: str, text: str) -> SavedPrompt:
        with self._transaction():
            prompt_id = self._insert("prompts", name=_prompt_name(name), text=storable(text))
            return self.prompt(prompt_id)

    def change_prompt(self, prompt_id: int, name: str, text: str) -> None:
        with self._transaction():
            self.prompt(prompt_id)
            self._connection.execute(
                "UPDATE prompts SET name = ?, text = ? WHERE id = ?",
                (_prompt_name(name), storable(text), prompt_id),
            )

    def delete_prompt(self, prompt_id: int) -> None:
        with self._transaction():
            self.prompt(prompt_id)
            self._connection.execute("DELETE FROM prompts WHERE id = ?", (prompt_id,))


def _prompt_name(name: str) -> str:
    line = one_line(name)
    if not line:
        raise AppError("A saved prompt needs a name.")
    return line
