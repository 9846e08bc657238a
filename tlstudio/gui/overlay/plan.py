"""What a look draws of a picture: which layers, with which colours, on which side of the swipe. Pure; the canvas carries it out."""

from __future__ import annotations

from dataclasses import dataclass

from tlstudio.gui.overlay.colour_tables import Table, class_table, difference_table, heat_table
from tlstudio.gui.overlay.picture import Look, Picture
from tlstudio.gui.overlay.tiles import Source

CONTOUR = 1.0
"""Opacity of an outline, before that of the whole."""


@dataclass(frozen=True)
class Part:
    """A layer on one side: "" all of the canvas, "left" or "right" of the swipe. filled: with its area, not only its outline."""

    source: Source
    table: Table
    side: str = ""
    filled: bool = True


@dataclass(frozen=True)
class Plan:
    """grey: the photo stands back. parts: drawn one after the other."""

    parts: tuple[Part, ...] = ()
    grey: bool = False

    @property
    def swipes(self) -> bool:
        return any(part.side for part in self.parts)


class Planner:
    """Keeps tables as long as nothing changes that they depend on, so that tiles painted with them are not painted again."""

    def __init__(self) -> None:
        self._tables: dict[object, Table] = {}

    def plan(self, look: Look, picture: Picture, ratio: float) -> Plan:
        """ratio: screen pixels per pixel of the desktop. What the picture has no data for is left out."""
        if not look.masks or look.mode == "image":
            return Plan()
        prediction, truth = picture.prediction is not None, picture.truth is not None
        if look.mode == "difference":
            if not (prediction and truth):
                return Plan()
            solo = look.solo
            return Plan((Part(Source("difference", solo, ratio), self._table(("difference", solo is None), look)),), grey=True)
        if look.mode in ("confidence", "entropy"):
            has = picture.confidence is not None if look.mode == "confidence" else picture.entropy is not None
            return Plan((Part(Source(look.mode), self._table("heat", look)),) if has else ())
        said, true = Source("prediction", None, ratio), Source("truth", None, ratio)
        if look.mode == "contour":
            if not (prediction or truth):
                return Plan()
            source = (said if prediction else true)._replace(rim=max(1.0, look.contour * ratio), outline=True)
            return Plan((Part(source, self._table("contour", look), filled=False),))
        classes = self._table("classes", look)
        if look.mode == "swipe":
            sides = ((said, "left", prediction), (true, "right", truth))
            return Plan(tuple(Part(source, classes, side) for source, side, has in sides if has))
        wanted, has = (true, truth) if look.mode == "truth" else (said, prediction)
        return Plan((Part(wanted, classes),) if has else ())

    def _table(self, kind: object, look: Look) -> Table:
        key = kind
        if kind in ("classes", "contour"):
            key = kind, look.solo, *((one.colour.rgb(), one.hatched, one.visible, one.opacity) for one in look.classes)
        if key not in self._tables:
            made = {"classes": lambda: class_table(look), "contour": lambda: class_table(look, CONTOUR), "heat": heat_table}
            while len(self._tables) > 8:
                self._tables.pop(next(iter(self._tables)))
            self._tables[key] = made[kind]() if isinstance(kind, str) else difference_table(solo=key == ("difference", False))
        return self._tables[key]
