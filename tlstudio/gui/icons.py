"""Icons: the Phosphor set that qtawesome ships, drawn in the colours of the theme.

The font and its table of names are read from qtawesome's folder without importing the package: with its Qt wrapper that takes
0.3 s, a third of the time in which the window has to be on the screen.
"""

from __future__ import annotations

import functools
import importlib.util
import json
from pathlib import Path

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPixmap

_GLYPH = 0.875  # height of the glyph in its box, as the set is drawn
# Pixel sizes that the window uses, at 1x and 2x and with larger text; any other is scaled from the next larger one. (An icon engine
# of our own would draw every size, but Qt may use it after Python has let go of it.)
_SIZES = (10, 14, 16, 18, 20, 24, 32, 36, 40, 48, 64)


class _Set:
    """The font's family and its characters by name."""

    def __init__(self) -> None:
        found = importlib.util.find_spec("qtawesome")
        places = found.submodule_search_locations if found is not None else None
        fonts = Path(next(iter(places))) / "fonts" if places else Path()
        font, table = max(fonts.glob("phosphor-[0-9]*.ttf")), max(fonts.glob("phosphor-charmap-*.json"))
        self.family = QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(font)))[0]
        codes: dict[str, str] = json.loads(table.read_text(encoding="utf-8"))
        self.characters = {name: chr(int(code, 16)) for name, code in codes.items()}


@functools.cache
def _set() -> _Set:
    return _Set()


@functools.lru_cache(maxsize=1024)
def _drawn(name: str, colour: str, disabled: str) -> QIcon:
    icon = QIcon()
    for size in _SIZES:
        icon.addPixmap(_pixmap(name, colour, size), QIcon.Mode.Normal)
        if size in (16, 18, 32, 36):
            icon.addPixmap(_pixmap(name, disabled, size), QIcon.Mode.Disabled)
    return icon


@functools.lru_cache(maxsize=1024)
def _picture(name: str, colour: str, side: int, ratio: float) -> QPixmap:
    drawn = _pixmap(name, colour, round(side * ratio))
    drawn.setDevicePixelRatio(ratio)
    return drawn


def _pixmap(name: str, colour: str, size: int) -> QPixmap:
    drawn = QPixmap(size, size)
    drawn.fill(Qt.GlobalColor.transparent)
    font = QFont(_set().family)
    font.setPixelSize(max(1, round(_GLYPH * size)))
    painter = QPainter(drawn)
    painter.setPen(QColor(colour))
    painter.setFont(font)
    painter.drawText(QRectF(0, 0, size, size), Qt.AlignmentFlag.AlignCenter, _set().characters[name])
    painter.end()
    return drawn


def glyph(name: str, colour: QColor, disabled: QColor) -> QIcon:
    """The icon of that name (see phosphoricons.com) in a colour, and in another while its widget is disabled. Raises KeyError."""
    return QIcon(_drawn(name, colour.name(), disabled.name()))


def picture(name: str, colour: QColor, side: int, ratio: float) -> QPixmap:
    """The icon of that name, `side` pixels high on a screen with that device pixel ratio: the one size that is needed, and so
    drawn a tenth of the time in which a QIcon is made. Raises KeyError."""
    return QPixmap(_picture(name, colour.name(), side, ratio))
