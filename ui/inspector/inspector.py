"""The column to the right: what the conversation holds, and what it took. Knows no store."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.outlook import Kept, Outlook
from inference.events import MemoryUsed
from ui import fonts
from ui.amounts import number_text, tokens_text
from ui.chat.elided_label import ElidedLabel
from ui.inspector.plots import ContextMeter, Dot, Part, Turn, TurnsPlot
from ui.sizes import size_text
from ui.theme import Theme

WIDTH = 264


class Inspector(QFrame):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector")
        self.setAccessibleName(self.tr("About this conversation"))
        self.setFixedWidth(fonts.scaled(WIDTH))
        self.context = Row(self.tr("Context"))
        self.meter = ContextMeter()
        self.parts = {
            "system": Row(self.tr("System"), "ink3"),
            "documents": Row(self.tr("Documents"), "accent"),
            "conversation": Row(self.tr("Conversation"), "warn"),
            "draft": Row(self.tr("Draft"), "ink2"),
        }
        self.recurrent = Row(self.tr("Recurrent state"))
        self.kv = Row(self.tr("KV cache"))
        self.model = Row(self.tr("Model"))
        self.disk = Row(self.tr("On disk"))
        self.reused = Row(self.tr("Reused"), "accent")
        self.read = Row(self.tr("Read"), "warn")
        self.written = Row(self.tr("Written"), "ink3")
        self.plot = TurnsPlot()
        self.plot.hide()
        self.edit = Row(self.tr("Edit first question"))
        self.new_chat = Row(self.tr("New chat, same start"))
        self.new_chat.setToolTip(self.tr("A new chat that begins with the same system prompt"))
        self._lay_out()

    def show_context(self, parts: Sequence[Part], total: int | None) -> None:
        """parts: those of `self.parts` by their names; total: tokens that the model holds."""
        used = sum(part.num_tokens for part in parts)
        shown = number_text(used)
        if total is not None:
            shown = f"{shown} / {number_text(total)}"
        self.context.show_value(shown)
        self.meter.show_parts(parts, total or 0)
        counts = {part.name: part.num_tokens for part in parts}
        for name, row in self.parts.items():
            row.setVisible(bool(counts.get(name)))
            row.show_value(number_text(counts.get(name, 0)))

    def show_model(self, size_bytes: int | None) -> None:
        self.model.show_value("—" if size_bytes is None else size_text(size_bytes))

    def show_memory(self, used: MemoryUsed | None) -> None:
        """None: the model isn't at work on this conversation."""
        absent = self.tr("not in use")
        self.recurrent.show_value(absent if used is None else size_text(used.recurrent_bytes))
        self.kv.show_value(absent if used is None else size_text(used.kv_bytes))

    def show_kept(self, kept: Kept | None) -> None:
        """None: nothing is stored yet."""
        words = self.tr("On disk")
        if kept is not None and kept.num_branches > 1:
            words = self.tr("On disk, %Ln branch(es)", "", kept.num_branches)
        self.disk.set_words(words)
        self.disk.show_value(size_text(kept.disk_bytes if kept else 0))

    def show_turns(self, turns: Sequence[Turn]) -> None:
        """Of the branch, oldest first."""
        for index, row in enumerate((self.reused, self.read, self.written)):
            row.show_value(tokens_text(turns[-1][index]) if turns else "—")
        self.plot.setVisible(len(turns) > 1)
        self.plot.show_turns(turns)

    def show_outlook(self, outlook: Outlook | None) -> None:
        edit = outlook.edit_reads if outlook else None
        self.edit.show_value(self._reads(edit))
        self.new_chat.show_value(self._reads(outlook.new_chat_reads if outlook else None))

    def apply_theme(self, theme: Theme) -> None:
        for part in (self.meter, self.plot, *self.findChildren(Dot)):
            part.apply_theme(theme)

    def _reads(self, count: int | None) -> str:
        return "—" if count is None else self.tr("reads {count}").format(count=number_text(count))

    def _lay_out(self) -> None:
        sections = (
            (
                self.tr("This conversation"),
                (self.context, self.meter, *self.parts.values()),
            ),
            (self.tr("Memory"), (self.recurrent, self.kv, self.model, self.disk)),
            (self.tr("Last turn"), (self.reused, self.read, self.written, self.plot)),
            (self.tr("Next"), (self.edit, self.new_chat)),
        )
        page = QWidget()
        page.setObjectName("plain")
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(0)
        for number, (title, rows) in enumerate(sections):
            if number:
                line = QFrame()
                line.setObjectName("hairline")
                line.setFixedHeight(1)
                column.addSpacing(14)
                column.addWidget(line)
                column.addSpacing(14)
            heading = QLabel(title)
            heading.setObjectName("sectionTitle")
            heading.setIndent(0)
            column.addWidget(heading)
            for row in rows:
                column.addWidget(row)
                if row in (self.meter, self.written):
                    column.addSpacing(6)
        column.addStretch(1)
        area = QScrollArea()
        area.setObjectName("plain")
        area.setAccessibleName(self.tr("About this conversation"))
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)


class Row(QWidget):
    """A name to the left, its value to the right; with a dot in a colour of the theme."""

    _HEIGHT = 28

    def __init__(self, words: str, dot: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = ElidedLabel()
        self._words.setObjectName("rowName")
        self._words.set_text(words)
        self._value = QLabel("—")
        self._value.setObjectName("rowValue")
        self.setFixedHeight(fonts.scaled(self._HEIGHT))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        if dot:
            layout.addWidget(Dot(dot))
        layout.addWidget(self._words, 1)
        layout.addWidget(self._value)

    @property
    def value(self) -> str:
        return self._value.text()

    def set_words(self, words: str) -> None:
        self._words.set_text(words)

    def show_value(self, value: str) -> None:
        self._value.setText(value)
        self._value.setAccessibleName(f"{self._words.accessibleName()}: {value}")
