"""How the chosen row of a list that draws its own rows is told from the others."""

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QPainter

from ui.theme import Theme

_RADIUS = 8


def paint_chosen(painter: QPainter, row: QRect, theme: Theme) -> None:
    """Its ground; in high contrast with an edge, since no ground is told from black by itself."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(theme.soft_edge))
    painter.setBrush(QColor(theme.soft))
    painter.drawRoundedRect(QRectF(row).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
