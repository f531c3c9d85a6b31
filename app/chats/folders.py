"""Folders of chats, one level of them."""

from collections.abc import Sequence

from app.chats.database import Database, one_line
from app.chats.messages import no_chat
from app.chats.model import Folder
from app.errors import AppError


class Folders(Database):
    """Every method may raise AppError: the file can't be read or written, or what is asked for
    isn't there.
    """

    def folders(self) -> list[Folder]:
        """In the order that the user gave them."""
        return [
            Folder(*row) for row in self.rows("SELECT id, name FROM folders ORDER BY position, id")
        ]

    def create_folder(self, name: str) -> Folder:
        """After the others."""
        with self._transaction():
            [(position,)] = self.rows("SELECT COALESCE(MAX(position), -1) + 1 FROM folders")
            folder_id = self._insert("folders", name=_folder_name(name), position=position)
            return self.folder(folder_id)

    def folder(self, folder_id: int) -> Folder:
        rows = self.rows("SELECT id, name FROM folders WHERE id = ?", (folder_id,))
        if not rows:
            raise AppError(f"There is no folder {folder_id}.")
        return Folder(*rows[0])

    def rename_folder(self, folder_id: int, name: str) -> None:
        with self._transaction():
            self.folder(folder_id)
            self._connection.execute(
                "UPDATE folders SET name = ? WHERE id = ?", (_folder_name(name), folder_id)
            )

    def move_folder(self, folder_id: int, place: int) -> None:
        """Make it the folder number `place`, from 0; the last one if there are fewer."""
        with self._transaction():
            self.folder(folder_id)
            ids = [folder.id for folder in self.folders() if folder.id != folder_id]
            ids.insert(max(0, place), folder_id)
            self._connection.executemany(
                "UPDATE folders SET position = ? WHERE id = ?", list(enumerate(ids))
            )

    def delete_folder(self, folder_id: int) -> None:
        """Its chats stay, and are in no folder then."""
        with self._transaction():
            self.folder(folder_id)
            self._connection.execute("DELETE FROM folders WHERE id = ?", (folder_id,))

    def move_chats(self, chat_ids: Sequence[int], folder_id: int | None) -> None:
        """Into a folder, or out of theirs with None: all of them or none."""
        with self._transaction():
            if folder_id is not None:
                self.folder(folder_id)
            for chat_id in chat_ids:
                cursor = self._connection.execute(
                    "UPDATE chats SET folder_id = ? WHERE id = ?", (folder_id, chat_id)
                )
                if cursor.rowcount == 0:
                    raise no_chat(chat_id)


def _folder_name(name: str) -> str:
    line = one_line(name)
    if not line:
        raise AppError("A folder needs a name.")
    return line
