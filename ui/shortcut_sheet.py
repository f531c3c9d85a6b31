"""All actions and their keys on one page."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from ui import fonts
from ui.mirroring import set_margins
from ui.shortcuts import Action, Shortcuts


class ShortcutSheet(QDialog):
    def __init__(self, shortcuts: Shortcuts, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("sheet")
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        title = QLabel(self.tr("Keyboard shortcuts"))
        title.setObjectName("pageTitle")
        grid = QGridLayout()
        grid.setHorizontalSpacing(32)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(0, 1)
        rows = [(self._words(action), shortcuts.shown(action.id)) for action in shortcuts.all()]
        rows += [
            (self.tr("Send the message"), self.tr("Enter")),
            (self.tr("Break the line"), self.tr("Shift Enter")),
            (self.tr("Choose several chats in the list"), self.tr("Shift Up, Shift Down")),
            (self.tr("Fold or unfold a folder"), self.tr("Left, Right")),
            (self.tr("Move a folder"), self.tr("Alt Up, Alt Down")),
        ]
        for row, (words, keys) in enumerate((w, k) for w, k in rows if k):
            what, how = QLabel(words), QLabel(keys)
            what.setWordWrap(True)
            how.setObjectName("keys")
            how.setAccessibleName(f"{words}: {keys}")
            grid.addWidget(what, row, 0)
            grid.addWidget(how, row, 1, Qt.AlignmentFlag.AlignRight)
        page = QWidget()
        page.setLayout(grid)
        page.setObjectName("plain")
        set_margins(grid, 0, 0, 8, 0)
        area = QScrollArea()
        area.setObjectName("plain")
        area.setAccessibleName(self.tr("Keyboard shortcuts"))
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        layout = QVBoxLayout(self)
        set_margins(layout, 24, 20, 16, 20)
        layout.setSpacing(16)
        layout.addWidget(title)
        layout.addWidget(area)
        self.resize(fonts.scaled(440), min(fonts.scaled(120 + 30 * len(rows)), 700))

    def _words(self, action: Action) -> str:
        if action.within is None:
            return action.words
        return self.tr("{action}, in the list").format(action=action.words)
