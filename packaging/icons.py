"""Draw resources/icons/tlstudio_<size>.png from tlstudio.svg, for desktops that take no SVG.

python packaging/icons.py
"""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

FOLDER = Path(__file__).parents[1] / "resources" / "icons"

if __name__ == "__main__":
    app = QGuiApplication([])
    renderer = QSvgRenderer(str(FOLDER / "tlstudio.svg"))
    for size in (32, 64, 128, 256, 512):
        image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        image.save(str(FOLDER / f"tlstudio_{size}.png"))
        print(FOLDER / f"tlstudio_{size}.png")
