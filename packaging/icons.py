"""Draws the application's icon in every size and form that the systems want.

    python packaging/icons.py FOLDER     with a Python that has PySide6

Writes FOLDER/<size>.png, FOLDER/eremo.ico and FOLDER/eremo.icns.
"""

import struct
import sys
from pathlib import Path

from PySide6.QtCore import QBuffer, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SOURCE = Path(__file__).resolve().parent.parent / "resources" / "icons" / "eremo.svg"
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
ICO_SIZES = (16, 24, 32, 48, 64, 128, 256)
ICNS_TYPES = {16: b"icp4", 32: b"icp5", 64: b"icp6", 128: b"ic07", 256: b"ic08", 512: b"ic09"}


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {size: png(size) for size in SIZES}
    for size, content in drawn.items():
        (folder / f"{size}.png").write_bytes(content)
    (folder / "eremo.ico").write_bytes(ico(drawn))
    (folder / "eremo.icns").write_bytes(icns(drawn))


def png(size: int) -> bytes:
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(SOURCE)).render(painter, QRectF(image.rect()))
    painter.end()
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data())


def ico(drawn: dict[int, bytes]) -> bytes:
    """Source: https://learn.microsoft.com/en-us/previous-versions/ms997538(v=msdn.10)"""
    header, images = struct.pack("<3H", 0, 1, len(ICO_SIZES)), b""
    start = len(header) + 16 * len(ICO_SIZES)
    for size in ICO_SIZES:
        side = size % 256  # 0 is 256
        at = start + len(images)
        header += struct.pack("<4B2H2I", side, side, 0, 0, 1, 32, len(drawn[size]), at)
        images += drawn[size]
    return header + images


def icns(drawn: dict[int, bytes]) -> bytes:
    """Source: https://en.wikipedia.org/wiki/Apple_Icon_Image_format"""
    parts = [
        kind + struct.pack(">I", 8 + len(drawn[size])) + drawn[size]
        for size, kind in ICNS_TYPES.items()
    ]
    content = b"".join(parts)
    return b"icns" + struct.pack(">I", 8 + len(content)) + content


if __name__ == "__main__":
    main()
