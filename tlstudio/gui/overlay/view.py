"""Where in a picture one looks, and how large it is drawn. Numbers only, no widget.

Three planes: the picture (pixels, x and y may be fractions), the plane (the whole picture at this zoom, its corner at 0, 0) and the screen
(device pixels of the canvas). Plane and screen differ by whole pixels, so that what was drawn for the plane never has to be drawn anew
when it is only moved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

SMALLEST, LARGEST = 0.005, 64.0
PLAIN = 4.0
"""From this zoom on, pixels are shown as what they are: plain squares."""

Size = tuple[int, int]
Insets = tuple[int, int, int, int]
"""Left, top, right, bottom, device pixels: what floats over the edges of the canvas."""


@dataclass(frozen=True)
class View:
    """picture, screen: (width, height). zoom: screen pixels per picture pixel. x, y: point of the picture in the middle of the screen."""

    picture: Size = (1, 1)
    screen: Size = (1, 1)
    zoom: float = 1.0
    x: float = 0.5
    y: float = 0.5

    @property
    def origin(self) -> Size:
        """Where on the screen the plane's corner lies."""
        return round(self.screen[0] / 2 - self.x * self.zoom), round(self.screen[1] / 2 - self.y * self.zoom)

    @property
    def plane(self) -> Size:
        """How large the whole picture is at this zoom, in whole screen pixels; a picture never vanishes."""
        return max(1, int(self.picture[0] * self.zoom + 1e-9)), max(1, int(self.picture[1] * self.zoom + 1e-9))

    @property
    def shown(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of what of the plane is on the screen; empty where left >= right or top >= bottom."""
        (left, top), (width, height) = self.origin, self.plane
        return max(0, -left), max(0, -top), min(width, self.screen[0] - left), min(height, self.screen[1] - top)

    @property
    def overflows(self) -> bool:
        """Whether a part of the picture is outside the screen."""
        return self.shown != (0, 0, *self.plane)

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """A point of the screen in the picture; may lie outside it."""
        left, top = self.origin
        return (x - left) / self.zoom, (y - top) / self.zoom

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        left, top = self.origin
        return x * self.zoom + left, y * self.zoom + top

    def fit(self, insets: Insets = (0, 0, 0, 0), *, cover: bool = False) -> View:
        """The whole picture in the room that nothing floats over; cover: so large that no room is left, some of it outside."""
        left, top, right, bottom = insets
        width, height = self.screen[0] - left - right, self.screen[1] - top - bottom
        if min(width, height) < 32:  # panels everywhere: better under them than not at all
            (width, height), (left, top, right, bottom) = self.screen, (0, 0, 0, 0)
        scales = width / self.picture[0], height / self.picture[1]
        zoom = _allowed(max(scales) if cover else min(scales))
        x = self.picture[0] / 2 - (left - right) / 2 / zoom
        y = self.picture[1] / 2 - (top - bottom) / 2 / zoom
        return replace(self, zoom=zoom, x=x, y=y)

    def at_zoom(self, zoom: float, at: tuple[float, float] | None = None) -> View:
        """Another zoom; the point of the picture that lies at `at` on the screen (its middle, if None) stays where it is."""
        zoom = _allowed(zoom)
        if at is None:
            return replace(self, zoom=zoom)
        dx, dy = at[0] - self.screen[0] / 2, at[1] - self.screen[1] / 2
        change = 1 / self.zoom - 1 / zoom
        return replace(self, zoom=zoom, x=self.x + dx * change, y=self.y + dy * change)._held()

    def moved(self, dx: float, dy: float) -> View:
        """The picture pushed by that many screen pixels."""
        return replace(self, x=self.x - dx / self.zoom, y=self.y - dy / self.zoom)._held()

    def centred(self, x: float, y: float) -> View:
        return replace(self, x=x, y=y)._held()

    def _held(self) -> View:
        """The picture cannot be lost: the middle of the screen stays in it. (So every corner can be brought out from under a panel.)"""
        return replace(self, x=min(max(self.x, 0.0), float(self.picture[0])), y=min(max(self.y, 0.0), float(self.picture[1])))


def _allowed(zoom: float) -> float:
    return min(max(zoom, SMALLEST), LARGEST)
