"""Asks before the window closes over temporary chats in which something was said."""

from PySide6.QtWidgets import QMessageBox, QWidget

from ui.chat_commands import ChatCommands
from ui.sidebar.chat_list import Chosen
from ui.sidebar.chat_list_model import title_of


def is_ready_to_quit(chats: ChatCommands, parent: QWidget) -> bool:
    """False where the user would rather stay. What they want to keep is kept."""
    lost = chats.would_be_lost()
    if not lost:
        return True
    box = QuitDialog([title_of(chat) for chat in lost], parent)
    box.exec()
    if box.clickedButton() is box.keep:
        chats.keep_all(Chosen(tuple(chat.id for chat in lost)))
    return box.clickedButton() in (box.keep, box.quit)


class QuitDialog(QMessageBox):
    def __init__(self, titles: list[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Eremo")
        if len(titles) == 1:
            sentence = self.tr("The temporary chat “{title}” is gone when Eremo quits.")
            self.setText(sentence.format(title=titles[0]))
        else:
            self.setText(self.tr("%n temporary chats are gone when Eremo quits.", "", len(titles)))
        self.quit = self.addButton(self.tr("Quit"), QMessageBox.ButtonRole.AcceptRole)
        self.keep = self.addButton(self.tr("Keep and quit"), QMessageBox.ButtonRole.ActionRole)
        self.stay = self.addButton(self.tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.quit)
        self.setEscapeButton(self.stay)
