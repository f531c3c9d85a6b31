"""A block of code: its language, "Wrap", "Copy", and the code in colours."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from ui import fonts
from ui.chat.code_colouring import CodeColouring
from ui.chat.copy_button import CopyButton
from ui.chat.markdown import Code
from ui.chat.source_view import CodeView
from ui.chat.text_button import TextButton
from ui.theme import Theme

_HEADER_PX = 28
_PADDING_PX = 12
_BUTTON_GAP_PX = 16
_RADIUS = 8


class CodeCard(QWidget):
    """Signals:
    resized: the user changed the height
    """

    copied = Signal(str)
    resized = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._language = ""
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # as code is everywhere
        self._view = CodeView(theme, self)
        self._colouring = CodeColouring(self._view, theme)
        self._copy = CopyButton(lambda: self._view.text, self.tr("Copy code"), theme, self)
        self._copy.align(Qt.AlignmentFlag.AlignRight)
        self._copy.copied.connect(self.copied)
        self._wrap = TextButton(self.tr("Wrap"), theme, self)
        self._wrap.setCheckable(True)
        self._wrap.setAccessibleName(self.tr("Wrap long lines"))
        self._wrap.toggled.connect(self._take_wrap)
        self._wrap.hide()

    def set_block(self, block: Code) -> None:
        self._language = block.language or self.tr("text")
        self._view.setAccessibleName(self.tr("Code, {}").format(self._language))
        self._view.set_text(block.text)
        self._colouring.update(block.language)
        self.update()

    @property
    def view(self) -> CodeView:
        return self._view

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._view.apply_theme(theme)
        self._colouring.apply_theme(theme)
        self._copy.apply_theme(theme)
        self._wrap.apply_theme(theme)
        self.update()

    def fit(self, width: int) -> int:
        """Lay out for that width and return the height."""
        text_width = width - 2 * _PADDING_PX
        can_wrap = self._view.can_wrap(text_width)
        self._wrap.setVisible(can_wrap)
        self._view.set_wrapped(can_wrap and self._wrap.isChecked())
        return fonts.scaled(_HEADER_PX) + self._view.fit(text_width) + 2 * _PADDING_PX

    def _take_wrap(self, is_wrapped: bool) -> None:
        self._wrap.setText(self.tr("Don't wrap") if is_wrapped else self.tr("Wrap"))
        self._place_buttons()
        self.resized.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_buttons()
        body = self.rect().adjusted(_PADDING_PX, _PADDING_PX, -_PADDING_PX, -_PADDING_PX)
        self._view.setGeometry(body.adjusted(0, fonts.scaled(_HEADER_PX), 0, 0))

    def _place_buttons(self) -> None:
        right = self.width() - _PADDING_PX
        for button in (self._copy, self._wrap):
            size = button.sizeHint()
            top = (fonts.scaled(_HEADER_PX) - size.height()) // 2
            button.setGeometry(right - size.width(), top, size.width(), size.height())
            right -= size.width() + _BUTTON_GAP_PX

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = QColor(self._theme.line)
        painter.setPen(QPen(line, 1))
        painter.setBrush(QColor(self._theme.code))
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, _RADIUS, _RADIUS)
        painter.fillRect(QRectF(1, fonts.scaled(_HEADER_PX), self.width() - 2, 1), line)
        painter.setLayoutDirection(self.layoutDirection())  # it has the application's
        painter.setPen(QColor(self._theme.ink3))
        painter.setFont(fonts.interface(fonts.HINT_PX))
        header = self.rect().adjusted(_PADDING_PX, 0, -180, 0)
        header.setHeight(fonts.scaled(_HEADER_PX))
        painter.drawText(header, Qt.AlignmentFlag.AlignVCenter, self._language)
