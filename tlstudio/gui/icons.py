"""Icons: the Phosphor set that qtawesome ships, drawn in the colours of the theme.

The font and its table of names are read from qtawesome's folder without importing the package: with its Qt wrapper that takes
0.3 s, a third of the time in which the window has to be on the screen.
"""

from __future__ import annotations

import functools
import importlib.util
import json
from pathlib import Path

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap

_GLYPH = 0.875  # height of the glyph in its box, as the set is drawn


class _Glyph(QIconEngine):
    """One character of the icon font, sharp at every size."""

    def __init__(self, character: str, colour: QColor, disabled: QColor) -> None:
        super().__init__()
        self._character, self._colour, self._disabled = character, colour, disabled

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        font = QFont(_set().family)
        font.setPixelSize(max(1, round(_GLYPH * rect.height())))
        painter.save()
        painter.setPen(self._disabled if mode == QIcon.Mode.Disabled else self._colour)
        painter.setFont(font)
        painter.drawText(QRectF(rect), Qt.AlignmentFlag.AlignCenter, self._character)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        drawn = QPixmap(size)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        self.paint(painter, QRect(QPointF(0, 0).toPoint(), size), mode, state)
        painter.end()
        return drawn

    def clone(self) -> QIconEngine:
        return _Glyph(self._character, self._colour, self._disabled)


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


def glyph(name: str, colour: QColor, disabled: QColor) -> QIcon:
    """The icon of that name (see phosphoricons.com) in a colour, and in another while its widget is disabled. Raises KeyError."""
    return QIcon(_Glyph(_set().characters[name], colour, disabled))
