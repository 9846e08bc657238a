"""Where the panels float on the picture, in numbers: never over each other, however small the window and large the text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize

EDGE = 16  # panel to the page's edge
BETWEEN = 12  # panel to panel
_WIDEST_SHARE = 0.48  # of the page, for the panel of classes
_LEAST_TIME = 240  # width below which the time slider and the minimap do not stand side by side


@dataclass(frozen=True)
class Sizes:
    """What the panels ask for, in pixels. Those that are None are not there.

    bar: its widths by level: all words, a menu in their place, and with less beside it. least: height that has to be left beside the
    film strip, or it gives way.
    """

    bar: tuple[int, int, int]
    bar_height: int
    least: int
    classes_width: int
    classes: Callable[[int, int], QSize]
    """The size of the class panel for a width and the most height that it may have."""
    film: int | None = None
    film_stays: bool = False
    """It is what a video is played with, and does not give way."""
    time: int | None = None
    minimap: QSize | None = None
    edit: Callable[[int], QSize] | None = None
    """The size of the edit bar for the most width that it may have; likewise the notice's."""
    notice: Callable[[int], QSize] | None = None


@dataclass(frozen=True)
class Arrangement:
    """A rectangle each; None: it is hidden. level: of the bar."""

    level: int
    bar: QRect
    classes: QRect
    film: QRect | None
    time: QRect | None
    minimap: QRect | None
    edit: QRect | None
    notice: QRect | None

    @property
    def insets(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom: what of the page the panels at its edges take."""
        bottom = self.film.height() + EDGE + BETWEEN if self.film is not None else EDGE
        under = self.edit if self.edit is not None else self.bar  # every pixel has to be within reach of a brush
        return EDGE, under.bottom() + 1 + BETWEEN, self.classes.width() + EDGE + BETWEEN, bottom


def arrange(page: QSize, asked: Sizes) -> Arrangement:
    """The bar left of the class panel where its words fit there, else above it; the film strip along the bottom."""
    width, height = page.width(), page.height()
    panel = min(asked.classes_width, round(_WIDEST_SHARE * width))
    beside, across = width - 2 * EDGE - BETWEEN - panel, width - 2 * EDGE
    fitting = ((level, above) for level in range(3) for above in (False, True) if asked.bar[level] <= (across if above else beside))
    level, above = next(fitting, (2, True))
    bar = QRect(EDGE, EDGE, across if above else beside, asked.bar_height)
    top = bar.bottom() + 1 + BETWEEN
    panel_top = top if above else EDGE
    film, floor = None, height - EDGE
    if asked.film is not None and (asked.film_stays or height - EDGE - asked.film - BETWEEN - panel_top >= asked.least):
        film = QRect(EDGE, height - EDGE - asked.film, across, asked.film)
        floor = film.top() - BETWEEN
    left = width - EDGE - panel
    # The time slider goes beside the panel where that reaches down to it; below the panel it would leave it too little room.
    classes = QRect(left, panel_top, panel, min(asked.classes(panel, floor - panel_top).height(), floor - panel_top))
    edit, top = _below(asked.edit, top, left - BETWEEN - EDGE)
    notice, top = _below(asked.notice, top, left - BETWEEN - EDGE)
    time, minimap = _bottom(asked, classes, top, floor, width)
    return Arrangement(level, bar, classes, film, time, minimap, edit, notice)


def _below(size: Callable[[int], QSize] | None, top: int, most: int) -> tuple[QRect | None, int]:
    """A panel at the left under what ends at `top`, and where the next one begins."""
    if size is None:
        return None, top
    asked = size(most)
    box = QRect(EDGE, top, min(most, asked.width()), asked.height())
    return box, box.bottom() + 1 + BETWEEN


def _bottom(asked: Sizes, classes: QRect, top: int, floor: int, width: int) -> tuple[QRect | None, QRect | None]:
    """Time slider and minimap, which stand on the film strip."""
    map_width = asked.minimap.width() + BETWEEN if asked.minimap is not None else 0
    time = None
    map_floor = floor
    if asked.time is not None:
        at = floor - asked.time
        right = width - EDGE if classes.bottom() + BETWEEN < at else classes.left() - BETWEEN
        if right - EDGE - map_width >= _LEAST_TIME:
            time = QRect(EDGE + map_width, at, right - EDGE - map_width, asked.time)
        else:
            time = QRect(EDGE, at, right - EDGE, asked.time)
            map_floor = at - BETWEEN
        if at < top:
            time = None
    minimap = None
    if asked.minimap is not None and map_floor - asked.minimap.height() >= top and EDGE + asked.minimap.width() < classes.left():
        minimap = QRect(EDGE, map_floor - asked.minimap.height(), asked.minimap.width(), asked.minimap.height())
    return time, minimap
