"""Paints one picture by a look in a view: keeps its tiles, makes missing ones within the time of a frame, and others ahead of need."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, QSize
from PySide6.QtGui import QImage, QPainter

from tlstudio.gui.overlay import blend, paint
from tlstudio.gui.overlay.blend import Ends, Key
from tlstudio.gui.overlay.picture import Look, Mode, Picture
from tlstudio.gui.overlay.plan import Part, Plan, Planner
from tlstudio.gui.overlay.tiles import TILE, Grid, Tiles
from tlstudio.gui.overlay.view import Size, View

FRAME, RECOLOUR = 0.007, 0.010
"""Seconds of making tiles, and of giving tiles other colours, after which the rest waits for the next frame.

What was painted last stands in for it.
"""

Images = tuple[QImage, list[tuple[QImage | None, QImage | None]]]
"""Of a tile: the photo, and of each part its fill and ink."""


@dataclass
class Shown:
    """What was painted when nothing was missing. image: all of it as one, by that look; made when it is needed."""

    view: View
    grid: Grid
    plan: Plan
    made: dict[Size, Images]
    image: QImage | None = None
    look: Look | None = None


class Stage:
    """All in device pixels. ratio: of them per pixel of the desktop."""

    def __init__(self, picture: Picture) -> None:
        self.tiles = Tiles(picture)
        self.picture = picture
        self._planner = Planner()
        self._before: Shown | None = None
        self._now: object = None  # what the two below were made for
        self._made: dict[Size, Images] = {}
        self._ends: Ends | None = None
        self._plan = Plan()  # of the last frame
        self._most = 0  # tiles in one frame

    def paint(self, painter: QPainter, view: View, look: Look, ratio: float, exposed: QRect, *, hurry: bool = False) -> bool:
        """Paint what is in `exposed`. hurry: no longer than a frame may take; False if some of it is from before and wants another one."""
        grid = Grid(view.picture, view.zoom, view.plane, ratio)
        plan = self._plan = self._planner.plan(look, self.picture, ratio)
        (x, y), right, bottom = view.origin, exposed.x() + exposed.width(), exposed.y() + exposed.height()
        places = grid.touched(exposed.x() - x, exposed.y() - y, right - x, bottom - y)
        before = self._before
        same = before is not None and (before.view, before.grid, before.plan) == (view, grid, plan)  # then only labels can be new
        self._make(plan, grid, places, hurry and before is not None and not same)
        ready = [place for place in places if place in self._made]
        complete = len(ready) == len(places)
        if not complete:
            self._stand_in(painter, view, grid, look, [place for place in places if place not in self._made])
        elif all(place in self._made for place in grid.touched(*view.shown)):  # not only a corner of it
            self._before = Shown(view, grid, plan, self._made)
        part = exposed.translated(-x, -y).intersected(QRect(0, 0, *view.plane))
        if self._ends is not None and self._ends.key == (self._now, view, look.swipe, blend.upper(look.opacity)):
            self._ends.draw(painter, QPoint(x, y), part, look.opacity)
        else:
            made = {place: self._made[place] for place in ready}
            whole = part if complete else None
            self._draw(painter, QPoint(x, y), plan, grid, made, look, whole, self._split(view, look) - x)
        return complete

    def prepare(self, view: View, look: Look, ratio: float) -> bool:
        """Make what may be wanted next: for other opacities or colours, one tile around the view, another mode. False when none is left."""
        grid = Grid(view.picture, view.zoom, view.plane, ratio)
        left, top, right, bottom = view.shown
        seen = grid.touched(left, top, right, bottom)
        plan = self._planner.plan(look, self.picture, ratio)
        for place in grid.touched(left - TILE, top - TILE, right + TILE, bottom + TILE):
            if not self._painted(plan, grid, place):
                self._images(plan, grid, place)
                return True
        key = self._now, view, look.swipe, blend.upper(look.opacity)
        fits = self._now == (plan, grid, self.tiles.pyramid.complete) and all(place in self._made for place in seen)
        if plan.parts and fits and (self._ends is None or self._ends.key != key):
            made, split = {place: self._made[place] for place in seen}, self._split(view, look) - view.origin[0]
            self._ends = self._both(plan, grid, made, QRect(left, top, right - left, bottom - top), split, key)
            return True
        for part in plan.parts:  # colours are quicker changed then
            for place in seen:
                layer = self.tiles.layer(part.source, grid, place, part.table)
                if not layer.grouped:
                    layer.group()
                    return True
        for mode in get_args(Mode):
            plan = self._planner.plan(replace(look, mode=mode), self.picture, ratio)
            for place in seen:
                if not self._painted(plan, grid, place):
                    self._images(plan, grid, place)
                    return True
        return False

    def labels_changed(self, rect: QRect, view: View, ratio: float) -> None:
        """The labels were edited in place within that rectangle of the picture."""
        seen = {part.source for part in self._plan.parts}
        self._now = None
        self.tiles.labels_changed(rect, Grid(view.picture, view.zoom, view.plane, ratio), seen)

    def _make(self, plan: Plan, grid: Grid, places: list[Size], hurry: bool) -> None:
        """Make what is missing of those tiles, in a hurry as much as a frame has time for."""
        now = plan, grid, self.tiles.pyramid.complete
        self._most = max(self._most, len(places))
        if self._now != now:
            self._now, self._made, self._ends = now, {}, None
        elif len(self._made) > 2 * self._most + 16:  # moved far
            self._made = {place: self._made[place] for place in places if place in self._made}
        start = time.perf_counter() if hurry else math.inf
        for place in places:
            if place not in self._made:
                spent = time.perf_counter() - start
                if spent < FRAME or (spent < RECOLOUR and self._has(plan, grid, place)):
                    self._made[place] = self._images(plan, grid, place)

    def _has(self, plan: Plan, grid: Grid, place: Size) -> bool:
        layers = all(self.tiles.has_layer(part.source, grid, place) for part in plan.parts)
        return layers and self.tiles.has_photo(grid, place, grey=plan.grey)

    def _painted(self, plan: Plan, grid: Grid, place: Size) -> bool:
        painted = all(self.tiles.is_painted(part.source, grid, place, part.table) for part in plan.parts)
        return painted and self.tiles.has_photo(grid, place, grey=plan.grey)

    def _images(self, plan: Plan, grid: Grid, place: Size) -> Images:
        corner = grid.rect(place)
        images = []
        for part in plan.parts:
            layer = self.tiles.layer(part.source, grid, place, part.table)
            images.append(paint.colour(layer, part.table, (corner.x(), corner.y()), grid.ratio, filled=part.filled))
        return self.tiles.photo(grid, place, grey=plan.grey), images

    def _draw(
        self,
        painter: QPainter,
        corner: QPoint,
        plan: Plan,
        grid: Grid,
        made: dict[Size, Images],
        look: Look,
        part: QRect | None,
        split: float,
    ) -> None:
        """corner: of the plane on the painter's device. split: where in the plane the swipe is.

        part: of the plane, whose tiles are all made; None if some are not. Then rims are a little stronger for a frame, if at all.
        """
        if part is not None and plan.parts and not blend.upper(look.opacity):
            self._both(plan, grid, made, part, split, (None, None, 0.0, False)).draw(painter, corner, part, look.opacity)
            return
        painter.save()
        painter.translate(corner)
        self._layers(painter, plan, grid, made, split, look.opacity, min(1.0, look.opacity / blend.HALF))
        painter.restore()

    def _both(self, plan: Plan, grid: Grid, made: dict[Size, Images], part: QRect, split: float, key: Key) -> Ends:
        """A part of the plane at both ends of a half of the opacities."""
        up, images = key[-1], []
        for fill, ink in ((0.0, 1.0 if up else 0.0), (1.0 if up else blend.HALF, 1.0)):
            image = QImage(part.size().expandedTo(QSize(1, 1)), QImage.Format.Format_RGB32)
            painter = QPainter(image)
            painter.translate(-part.topLeft())
            self._layers(painter, plan, grid, made, split, fill, ink)
            painter.end()
            images.append(image)
        return Ends(key, part.topLeft(), images[0], images[1])

    def _layers(self, painter: QPainter, plan: Plan, grid: Grid, made: dict[Size, Images], split: float, fill: float, ink: float) -> None:
        """The photo, and of each part its fill and its ink with those opacities."""
        self._lay(painter, 1.0, ((place, photo) for place, (photo, _) in made.items()))
        for i, part in enumerate(plan.parts):
            painter.save()
            if part.side:
                painter.setClipRect(self._side(part, grid, split))
            for which, opacity in enumerate((fill, ink)):
                if opacity:
                    self._lay(painter, opacity, ((place, parts[i][which]) for place, (_, parts) in made.items()))
            painter.restore()

    @staticmethod
    def _lay(painter: QPainter, opacity: float, images: Iterable[tuple[Size, QImage | None]]) -> None:
        painter.setOpacity(opacity)
        for (x, y), image in images:
            if image is not None:
                painter.drawImage(x * TILE, y * TILE, image)

    def _stand_in(self, painter: QPainter, view: View, grid: Grid, look: Look, missing: list[Size]) -> None:
        """What was painted before, at its place and size in this view; where nothing was, the photo, coarse as it is."""
        before = self._before
        assert before is not None
        if (before.view, before.grid) == (view, grid) and all(place in before.made for place in missing):
            made, (x, y) = {place: before.made[place] for place in missing}, view.origin
            self._draw(painter, QPoint(x, y), before.plan, grid, made, look, None, self._split(view, look) - x)
            return
        scale = view.zoom / before.view.zoom
        known, seen = (QRectF(x, y, right - x, bottom - y) for x, y, right, bottom in (before.view.shown, view.shown))
        if not QRectF(known.topLeft() * scale, known.size() * scale).contains(seen):
            level = self.tiles.pyramid.levels[-1]
            across, down = level.shape[1] / view.plane[0], level.shape[0] / view.plane[1]
            source = QRectF(seen.x() * across, seen.y() * down, seen.width() * across, seen.height() * down)
            coarse = paint.image_of(np.ascontiguousarray(level), QImage.Format.Format_RGB32)
            painter.drawImage(seen.translated(*view.origin), coarse, source)
        if before.image is None or before.look != look:
            before.image, before.look = self._as_one(before, look), look
        painter.save()
        painter.translate(*view.origin)
        painter.scale(scale, scale)
        painter.drawImage(known.topLeft(), before.image)
        painter.restore()

    def _as_one(self, before: Shown, look: Look) -> QImage:
        """What was on the screen of the picture."""
        left, top, right, bottom = before.view.shown
        image = QImage(max(1, right - left), max(1, bottom - top), QImage.Format.Format_RGB32)
        made = {place: before.made[place] for place in before.grid.touched(left, top, right, bottom) if place in before.made}
        painter = QPainter(image)
        part, split = QRect(left, top, image.width(), image.height()), self._split(before.view, look) - before.view.origin[0]
        self._draw(painter, QPoint(-left, -top), before.plan, before.grid, made, look, part, split)
        painter.end()
        return image

    @staticmethod
    def _split(view: View, look: Look) -> int:
        return round(look.swipe * view.screen[0])

    @staticmethod
    def _side(part: Part, grid: Grid, split: float) -> QRect:
        at = min(max(0, round(split)), grid.plane[0])
        return QRect(0, 0, at, grid.plane[1]) if part.side == "left" else QRect(at, 0, grid.plane[0] - at, grid.plane[1])
