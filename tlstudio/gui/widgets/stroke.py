"""How a line of a plot is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from tlstudio.gui.widgets.parts import colour


@dataclass(frozen=True)
class Stroke:
    """role: a colour by its role. faint: the raw values behind a bold line. points: a dot at each value."""

    role: str
    width: float = 2.25
    dash: bool = False
    faint: bool = False
    points: bool = False

    def tone(self) -> QColor:
        out = QColor(colour(self.role))
        out.setAlpha(100 if self.faint else 255)
        return out

    def pen(self) -> QPen:
        # opaque: a line is drawn piece by piece, and where two pieces meet one would see through both
        out: QPen = pg.mkPen(_over(self.tone(), colour("surface")), width=self.width)
        if self.dash:
            out.setDashPattern([4, 3])
            out.setCapStyle(Qt.PenCapStyle.FlatCap)
        return out


def _over(tone: QColor, ground: QColor) -> QColor:
    """The colour that a tone has over a ground."""
    share = tone.alphaF()
    pairs = zip((tone.redF(), tone.greenF(), tone.blueF()), (ground.redF(), ground.greenF(), ground.blueF()), strict=True)
    return QColor.fromRgbF(*(share * top + (1 - share) * below for top, below in pairs))
