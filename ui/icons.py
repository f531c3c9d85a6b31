"""The few icons of the window, drawn from resources/icons in a colour of the theme."""

from importlib.resources import files

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from ui import fonts

_DIRECTED = ("sidebar", "inspector")  # mirrored where the window goes from right to left
_SCALES = (1, 2, 3)  # device pixel ratios with a pixmap of their own


def icon(name: str, colour: str, size: int = 18) -> QIcon:
    """The icon resources/icons/<name>.svg, its currentColor replaced.

    size: in logical pixels at a text size of 100 %.
    """
    made = QIcon()
    for scale in _SCALES:
        made.addPixmap(pixmap(name, colour, fonts.scaled(size), scale))
    return made


def pixmap(name: str, colour: str, size: int, scale: float = 1.0) -> QPixmap:
    """`size` in logical pixels, of which each has `scale` of the device."""
    svg = files("resources").joinpath("icons", f"{name}.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(svg.replace("currentColor", colour).encode()))
    drawn = QPixmap(round(size * scale), round(size * scale))
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    if name in _DIRECTED and QGuiApplication.layoutDirection() == Qt.LayoutDirection.RightToLeft:
        painter.translate(drawn.width(), 0)
        painter.scale(-1, 1)
    renderer.render(painter, QRectF(drawn.rect()))
    painter.end()
    drawn.setDevicePixelRatio(scale)
    return drawn
