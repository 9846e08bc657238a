"""Paints a frame of a video that runs: what is in sight in one piece, once. When it stops, a Stage paints the same frame finely.

A frame is seen for a thirtieth of a second. So there are no tiles to be kept and nothing is made ahead, the borders between classes are
not smoothed (on the finest screens the mask has pixels twice as large), and the photo is drawn by Qt, which takes a fifth of the time of
the best way to make it smaller.
"""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF
from PySide6.QtGui import QImage, QPainter

from tlstudio.gui.overlay import paint
from tlstudio.gui.overlay.blend import HALF
from tlstudio.gui.overlay.layers import layer, plain
from tlstudio.gui.overlay.picture import Labels, Look, Picture
from tlstudio.gui.overlay.plan import Part, Plan, Planner
from tlstudio.gui.overlay.sampling import Patch, nearest
from tlstudio.gui.overlay.view import PLAIN, View

MOST = 1_500_000
"""Pixels in sight from which on those of the mask are twice as large."""
_planner = Planner()
"""Of all frames: tables that were made for the one before do for the next."""


class Passing:
    """What a canvas asks of a Stage."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self._of: tuple[View, Plan, float] | None = None
        self._images: list[tuple[QImage | None, QImage | None]] = []

    def paint(self, painter: QPainter, view: View, look: Look, ratio: float, exposed: QRect, *, hurry: bool = False) -> bool:
        """As `Stage.paint`; what is in sight is always painted whole."""
        left, top, right, bottom = view.shown
        if left >= right or top >= bottom:
            return True
        plan = _planner.plan(look, self.picture, ratio)
        if self._of != (view, plan, ratio):
            self._of, self._images = (view, plan, ratio), [self._made(part, view, ratio) for part in plan.parts]
        painter.save()
        painter.translate(*view.origin)
        self._photo(painter, view)
        split, coarse = round(look.swipe * view.screen[0]) - view.origin[0], _coarse(view)
        seen = QRect(left, top, right - left, bottom - top)
        for part, images in zip(plan.parts, self._images, strict=True):
            painter.save()
            at = min(max(0, split), view.plane[0])
            sides = {"left": QRect(0, 0, at, view.plane[1]), "right": QRect(at, 0, view.plane[0] - at, view.plane[1])}
            painter.setClipRect(seen.intersected(sides.get(part.side, seen)))
            painter.scale(coarse, coarse)
            for image, opacity in zip(images, (look.opacity, min(1.0, look.opacity / HALF)), strict=True):
                if image is not None and opacity:
                    painter.setOpacity(opacity)
                    painter.drawImage(QPoint(left // coarse, top // coarse), image)
            painter.restore()
        painter.restore()
        return True

    def prepare(self, view: View, look: Look, ratio: float) -> bool:
        """Nothing: the next frame is another one."""
        return False

    def labels_changed(self, rect: QRect, view: View, ratio: float) -> None:
        self._of = None

    # inside

    def _photo(self, painter: QPainter, view: View) -> None:
        left, top, right, bottom = view.shown
        pyramid = self.picture.pyramid
        level = min(len(pyramid.levels) - 1, max(0, math.floor(-math.log2(view.zoom) + 1e-9)))
        pixels = pyramid.levels[level]
        across, down = pixels.shape[1] / view.plane[0], pixels.shape[0] / view.plane[1]
        image = paint.image_of(np.ascontiguousarray(pixels), QImage.Format.Format_RGB32)
        source = QRectF(left * across, top * down, (right - left) * across, (bottom - top) * down)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, view.zoom != 1 and view.zoom < PLAIN)
        painter.drawImage(QRectF(left, top, right - left, bottom - top), image, source)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)

    def _made(self, part: Part, view: View, ratio: float) -> tuple[QImage | None, QImage | None]:
        (left, top, right, bottom), coarse, source = view.shown, _coarse(view), part.source
        x, y = left // coarse, top // coarse
        size = -(-bottom // coarse) - y, -(-right // coarse) - x
        rim = max(1.0, source.rim / coarse)
        margin = 0 if source.kind in ("confidence", "entropy") else math.ceil(rim) + 1
        patch = Patch(x, y, size[1], size[0], view.zoom / coarse, margin)
        codes = nearest(self._values(source.kind), patch.rows(), patch.columns())
        made = layer(codes, size, per=1, margin=margin, rim=rim) if margin else plain(codes, size)
        return paint.colour(made, part.table, (x, y), ratio / coarse, filled=part.filled)

    def _values(self, kind: str) -> Labels:
        picture = self.picture
        values = {"truth": picture.truth, "confidence": picture.confidence, "entropy": picture.entropy}.get(kind, picture.prediction)
        assert values is not None
        return values


def _coarse(view: View) -> int:
    """How many pixels of the screen one of the mask is wide."""
    left, top, right, bottom = view.shown
    return 2 if (right - left) * (bottom - top) > MOST else 1
