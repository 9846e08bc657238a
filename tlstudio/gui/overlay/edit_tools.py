"""The tools that paint a mask, as the canvas knows them: brush, eraser, fill, polygon."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from tlstudio.gui.overlay import regions
from tlstudio.gui.overlay.edit import MaskEditor
from tlstudio.gui.overlay.regions import Point


class Brush:
    """Paints a round line where the pointer goes. radius: in picture pixels, 1 is a single one. label: None paints the chosen class."""

    def __init__(self, editor: MaskEditor, radius: int, label: int | None = None) -> None:
        self.editor, self.radius, self.label = editor, radius, label
        self._at: Point | None = None

    def press(self, x: float, y: float) -> None:
        self._at = x, y
        self.move(x, y)

    def move(self, x: float, y: float) -> None:
        if self._at is None:
            return
        height, width = self.editor.labels.shape
        self.editor.paint(regions.stroke(self._at, (x, y), self.radius, width, height), self.label)
        self._at = x, y

    def release(self, x: float, y: float) -> None:
        if self._at != (x, y):
            self.move(x, y)
        self._at = None
        self.editor.finish()

    def cursor(self) -> float:
        return 2.0 * self.radius - 1

    def outline(self) -> Sequence[Point]:
        return ()


class Fill:
    """Gives the patch of one class that is clicked on the chosen class."""

    def __init__(self, editor: MaskEditor) -> None:
        self.editor = editor

    def press(self, x: float, y: float) -> None:
        labels = self.editor.labels
        column, row = math.floor(x), math.floor(y)
        if 0 <= row < labels.shape[0] and 0 <= column < labels.shape[1] and labels[row, column] != self.editor.label:
            self.editor.paint(regions.connected(labels, column, row))
            self.editor.finish()

    def move(self, x: float, y: float) -> None:
        pass

    def release(self, x: float, y: float) -> None:
        pass

    def cursor(self) -> float:
        return 0.0

    def outline(self) -> Sequence[Point]:
        return ()


class Polygon:
    """Every click sets a corner, dragging sets many; a click near the first one, or `close`, fills what lies inside.

    zoom: tells the screen pixels per picture pixel, as near is what looks near.
    """

    NEAR = 8.0  # screen pixels
    _APART = 2.0  # screen pixels between corners while one drags

    def __init__(self, editor: MaskEditor, zoom: Callable[[], float] = lambda: 1.0) -> None:
        self.editor, self.zoom = editor, zoom
        self._points: list[Point] = []
        self._closing = False

    def press(self, x: float, y: float) -> None:
        self._closing = len(self._points) >= 3 and self._near(self._points[0], (x, y), self.NEAR)
        if not self._closing:
            self._add(x, y)

    def move(self, x: float, y: float) -> None:
        if self._points and not self._closing:
            self._add(x, y)

    def release(self, x: float, y: float) -> None:
        if self._closing:
            self.close()

    def close(self) -> None:
        """Fill what lies inside the corners set so far, and begin anew; fewer than three are only dropped."""
        height, width = self.editor.labels.shape
        points = self.cancelled()
        if len(points) >= 3:
            self.editor.paint(regions.polygon(points, width, height))
            self.editor.finish()

    def back(self) -> bool:
        """Take the last corner back; whether there was one."""
        return bool(self._points) and bool(self._points.pop())

    def cancelled(self) -> list[Point]:
        """Drop the corners set so far; those dropped."""
        points, self._points = self._points, []
        self._closing = False
        return points

    def outline(self) -> Sequence[Point]:
        """The corners so far."""
        return self._points

    def cursor(self) -> float:
        return 0.0

    def _add(self, x: float, y: float) -> None:
        if not self._points or not self._near(self._points[-1], (x, y), self._APART):
            self._points.append((x, y))

    def _near(self, a: Point, b: Point, pixels: float) -> bool:
        return math.dist(a, b) * self.zoom() <= pixels
