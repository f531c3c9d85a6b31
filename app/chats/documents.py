"""The documents of the chats: each text is stored once, and goes with the last chat that has it."""

from collections.abc import Sequence

from app.chats.database import Database, one_line, storable
from app.chats.messages import no_chat
from app.documents.model import Document


class ChatDocuments(Database):
    """Every method may raise AppError: the file can't be read or written, or what is asked for
    isn't there.
    """

    def documents(self, chat_id: int) -> list[Document]:
        """Of a chat, in the order in which they were attached."""
        rows = self.rows(
            "SELECT name, text, size_bytes, num_pages FROM chat_documents "
            "JOIN documents ON documents.id = document_id WHERE chat_id = ? "
            "ORDER BY chat_documents.id",
            (chat_id,),
        )
        return [Document(*row) for row in rows]

    def attach_documents(self, chat_id: int, documents: Sequence[Document]) -> None:
        """After those that the chat has; a text that it has already stays where it is."""
        with self._transaction():
            if not self.rows("SELECT 1 FROM chats WHERE id = ?", (chat_id,)):
                raise no_chat(chat_id)
            for document in documents:
                self._connection.execute(
                    "INSERT OR IGNORE INTO chat_documents "
                    "(chat_id, document_id, name, size_bytes, num_pages) VALUES (?, ?, ?, ?, ?)",
                    (
                        chat_id,
                        self._content_id(document),
                        one_line(document.name),
                        document.size_bytes,
                        document.num_pages,
                    ),
                )

    def detach_document(self, chat_id: int, document: Document) -> None:
        """Take a document out of a chat."""
        with self._transaction():
            self._connection.execute(
                "DELETE FROM chat_documents WHERE chat_id = ? AND document_id IN "
                "(SELECT id FROM documents WHERE content_hash = ?)",
                (chat_id, document.content_hash),
            )
            self._remove_unused_documents()

    def _content_id(self, document: Document) -> int:
        text = storable(document.text)
        content_hash = Document("", text, 0).content_hash
        rows = self.rows("SELECT id FROM documents WHERE content_hash = ?", (content_hash,))
        if rows:
            return int(rows[0][0])
        return self._insert("documents", content_hash=content_hash, text=text)

    def _remove_unused_documents(self) -> None:
        self._connection.execute(
            "DELETE FROM documents WHERE id NOT IN (SELECT document_id FROM chat_documents)"
        )
