"""What a look says about classes, as tables of 256 entries: by them tiles are coloured."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from tlstudio.gui.overlay.layers import FALSE_ALARM, MISSED, NOTHING, RIGHT
from tlstudio.gui.overlay.picture import Look
from tlstudio.gui.overlay.viridis import viridis

Pixels = NDArray[np.uint32]

FOUND_COLOUR, FALSE_COLOUR, MISSED_COLOUR = QColor("#009E73"), QColor("#D55E00"), QColor("#56B4E9")
UNKNOWN_COLOUR = QColor("#8C949E")
"""Of labels that no class is named for."""
RIM = 0.9
RISING, FALLING = 1, 2
"""Directions of stripes: / and \\."""


@dataclass(eq=False)
class Table:
    """fill, rim: (256,) uint32, premultiplied. stripes: (256,) uint8, a number in `kinds`, 0 for none. kinds: (direction, opacity)."""

    fill: Pixels
    rim: Pixels
    stripes: NDArray[np.uint8]
    kinds: tuple[tuple[int, float], ...] = ((0, 0.0),)
    _before: tuple[Table, Difference] | None = field(default=None, repr=False)

    def changed(self, before: Table) -> Difference:
        """Kept, as it is asked for each tile."""
        if self._before is None or self._before[0] is not before:
            self._before = (before, Difference.of(self, before))
        return self._before[1]


@dataclass(frozen=True, eq=False)
class Difference:
    """What two tables differ by. codes, stripes: (256,) bool, which look otherwise in any way, and which have other stripes."""

    codes: NDArray[np.bool_]
    stripes: NDArray[np.bool_]

    @classmethod
    def of(cls, now: Table, before: Table) -> Difference:
        kinds = [np.array(one.kinds, np.float64).take(one.stripes, axis=0) for one in (now, before)]
        striped = (kinds[0] != kinds[1]).any(1)
        return cls((now.fill != before.fill) | (now.rim != before.rim) | striped, striped)


def premultiplied(colour: QColor, alpha: float) -> int:
    """0xAARRGGBB as QImage keeps it, alpha 0..1."""
    a = round(255 * min(1.0, max(0.0, alpha)))
    red, green, blue = ((channel * a + 127) // 255 for channel in (colour.red(), colour.green(), colour.blue()))
    return a << 24 | red << 16 | green << 8 | blue


class _Making:
    def __init__(self) -> None:
        self.fill, self.rim = np.zeros(256, np.uint32), np.zeros(256, np.uint32)
        self.stripes = np.zeros(256, np.uint8)
        self.kinds: list[tuple[int, float]] = [(0, 0.0)]

    def put(self, code: int, colour: QColor, alpha: float, rim: float, direction: int = 0) -> None:
        self.fill[code], self.rim[code] = premultiplied(colour, alpha), premultiplied(colour, rim * alpha)
        if direction and alpha > 0:
            kind = (direction, round(alpha, 3))
            if kind not in self.kinds:
                self.kinds.append(kind)
            self.stripes[code] = self.kinds.index(kind)

    def table(self) -> Table:
        return Table(self.fill, self.rim, self.stripes, tuple(self.kinds))


def class_table(look: Look, rim: float = RIM) -> Table:
    """Codes are labels. Labels beyond the classes are grey, so that a mask with more of them than we know is still seen."""
    out = _Making()
    if look.solo is None:
        out.fill[:NOTHING], out.rim[:NOTHING] = premultiplied(UNKNOWN_COLOUR, 1.0), premultiplied(UNKNOWN_COLOUR, rim)
    for label, one in enumerate(look.classes[:NOTHING]):
        out.put(label, one.colour, one.opacity if look.shows(label) else 0.0, rim, RISING if one.hatched else 0)
    return out.table()


def difference_table(solo: bool) -> Table:
    """Codes RIGHT, FALSE_ALARM, MISSED. Over all classes most is right; there it stands back, so that mistakes are seen."""
    out = _Making()
    out.put(RIGHT, FOUND_COLOUR, 1.0 if solo else 0.25, RIM if solo else 0.0)
    out.put(FALSE_ALARM, FALSE_COLOUR, 1.0, RIM, RISING)
    out.put(MISSED, MISSED_COLOUR, 1.0, RIM, FALLING)
    return out.table()


def heat_table() -> Table:
    """Codes are values, 0..255 from dark to bright."""
    red, green, blue = (viridis()[:, i].astype(np.uint32) for i in range(3))
    fill = (np.uint32(0xFF000000) | red << 16 | green << 8 | blue).astype(np.uint32)
    return Table(fill, np.zeros(256, np.uint32), np.zeros(256, np.uint8))
